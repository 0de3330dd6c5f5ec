"""How the row of a dead man's switch changes by what a gateway answers: pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ..model.failure import Failure
from ..recipients.address_book import Recipient
from .carrier import Cancelled, CancelResult, ScheduleResult
from .standing import Fired, FollowUp, Standing, SwitchState

_SECOND: Final = timedelta(seconds=1)
_MINUTE: Final = timedelta(minutes=1)


def next_since(state: SwitchState, now: datetime) -> datetime:
    """Return the last sign of life for a new text: none has told it before.

    Gateways refuse what they were given already, to the same number and on the same day.
    One that is far ahead was told by a clock that has been set back since.
    """
    now, last = now.replace(microsecond=0), state.last_since
    if last is not None and now <= last < now + _MINUTE:
        return last + _SECOND
    return now


def scheduled(
    state: SwitchState,
    message: Standing,
    result: ScheduleResult,
    *,
    refused: frozenset[str],
) -> SwitchState:
    """Return the state once a gateway has answered to a message that it is to keep.

    `refused` are the numbers that no other account is left to be tried for.
    """
    state = state.without(message)
    if result.accepted:
        sure = replace(
            message,
            recipients=result.accepted,
            submission_id=result.submission_id,
            is_sure=True,
        )
        state = state.with_message(sure)
    if result.doubtful:
        number = message.number + bool(result.accepted)
        state = state.with_message(
            replace(
                message,
                number=number,
                recipients=result.doubtful,
                submission_id=result.doubtful_id,
            )
        )
    taken = _numbers((*result.accepted, *result.sent_at_once))
    failure = None if result.error is None else Failure.of(result.error)
    return replace(
        state,
        refused=(state.refused - taken) | refused,
        failure=failure,
        was_sent_early=state.was_sent_early or bool(result.sent_at_once),
        is_armed=state.is_armed and not result.sent_at_once,
    )


def cancelled(
    state: SwitchState, message: Standing, result: CancelResult, now: datetime
) -> SwitchState:
    """Return the state once a gateway has answered to a message being taken back."""
    match result.outcome:
        case Cancelled.GONE:
            return state.without(message)
        case Cancelled.SENT:
            return with_fired(state.without(message), message, now)
        case Cancelled.MISTAKEN:
            # The other message may have been sent, and nobody can take it back.
            state = replace(state, is_armed=False, was_sent_early=True)
    failure = None if result.error is None else Failure.of(result.error)
    # Past its hour the request was but a question.
    may_be_done = result.outcome is not Cancelled.FAILED and not message.is_past(now)
    return state.with_message(
        replace(
            message,
            was_cancelled=message.was_cancelled or may_be_done,
            failure=failure,
            must_stay=result.outcome is Cancelled.MISTAKEN,
        )
    )


def with_fired(state: SwitchState, message: Standing, now: datetime) -> SwitchState:
    """Return the state once it is known that a message was sent."""
    known = state.fired
    if known is None:
        fired = Fired(since=message.since, until=now, recipients=message.recipients)
        return replace(state, fired=fired)
    fired = Fired(
        since=min(known.since, message.since),
        until=now,
        recipients=_together(known.recipients, message.recipients),
    )
    return replace(state, fired=fired)


def with_follow_up(state: SwitchState, switch_id: str, fired: Fired) -> SwitchState:
    """Return the state once it was told that it fired: now all is well has to be told.

    Whoever has not been told that of an earlier silence is told it with those of this one.
    """
    earlier = () if state.follow_up is None else state.follow_up.recipients
    follow_up = FollowUp(
        message_id=f"{switch_id}_{fired.since:%Y%m%dT%H%M%S}",
        recipients=_together(fired.recipients, earlier),
    )
    return replace(state, fired=None, follow_up=follow_up)


def marked_as_cancelled(
    state: SwitchState, messages: Iterable[Standing]
) -> SwitchState:
    """Return the state with what is about to be taken back marked so."""
    for message in messages:
        state = state.with_message(replace(message, was_cancelled=True))
    return state


def _together(
    some: tuple[Recipient, ...], others: tuple[Recipient, ...]
) -> tuple[Recipient, ...]:
    known = _numbers(some)
    return *some, *(one for one in others if one.number not in known)


def _numbers(recipients: Iterable[Recipient]) -> frozenset[str]:
    return frozenset(recipient.number for recipient in recipients)
