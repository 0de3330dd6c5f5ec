"""What a dead man's switch is to do next: pure, by its row and by what is so now.

A message stands for everybody, and is replaced when a third of the delay has passed: the
new one is accepted before the old one is taken back. Never more than two stand for anybody.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ...gateways.outcome import Outcome
from ..recipients.address_book import Recipient
from .standing import Standing, SwitchState

MOST_STANDING: Final = 2
"""How many messages may stand for one recipient."""
SHORTEST_MARGIN: Final = timedelta(minutes=2)
LATEST_QUESTION: Final = timedelta(days=1)
"""How long after its hour the gateway is asked what became of a message."""

type Lane = tuple[Recipient, ...]
"""Recipients who share one request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Let a message stand for some recipients."""

    lane: Lane = field(repr=False)
    is_pressing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Take a message back, or find out that it was sent."""

    message: Standing
    is_pressing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Ask no longer what became of a message."""

    message: Standing


type Step = Schedule | Cancel | Forget


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the next step depends on, beside the row."""

    now: datetime
    """The later of the house's time and the gateway's."""
    delay: timedelta
    wanted: frozenset[str] = field(repr=False)
    """The numbers of all who are to be told."""
    lanes: tuple[Lane, ...] = field(repr=False)
    """All of them as they share requests; none while no account is there."""
    account: str = ""
    """The one at which they share them so, and that is to keep what is scheduled."""
    accounts: Mapping[str, bool]
    """The accounts that are there, and whether each can take back what it gave no id for."""
    available: frozenset[str] = frozenset()
    """Those that may keep new messages: what stands elsewhere is replaced."""
    abandoned: frozenset[str] = frozenset()
    """Those that go now: what stands there is taken back, replaced or not."""
    renew_beyond: int = 0
    """Messages up to this number are to be replaced now."""
    is_rationed: bool = False
    """Whether there were too many requests when it was last to be renewed."""
    held_off: frozenset[str] = field(default=frozenset(), repr=False)
    """The keys of what has failed and is to wait."""


def lane_key(account: str, lane: Lane) -> str:
    """Return the key of a lane of an account among what is held off."""
    return " ".join([account, *sorted(recipient.number for recipient in lane)])


def cancel_key(message: Standing) -> str:
    """Return the key of taking a message back among what is held off."""
    return f"cancel {message.number}"


def next_step(state: SwitchState, situation: Situation) -> Step | None:
    """Return what is to be done now; `None` if there is nothing."""
    decision = _Decision(state, situation)
    return (
        next(decision.cancellations(), None)
        or next(decision.questions(), None)
        or next(decision.renewals(), None)
    )


def superfluous(state: SwitchState, situation: Situation) -> tuple[Standing, ...]:
    """Return what is to stand no more, the oldest first."""
    return tuple(_Decision(state, situation).superfluous())


def is_due(state: SwitchState, situation: Situation, lane: Lane) -> bool:
    """Return whether a new message is to stand for a lane."""
    return _Decision(state, situation).is_due(lane)


def next_look(state: SwitchState, situation: Situation) -> timedelta | None:
    """Return in how long time alone changes what is to be done, or to be shown."""
    now, delay = situation.now, situation.delay
    moments = [state.restored_until] if state.restored_until is not None else []
    for message in state.standing:
        fires_at = message.fires_at
        moments += [fires_at - delay * 2 / 3, fires_at - delay / 3]
        moments += [fires_at - margin(delay), message.sent_by]
        moments.append(fires_at + LATEST_QUESTION)
    left = [moment - now for moment in moments if moment > now]
    return min(left, default=None)


def margin(delay: timedelta) -> timedelta:
    """Return how long before its hour what can't be replaced is taken back."""
    return max(delay / 6, SHORTEST_MARGIN)


def time_left(state: SwitchState, lane: Lane, now: datetime) -> timedelta | None:
    """Return in how long the first of a lane is told; `None` if not all of it will be.

    Whom the gateway has refused counts only where it has refused the whole lane.
    """
    numbers = [recipient.number for recipient in lane]
    standing = [
        newest_sure(state, number, now)
        for number in numbers
        if number not in state.refused
    ]
    hours = [message.fires_at for message in standing if message is not None]
    return min(hours) - now if hours and len(hours) == len(standing) else None


def newest_sure(state: SwitchState, number: str, now: datetime) -> Standing | None:
    """Return the last message that stands for a number for certain."""
    for message in reversed(state.standing):
        if message.is_sure and number in message.numbers and not message.is_past(now):
            return message
    return None


def is_pressing(left: timedelta | None, delay: timedelta) -> bool:
    """Return whether a second try is due: two thirds of the delay have passed."""
    return left is None or left <= delay / 3


class _Decision:
    """The next steps, the most urgent first."""

    def __init__(self, state: SwitchState, situation: Situation) -> None:
        self._state = state
        self._situation = situation
        self._standing = [
            message for message in state.standing if not message.is_past(situation.now)
        ]

    def cancellations(self) -> Iterator[Cancel]:
        """Yield what is to stand no more, the oldest first."""
        for message in self.superfluous():
            if self._may_cancel(message):
                yield self._cancel(message)

    def renewals(self) -> Iterator[Step]:
        """Yield what is to be scheduled, and what must make room for it before."""
        if not self._state.is_armed:
            return
        for lane in self._situation.lanes:
            if not self.is_due(lane) or self._is_blocked(lane):
                continue
            left = time_left(self._state, lane, self._situation.now)
            pressing = is_pressing(left, self._situation.delay)
            crowded = self._crowded(lane)
            if not crowded:
                key = lane_key(self._situation.account, lane)
                if key not in self._situation.held_off:
                    yield Schedule(lane=lane, is_pressing=pressing)
            elif pressing and (oldest := self._first_to_go(crowded)) is not None:
                yield self._cancel(oldest)

    def questions(self) -> Iterator[Cancel | Forget]:
        """Yield what may have been sent at its hour: the gateway tells when it is asked."""
        now = self._situation.now
        for message in self._state.standing:
            if not message.is_past(now):
                continue
            is_late = now >= message.fires_at + LATEST_QUESTION
            if (is_late and _was_asked(message)) or not self._is_cancellable(message):
                yield Forget(message=message)
            elif self._may_cancel(message):
                yield Cancel(message=message, is_pressing=False)

    # --- what is to go --------------------------------------------------------------

    def superfluous(self) -> Iterator[Standing]:
        """Yield what is to stand no more, the oldest first."""
        yield from filter(self._is_superfluous, self._standing)

    def _is_superfluous(self, message: Standing) -> bool:
        situation = self._situation
        wanted = message.numbers & situation.wanted
        if not self._state.is_armed or not wanted or not message.is_sure:
            return True
        if message.account in situation.abandoned or not situation.available:
            # Nobody would put off any more what stays there.
            return True
        return self._is_hopeless(message) or all(
            self._is_replaced(message, number) or number in self._state.refused
            for number in wanted
        )

    def _is_replaced(self, message: Standing, number: str) -> bool:
        newest = newest_sure(self._state, number, self._situation.now)
        return newest is not None and newest.number > message.number

    def _is_hopeless(self, message: Standing) -> bool:
        """Return whether it would be sent although the house lives: it can't be replaced."""
        situation = self._situation
        left = message.fires_at - situation.now
        return situation.is_rationed and left <= margin(situation.delay)

    def _may_cancel(self, message: Standing) -> bool:
        is_held_off = cancel_key(message) in self._situation.held_off
        return self._is_cancellable(message) and not is_held_off

    def _is_cancellable(self, message: Standing) -> bool:
        can_without_id = self._situation.accounts.get(message.account)
        if can_without_id is None or message.must_stay:
            return False
        return can_without_id or message.submission_id is not None

    def _cancel(self, message: Standing) -> Cancel:
        left = message.fires_at - self._situation.now
        return Cancel(
            message=message, is_pressing=is_pressing(left, self._situation.delay)
        )

    # --- what is to be scheduled --------------------------------------------------------

    def is_due(self, lane: Lane) -> bool:
        """Return whether a new message is to stand for a lane."""
        situation = self._situation
        left = time_left(self._state, lane, situation.now)
        return left is None or left <= situation.delay * 2 / 3 or self._is_forced(lane)

    def _is_forced(self, lane: Lane) -> bool:
        situation = self._situation
        newest = [
            newest_sure(self._state, recipient.number, situation.now)
            for recipient in lane
        ]
        return any(
            one is not None
            and (
                one.number <= situation.renew_beyond
                or one.account not in situation.available
            )
            for one in newest
        )

    def _is_blocked(self, lane: Lane) -> bool:
        """Return whether something of the lane is still to be taken back."""
        return any(
            self._is_superfluous(message) and self._is_cancellable(message)
            for message in self._of(lane)
        )

    def _crowded(self, lane: Lane) -> list[Standing]:
        """Return what stands for those of a lane for whom no more may."""
        standing = self._of(lane)
        full = {
            recipient.number
            for recipient in lane
            if sum(recipient.number in one.numbers for one in standing) >= MOST_STANDING
        }
        return [message for message in standing if message.numbers & full]

    def _first_to_go(self, crowded: list[Standing]) -> Standing | None:
        return next(filter(self._may_cancel, crowded), None)

    def _of(self, lane: Lane) -> list[Standing]:
        numbers = {recipient.number for recipient in lane}
        return [message for message in self._standing if message.numbers & numbers]


def _was_asked(message: Standing) -> bool:
    """Return whether the gateway was asked for a message, and did not answer well.

    A clock may have gone forward by a day: that alone sends nothing.
    """
    failure = message.failure
    return failure is not None and failure.kind.outcome is not Outcome.NOT_SENT
