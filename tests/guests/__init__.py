"""Guests: what a user who is no administrator can reach, and what he must not find."""
