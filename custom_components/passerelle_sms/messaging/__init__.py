"""From an action to an outcome: what a message is, whom it goes to, what became of it."""
