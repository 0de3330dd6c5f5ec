"""Messages, what became of them, and every legal change of that."""
