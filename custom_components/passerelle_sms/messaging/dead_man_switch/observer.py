"""What a dead man's switch shows, and who hears of what happens to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ..model.failure import Failure
from ..recipients.address_book import Recipient
from .standing import Fired, FollowUp


class Reason(StrEnum):
    """Why something is wrong with a switch. The translations know these."""

    REFUSED = "refused"
    """The gateway refuses to schedule: nothing stands for some or all."""
    NOT_RENEWED = "not_renewed"
    """It was not renewed in time: it fires if that goes on."""
    NOT_CANCELLED = "not_cancelled"
    """What is to stand no more could not be taken back, and may be sent."""
    DOUBT = "doubt"
    """It is not known whether a message stands that cannot be taken back."""
    SENT_EARLY = "sent_early"
    """The gateway has sent a message before its hour, so it was disarmed."""
    CLOCK = "clock"
    """The clocks of the house and the gateway are far apart."""
    NOBODY = "nobody"
    """No recipient is left."""
    NO_ACCOUNT = "no_account"
    """No account is there that could keep the message."""
    RESTORED = "restored"
    """Its row was put back from a backup, or lost: a message may be sent that nobody here
    knows of."""
    NOT_STORED = "not_stored"
    """What stands could not be written down: a crash would make it forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is wrong with a switch."""

    reason: Reason
    failure: Failure | None = None
    """What the gateway, or the way to it, has said."""
    until: datetime | None = None
    """When it is over by itself, or when a message may be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchStatus:
    """How a switch stands."""

    is_armed: bool
    fires_at: datetime | None
    """When the first of its recipients is told, if the house is silent from now on."""
    last_renewed: datetime | None
    problems: tuple[Problem, ...]
    """The most urgent first."""


class SwitchObserver(Protocol):
    """Who hears of everything that happens to a switch."""

    @property
    def is_listening(self) -> bool:
        """Whether there is who hears that it fired; until then the row keeps it."""
        ...

    def on_changed(self) -> None:
        """Hear that its status may be another one."""

    def on_armed(self) -> None:
        """Hear that it was armed: a message stands for all whom a gateway takes."""

    def on_disarmed(self) -> None:
        """Hear that it was disarmed: nothing stands any more, or may be taken back yet."""

    def on_renewed_late(self, silent_since: datetime | None) -> None:
        """Hear that it was renewed, but so late that it might have been sent."""

    def on_false_alarm_possible(
        self, reason: Reason, at: datetime, recipients: Sequence[Recipient]
    ) -> None:
        """Hear that a message may be sent at an hour although the house lives."""

    def on_fired(self, fired: Fired) -> None:
        """Hear that the message was sent, and to whom."""

    def on_back(self, follow_up: FollowUp) -> None:
        """Hear that those who were alarmed are to be told that the house is back.

        It is heard again and again until `DeadManSwitch.end_follow_up` is called.
        """
