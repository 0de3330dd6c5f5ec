"""What stands scheduled at gateways for a dead man's switch, as its one row keeps it."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from ..model.failure import Failure
from ..recipients.address_book import Recipient

LATEST_SENDING: Final = timedelta(minutes=1)
"""How long after its hour a message has left: gateways know whole minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A message that a gateway keeps until its hour, or may keep."""

    number: int
    """Which one it is of its switch, counted from 1."""
    account: str
    """The id of the config entry of the account that keeps it."""
    recipients: tuple[Recipient, ...] = field(repr=False)
    text: str = field(repr=False)
    sender: str | None = field(default=None, repr=False)
    since: datetime
    """The last sign of life, as its text tells it."""
    fires_at: datetime
    submission_id: str | None = field(default=None, repr=False)
    is_sure: bool = False
    """Whether the gateway has accepted it; of one that isn't sure the answer was lost."""
    was_cancelled: bool = False
    """Whether a request to take it back was made, whose answer may have been lost."""
    failure: Failure | None = None
    """Why it could not be taken back when that was last tried."""
    must_stay: bool = False
    """Whether it must not be taken back again: the gateway took that for a message."""
    is_announced: bool = False
    """Whether it was told that it may be sent although the house lives."""

    @property
    def numbers(self) -> frozenset[str]:
        """The E.164 numbers of those who would be told."""
        return frozenset(recipient.number for recipient in self.recipients)

    @property
    def sent_by(self) -> datetime:
        """When it has been sent, if it stands until then."""
        return self.fires_at + LATEST_SENDING

    def is_past(self, now: datetime) -> bool:
        """Return whether it has been sent by now, if it stood."""
        return now >= self.sent_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """That the gateway has sent what stood: the house was silent."""

    since: datetime
    """The last sign of life."""
    until: datetime
    """When it was found out: the house is back."""
    recipients: tuple[Recipient, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """That those who were alarmed are still to be told that the house is back."""

    message_id: str
    """Under which id that message is sent: always the same one after a silence, so that
    it is known again if it was handed over and nothing could be written down of that."""
    recipients: tuple[Recipient, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchState:
    """All that is kept of one switch."""

    is_armed: bool = False
    standing: tuple[Standing, ...] = ()
    """What stands, or may, the oldest first."""
    last_number: int = 0
    """That of the message that was scheduled last."""
    last_since: datetime | None = None
    """The last sign of life that any text has told: none tells one twice."""
    renewed: datetime | None = None
    """When the gateway last accepted a message for everybody."""
    refused: frozenset[str] = field(default_factory=frozenset, repr=False)
    """The numbers that nothing stands for, as the gateway refuses to schedule it."""
    failure: Failure | None = None
    """Why it could not be renewed when that was last tried."""
    was_sent_early: bool = False
    """Whether the gateway has sent a message before its hour, so that it was disarmed."""
    restored_until: datetime | None = None
    """Until when a message may be sent that this state knows nothing of, as it was put
    back from a backup, or lost."""
    epoch: str | None = None
    """The journal's: another one means that it was put back, or begun anew."""
    fired: Fired | None = None
    """What has been sent and nobody was told of."""
    follow_up: FollowUp | None = None
    """Who has not been told yet that the house is back."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands, and nobody is to be told of anything."""
        return not (self.standing or self.fired or self.follow_up)

    def with_message(self, message: Standing) -> SwitchState:
        """Return the state with a message in the place of the one of its number."""
        is_known = message.number <= self.last_number
        others = [one for one in self.standing if one.number != message.number]
        standing = tuple(sorted((*others, message), key=lambda one: one.number))
        return replace(
            self,
            standing=standing,
            last_number=max(self.last_number, message.number),
            last_since=self.last_since if is_known else message.since,
        )

    def without(self, message: Standing) -> SwitchState:
        """Return the state without a message: it stands no more."""
        standing = tuple(one for one in self.standing if one.number != message.number)
        return replace(self, standing=standing)
