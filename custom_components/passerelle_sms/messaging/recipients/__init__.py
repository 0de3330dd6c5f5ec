"""Whom a message is for: names and phone numbers."""
