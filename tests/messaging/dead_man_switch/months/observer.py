"""Writes down what the observer of a switch hears."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import override

from custom_components.passerelle_sms.messaging.dead_man_switch.observer import (
    Reason,
    SwitchObserver,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.standing import (
    Fired,
    FollowUp,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient

from .clock import MonthClock
from .record import Record, Told


class RecordingSwitchObserver(SwitchObserver):
    """Hears everything, and judges nothing."""

    def __init__(self, clock: MonthClock, record: Record) -> None:
        """Write into a record."""
        self._clock = clock
        self._record = record
        self.on_change: Callable[[], None] = _nothing

    @property
    @override
    def is_listening(self) -> bool:
        return True

    @override
    def on_changed(self) -> None:
        self.on_change()

    @override
    def on_armed(self) -> None:
        self._tell("armed")

    @override
    def on_disarmed(self) -> None:
        self._tell("disarmed")

    @override
    def on_renewed_late(self, silent_since: datetime | None) -> None:
        self._tell("renewed_late", since=silent_since)

    @override
    def on_false_alarm_possible(
        self, reason: Reason, at: datetime, recipients: Sequence[Recipient]
    ) -> None:
        self._tell("false_alarm_possible", recipients, reason=reason.value, hour=at)

    @override
    def on_fired(self, fired: Fired) -> None:
        self._tell("fired", fired.recipients, since=fired.since, until=fired.until)

    @override
    def on_back(self, follow_up: FollowUp) -> None:
        """Tell nobody: that is a message like any other."""

    def _tell(
        self,
        what: str,
        recipients: Sequence[Recipient] = (),
        *,
        reason: str | None = None,
        hour: datetime | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        told = Told(
            at=self._clock.elapsed(),
            what=what,
            by_clock_here=self._clock.now(),
            reason=reason,
            hour=hour,
            since=since,
            until=until,
            numbers=frozenset(one.number for one in recipients),
        )
        self._record.told.append(told)


def _nothing() -> None:
    """Do nothing."""
