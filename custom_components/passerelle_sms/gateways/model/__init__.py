"""What goes to a gateway and what comes back, the same for all of them."""
