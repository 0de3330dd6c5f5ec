"""From an action to an outcome."""
