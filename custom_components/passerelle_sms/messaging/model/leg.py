"""One hand-over of a relay's message to one of its accounts, for one recipient.

Everything here is pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from ...gateways.outcome import Outcome
from .failure import DeliveryState, Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What became of a relay's message at one account, for one recipient.

    It is on disk before the account hears of it. The account keeps it as a message of its
    own; what is told here is what that message has come to.
    """

    account: str
    """The id of the account's config entry."""
    gateway: str
    """The key of the account's gateway."""
    message_id: str
    """Under which id the account keeps it."""
    journal: str
    """Which journal of the account it was written to: its `epoch`."""
    after: timedelta
    """How long after the message was created it was handed over."""
    outcome: Outcome = Outcome.UNKNOWN
    is_open: bool = True
    """Whether the account still works on it, or looks for evidence."""
    failure: Failure | None = None
    submission_id: str | None = field(default=None, repr=False)
    segments: int | None = None
    cost: Decimal | None = None
    delivery: DeliveryState | None = None
    """What became of it after it was accepted; `None` where nothing is to be heard."""
    is_passed_on: bool = False
    """Whether the next account has taken its place: what is heard later only corrects it."""
    resent: bool = False
    """Whether the user has had it sent again although it may have left."""
    parts: tuple[str, ...] = field(default=(), repr=False)
    """All that is sent of a text that was too long for one message; else nothing."""
    parts_sent: int = 0
    """How many of these were accepted, from the first on, by this account or before."""

    @property
    def is_in_doubt(self) -> bool:
        """Whether it may have left, and nobody knows."""
        return self.outcome is Outcome.UNKNOWN

    @property
    def may_have_sent(self) -> bool:
        """Whether its account has sent something of it, or may have: also a beginning."""
        return not self.outcome.is_free or self.segments is not None


def resent_legs(legs: Iterable[Leg], by: timedelta) -> tuple[Leg, ...]:
    """Return the legs of a message that the user has sent again, `by` after it was made."""
    return tuple(
        replace(leg, after=leg.after - by, resent=leg.resent or leg.is_in_doubt)
        for leg in legs
    )
