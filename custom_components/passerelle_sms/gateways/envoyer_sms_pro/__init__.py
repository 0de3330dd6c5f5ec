"""Envoyer SMS Pro, and everything about its wire."""

from .gateway import EnvoyerSmsPro

__all__ = ["EnvoyerSmsPro"]
