"""Why a gateway may refuse an account, whatever the message."""

from enum import Enum, auto


class AccountRefusal(Enum):
    """What a gateway holds against an account, until somebody mends it."""

    NO_CREDIT = auto()
    """No message is paid for, whatever the balance tells."""
    WRONG_CREDENTIALS = auto()
    """User name, password or key were changed on the gateway's site."""
    IP_NOT_ALLOWED = auto()
    """Requests from this address are not taken."""
    INACTIVE = auto()
    """The account is closed, or not open yet."""
    SENDER_NOT_REGISTERED = auto()
    """The account's own sender is not, or no longer, registered."""
