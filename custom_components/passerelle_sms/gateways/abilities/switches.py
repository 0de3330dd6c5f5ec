"""Which gateways can hold the message of a dead man's switch."""

from ..gateway import Gateway
from .delivery import CancelsMessages
from .options import SchedulesMessages


def holds_switches(gateway: Gateway | type[Gateway]) -> bool:
    """Return whether a message may be scheduled at a gateway and cancelled there."""
    kind = gateway if isinstance(gateway, type) else type(gateway)
    return issubclass(kind, SchedulesMessages) and issubclass(kind, CancelsMessages)
