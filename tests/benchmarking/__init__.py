"""The benchmark: its figures, its goals, its document."""
