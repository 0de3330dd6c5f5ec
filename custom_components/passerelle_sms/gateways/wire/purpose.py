"""What a request is made for: whose turn it is where a gateway counts requests."""

from enum import Enum, auto


class Purpose(Enum):
    """What a request is made for, and which part of a `RequestBudget` it may use."""

    QUESTION = auto()
    """Everything else: neither the reserve nor what is set aside for renewals."""
    RENEWAL = auto()
    """To replace the message of a dead man's switch by a later one: not the reserve."""
    MESSAGE = auto()
    """To hand over a message or to cancel one: everything."""
