"""What became of submissions whose outcome is unknown."""
