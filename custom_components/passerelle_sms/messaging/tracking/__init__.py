"""What becomes of messages after a gateway took them: deliveries and replies."""
