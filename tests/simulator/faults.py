"""What can go wrong on the way, whatever the gateway."""

from enum import Enum, auto


class Fault(Enum):
    """A fault of the network or of the server, before or after a message is taken."""

    STALL_BEFORE = auto()
    """Read the request, take nothing, answer never."""
    STALL_AFTER = auto()
    """Take the message, answer never."""
    CUT_BEFORE = auto()
    """Read the request, take nothing, close the connection."""
    CUT_AFTER = auto()
    """Take the message, close the connection."""
    HALF_ANSWER = auto()
    """Take the message, promise a whole answer, cut it in the middle."""
    ERROR_500 = auto()
    """Take nothing, answer 500."""
    ERROR_500_AFTER = auto()
    """Take the message, answer 500."""
    RATE_LIMITED = auto()
    """Take nothing, answer 429."""
    HTML = auto()
    """Take nothing, answer 200 with a page."""
    EMPTY = auto()
    """Take nothing, answer 200 with nothing."""
    REDIRECT = auto()
    """Take nothing, point to the same address again, without the fault."""

    @property
    def takes_the_message(self) -> bool:
        """Whether the request has its effect before the fault shows."""
        return self in {
            Fault.STALL_AFTER,
            Fault.CUT_AFTER,
            Fault.HALF_ANSWER,
            Fault.ERROR_500_AFTER,
        }
