"""The guard: no more than so much an hour and a day, nothing twice."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import override

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    DailyCapError,
    HourlyCapError,
    IdenticalMessageError,
    RejectedError,
)
from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.guard.guard import Guard, GuardLimits
from custom_components.passerelle_sms.messaging.model.record import (
    MessageRecord,
    Stage,
    SubmissionRecord,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from custom_components.passerelle_sms.messaging.runtime.clock import Clock
from homeassistant.core import CALLBACK_TYPE
from tests.conftest import MAMAN, PAPA

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)
LIMITS = GuardLimits(segments_per_hour=10, segments_per_day=20, identical_window=MINUTE)


class SetClock(Clock):
    """A clock that stands where it was set."""

    def __init__(self) -> None:
        """Begin at `START`."""
        self.time = START

    @override
    def now(self) -> datetime:
        return self.time

    @override
    def call_later(self, seconds: float, wake: Callable[[], None]) -> CALLBACK_TYPE:
        raise AssertionError("The guard wakes nobody, and nobody wakes it.")


@pytest.fixture
def clock() -> SetClock:
    """Return a clock."""
    return SetClock()


@pytest.fixture
def guard(clock: SetClock) -> Guard:
    """Return a guard that has seen nothing."""
    return Guard(LIMITS, clock)


def message(
    name: str,
    *numbers: str,
    created: datetime = START,
    text: str | None = None,
    segments: int = 1,
    urgent: bool = False,
) -> MessageRecord:
    """Return a new message; its text is its name unless told."""
    return MessageRecord(
        message_id=name,
        created=created,
        expires=created + HOUR,
        text=name if text is None else text,
        sender=None,
        encoding=Encoding.GSM7,
        segments=segments,
        urgent=urgent,
        submissions=tuple(
            SubmissionRecord(recipient=Recipient(number=number))
            for number in numbers or (MAMAN,)
        ),
    )


def ended(record: MessageRecord, outcome: Outcome) -> MessageRecord:
    """Return the message with this outcome for everybody."""
    return record.updated(
        replace(submission, outcome=outcome, stage=Stage.CLOSED)
        for submission in record.submissions
    )


# --- the caps -----------------------------------------------------------------


def test_an_hour_holds_so_many_segments(guard: Guard, clock: SetClock) -> None:
    """And it is any 60 minutes: there is room again when the oldest leave it."""
    guard.admit(message("a", segments=6))
    clock.time += 20 * MINUTE
    guard.admit(message("b", segments=4))

    with pytest.raises(HourlyCapError) as refused:
        guard.admit(message("c", segments=6))
    assert refused.value.details == {
        "cap": "10",
        "used": "10",
        "segments": "6",
        "minutes": "40",
    }
    with pytest.raises(HourlyCapError) as refused:
        guard.admit(message("d", segments=7))
    assert refused.value.details["minutes"] == "60"

    clock.time = START + HOUR - TICK
    with pytest.raises(HourlyCapError) as refused:
        guard.admit(message("c", segments=6))
    assert refused.value.details["minutes"] == "1"
    clock.time = START + HOUR
    assert guard.admit(message("c", segments=6)) == {}
    assert guard.segments_last_hour == 10
    assert guard.segments_last_day == 16


def test_a_day_holds_so_many_segments(guard: Guard, clock: SetClock) -> None:
    """Not even an urgent message passes that."""
    guard.admit(message("a", segments=10))
    clock.time += HOUR
    guard.admit(message("b", segments=10))

    for urgent in (False, True):
        with pytest.raises(DailyCapError) as refused:
            guard.admit(message("c", urgent=urgent))
        assert refused.value.details == {
            "cap": "20",
            "used": "20",
            "segments": "1",
            "minutes": str(23 * 60),
        }

    clock.time = START + DAY
    assert guard.admit(message("c")) == {}
    assert guard.segments_last_day == 11


def test_all_recipients_or_none(guard: Guard) -> None:
    """Half an alert is a trap, and a refused message doesn't count."""
    guard.admit(message("a", segments=9))

    with pytest.raises(HourlyCapError):
        guard.admit(message("b", MAMAN, PAPA))

    assert guard.segments_last_hour == guard.segments_last_day == 9
    assert guard.admit(message("b", PAPA)) == {}


@pytest.mark.parametrize(
    ("urgent", "segments", "error"),
    [(False, 11, HourlyCapError), (True, 21, DailyCapError)],
)
def test_what_never_fits(
    guard: Guard, urgent: bool, segments: int, error: type[RejectedError]
) -> None:
    """No waiting makes room for it."""
    with pytest.raises(error) as refused:
        guard.admit(message("a", segments=segments, urgent=urgent))

    assert refused.value.details["minutes"] == "∞"


def test_urgent_segments_count(guard: Guard) -> None:
    """They pass the hourly cap, and what comes after them finds the hour full."""
    guard.admit(message("a", segments=8))
    guard.admit(message("b", segments=8, urgent=True))

    assert guard.segments_last_hour == guard.segments_last_day == 16
    with pytest.raises(HourlyCapError):
        guard.admit(message("c"))
    # Nobody is left to send to: that takes no room.
    assert set(guard.admit(message("d", text="a"))) == {MAMAN}


# --- the same text ------------------------------------------------------------


def test_the_same_text_goes_once(guard: Guard, clock: SetClock) -> None:
    """To the same number, within the window."""
    guard.admit(message("a", text="Fuite !"))
    clock.time += MINUTE - TICK

    refused = guard.admit(message("b", MAMAN, PAPA, text="Fuite !"))
    assert list(refused) == [MAMAN]
    assert isinstance(refused[MAMAN], IdenticalMessageError)
    assert refused[MAMAN].details == {"number": "***07", "minutes": "1"}
    assert MAMAN not in str(refused[MAMAN])
    assert guard.admit(message("c", text="Fuite !\n")) == {}
    assert guard.segments_last_hour == 3

    clock.time += TICK
    assert list(guard.admit(message("d", MAMAN, PAPA, text="Fuite !"))) == [PAPA]


def test_other_values_are_another_message(guard: Guard) -> None:
    """Two doors that open in one minute are two alerts; the same one twice is one."""

    def opened(name: str, door: str) -> MessageRecord:
        values = {MAMAN: {"porte": door}}
        return replace(
            message(name, MAMAN, text="{porte} ouverte"),
            options=SmsOptions(personalisation=values),
        )

    assert guard.admit(opened("1", "Cave")) == {}
    assert guard.admit(opened("2", "Grenier")) == {}
    assert guard.admit(opened("3", "Cave")).keys() == {MAMAN}
    # What is read counts, however it was written.
    assert guard.admit(message("4", MAMAN, text="Cave ouverte")).keys() == {MAMAN}


def test_another_hour_is_another_message(guard: Guard) -> None:
    """A series that is handed over in one go arrives one by one."""

    def at(name: str, hour: int) -> MessageRecord:
        options = SmsOptions(send_at=START + hour * HOUR)
        return replace(message(name, MAMAN, text="Vannes"), options=options)

    assert guard.admit(at("1", 1)) == {}
    assert guard.admit(at("2", 2)) == {}
    assert guard.admit(at("3", 1)).keys() == {MAMAN}


def test_urgent_passes_the_window(guard: Guard) -> None:
    """And holds what comes after it."""
    guard.admit(message("a", text="Fuite !"))

    assert guard.admit(message("b", text="Fuite !", urgent=True)) == {}
    guard.uncount("b", MAMAN)
    assert set(guard.admit(message("c", text="Fuite !"))) == {MAMAN}
    assert guard.segments_last_hour == 1


@pytest.mark.parametrize(
    ("window", "passed", "held", "minutes"),
    [
        (timedelta(0), timedelta(0), False, ""),
        (timedelta(seconds=90), timedelta(seconds=89), True, "2"),
        # Nothing is remembered for more than a day.
        (2 * DAY, DAY - TICK, True, "1440"),
        (2 * DAY, DAY, False, ""),
    ],
)
def test_windows(
    clock: SetClock, window: timedelta, passed: timedelta, held: bool, minutes: str
) -> None:
    """From none to a day."""
    guard = Guard(replace(LIMITS, identical_window=window), clock)
    guard.admit(message("a", text="Fuite !"))
    clock.time += passed

    refused = guard.admit(message("b", text="Fuite !"))

    assert [one.details["minutes"] for one in refused.values()] == [minutes] * held


# --- what becomes of a message ------------------------------------------------


def test_what_cost_nothing_is_released(guard: Guard) -> None:
    """The room is free and the text may go, for that number alone."""
    guard.admit(message("a", MAMAN, PAPA, text="Fuite !", segments=5))
    guard.uncount("a", MAMAN)
    guard.uncount("a", MAMAN)
    guard.uncount("unknown", MAMAN)

    assert guard.segments_last_hour == guard.segments_last_day == 5
    assert list(guard.admit(message("b", MAMAN, PAPA, text="Fuite !"))) == [PAPA]


def test_only_who_waits_is_counted(guard: Guard) -> None:
    """A recipient who was refused before isn't sent to."""
    record = message("a", MAMAN, PAPA)
    refused = replace(record.find(PAPA), outcome=Outcome.REJECTED, stage=Stage.CLOSED)

    guard.admit(record.updated([refused]))

    assert guard.segments_last_hour == 1


def test_a_message_counts_once(guard: Guard) -> None:
    """Even if it is admitted again."""
    guard.admit(message("a", urgent=True))
    guard.admit(message("a", urgent=True))

    assert guard.segments_last_hour == guard.segments_last_day == 1
    guard.uncount("a", MAMAN)
    assert guard.admit(message("b", text="a")) == {}


# --- the journal --------------------------------------------------------------


@pytest.mark.parametrize("outcome", Outcome)
def test_remembers_what_may_have_cost(guard: Guard, outcome: Outcome) -> None:
    """What was rejected, has expired or never left has not."""
    free = outcome in {Outcome.REJECTED, Outcome.EXPIRED, Outcome.NOT_SENT}

    guard.load([ended(message("a", segments=3), outcome)])

    assert guard.segments_last_day == (0 if free else 3)
    assert bool(guard.admit(message("b", text="a"))) is not free


def test_remembers_a_day(guard: Guard, clock: SetClock) -> None:
    """In whatever order the journal tells it."""
    guard.load(
        ended(message(str(age), created=START - age), Outcome.ACCEPTED)
        for age in (MINUTE, DAY, HOUR - TICK, DAY - TICK, HOUR)
    )

    assert guard.segments_last_hour == 2
    assert guard.segments_last_day == 4
    clock.time += TICK
    assert guard.segments_last_hour == 1
    assert guard.segments_last_day == 3


# --- the clock ----------------------------------------------------------------


@pytest.mark.parametrize("back", [TICK, 2 * HOUR, 5000 * DAY])
def test_a_clock_set_back(guard: Guard, clock: SetClock, back: timedelta) -> None:
    """Opens no gap in the caps, and locks nothing for longer than its window."""
    guard.admit(message("a", segments=10))
    clock.time += 30 * MINUTE
    assert guard.segments_last_hour == 10
    clock.time -= back

    with pytest.raises(HourlyCapError) as refused:
        guard.admit(message("b"))
    assert refused.value.details["minutes"] == "30"
    clock.time += 30 * MINUTE - TICK
    assert guard.segments_last_hour == 10
    clock.time += TICK
    assert guard.segments_last_hour == 0
    clock.time += 23 * HOUR
    assert guard.segments_last_day == 0


def test_a_journal_from_the_future(guard: Guard, clock: SetClock) -> None:
    """Counts as written now: the clock was ahead then, or is behind now."""
    later = message("a", created=START + 5000 * DAY, segments=10)
    guard.load([ended(later, Outcome.ACCEPTED)])

    assert guard.segments_last_hour == 10
    clock.time += HOUR
    assert guard.segments_last_hour == 0
    clock.time += DAY - HOUR
    assert guard.segments_last_day == 0


# --- whatever happens ---------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something asked of the guard, some time after the event before."""

    after: timedelta
    texts: int
    numbers: list[str]
    segments: int
    urgent: bool
    released: bool


GAPS = st.one_of(
    st.just(0), st.integers(0, 90), st.integers(0, 5400), st.integers(0, 40_000)
).map(lambda seconds: timedelta(seconds=seconds))
EVENTS = st.lists(
    st.builds(
        Event,
        after=GAPS,
        texts=st.integers(0, 2),
        numbers=st.lists(
            st.sampled_from([MAMAN, PAPA]), min_size=1, max_size=2, unique=True
        ),
        segments=st.integers(1, 6),
        urgent=st.booleans() | st.just(False),
        released=st.booleans() | st.just(False),
    ),
    min_size=10,
    max_size=60,
)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One submission that the guard let pass and that cost something."""

    at: datetime
    identity: tuple[str, str]
    segments: int
    urgent: bool


def live(
    events: list[Event], guard: Guard, clock: SetClock
) -> tuple[list[MessageRecord], list[Sent]]:
    """Ask the guard, and return the journal and what was sent."""
    journal: list[MessageRecord] = []
    sent: list[Sent] = []
    for index, event in enumerate(events):
        clock.time += event.after
        record = message(
            f"{index}",
            *event.numbers,
            created=clock.time,
            text=f"text {event.texts}",
            segments=event.segments,
            urgent=event.urgent,
        )
        try:
            refused = guard.admit(record)
        except HourlyCapError, DailyCapError:
            journal.append(ended(record, Outcome.REJECTED))
            continue
        free = {number for number in event.numbers if event.released} | set(refused)
        for number in free - set(refused):
            guard.uncount(record.message_id, number)
        journal.append(
            ended(record, Outcome.ACCEPTED).updated(
                replace(record.find(number), outcome=Outcome.REJECTED)
                for number in free
            )
        )
        sent.extend(
            Sent(
                at=clock.time,
                identity=(record.text, number),
                segments=event.segments,
                urgent=event.urgent,
            )
            for number in event.numbers
            if number not in free
        )
    return journal, sent


@given(events=EVENTS)
def test_the_caps_hold(events: list[Event]) -> None:
    """In every hour and every day, and no text comes twice in a window."""
    clock = SetClock()
    _, sent = live(events, Guard(LIMITS, clock), clock)

    for one in sent:
        hour = [other for other in sent if one.at - HOUR < other.at <= one.at]
        day = [other for other in sent if one.at - DAY < other.at <= one.at]
        ordinary = sum(other.segments for other in hour if not other.urgent)
        assert ordinary <= LIMITS.segments_per_hour
        assert sum(other.segments for other in day) <= LIMITS.segments_per_day
    plain = [one for one in sent if not one.urgent]
    for index, one in enumerate(plain):
        for other in plain[:index]:
            assert one.identity != other.identity or one.at - other.at >= MINUTE


@given(events=EVENTS)
def test_nothing_is_refused_without_need(events: list[Event]) -> None:
    """What the guard counts is what was sent, no more."""
    clock = SetClock()
    guard = Guard(LIMITS, clock)

    _, sent = live(events, guard, clock)

    for window, counted in (
        (HOUR, guard.segments_last_hour),
        (DAY, guard.segments_last_day),
    ):
        recent = [one for one in sent if clock.time - one.at < window]
        assert counted == sum(one.segments for one in recent)


@given(events=EVENTS, more=EVENTS)
def test_remembered_is_as_good_as_lived(events: list[Event], more: list[Event]) -> None:
    """After a restart the guard decides as if there had been none."""
    clock = SetClock()
    lived = Guard(LIMITS, clock)
    journal, _ = live(events, lived, clock)
    restarted = clock.time
    remembered = Guard(LIMITS, clock)
    remembered.load(reversed(journal))

    assert remembered.segments_last_hour == lived.segments_last_hour
    assert remembered.segments_last_day == lived.segments_last_day
    after_life = live(more, lived, clock)
    clock.time = restarted
    assert live(more, remembered, clock) == after_life


@given(events=EVENTS, back=st.lists(st.integers(0, 100_000), max_size=5))
def test_a_day_later_all_is_free(events: list[Event], back: list[int]) -> None:
    """However often the clock was set back."""
    clock = SetClock()
    guard = Guard(LIMITS, clock)
    for seconds in back:
        live(events, guard, clock)
        clock.time -= timedelta(seconds=seconds)
    assert guard.segments_last_day <= LIMITS.segments_per_day

    clock.time += DAY

    assert guard.segments_last_day == guard.segments_last_hour == 0
    assert guard.admit(message("new", text="text 0", segments=10)) == {}


def test_refusals_leave_nothing_behind(guard: Guard) -> None:
    """A runaway automation fills neither the windows nor the memory."""
    for index in range(1000):
        record = message(str(index), segments=10)
        guard.admit(record)
        guard.uncount(record.message_id, MAMAN)

    assert guard.segments_last_hour == guard.segments_last_day == 0
    assert guard.admit(message("new", segments=10)) == {}
