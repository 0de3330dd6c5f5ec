"""What a dead man's switch shows: pure, by its row and by what is so now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from .observer import Problem, Reason, SwitchStatus
from .renewal import Lane, Situation, is_pressing, newest_sure, time_left
from .standing import Standing, SwitchState

WIDEST_GAP: Final = timedelta(minutes=5)
"""How far the clocks of the house and the gateway may be apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the status depends on, beside the row and the situation."""

    is_stored: bool = True
    """Whether the row is on disk as it is."""
    clock_gap: timedelta = timedelta()
    """By how much the gateway's clock is before the house's, or behind it."""


def status_of(
    state: SwitchState, situation: Situation, circumstances: Circumstances
) -> SwitchStatus:
    """Return what a switch shows."""
    hours = [
        message.fires_at
        for number in situation.wanted
        if (message := newest_sure(state, number, situation.now)) is not None
    ]
    problems = _problems(state, situation, circumstances)
    return SwitchStatus(
        is_armed=state.is_armed,
        fires_at=min(hours, default=None) if state.is_armed else None,
        last_renewed=state.renewed,
        problems=tuple(problems),
    )


def may_be_sent(state: SwitchState, situation: Situation) -> tuple[Standing, ...]:
    """Return what may be sent although the house lives, as it can't be taken back.

    What could not be taken back is tried again, so only once it has failed twice: the first
    failure may be but a moment's.
    """
    return tuple(
        message
        for message in state.standing
        if not message.is_past(situation.now)
        and (
            message.must_stay
            or message.failure is not None
            or not (message.is_sure or _can_be_cancelled(message, situation))
        )
    )


def _problems(
    state: SwitchState, situation: Situation, circumstances: Circumstances
) -> Iterator[Problem]:
    if state.was_sent_early:
        yield Problem(reason=Reason.SENT_EARLY, failure=state.failure)
    if state.is_armed:
        yield from _troubles_of_armed(state, situation)
    for message in may_be_sent(state, situation):
        reason = Reason.NOT_CANCELLED if message.is_sure else Reason.DOUBT
        yield Problem(reason=reason, failure=message.failure, until=message.fires_at)
    restored_until = state.restored_until
    if restored_until is not None and restored_until > situation.now:
        yield Problem(reason=Reason.RESTORED, until=restored_until)
    if state.is_armed and abs(circumstances.clock_gap) > WIDEST_GAP:
        yield Problem(reason=Reason.CLOCK)
    if not circumstances.is_stored:
        yield Problem(reason=Reason.NOT_STORED)


def _troubles_of_armed(state: SwitchState, situation: Situation) -> Iterator[Problem]:
    """Yield why an armed switch may tell nobody, or tell somebody falsely."""
    if not situation.wanted:
        yield Problem(reason=Reason.NOBODY)
    elif not situation.lanes:
        yield Problem(reason=Reason.NO_ACCOUNT)
    if state.refused & situation.wanted:
        yield Problem(reason=Reason.REFUSED, failure=state.failure)
    elif any(_is_late(state, lane, situation) for lane in situation.lanes):
        hour = _first_hour(state, situation)
        yield Problem(reason=Reason.NOT_RENEWED, failure=state.failure, until=hour)


def _is_late(state: SwitchState, lane: Lane, situation: Situation) -> bool:
    """Return whether a second try is due for a lane, or nothing stands for it.

    What stands for the others says nothing of that.
    """
    left = time_left(state, lane, situation.now)
    has_failed = state.failure is not None or left is None
    return has_failed and is_pressing(left, situation.delay)


def _first_hour(state: SwitchState, situation: Situation) -> datetime | None:
    left = [time_left(state, lane, situation.now) for lane in situation.lanes]
    return min((situation.now + one for one in left if one is not None), default=None)


def _can_be_cancelled(message: Standing, situation: Situation) -> bool:
    return (
        message.submission_id is not None
        or situation.accounts.get(message.account) is True
    )
