"""Why an account can't take a message of a relay for a recipient."""

from dataclasses import dataclass
from enum import Enum, auto

from ...gateways.errors import GatewayError


class ObstacleKind(Enum):
    """What may remove an obstacle."""

    NEVER = auto()
    """Nothing: its gateway's rules forbid the number, the text, the sender or an option."""
    CAP = auto()
    """Its own stop for runaway automations, which is not waited for."""
    LATER = auto()
    """Time: the account rests, pauses or stops, or has no room for more."""
    UNLIKELY = auto()
    """Its credit seems too small: it is only tried when nobody else can take it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why an account can't take a message now."""

    error: GatewayError
    kind: ObstacleKind
