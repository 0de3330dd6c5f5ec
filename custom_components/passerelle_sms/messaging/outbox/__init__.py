"""Messages on their way to the gateway."""
