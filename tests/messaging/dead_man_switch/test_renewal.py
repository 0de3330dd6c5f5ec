"""Tests of what a switch is to do next, whatever stands and whatever is so now."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    CannotConnectError,
    NotCancellableError,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.renewal import (
    Cancel,
    Forget,
    Schedule,
    Situation,
    Step,
    cancel_key,
    is_due,
    lane_key,
    margin,
    newest_sure,
    next_look,
    next_step,
    superfluous,
    time_left,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.standing import (
    Standing,
    SwitchState,
)
from custom_components.passerelle_sms.messaging.model.failure import Failure
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.messaging.fake_clock import START as NOW

from .fakes import HOUR, MAMAN, PAPA

MINUTE = timedelta(minutes=1)
DELAY = HOUR
BOTH = (MAMAN, PAPA)
ACCOUNTS = {"with-id": False, "by-content": True}


def standing(
    number: int = 1, fires_in: timedelta = DELAY, **changes: object
) -> Standing:
    """Return a message that stands for certain."""
    message = Standing(
        number=number,
        account="with-id",
        recipients=(MAMAN,),
        text=f"{number}",
        since=NOW,
        fires_at=NOW + fires_in,
        submission_id=f"id-{number}",
        is_sure=True,
    )
    return replace(message, **changes)  # type: ignore[arg-type]  # fields by name


def state(*messages: Standing, **changes: object) -> SwitchState:
    """Return the row of an armed switch."""
    row = SwitchState(is_armed=True)
    for message in messages:
        row = row.with_message(message)
    return replace(row, **changes)  # type: ignore[arg-type]  # fields by name


def situation(**changes: object) -> Situation:
    """Return what is so while all is well."""
    usual = Situation(
        now=NOW,
        delay=DELAY,
        wanted=frozenset({MAMAN.number}),
        lanes=((MAMAN,),),
        accounts=ACCOUNTS,
        available=frozenset(ACCOUNTS),
    )
    return replace(usual, **changes)  # type: ignore[arg-type]  # fields by name


def what(step: Step | None) -> tuple[str, int] | None:
    """Return a step in short."""
    match step:
        case Schedule():
            return "schedule", len(step.lane)
        case Cancel() | Forget():
            return type(step).__name__.lower(), step.message.number
        case _:
            return None


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (60 * MINUTE, None),
        (41 * MINUTE, None),
        (40 * MINUTE, ("schedule", 1)),
        (1 * MINUTE, ("schedule", 1)),
    ],
)
def test_it_is_due_when_a_third_of_the_delay_has_passed(
    left: timedelta, expected: tuple[str, int] | None
) -> None:
    """Not before, and then until it is done."""
    assert what(next_step(state(standing(fires_in=left)), situation())) == expected


def test_the_old_one_goes_once_the_new_one_is_sure() -> None:
    """And not while it isn't."""
    old, new = standing(1, 40 * MINUTE), standing(2)
    assert what(next_step(state(old, new), situation())) == ("cancel", 1)
    in_doubt = replace(new, is_sure=False, submission_id=None)
    assert next_step(state(old, in_doubt), situation()) is None


def test_what_is_in_doubt_is_taken_back_where_its_content_is_enough() -> None:
    """The sure one stays."""
    in_doubt = standing(2, account="by-content", is_sure=False, submission_id=None)
    step = next_step(state(standing(1, 40 * MINUTE), in_doubt), situation())
    assert what(step) == ("cancel", 2)


def test_room_is_made_only_when_it_presses() -> None:
    """Until then the sure one protects."""
    in_doubt = standing(2, 59 * MINUTE, is_sure=False, submission_id=None)
    early = state(standing(1, 30 * MINUTE), in_doubt)
    pressing = state(standing(1, 20 * MINUTE), in_doubt)
    assert next_step(early, situation()) is None
    assert what(next_step(pressing, situation())) == ("cancel", 1)


def test_nothing_is_scheduled_while_something_is_still_to_be_taken_back() -> None:
    """Also while that has to wait, as it failed."""
    row = state(standing(1, 5 * MINUTE), standing(2, 20 * MINUTE))
    waiting = situation(held_off=frozenset({cancel_key(row.standing[0])}))
    assert next_step(row, waiting) is None


def test_what_is_past_is_asked_about_before_a_new_one_stands() -> None:
    """By a clock that goes ahead it stands yet; and the answer tells the right time.

    Where that fails, the new one doesn't wait for it.
    """
    row = state(standing(1, -10 * MINUTE))
    assert what(next_step(row, situation())) == ("cancel", 1)
    waiting = situation(held_off=frozenset({cancel_key(row.standing[0])}))
    assert what(next_step(row, waiting)) == ("schedule", 1)


def test_what_is_long_past_is_asked_about_once_before_it_is_forgotten() -> None:
    """The clock may have gone forward by days, and the message stand."""
    cut_off = Failure.of(CannotConnectError())
    for failure in (None, cut_off):
        old = standing(1, -timedelta(days=2), failure=failure)
        assert what(next_step(state(old, standing(9)), situation())) == ("cancel", 1)


def test_what_nobody_tells_of_is_forgotten_once_it_is_past() -> None:
    """Without an id, without its account, or after a day."""
    lost = standing(1, -2 * MINUTE, is_sure=False, submission_id=None)
    gone = standing(2, -2 * MINUTE, account="gone")
    failure = Failure.of(NotCancellableError())
    old = standing(3, -timedelta(days=1), failure=failure)
    for message in (lost, gone, old):
        step = next_step(state(message, standing(9)), situation())
        assert what(step) == ("forget", message.number)


def test_a_refused_one_leaves_nothing_standing() -> None:
    """It would be a false alarm."""
    row = state(standing(1, 40 * MINUTE), refused=frozenset({MAMAN.number}))
    assert what(next_step(row, situation())) == ("cancel", 1)


def test_who_is_refused_does_not_renew_the_others_again_and_again() -> None:
    """They share a request."""
    row = state(standing(1), refused=frozenset({PAPA.number}))
    both = situation(lanes=(BOTH,), wanted=frozenset(one.number for one in BOTH))
    assert next_step(row, both) is None


def test_a_message_at_an_account_that_is_not_available_is_replaced() -> None:
    """It may soon be unable to be taken back."""
    row = state(standing(1))
    elsewhere = situation(available=frozenset({"by-content"}))
    assert what(next_step(row, elsewhere)) == ("schedule", 1)


def test_what_stands_at_an_abandoned_account_goes() -> None:
    """Replaced or not."""
    left = situation(abandoned=frozenset({"with-id"}), lanes=(), available=frozenset())
    assert what(next_step(state(standing(1)), left)) == ("cancel", 1)


def test_what_can_not_be_renewed_goes_before_its_hour() -> None:
    """Only where there were too many requests: without a line it has to fire."""
    key = lane_key("", (MAMAN,))
    row = state(standing(1, margin(DELAY)))
    waiting = situation(held_off=frozenset({key}))
    assert next_step(row, waiting) is None
    assert what(next_step(row, replace(waiting, is_rationed=True))) == ("cancel", 1)


def test_a_disarmed_one_lets_nothing_stand() -> None:
    """Neither sure nor in doubt, as far as that can be taken back."""
    row = state(standing(1), standing(2), is_armed=False)
    assert what(next_step(row, situation())) == ("cancel", 1)
    assert next_step(state(is_armed=False), situation()) is None


# --- whatever stands ---------------------------------------------------------------------


@st.composite
def rows(draw: st.DrawFn) -> SwitchState:
    """Return any row."""
    messages: list[Standing] = []
    for number in range(1, draw(st.integers(0, 4)) + 1):
        is_sure = draw(st.booleans())
        recipients: tuple[Recipient, ...] = draw(
            st.sampled_from([(MAMAN,), (PAPA,), BOTH])
        )
        messages.append(
            standing(
                number,
                timedelta(minutes=draw(st.integers(-90, 90))),
                account=draw(st.sampled_from(["with-id", "by-content", "gone"])),
                recipients=recipients,
                is_sure=is_sure,
                submission_id="id" if is_sure else None,
                must_stay=draw(st.booleans()),
            )
        )
    numbers = [recipient.number for recipient in BOTH]
    return state(
        *messages,
        is_armed=draw(st.booleans()),
        refused=frozenset(draw(st.sets(st.sampled_from(numbers)))),
    )


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Return anything that may be so."""
    lanes = draw(st.sampled_from([(), ((MAMAN,),), ((MAMAN,), (PAPA,)), (BOTH,)]))
    keys = [
        *(lane_key("", lane) for lane in [(MAMAN,), (PAPA,), BOTH]),
        *(f"cancel {number}" for number in range(1, 5)),
    ]
    return situation(
        lanes=lanes,
        wanted=frozenset(one.number for lane in lanes for one in lane),
        available=frozenset(draw(st.sets(st.sampled_from([*ACCOUNTS])))),
        renew_beyond=draw(st.integers(0, 4)),
        is_rationed=draw(st.booleans()),
        held_off=frozenset(draw(st.sets(st.sampled_from(keys)))),
    )


def standing_for(row: SwitchState, number: str, now: datetime) -> int:
    """Return how many messages may stand for a number."""
    return sum(
        number in message.numbers and not message.is_past(now)
        for message in row.standing
    )


@given(rows(), situations())
def test_a_message_is_scheduled_only_where_there_is_room(
    row: SwitchState, now: Situation
) -> None:
    """For whoever is armed, and whoever has no more than one."""
    step = next_step(row, now)
    if isinstance(step, Schedule):
        assert row.is_armed
        assert lane_key(now.account, step.lane) not in now.held_off
        assert is_due(row, now, step.lane)
        for recipient in step.lane:
            assert standing_for(row, recipient.number, now.now) < 2


@given(rows(), situations())
def test_the_last_sure_message_goes_only_for_a_reason(
    row: SwitchState, now: Situation
) -> None:
    """Disarmed, refused, unwanted, rationed, or to make room when it presses.

    Or abandoned, as its account goes, or no account may keep anything more.
    """
    step = next_step(row, now)
    if not isinstance(step, Cancel) or step.message.is_past(now.now):
        return
    message = step.message
    assert cancel_key(message) not in now.held_off
    assert not message.must_stay
    lasts = {
        number
        for number in message.numbers & now.wanted
        if newest_sure(row, number, now.now) == message
    }
    left = message.fires_at - now.now
    is_needed = row.is_armed and now.available and lasts - row.refused
    if message.is_sure and is_needed:
        is_hopeless = now.is_rationed and left <= margin(DELAY)
        is_crowded = any(standing_for(row, n, now.now) >= 2 for n in lasts)
        assert is_hopeless or is_crowded


@given(rows(), situations())
def test_nothing_is_done_only_where_nothing_can_be(
    row: SwitchState, now: Situation
) -> None:
    """With nothing held off, whatever can be taken back has been."""
    free = replace(now, held_off=frozenset())
    if next_step(row, free) is not None:
        return
    for message in superfluous(row, free):
        can = free.accounts.get(message.account)
        assert (
            can is None
            or message.must_stay
            or (not can and message.submission_id is None)
        )


@given(rows(), situations())
def test_there_is_always_another_look_while_something_stands(
    row: SwitchState, now: Situation
) -> None:
    """In no more than the time that it is about."""
    look = next_look(row, now)
    if any(message.fires_at > now.now for message in row.standing):
        assert look is not None
        assert timedelta() < look <= timedelta(minutes=91)


@given(rows())
def test_time_left_is_that_of_who_is_told_first(row: SwitchState) -> None:
    """And none where somebody would not be told."""
    left = time_left(row, BOTH, NOW)
    wanted = [one.number for one in BOTH if one.number not in row.refused]
    newest = [newest_sure(row, number, NOW) for number in wanted]
    if left is None:
        assert None in newest or not newest
    else:
        hours = [one.fires_at for one in newest if one is not None]
        assert NOW + left == min(hours)
