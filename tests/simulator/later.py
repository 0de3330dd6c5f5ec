"""What a gateway has taken to be sent later, whichever gateway it is."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterMessage:
    """A scheduled message for one recipient."""

    recipient: str
    """As the client wrote it."""
    text: str
    """As it is read on the phone."""
    at: datetime
    """When it is, or was, to be sent."""
