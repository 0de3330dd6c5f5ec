"""The guard: no more than so much an hour and a day, nothing twice."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

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
from custom_components.passerelle_sms.messaging.guard.guard import (
    SOON_AFTER_BOOT,
    TOLERANCE,
    Guard,
    GuardLimits,
)
from custom_components.passerelle_sms.messaging.model.parts import Parts
from custom_components.passerelle_sms.messaging.model.planning import (
    mark_planned,
    released,
)
from custom_components.passerelle_sms.messaging.model.record import (
    Joined,
    MessageRecord,
)
from custom_components.passerelle_sms.messaging.model.submission import (
    RowKey,
    Stage,
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.conftest import MAMAN, PAPA
from tests.messaging.fake_clock import START, FakeClock

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
TICK = timedelta(microseconds=1)
LIMITS = GuardLimits(segments_per_hour=10, segments_per_day=20, identical_window=MINUTE)


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock."""
    return FakeClock()


@pytest.fixture
def guard(clock: FakeClock) -> Guard:
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
        time_to_live=HOUR,
        text=name if text is None else text,
        sender=None,
        encoding=Encoding.GSM7,
        segments=segments,
        urgent=urgent,
        submissions=Submissions(
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


def test_an_hour_holds_so_many_segments(guard: Guard, clock: FakeClock) -> None:
    """And it is any 60 minutes: there is room again when the oldest leave it."""
    guard.admit(message("a", segments=6))
    clock.tick(20 * MINUTE)
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

    clock.tick(40 * MINUTE - TICK)
    with pytest.raises(HourlyCapError) as refused:
        guard.admit(message("c", segments=6))
    assert refused.value.details["minutes"] == "1"
    clock.tick(TICK)
    assert guard.admit(message("c", segments=6)) == {}
    assert guard.segments_last_hour == 10
    assert guard.segments_last_day == 16


def test_a_day_holds_so_many_segments(guard: Guard, clock: FakeClock) -> None:
    """Not even an urgent message passes that."""
    guard.admit(message("a", segments=10))
    clock.tick(HOUR)
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

    clock.tick(23 * HOUR)
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


def test_the_same_text_goes_once(guard: Guard, clock: FakeClock) -> None:
    """To the same number, within the window."""
    guard.admit(message("a", text="Fuite !"))
    clock.tick(MINUTE - TOLERANCE - TICK)

    refused = guard.admit(message("b", MAMAN, PAPA, text="Fuite !"))
    assert list(refused) == [MAMAN]
    assert isinstance(refused[MAMAN], IdenticalMessageError)
    assert refused[MAMAN].details == {"number": "***07", "minutes": "1"}
    assert MAMAN not in str(refused[MAMAN])
    assert guard.admit(message("c", text="Fuite !\n")) == {}
    assert guard.segments_last_hour == 3

    clock.tick(TICK)
    assert list(guard.admit(message("d", MAMAN, PAPA, text="Fuite !"))) == [PAPA]


def test_other_values_are_another_message(guard: Guard) -> None:
    """Two doors that open in one minute are two alerts; the same one twice is one."""

    def opened(name: str, door: str) -> MessageRecord:
        values: dict[str, dict[str, str]] = {MAMAN: {"porte": door}}
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


# --- what is kept until its hour ------------------------------------------------


def planned(name: str, hour: int = 1, **values: Any) -> MessageRecord:
    """Return a message that is to be kept so many hours."""
    options = SmsOptions(send_at=START + hour * HOUR)
    return replace(message(name, **values), options=options, is_kept=True)


def test_what_is_planned_takes_no_room(guard: Guard) -> None:
    """However much it is: no cap refuses it, and it counts when it is admitted."""
    record = planned("a", segments=25)
    assert guard.plan(record) == {}
    assert guard.segments_last_day == 0

    small = planned("b", segments=3)
    guard.plan(small)
    assert guard.admit(small) == {}

    assert guard.segments_last_hour == guard.segments_last_day == 3
    with pytest.raises(DailyCapError):
        guard.admit(record)


def test_the_same_for_the_same_hour_is_planned_once(
    guard: Guard, clock: FakeClock
) -> None:
    """Within the window, also by who was started anew; it doesn't refuse itself."""
    first = planned("a", text="Vannes")
    assert guard.plan(first) == {}
    assert guard.plan(planned("b", text="Vannes")).keys() == {MAMAN}
    assert guard.plan(planned("c", hour=2, text="Vannes")) == {}

    again = Guard(LIMITS, clock)
    clock.tick(SECOND)
    again.load([mark_planned(first)])

    assert again.segments_last_day == 0
    assert again.plan(planned("d", text="Vannes")).keys() == {MAMAN}
    assert again.admit(first) == {}
    assert again.segments_last_day == 1


def test_what_was_planned_and_is_taken_back_may_be_planned_again(guard: Guard) -> None:
    """It has said nothing."""
    guard.plan(planned("a", text="Vannes"))
    guard.uncount("a", MAMAN)

    assert guard.plan(planned("b", text="Vannes")) == {}


def test_what_has_left_counts_from_its_hour_on(guard: Guard, clock: FakeClock) -> None:
    """Not from when it was asked for, however long ago that is."""
    record = released(mark_planned(planned("a", hour=72)))
    clock.tick(72 * HOUR + 30 * MINUTE)

    guard.load([record])

    assert guard.segments_last_hour == 1
    clock.tick(30 * MINUTE)
    assert (guard.segments_last_hour, guard.segments_last_day) == (0, 1)


@pytest.mark.parametrize("is_earlier_run", [True, False])
def test_what_is_kept_again_takes_no_room(
    guard: Guard, clock: FakeClock, *, is_earlier_run: bool
) -> None:
    """Its text is said all the same; what is sent again may have taken room before."""
    let_go = released(mark_planned(planned("a", text="Vannes", segments=3)))
    resent = planned("b", segments=2)
    for record in (let_go, resent):
        if is_earlier_run:
            guard.load([replace(record, created=START - MINUTE)])
        else:
            guard.admit(record)
    assert guard.segments_last_day == 5

    guard.note_planned(mark_planned(let_go))
    guard.note_planned(
        mark_planned(
            resent.updated(replace(row, resent=True) for row in resent.submissions)
        )
    )
    clock.jump(TICK)

    assert guard.segments_last_hour == guard.segments_last_day == 2
    is_said = guard.check_identical(planned("c", text="Vannes")) != {}
    assert is_said is not is_earlier_run


def test_the_window_holds_for_urgent_messages_too(guard: Guard) -> None:
    """An alert that repeats is paid once, whatever it is for."""
    guard.admit(message("a", text="Fuite !"))

    assert set(guard.admit(message("b", text="Fuite !", urgent=True))) == {MAMAN}
    assert guard.segments_last_hour == 1


def test_whether_a_text_is_identical_can_be_asked_alone(guard: Guard) -> None:
    """It counts nothing."""
    record = message("a", text="Fuite !")
    assert guard.check_identical(record) == {}
    assert guard.segments_last_day == 0

    guard.admit(record)
    refused = guard.check_identical(message("b", text="Fuite !"))

    assert refused[MAMAN].details == {"number": "***07", "minutes": "1"}
    assert guard.segments_last_day == 1


@pytest.mark.parametrize(
    ("window", "passed", "held", "minutes"),
    [
        (timedelta(0), timedelta(0), False, ""),
        # A little less than it says, so that what comes at this interval passes.
        (timedelta(seconds=90), 85 * SECOND - TICK, True, "2"),
        (timedelta(seconds=90), 85 * SECOND, False, ""),
        (10 * SECOND, 9 * SECOND - TICK, True, "1"),
        (10 * SECOND, 9 * SECOND, False, ""),
        # Nothing is remembered for more than a day.
        (2 * DAY, DAY - TOLERANCE - TICK, True, "1440"),
        (2 * DAY, DAY - TOLERANCE, False, ""),
    ],
)
def test_windows(
    clock: FakeClock, window: timedelta, passed: timedelta, held: bool, minutes: str
) -> None:
    """From none to a day."""
    guard = Guard(replace(LIMITS, identical_window=window), clock)
    guard.admit(message("a", text="Fuite !"))
    clock.tick(passed)

    refused = guard.admit(message("b", text="Fuite !"))

    assert [one.details["minutes"] for one in refused.values()] == [minutes] * held


@given(
    jitters=st.lists(st.floats(-0.9, 0.9), min_size=2, max_size=20),
    window=st.sampled_from([1, 2, 5, 60]),
)
def test_what_comes_at_the_interval_of_the_window_passes(
    jitters: list[float], window: int
) -> None:
    """An automation each minute is no runaway, however its moments vary."""
    clock = FakeClock()
    limits = GuardLimits(identical_window=window * MINUTE)
    guard = Guard(limits, clock)
    for index, jitter in enumerate(jitters, start=1):
        at = index * window * MINUTE + timedelta(seconds=jitter)
        clock.tick(at - clock.elapsed())

        assert guard.admit(message(str(index), text="Niveau bas")) == {}


@given(st.floats(0, 50))
def test_what_comes_sooner_than_the_window_is_held(seconds: float) -> None:
    """Two within 50 seconds are one too many for a minute."""
    clock = FakeClock()
    guard = Guard(LIMITS, clock)
    guard.admit(message("a", text="Fuite !"))
    clock.tick(timedelta(seconds=seconds))

    assert guard.admit(message("b", text="Fuite !")).keys() == {MAMAN}


# --- what becomes of a message ------------------------------------------------


def test_what_a_relay_sends_is_held_by_no_window_but_said(guard: Guard) -> None:
    """The relay has one of its own; what it has sent is said to everybody else."""
    first = replace(message("first", text="Alerte"), relay="relay-1")
    second = replace(message("second", text="Alerte"), relay="relay-1")

    assert guard.admit(first) == guard.admit(second) == {}

    assert [*guard.check(message("third", text="Alerte"))] == [MAMAN]


def test_what_is_left_of_a_text_says_all_of_it(guard: Guard) -> None:
    """With the first part that is sent here."""
    record = message("leg", text="Alerte")
    rows = [replace(row, part=row.part + 1) for row in record.submissions]
    left = replace(
        record,
        parts=Parts(common=("1/2 a", "2/2 b")),
        submissions=Submissions(rows),
        relay="relay-1",
    )

    guard.admit(left)

    assert [*guard.check(message("other", text="Alerte"))] == [MAMAN]


def test_whether_a_cap_has_room_can_be_asked_alone(
    guard: Guard, clock: FakeClock
) -> None:
    """It counts nothing, and forgets what is over."""
    limit = guard.limits.segments_per_hour
    assert guard.cap_reached(limit, urgent=False) is None
    assert isinstance(guard.cap_reached(limit + 1, urgent=False), HourlyCapError)
    assert guard.cap_reached(limit + 1, urgent=True) is None
    guard.admit(message("one"))
    assert isinstance(guard.cap_reached(limit, urgent=False), HourlyCapError)

    clock.tick(timedelta(hours=1))

    assert guard.cap_reached(limit, urgent=False) is None


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
def test_remembers_what_may_have_left(guard: Guard, outcome: Outcome) -> None:
    """What was refused here, has expired or never left has not."""
    free = outcome in {Outcome.REJECTED, Outcome.EXPIRED, Outcome.NOT_SENT}

    guard.load([ended(message("a", segments=3), outcome)])

    assert guard.segments_last_day == (0 if free else 3)
    assert bool(guard.admit(message("b", text="a"))) is not free


def test_remembers_what_the_gateway_has_refused(guard: Guard) -> None:
    """It counts, and its text is held: no loop of refused messages gets through."""
    record = ended(message("a", segments=3), Outcome.REJECTED)
    tried = replace(record.find(MAMAN), attempts=1)

    guard.load([record.updated([tried])])

    assert guard.segments_last_day == 3
    assert set(guard.admit(message("b", text="a"))) == {MAMAN}


def test_remembers_a_day(guard: Guard, clock: FakeClock) -> None:
    """In whatever order the journal tells it."""
    guard.load(
        ended(message(str(age), created=START - age), Outcome.ACCEPTED)
        for age in (MINUTE, DAY, HOUR - TICK, DAY - TICK, HOUR)
    )

    assert guard.segments_last_hour == 2
    assert guard.segments_last_day == 4
    clock.tick(TICK)
    assert guard.segments_last_hour == 1
    assert guard.segments_last_day == 3


# --- the clock ----------------------------------------------------------------


JUMPS = [-5000 * DAY, -2 * HOUR, -TICK, TICK, 2 * HOUR, 5000 * DAY]


@pytest.mark.parametrize("by", JUMPS)
def test_a_clock_that_jumps_changes_nothing_for_what_was_counted(
    guard: Guard, clock: FakeClock, by: timedelta
) -> None:
    """It opens no gap in the caps, and locks nothing for longer than its window."""
    guard.admit(message("a", segments=10))
    clock.tick(30 * SECOND)
    clock.jump(by)
    assert guard.admit(message("b", text="a")).keys() == {MAMAN}
    clock.tick(25 * SECOND)
    clock.jump(by)

    with pytest.raises(HourlyCapError) as refused:
        guard.admit(message("b", text="a"))
    assert refused.value.details["minutes"] == "60"
    clock.tick(HOUR - 55 * SECOND - TICK)
    assert guard.segments_last_hour == 10
    clock.tick(TICK)
    assert guard.segments_last_hour == 0
    assert guard.segments_last_day == 10


@pytest.mark.parametrize("by", JUMPS)
def test_what_is_loaded_again_in_the_same_run_keeps_its_age(
    clock: FakeClock, by: timedelta
) -> None:
    """A reload is no restart: the clock has dated it that still runs."""
    clock.tick(HOUR)
    sent = ended(message("a", segments=3, created=clock.now()), Outcome.ACCEPTED)
    clock.tick(30 * SECOND)
    guard = Guard(LIMITS, clock)
    guard.load([sent])
    clock.jump(by)

    assert guard.admit(message("b", text="a")).keys() == {MAMAN}
    clock.tick(HOUR - 30 * SECOND - TICK)
    assert guard.segments_last_hour == 3
    clock.tick(TICK)
    assert guard.segments_last_hour == 0


def test_a_journal_from_the_future_counts_as_sent_now(
    guard: Guard, clock: FakeClock
) -> None:
    """The clock was ahead then, or is behind now; its text may go again."""
    later = message("a", created=START + 5000 * DAY, segments=9)
    guard.load([ended(later, Outcome.ACCEPTED)])

    assert guard.segments_last_hour == 9
    assert guard.admit(message("b", text="a")) == {}
    guard.uncount("b", MAMAN)
    clock.tick(HOUR)
    assert guard.segments_last_hour == 0
    clock.tick(DAY - HOUR)
    assert guard.segments_last_day == 0


def test_what_an_earlier_run_sent_is_as_old_as_its_date_says(
    guard: Guard, clock: FakeClock
) -> None:
    """And by the right clock, once there is one."""
    sent = message("a", created=START - 10 * MINUTE, segments=3)
    guard.load([ended(sent, Outcome.ACCEPTED)])

    clock.jump(50 * MINUTE - TICK)
    assert guard.segments_last_hour == 3
    clock.jump(TICK)
    assert guard.segments_last_hour == 0
    assert guard.segments_last_day == 3
    clock.jump(DAY)
    assert guard.segments_last_day == 0
    clock.jump(-DAY - 50 * MINUTE)
    assert guard.segments_last_hour == 3


@pytest.mark.parametrize("by", [-DAY, -HOUR])
def test_what_an_earlier_run_sent_is_as_old_as_it_is_known_at_least(
    guard: Guard, clock: FakeClock, by: timedelta
) -> None:
    """However often the clock is set back, it counts no longer than its window."""
    guard.load([ended(message("a", created=START - MINUTE), Outcome.ACCEPTED)])
    for _ in range(6):
        clock.tick(10 * MINUTE - TICK)
        clock.jump(by)
    assert guard.segments_last_hour == 1

    clock.tick(6 * TICK)

    assert guard.segments_last_hour == 0


@pytest.mark.parametrize(
    ("uptime", "age", "held"),
    [
        (DAY, TICK, True),
        (DAY, 54 * SECOND, True),
        (DAY, 55 * SECOND, False),
        (DAY, -TICK, False),
        # The machine has just started, so what seems to be of a moment ago isn't.
        (45 * SECOND, 50 * SECOND, False),
        (45 * SECOND, 40 * SECOND, False),
        (SOON_AFTER_BOOT - TICK, 40 * SECOND, False),
        (SOON_AFTER_BOOT, 40 * SECOND, True),
    ],
)
def test_the_text_of_an_earlier_run_is_held_where_its_date_can_be_trusted(
    clock: FakeClock, uptime: timedelta, age: timedelta, held: bool
) -> None:
    """After a boot with a clock that is behind, the same alert is never refused."""
    clock.uptime = uptime
    guard = Guard(LIMITS, clock)
    sent = message("a", created=START - age, text="Fuite !")
    guard.load([ended(sent, Outcome.ACCEPTED)])

    assert bool(guard.admit(message("b", text="Fuite !"))) is held


@pytest.mark.parametrize(("age", "held"), [(59, True), (60, True), (61, False)])
def test_the_text_of_an_earlier_boot_is_never_held(
    clock: FakeClock, age: int, held: bool
) -> None:
    """However long the window: nobody knows what clock has dated it."""
    clock.uptime = HOUR
    guard = Guard(replace(LIMITS, identical_window=6 * HOUR), clock)
    sent = message("a", created=START - age * MINUTE, text="Fuite !")
    guard.load([ended(sent, Outcome.ACCEPTED)])

    assert bool(guard.admit(message("b", text="Fuite !"))) is held


def test_what_was_released_stays_so_when_the_clock_jumps(
    guard: Guard, clock: FakeClock
) -> None:
    """An earlier run's message that cost nothing after all."""
    guard.load([ended(message("a", created=START - MINUTE), Outcome.UNKNOWN)])
    guard.uncount("a", MAMAN)

    clock.jump(SECOND)

    assert guard.segments_last_day == 0


def test_a_closed_guard_hears_no_longer_of_the_clock(
    guard: Guard, clock: FakeClock
) -> None:
    """After a reload another one counts."""
    guard.load([ended(message("a", created=START - MINUTE), Outcome.ACCEPTED)])
    guard.close()

    clock.jump(2 * DAY)

    assert guard.segments_last_day == 1


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
    events: list[Event], guard: Guard, clock: FakeClock
) -> tuple[list[MessageRecord], list[Sent]]:
    """Ask the guard, and return the journal and what was sent."""
    journal: list[MessageRecord] = []
    sent: list[Sent] = []
    for index, event in enumerate(events):
        clock.tick(event.after)
        record = message(
            f"{index}",
            *event.numbers,
            created=clock.now(),
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
            guard.uncount(record.message_id, RowKey(number))
        journal.append(
            ended(record, Outcome.ACCEPTED).updated(
                replace(record.find(RowKey(number)), outcome=Outcome.REJECTED)
                for number in free
            )
        )
        sent.extend(
            Sent(
                at=clock.now(),
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
    clock = FakeClock()
    _, sent = live(events, Guard(LIMITS, clock), clock)

    for one in sent:
        hour = [other for other in sent if one.at - HOUR < other.at <= one.at]
        day = [other for other in sent if one.at - DAY < other.at <= one.at]
        ordinary = sum(other.segments for other in hour if not other.urgent)
        assert ordinary <= LIMITS.segments_per_hour
        assert sum(other.segments for other in day) <= LIMITS.segments_per_day
    for index, one in enumerate(sent):
        for other in sent[:index]:
            assert (
                one.identity != other.identity
                or one.at - other.at >= MINUTE - TOLERANCE
            )


@given(events=EVENTS)
def test_nothing_is_refused_without_need(events: list[Event]) -> None:
    """What the guard counts is what was sent, no more."""
    clock = FakeClock()
    guard = Guard(LIMITS, clock)

    _, sent = live(events, guard, clock)

    for window, counted in (
        (HOUR, guard.segments_last_hour),
        (DAY, guard.segments_last_day),
    ):
        recent = [one for one in sent if clock.now() - one.at < window]
        assert counted == sum(one.segments for one in recent)


@given(events=EVENTS, more=EVENTS)
def test_remembered_is_as_good_as_lived(events: list[Event], more: list[Event]) -> None:
    """After a restart the guard decides as if there had been none."""
    clock = FakeClock()
    lived = Guard(LIMITS, clock)
    journal, _ = live(events, lived, clock)
    later = FakeClock()
    later.set_while_down(clock.now() - START)
    remembered = Guard(LIMITS, later)
    remembered.load(reversed(journal))

    assert remembered.segments_last_hour == lived.segments_last_hour
    assert remembered.segments_last_day == lived.segments_last_day
    assert live(more, remembered, later) == live(more, lived, clock)


@given(events=EVENTS, jumps=st.lists(st.integers(-100_000, 100_000), max_size=5))
def test_a_day_later_all_is_free(events: list[Event], jumps: list[int]) -> None:
    """However often the clock was set."""
    clock = FakeClock()
    guard = Guard(LIMITS, clock)
    for seconds in jumps:
        live(events, guard, clock)
        clock.jump(timedelta(seconds=seconds))
    assert guard.segments_last_day <= LIMITS.segments_per_day

    clock.tick(DAY)

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


# --- what joins a message that waits ------------------------------------------------


def test_what_joins_costs_nothing_but_is_said_now(
    guard: Guard, clock: FakeClock
) -> None:
    """The window of the text begins again, and no cap counts it."""
    guard.admit(message("a", text="Fuite !"))
    clock.tick(MINUTE)
    again = message("b", text="Fuite !")
    assert guard.check_identical(again) == {}

    guard.say_again(again, "a")

    assert list(guard.check_identical(again)) == [MAMAN]
    assert guard.segments_last_hour == 1
    clock.tick(MINUTE)
    assert guard.check_identical(again) == {}


def test_to_ask_for_the_same_text_counts_nothing(guard: Guard) -> None:
    """An urgent one doesn't pass either."""
    assert guard.check_identical(message("a")) == {}
    assert guard.segments_last_hour == 0

    guard.admit(message("a"))

    assert list(guard.check_identical(message("b", text="a"))) == [MAMAN]
    assert list(guard.check_identical(message("b", text="a", urgent=True))) == [MAMAN]


def test_what_is_not_counted_is_not_said_again(guard: Guard) -> None:
    """It has cost nothing, so its text may be tried again."""
    first = message("a")
    guard.admit(first)
    guard.uncount("a", MAMAN)

    guard.say_again(first, "a")

    assert guard.check_identical(first) == {}


def test_what_goes_on_under_another_id_counts_once(
    guard: Guard, clock: FakeClock
) -> None:
    """Until that one is counted out."""
    first, second = message("a", segments=3), message("b", text="a", segments=3)
    guard.admit(first)

    guard.hand_on(first, second)
    guard.uncount("a", MAMAN)

    assert guard.segments_last_hour == 3
    assert list(guard.check_identical(second)) == [MAMAN]
    guard.uncount("b", MAMAN)
    assert guard.segments_last_day == 0
    assert guard.check_identical(second) == {}


def test_what_an_earlier_run_has_sent_may_go_on_under_another_id(
    guard: Guard, clock: FakeClock
) -> None:
    """It ages by its date as before."""
    first, second = message("a", created=START - MINUTE / 2), message("b", text="a")
    guard.load([first])

    guard.hand_on(first, second)
    clock.jump(DAY)

    assert guard.segments_last_day == 0


@pytest.mark.parametrize("is_of_this_run", [True, False])
def test_what_had_joined_before_a_restart_was_said_then(
    guard: Guard, clock: FakeClock, is_of_this_run: bool
) -> None:
    """Its segments are as old as the first one."""
    clock.tick(HOUR if is_of_this_run else timedelta())
    now = clock.now()
    joined = Joined(message_id="b", created=now - MINUTE / 2, time_to_live=HOUR)
    first = message("a", created=now - HOUR / 2)

    guard.load([replace(first, joined=(joined,))])

    assert list(guard.check_identical(first)) == [MAMAN]
    clock.tick(MINUTE / 2)
    assert guard.check_identical(first) == {}
    clock.tick(HOUR / 2 - MINUTE / 2)
    assert guard.segments_last_hour == 0
    assert guard.segments_last_day == 1
