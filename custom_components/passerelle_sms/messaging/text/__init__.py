"""Texts as the phone network writes them."""
