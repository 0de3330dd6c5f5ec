"""A config entry as it lives: its settings, its parts, who hears of its messages."""
