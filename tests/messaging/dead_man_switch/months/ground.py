"""What the simulated gateways have truly kept, sent and taken back for the switch."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import SupportsIndex, override

from tests.simulator import Acceptance, ReceivedRequest, SimulatedGateway
from tests.simulator.envoyer_sms_pro import SimulatedEnvoyerSmsPro
from tests.simulator.sms123 import SimulatedSms123

from .clock import MonthClock
from .record import Asked, Kept, Record

MOST = 2
"""How many messages may stand for one recipient."""
MARK = "SILENCE"
"""What every text of the switch says, and no other."""


@dataclass(slots=True, kw_only=True)
class _Followed:
    kept: Kept
    simulated: SimulatedGateway
    taken: Acceptance
    is_read: bool = False
    """Whether its hour is known: a gateway writes it down after it has charged."""


class Ground:
    """Follows the gateways of a month, and writes down what became of each message."""

    def __init__(
        self, clock: MonthClock, record: Record, delay: Callable[[], timedelta]
    ) -> None:
        """Follow nobody yet; `delay` tells that of the switch."""
        self._clock = clock
        self._record = record
        self._delay = delay
        self._open: list[_Followed] = []
        self.unknown_before = timedelta(-1)
        """What was taken until then may be unknown to the row."""
        self.is_proving = False
        clock.before_passing = self._see_until

    def follow(self, account: str, simulated: SimulatedGateway) -> None:
        """Follow what a gateway does for an account."""

        def take(acceptance: Acceptance) -> None:
            if MARK in acceptance.text:
                self._take(account, simulated, acceptance)

        def ask(request: ReceivedRequest) -> None:
            if MARK in request.body or request.operation == "cancel":
                self._record.asked.append(
                    Asked(at=self._clock.elapsed(), operation=request.operation)
                )

        simulated.accepted = Heard(take)
        simulated.requests = Heard(ask)

    def standing(self, number: str | None = None) -> list[Kept]:
        """Return what stands now, for a number or anybody."""
        self.look()
        return [
            one.kept
            for one in self._open
            if number is None or one.kept.number == number
        ]

    def look(self) -> None:
        """See what has changed by now."""
        self._see_until(self._clock.elapsed())

    def _take(
        self, account: str, simulated: SimulatedGateway, taken: Acceptance
    ) -> None:
        self.look()
        kept = Kept(
            account=account,
            number=simulated.international(taken.recipient),
            text=taken.text,
            key=taken.submission_id,
            taken=self._clock.elapsed(),
            due=self._clock.there(),
            delay=self._delay(),
            here=self._clock.now(),
            gap=self._clock.now() - self._clock.there(),
            is_of_proof=self.is_proving,
        )
        self._record.kept.append(kept)
        self._open.append(_Followed(kept=kept, simulated=simulated, taken=taken))
        known = [
            one
            for one in self._open
            if one.kept.number == kept.number and one.kept.taken > self.unknown_before
        ]
        if len(known) > MOST:
            self._record.most_standing.append((kept.taken, kept.number, len(known)))

    def _see_until(self, elapsed: timedelta) -> None:
        there = self._clock.there_at(elapsed)
        for one in tuple(self._open):
            if not one.is_read:
                now = self._clock.there()
                one.kept.due = _due(one) or now
                one.kept.promised = one.kept.due - now
                one.is_read = True
            if _is_cancelled(one):
                one.kept.cancelled = self._clock.elapsed()
            elif one.kept.due <= there:
                late = max(timedelta(), there - one.kept.due)
                one.kept.sent = max(elapsed - late, self._clock.elapsed())
            else:
                continue
            self._open.remove(one)


class Heard[Item](list[Item]):
    """A list of which somebody hears what is added."""

    def __init__(self, hear: Callable[[Item], None]) -> None:
        """Begin with nothing."""
        super().__init__()
        self._hear = hear

    @override
    def append(self, item: Item, /) -> None:
        super().append(item)
        self._hear(item)

    @override
    def extend(self, items: Iterable[Item], /) -> None:
        for item in items:
            self.append(item)

    @override
    def insert(self, index: SupportsIndex, item: Item, /) -> None:
        raise NotImplementedError


def _due(one: _Followed) -> datetime | None:
    """Return the hour of a message; `None` if the gateway has sent it at once."""
    simulated = one.simulated
    if isinstance(simulated, SimulatedEnvoyerSmsPro):
        return simulated.messages[one.taken.submission_id].send_at
    assert isinstance(simulated, SimulatedSms123)
    waiting = (*simulated.scheduled, *simulated.deleted)
    hours = [each.at for each in waiting if each.acceptance is one.taken]
    return hours[0] if hours else None


def _is_cancelled(one: _Followed) -> bool:
    simulated = one.simulated
    if isinstance(simulated, SimulatedEnvoyerSmsPro):
        return simulated.messages[one.taken.submission_id].is_cancelled
    assert isinstance(simulated, SimulatedSms123)
    return any(each.acceptance is one.taken for each in simulated.deleted[-200:])
