"""ETECH KEYS, and everything about its wire."""

from .gateway import EtechKeys

__all__ = ["EtechKeys"]
