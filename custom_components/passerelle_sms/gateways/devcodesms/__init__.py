"""DevCodeSMS, and everything about its wire."""

from .gateway import DevCodeSms

__all__ = ["DevCodeSms"]
