"""How requests travel, and how answers are read."""
