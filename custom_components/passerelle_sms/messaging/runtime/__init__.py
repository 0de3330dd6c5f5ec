"""Time, tasks, and who waits for what."""
