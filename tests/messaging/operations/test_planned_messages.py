"""What is kept here until its hour: when it leaves, and what comes between."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, example, given, settings, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AlreadyCancelledError,
    HourlyCapError,
    IdenticalMessageError,
    NotCancellableError,
    NotStoredError,
    OutboxFullError,
)
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.guard.guard import GuardLimits
from custom_components.passerelle_sms.messaging.model.record import (
    Choice,
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.model.submission import Notice, Stage
from custom_components.passerelle_sms.messaging.operations import planned_messages
from custom_components.passerelle_sms.messaging.outbox import outbox
from tests.conftest import MAMAN, PAPA, warnings_logged
from tests.messaging.conftest import HouseMaker
from tests.messaging.fake_disk import nothing
from tests.messaging.harness import HOUR, MessagingHarness
from tests.messaging.idle import until_idle
from tests.messaging.journal_files import files_of, put_back
from tests.messaging.outbox.conftest import texts
from tests.messaging.scheduling import cancel, for_later, keep_time, outcomes, plan
from tests.simulator import Fault, SimulatedGateway, Simulator

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedGateway:
    """Return a gateway that sends nothing later."""
    return simulator.etech_keys


@pytest.fixture
async def harness(
    make_house: HouseMaker, simulator: Simulator, simulated: SimulatedGateway
) -> MessagingHarness:
    """Return a house with that gateway, which has started."""
    harness = make_house(simulated)
    keep_time(simulator, harness)
    await harness.start()
    return harness


def latest(harness: MessagingHarness, record: MessageRecord) -> MessageRecord:
    """Return a message as it was told last."""
    return harness.observer.latest[record.message_id]


async def restart(harness: MessagingHarness, after: timedelta = timedelta()) -> None:
    """Let a house be down for so long."""
    await harness.stop()
    harness.build()
    harness.clock.tick(after)
    await harness.start()
    await harness.clock.advance(0)


# --- the hour -----------------------------------------------------------------------


async def test_leaves_at_its_hour(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """And not before; until then it is queued, on disk too."""
    record = await plan(harness, MAMAN, PAPA)
    assert outcomes(record) == [Outcome.QUEUED] * 2
    assert [s.stage for s in (await harness.kept(record)).submissions] == [
        Stage.PLANNED,
        Stage.PLANNED,
    ]

    await harness.clock.advance(3599)
    assert simulated.requests == []
    await harness.clock.advance(1)

    assert texts(simulated) == [record.text] * 2
    after = latest(harness, record)
    assert outcomes(after) == [Outcome.ACCEPTED] * 2
    assert after.options == record.options
    assert after.created == record.options.send_at
    assert await harness.kept(record) == after
    assert len(harness.planned) == len(harness.store) == harness.clock.timers == 0


async def test_each_at_its_own_hour_the_urgent_one_first(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Whatever the order in which they were asked for."""
    late = await plan(harness, after=2 * HOUR)
    ordinary = await plan(harness, after=HOUR)
    send_at = ordinary.options.send_at
    assert send_at is not None
    urgent = await plan(harness, after=send_at - harness.clock.now(), urgent=True)
    simulated.fail(Fault.RATE_LIMITED, operation="send", times=2)

    await harness.clock.advance(3660)

    assert texts(simulated) == [urgent.text, ordinary.text]
    await harness.clock.advance(3600)
    assert texts(simulated)[2:] == [late.text]


@pytest.mark.parametrize("years", [1, 5])
async def test_a_year_is_not_too_long(
    harness: MessagingHarness, simulated: SimulatedGateway, years: int
) -> None:
    """It has its whole life after its hour."""
    record = await plan(harness, after=years * 365 * DAY)
    assert record.expires == (record.options.send_at or record.created) + HOUR
    await restart(harness, after=200 * DAY)

    await harness.clock.advance((years * 365 - 200) * DAY / SECOND)

    assert texts(simulated) == [record.text]


async def test_a_gateway_out_of_reach_at_the_hour(
    harness: MessagingHarness, simulator: Simulator, simulated: SimulatedGateway
) -> None:
    """It waits like any other message, and no longer than it is worth."""
    sent, old = await plan(harness), await plan(harness, life=MINUTE)
    await simulator.close()
    await harness.clock.advance(3600 + 120)
    assert outcomes(latest(harness, sent)) == [Outcome.QUEUED]
    assert outcomes(latest(harness, old)) == [Outcome.EXPIRED]

    await simulator.open()
    await harness.clock.advance(31)

    assert texts(simulated) == [sent.text]


async def test_equal_messages_for_one_hour_leave_once(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Asked for together the second is refused; else the guard refuses it then."""
    first = await plan(harness, text="Citerne vide")
    send_at = first.options.send_at
    assert send_at is not None
    with pytest.raises(IdenticalMessageError):
        await plan(harness, text="Citerne vide", after=send_at - first.created - _TICK)
    await harness.clock.advance(300)
    again = await plan(
        harness, text="Citerne vide", after=send_at - harness.clock.now() - _TICK
    )

    await harness.clock.advance(3600)

    assert texts(simulated) == ["Citerne vide"]
    [refused] = latest(harness, again).submissions
    assert refused.failure is not None
    assert refused.failure.key == IdenticalMessageError.key


# --- what it takes ------------------------------------------------------------------


async def test_counts_when_it_leaves(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Not while it is kept, nor once it was taken back."""
    await plan(harness, MAMAN, PAPA)
    taken_back = await plan(harness)
    assert harness.guard.segments_last_day == 0
    await cancel(harness, taken_back)

    await harness.clock.advance(3600)

    assert harness.guard.segments_last_hour == harness.guard.segments_last_day == 2


async def test_no_room_in_the_cap_at_the_hour(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It is refused as any message of that moment, and a person is to hear of it."""
    harness.guard.limits = GuardLimits(segments_per_hour=2)
    fits = await plan(harness, MAMAN, PAPA)
    refused = await plan(harness)
    urgent = await plan(harness, urgent=True)

    await harness.clock.advance(3600)

    assert sorted(texts(simulated)) == sorted([fits.text, fits.text, urgent.text])
    [submission] = latest(harness, refused).submissions
    assert (submission.outcome, submission.stage) == (Outcome.REJECTED, Stage.CLOSED)
    assert submission.notice is Notice.UNANNOUNCED
    assert submission.failure is not None
    assert submission.failure.key == HourlyCapError.key
    assert await harness.journal.with_notice() == [latest(harness, refused)]


async def test_many_beside_a_full_outbox(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither takes the room of the other; both have a bound."""
    monkeypatch.setattr(outbox, "MOST_OPEN", 2)
    monkeypatch.setattr(planned_messages, "MOST_PLANNED", 3)
    answers = await asyncio.gather(
        *(plan(harness) for _ in range(5)), return_exceptions=True
    )
    assert [isinstance(answer, OutboxFullError) for answer in answers] == [
        *[False] * 3,
        *[True] * 2,
    ]

    simulated.fail(Fault.RATE_LIMITED, operation="send")
    for _ in range(2):
        assert outcomes(await harness.send()) == [Outcome.QUEUED]
    with pytest.raises(OutboxFullError):
        await harness.send()
    assert len(harness.planned) == 3


async def test_six_hundred_beside_a_full_outbox(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It has its five hundred places all the same."""
    await asyncio.gather(
        *(harness.planned.keep(for_later(harness)) for _ in range(600))
    )
    simulated.fail(Fault.RATE_LIMITED, operation="send")

    answers = await asyncio.gather(
        *(harness.outbox.send(harness.message()) for _ in range(501)),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, OutboxFullError) for answer in answers) == 1
    assert (len(harness.planned), len(harness.store)) == (600, 1100)


async def test_many_for_one_hour(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All leave, a few at a time, so that others have their turn."""
    monkeypatch.setattr(planned_messages, "_AT_ONCE", 2)
    options = SmsOptions(send_at=harness.clock.now() + HOUR)
    records = [replace(for_later(harness), options=options) for _ in range(5)]
    await asyncio.gather(*map(harness.planned.keep, records))

    await harness.clock.advance(3600)

    assert sorted(texts(simulated)) == [record.text for record in records]
    assert len(harness.planned) == len(harness.store) == 0


async def test_no_prune_takes_it(harness: MessagingHarness) -> None:
    """However old, and however many there are."""
    record = await plan(harness, after=100 * DAY)
    await harness.clock.advance(90 * DAY / SECOND)

    await harness.journal.prune(before=harness.clock.now(), keep=0)

    assert await harness.kept(record) == record


# --- a clock that is set ------------------------------------------------------------


async def test_a_clock_set_forward_over_the_hour(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The hour has come."""
    record = await plan(harness, after=3 * HOUR)

    harness.clock.jump(3 * HOUR)
    await harness.clock.advance(0)

    assert texts(simulated) == [record.text]


async def test_a_clock_set_forward_past_its_life(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """What is old news stays at home."""
    record = await plan(harness, after=3 * HOUR)
    await restart(harness)

    harness.clock.jump(5 * HOUR)
    await harness.clock.advance(0)

    assert outcomes(latest(harness, record)) == [Outcome.EXPIRED]
    assert simulated.requests == []


async def test_a_clock_set_back(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It waits for the hour as the clock is now."""
    record = await plan(harness, after=HOUR)
    harness.clock.jump(-2 * HOUR)
    await harness.clock.advance(2 * 3600)
    assert simulated.requests == []

    await harness.clock.advance(3600)

    assert texts(simulated) == [record.text]


async def let_go_too_early(
    harness: MessagingHarness, simulated: SimulatedGateway, **about: Any
) -> MessageRecord:
    """Return a message that waits as its gateway is busy, since a clock ran ahead."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    record = await plan(harness, **about)
    await harness.clock.advance(3600)
    assert simulated.requests
    assert simulated.accepted == []
    simulated.heal()
    return record


async def test_a_clock_set_back_after_the_hour(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """What still waits then waits for the hour as the clock is now."""
    record = await let_go_too_early(harness, simulated)

    harness.clock.jump(-2 * HOUR)
    await harness.clock.advance(2 * 3600 - 1)
    assert simulated.accepted == []
    [kept] = (await harness.kept(record)).submissions
    assert kept.stage is Stage.PLANNED

    await harness.clock.advance(1)

    assert texts(simulated) == [record.text]
    assert latest(harness, record).created == record.options.send_at
    assert await harness.kept(record) == latest(harness, record)


async def test_the_clock_of_the_last_run_was_ahead(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """What it let go and left waiting waits for its hour in this one."""
    record = await let_go_too_early(harness, simulated)
    await harness.stop()
    harness.build()
    harness.clock.jump(-2 * HOUR)

    await harness.start()
    await harness.clock.advance(2 * 3600 - 1)
    assert simulated.accepted == []
    await harness.clock.advance(1)

    assert texts(simulated) == [record.text]


async def test_taken_back_once_the_clock_is_set_back(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Before it is tried again, and after."""
    for seconds in (0, 60):
        record = await let_go_too_early(harness, simulated)
        harness.clock.jump(-2 * HOUR)
        await harness.clock.advance(seconds)
        cancelled = await cancel(harness, record)
        assert outcomes(cancelled.record) == [Outcome.NOT_SENT]
        await harness.clock.advance(2 * 3600)

    assert simulated.accepted == []


async def test_what_is_put_back_leaves_its_room_to_others(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It counts again once its hour has come, and only once."""
    await let_go_too_early(harness, simulated)
    assert harness.guard.segments_last_day == 1

    harness.clock.jump(-2 * HOUR)
    await harness.clock.advance(60)
    assert harness.guard.segments_last_hour == harness.guard.segments_last_day == 0
    harness.clock.jump(MINUTE)
    assert harness.guard.segments_last_day == 0

    await harness.clock.advance(2 * 3600)
    assert harness.guard.segments_last_day == 1


_TICK = timedelta(microseconds=1)
"""How much later the house makes each message."""


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["pass", "jump", "restart"]), st.integers(-180, 180)),
        max_size=8,
    )
)
async def test_never_before_its_hour_and_never_twice(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    steps: list[tuple[str, int]],
) -> None:
    """Whatever the clock is set to, and however often the house is down."""
    before = len(simulated.accepted)
    record = await plan(harness, after=2 * HOUR, life=DAY)
    send_at = record.options.send_at
    assert send_at is not None
    has_come = False

    for step, minutes in steps:
        if step == "jump":
            harness.clock.jump(minutes * MINUTE)
            await harness.clock.advance(0)
        elif step == "restart":
            await restart(harness, after=abs(minutes) * MINUTE)
        else:
            await harness.clock.advance(60 * abs(minutes))
        has_come = has_come or harness.clock.now() >= send_at
        assert texts(simulated)[before:] == [record.text] * has_come
    await harness.clock.advance(3 * 24 * 3600)

    assert texts(simulated)[before:] == [record.text]


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["pass", "jump", "restart", "line"]),
            st.integers(-180, 180),
        ),
        max_size=8,
    )
)
@example(steps=[("line", 0), ("pass", 121), ("jump", -60), ("line", 0), ("pass", 1)])
async def test_never_before_its_hour_by_the_clock_as_it_is_when_there_is_a_line(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    steps: list[tuple[str, int]],
) -> None:
    """Whatever the clock has been before, as it runs ahead where there is no line."""
    before = len(simulated.accepted)
    record = await plan(harness, after=2 * HOUR, life=DAY)
    send_at = record.options.send_at
    assert send_at is not None
    has_line, has_left = True, False

    for step, minutes in steps:
        if step == "line":
            has_line = not has_line
            if has_line:
                simulated.heal()
            else:
                simulated.fail(Fault.RATE_LIMITED, operation="send")
        elif step == "jump":
            harness.clock.jump(minutes * MINUTE)
        elif step == "restart":
            await restart(harness, after=abs(minutes) * MINUTE)
        await harness.clock.advance(60 * abs(minutes) if step == "pass" else 0)
        if not has_left and (has_left := len(simulated.accepted) > before):
            assert harness.clock.now() >= send_at
    simulated.heal()
    await harness.clock.advance(3 * 24 * 3600)

    assert texts(simulated)[before:] in ([record.text], [])
    [row] = latest(harness, record).submissions
    assert row.outcome in {Outcome.ACCEPTED, Outcome.EXPIRED}
    assert (row.outcome is Outcome.ACCEPTED) == (len(simulated.accepted) > before)


# --- a house that is down -----------------------------------------------------------


async def test_a_restart_before_the_hour(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """A stop sends nothing early; the next run is on time."""
    record = await plan(harness)
    await restart(harness, after=30 * MINUTE)
    assert simulated.requests == []
    assert len(harness.planned) == 1

    await harness.clock.advance(1800)

    assert texts(simulated) == [record.text]


async def test_down_over_the_hour(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """What is worth sending is sent at once; what is not is told, once."""
    sent, old = await plan(harness), await plan(harness, life=MINUTE)

    await restart(harness, after=90 * MINUTE)

    assert texts(simulated) == [sent.text]
    [submission] = latest(harness, old).submissions
    assert submission.outcome is Outcome.EXPIRED
    assert submission.notice is Notice.UNANNOUNCED
    told = [one for one in harness.observer.history if one.message_id == old.message_id]
    assert [one.is_closed for one in told] == [False, False, True]


async def test_a_stop_at_the_hour(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It begins nothing, and the next run goes on."""
    record = await plan(harness)
    await harness.planned.stop()
    await harness.clock.advance(3600)
    assert simulated.requests == []

    await restart(harness)

    assert texts(simulated) == [record.text]


async def test_planned_while_the_house_stops(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It is kept, and leaves in the next run."""
    await harness.planned.stop()
    record = await plan(harness)

    await restart(harness, after=HOUR)

    assert texts(simulated) == [record.text]


async def test_a_crash_before_the_request(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It was on disk as waiting: it is sent once."""
    record = await plan(harness)
    harness.disk.on_written = harness.cancel_all
    await harness.clock.advance(3600)
    assert simulated.requests == []
    harness.disk.on_written = nothing
    await harness.crash()
    await harness.journal.open()
    [stored] = (await harness.kept(record)).submissions
    assert stored.is_waiting

    await harness.start()
    await until_idle()

    assert texts(simulated) == [record.text]


@pytest.mark.parametrize("steps", range(0, 60, 6))
async def test_a_crash_about_the_hour(
    harness: MessagingHarness, simulated: SimulatedGateway, steps: int
) -> None:
    """It is sent once, or may have been and is in doubt."""
    record = await plan(harness)
    harness.clock.tick(HOUR)
    harness.clock.wake_next()
    for _ in range(steps):
        await asyncio.sleep(0)
    harness.cancel_all()
    await until_idle()
    files = files_of(harness.path)  # as a power cut leaves them
    await harness.crash()
    put_back(harness.path, files)  # as above

    await harness.start()
    await harness.clock.advance(1200)

    assert len(simulated.accepted) <= 1
    [submission] = (await harness.kept(record)).submissions
    if submission.outcome is Outcome.UNKNOWN:
        assert submission.stage is Stage.HELD
    else:
        assert submission.outcome is Outcome.ACCEPTED
        assert len(simulated.accepted) == 1


# --- a disk that is full ------------------------------------------------------------


async def test_no_room_for_a_new_one(harness: MessagingHarness) -> None:
    """It is refused aloud, and may be asked for again."""
    harness.disk.room = 0
    with pytest.raises(NotStoredError):
        await plan(harness, text="Citerne vide")
    assert len(harness.planned) == len(harness.store) == 0
    harness.disk.room = None

    assert outcomes(await plan(harness, text="Citerne vide")) == [Outcome.QUEUED]


async def test_no_room_at_the_hour(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Nothing leaves or counts until there is."""
    record = await plan(harness)
    harness.disk.room = 0
    await harness.clock.advance(3600 + 45)
    assert simulated.requests == []
    assert harness.guard.segments_last_day == 0
    assert len(harness.planned) == 1

    harness.disk.room = None
    await harness.clock.advance(30)

    assert texts(simulated) == [record.text]
    assert harness.guard.segments_last_day == 1


async def test_no_room_for_what_may_rather_go_twice(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It leaves on time all the same."""
    record = await plan(harness, urgent=True, on_unknown=OnUnknown.RESEND)
    harness.disk.room = 0

    await harness.clock.advance(3600)

    assert texts(simulated) == [record.text]
    harness.disk.room = None
    await harness.clock.advance(60)
    assert outcomes(await harness.kept(record)) == [Outcome.ACCEPTED]
    assert harness.guard.segments_last_day == 1


# --- taking it back -----------------------------------------------------------------


async def test_taken_back(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """At once and for good, and the same may be planned again."""
    record = await plan(harness, MAMAN, PAPA)

    cancelled = await cancel(harness, record)

    assert outcomes(cancelled.record) == [Outcome.NOT_SENT] * 2
    assert cancelled.credits_back is None
    assert await harness.kept(record) == cancelled.record
    assert len(harness.planned) == harness.clock.timers == 0
    with pytest.raises(AlreadyCancelledError):
        await cancel(harness, record)
    await restart(harness, after=2 * HOUR)
    assert simulated.requests == []


async def test_not_taken_back_on_a_full_disk(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """That is said, and it leaves at its hour."""
    record = await plan(harness)
    harness.disk.room = 0
    with pytest.raises(NotStoredError):
        await cancel(harness, record)
    harness.disk.room = None

    await harness.clock.advance(3600)

    assert texts(simulated) == [record.text]


@pytest.mark.parametrize("steps", range(0, 40, 3))
async def test_taken_back_at_the_hour(
    harness: MessagingHarness, simulated: SimulatedGateway, steps: int
) -> None:
    """Either it never leaves, or nothing was there to be taken back."""
    record = await plan(harness)
    await plan(harness, after=HOUR - MINUTE)
    harness.clock.tick(HOUR)
    harness.clock.wake_next()
    for _ in range(steps):
        await asyncio.sleep(0)

    try:
        cancelled = await cancel(harness, record)
    except NotCancellableError:
        is_taken_back = False
    else:
        is_taken_back = True
        assert outcomes(cancelled.record) == [Outcome.NOT_SENT]
    await until_idle()

    assert texts(simulated).count(record.text) == (not is_taken_back)
    assert outcomes(await harness.kept(record)) == [
        Outcome.NOT_SENT if is_taken_back else Outcome.ACCEPTED
    ]


async def test_taken_back_while_others_leave_before_it(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """So many leave at once, and the others in their turn."""
    monkeypatch.setattr(planned_messages, "_AT_ONCE", 1)
    first, second, third = [await plan(harness) for _ in range(3)]
    harness.clock.tick(HOUR)
    harness.clock.wake_next()
    while len(harness.planned) == 3:
        await asyncio.sleep(0)

    await cancel(harness, third)
    await until_idle()

    assert texts(simulated) == [first.text, second.text]
    assert len(harness.planned) == harness.clock.timers == 0
    assert warnings_logged(caplog) == []


async def test_a_stop_while_others_leave_before_it(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It leaves in the next run."""
    monkeypatch.setattr(planned_messages, "_AT_ONCE", 1)
    first, second = [await plan(harness) for _ in range(2)]
    harness.clock.tick(HOUR)
    harness.clock.wake_next()
    while len(harness.planned) == 2:
        await asyncio.sleep(0)

    await harness.planned.stop()
    assert [(await harness.kept(one)).is_planned for one in (first, second)] == [
        False,
        True,
    ]

    await restart(harness)
    assert sorted(texts(simulated)) == sorted([first.text, second.text])


# --- what was held ------------------------------------------------------------------


async def test_held_and_sent_again_before_its_hour(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """A restored copy asks about it; whoever sends it again means its hour."""
    record = await plan(harness)
    held = record.updated(
        replace(submission, outcome=Outcome.UNKNOWN, stage=Stage.HELD)
        for submission in record.submissions
    )
    await harness.store.change_open(record.message_id, lambda _: held)
    assert len(harness.planned) == 0
    await harness.clock.advance(600)

    await harness.outbox.resolve(record.message_id, Choice.RESEND)
    assert len(harness.planned) == 1
    await harness.clock.advance(2900)
    assert simulated.requests == []
    await harness.clock.advance(100)

    assert texts(simulated) == [record.text]
