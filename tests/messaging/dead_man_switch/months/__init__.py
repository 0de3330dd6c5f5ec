"""Simulated months of a dead man's switch, at random, and who judges them."""
