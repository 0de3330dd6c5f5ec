"""SMSECO, and everything about its wire."""

from .gateway import SmsEco

__all__ = ["SmsEco"]
