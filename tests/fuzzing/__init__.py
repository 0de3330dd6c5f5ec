"""Answers that no document describes, given to every decoder."""
