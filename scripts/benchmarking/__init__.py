"""What an alert costs: milliseconds, syncs, and gaps of the event loop."""
