"""123-SMS.net, and everything about its wire."""

from .gateway import Sms123

__all__ = ["Sms123"]
