"""The one door: what goes through it, and what is carried to its end."""

import asyncio
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.abilities.options import (
    SellsLongMessages,
)
from custom_components.passerelle_sms.gateways.errors import (
    DailyCapError,
    EmptyMessageError,
    IdenticalMessageError,
    InvalidOptionError,
    InvalidSenderError,
    MessageTooLongError,
    NextNeedsRelayError,
    NotANumberError,
    NotStoredError,
    OptionNotSupportedError,
    RejectedError,
    ScheduleInPastError,
)
from custom_components.passerelle_sms.gateways.model.message import Encoding, Sms
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.model.segments import Measure
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.guard.guard import Guard, GuardLimits
from custom_components.passerelle_sms.messaging.model.message import Message
from custom_components.passerelle_sms.messaging.model.record import Choice, OnUnknown
from custom_components.passerelle_sms.messaging.model.submission import Stage
from custom_components.passerelle_sms.messaging.operations.gateway_rules import (
    GatewayRules,
)
from custom_components.passerelle_sms.messaging.operations.message_tester import (
    MessageTester,
)
from custom_components.passerelle_sms.messaging.operations.messenger import Messenger
from custom_components.passerelle_sms.messaging.recipients.address_book import (
    AddressBook,
    Recipient,
)
from custom_components.passerelle_sms.messaging.text.splitting import TooLong
from custom_components.passerelle_sms.messaging.text.writing import Writing
from tests.conftest import MAMAN, PAPA
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import MessagingHarness
from tests.messaging.idle import until_idle
from tests.messaging.scheduling import keep_time
from tests.simulator import Fault, SimulatedGateway, Simulator


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedGateway:
    """Return the gateway that is sent through."""
    return simulator.etech_keys


@pytest.fixture
async def harness(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> MessagingHarness:
    """Return a house whose outbox has started."""
    harness = make_house(simulated)
    await harness.start()
    return harness


@pytest.fixture
def guard(harness: MessagingHarness) -> Guard:
    """Return a guard that lets ten segments pass."""
    return Guard(GuardLimits(segments_per_day=10), harness.clock)


def messenger_of(harness: MessagingHarness, guard: Guard) -> Messenger:
    """Return a messenger that knows Maman and Papa."""
    return Messenger(
        GatewayRules(harness.gateway),
        AddressBook(
            [
                Recipient(name="Maman", number=MAMAN),
                Recipient(name="Papa", number=PAPA),
            ],
            "CM",
        ),
        guard,
        harness.outbox,
        harness.planned,
        MessageTester(
            harness.gateway,
            guard,
            harness.store,
            harness.ledger,
            harness.clock,
            harness.observer,
        ),
        harness.clock,
        writing=Writing(),
    )


@pytest.fixture
def messenger(harness: MessagingHarness, guard: Guard) -> Messenger:
    """Return a messenger of that house."""
    return messenger_of(harness, guard)


async def test_reports_recipient_by_recipient(
    simulated: SimulatedGateway, messenger: Messenger
) -> None:
    """In the order of the targets, the unusable ones included."""
    report = await messenger.send(
        Message(text="Citerne vide", targets=("Papa", "personne", "Maman"))
    )

    assert [result.label for result in report.results] == ["Papa", "personne", "Maman"]
    assert [result.outcome for result in report.results] == [
        Outcome.ACCEPTED,
        Outcome.REJECTED,
        Outcome.ACCEPTED,
    ]
    assert [failed.label for failed in report.failures] == ["personne"]
    assert {result.gateway for result in report.results} == {"etech_keys"}
    assert report.segments == 1
    assert len(simulated.accepted) == 2


async def test_an_account_has_no_next_one(
    simulated: SimulatedGateway, messenger: Messenger, guard: Guard
) -> None:
    """That is said before anything is asked, counted or kept, whatever else is wrong."""
    asked = simulated.asked("send")

    for text in ("Citerne vide", ""):
        with pytest.raises(NextNeedsRelayError):
            await messenger.send(
                Message(text=text, targets=("Maman",), on_unknown=OnUnknown.NEXT)
            )

    assert simulated.asked("send") == asked == 0
    assert guard.segments_last_hour == 0


async def test_a_clock_that_is_set_while_a_message_is_read(
    harness: MessagingHarness, messenger: Messenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is dated when it is taken in, or it would be as much older as the clock moved."""
    measure = harness.gateway.measure_sms

    def slow(sms: Sms) -> Measure:
        monkeypatch.undo()
        harness.clock.jump(timedelta(days=1))
        return measure(sms)

    monkeypatch.setattr(harness.gateway, "measure_sms", slow)
    report = await messenger.send(Message(text="Citerne vide", targets=("Maman",)))

    assert report.record.created == harness.clock.now()
    assert report.results[0].outcome is Outcome.ACCEPTED


async def test_a_message_is_kept_as_it_was_asked_for(
    harness: MessagingHarness, messenger: Messenger
) -> None:
    """With its title, its time and what to do in doubt."""
    report = await messenger.send(
        Message(
            text="Citerne vide 🚨",
            title="Maison",
            sender="MAISON",
            time_to_live=timedelta(minutes=5),
            on_unknown=OnUnknown.RESEND,
            urgent=True,
        )
    )

    record = await harness.journal.get(report.message_id)
    assert record is not None
    assert record.text == "Maison\nCiterne vide 🚨"
    assert record.sender == "MAISON"
    assert record.expires - record.created == timedelta(minutes=5)
    assert record.created == harness.clock.now()
    assert record.encoding is Encoding.UCS2
    assert record.on_unknown is OnUnknown.RESEND
    assert record.urgent
    assert [submission.recipient.name for submission in record.submissions] == [
        "Maman",
        "Papa",
    ]


async def test_each_message_has_an_id_of_its_own(messenger: Messenger) -> None:
    """As gateways take it."""
    ids = {
        (await messenger.send(Message(text=f"Test {index}"))).message_id
        for index in range(3)
    }

    assert len(ids) == 3
    assert all(len(each) <= 30 and each.isalnum() for each in ids)


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (Message(text=" "), EmptyMessageError),
        (Message(text="Test", sender="12345"), InvalidSenderError),
        (Message(text="Test", targets=("personne", "12")), NotANumberError),
    ],
)
async def test_tries_nothing_that_cannot_succeed(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    messenger: Messenger,
    guard: Guard,
    message: Message,
    error: type[Exception],
) -> None:
    """It raises before anything is taken in."""
    with pytest.raises(error):
        await messenger.send(message)

    assert simulated.requests == []
    assert harness.observer.history == []
    assert guard.segments_last_day == 0


async def test_the_guard_refuses_a_recipient(
    simulated: SimulatedGateway, messenger: Messenger
) -> None:
    """The others get it."""
    await messenger.send(Message(text="Citerne vide", targets=("Maman",)))

    report = await messenger.send(Message(text="Citerne vide"))

    assert [result.outcome for result in report.results] == [
        Outcome.REJECTED,
        Outcome.ACCEPTED,
    ]
    failure = report.results[0].failure
    assert failure is not None
    assert failure.key == "identical_message"
    assert len(simulated.accepted) == 2


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (Message(text="Citerne vide"), IdenticalMessageError),
        (Message(text="x" * 153 * 6), DailyCapError),
    ],
)
async def test_the_guard_refuses_all(
    simulated: SimulatedGateway,
    messenger: Messenger,
    message: Message,
    error: type[RejectedError],
) -> None:
    """It raises, and nothing is sent."""
    await messenger.send(Message(text="Citerne vide"))

    with pytest.raises(error):
        await messenger.send(message)

    assert len(simulated.accepted) == 2


async def test_what_was_not_taken_in_does_not_count(
    harness: MessagingHarness, messenger: Messenger, guard: Guard
) -> None:
    """It may be tried again at once."""
    harness.disk.room = 0
    with pytest.raises(NotStoredError):
        await messenger.send(Message(text="Citerne vide"))
    assert guard.segments_last_day == 0
    harness.disk.room = None

    report = await messenger.send(Message(text="Citerne vide"))

    assert report.failures == ()
    assert guard.segments_last_day == 2


def test_a_preview(messenger: Messenger, simulated: SimulatedGateway) -> None:
    """Nothing is sent; without a text there is nothing to tell."""
    assert messenger.preview(Message(text="Citerne vide")).segments == 1
    assert simulated.requests == []
    with pytest.raises(EmptyMessageError):
        messenger.preview(Message(text=" "))


async def test_the_users_choice(
    harness: MessagingHarness, messenger: Messenger, simulated: SimulatedGateway
) -> None:
    """It reaches the outbox, where nothing else has settled the doubt."""
    simulated.fail(Fault.CUT_BEFORE, operation="send", times=1)
    report = await messenger.send(Message(text="Test", targets=("Maman",)))
    await harness.clock.advance(11 * 60)
    assert [record.is_held for record in harness.store] == [True]

    await harness.outbox.resolve(report.message_id, Choice.SENT)

    stored = await harness.journal.get(report.message_id)
    assert stored is not None
    assert stored.submissions[0].outcome is Outcome.ACCEPTED
    assert stored.submissions[0].stage is Stage.CLOSED


async def test_a_caller_who_goes_away_cuts_nothing_off(
    harness: MessagingHarness, simulated: SimulatedGateway, messenger: Messenger
) -> None:
    """An automation that restarts itself cancels its call: the request goes on."""
    sending = asyncio.create_task(
        messenger.send(Message(text="Test", targets=("Maman",)))
    )
    simulated.fail(Fault.STALL_AFTER, operation="send")
    await simulated.until_asked("send")

    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    simulated.release()
    await messenger.finish()

    assert len(simulated.accepted) == 1
    assert len(harness.observer.results) == 1


async def test_a_caller_who_goes_away_at_once(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    messenger: Messenger,
    guard: Guard,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither is a message cut off on its way to the disk, nor is anybody told twice."""
    for room in (None, 0):
        harness.disk.room = room
        sending = asyncio.create_task(
            messenger.send(Message(text=f"Test {room}", targets=("Maman",)))
        )
        await asyncio.sleep(0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await until_idle()

    assert len(simulated.accepted) == 1
    assert guard.segments_last_day == 1
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_finishing_with_nothing_under_way(messenger: Messenger) -> None:
    """Returns at once."""
    await messenger.finish()


# --- options --------------------------------------------------------------------------


@pytest.fixture
async def later(make_house: HouseMaker, simulator: Simulator) -> MessagingHarness:
    """Return a house whose gateway takes many options."""
    harness = make_house(simulator.sms123)
    keep_time(simulator, harness)
    await harness.start()
    return harness


@pytest.fixture
def later_guard(later: MessagingHarness) -> Guard:
    """Return a guard with its usual limits."""
    return Guard(GuardLimits(), later.clock)


@pytest.fixture
def later_messenger(later: MessagingHarness, later_guard: Guard) -> Messenger:
    """Return a messenger of that house."""
    return messenger_of(later, later_guard)


@pytest.mark.parametrize("minutes", [-60, 0])
async def test_an_hour_that_has_been(
    later: MessagingHarness,
    simulator: Simulator,
    later_messenger: Messenger,
    later_guard: Guard,
    minutes: int,
) -> None:
    """It is refused before anything is asked or kept, a mere test too."""
    send_at = later.clock.now() + timedelta(minutes=minutes)

    for test in (False, True):
        options = SmsOptions(send_at=send_at, test=test)
        with pytest.raises(ScheduleInPastError):
            await later_messenger.send(Message(text="Citerne vide", options=options))

    assert simulator.sms123.requests == []
    assert later.disk.writes == 0
    assert later_guard.segments_last_day == 0


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (SmsOptions(allow_replies=True), OptionNotSupportedError),
        (SmsOptions(own={"dedupe": True}), OptionNotSupportedError),
        (SmsOptions(tag=""), InvalidOptionError),
    ],
)
async def test_an_option_that_the_gateway_lacks(
    later: MessagingHarness,
    simulator: Simulator,
    later_messenger: Messenger,
    later_guard: Guard,
    options: SmsOptions,
    error: type[RejectedError],
) -> None:
    """It is refused before anything is asked, kept or counted."""
    with pytest.raises(error):
        await later_messenger.send(Message(text="Citerne vide", options=options))

    assert simulator.sms123.requests == []
    assert later.disk.writes == 0
    assert later_guard.segments_last_day == 0


async def test_an_option_that_is_set_wrongly(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """Neither is that kept."""
    harness = make_house(simulator.envoyer_sms_pro)
    await harness.start()
    messenger = messenger_of(harness, Guard(GuardLimits(), harness.clock))

    with pytest.raises(InvalidOptionError):
        await messenger.send(
            Message(text="Citerne vide", options=SmsOptions(own={"dedupe": "oui"}))
        )

    assert simulator.envoyer_sms_pro.requests == []
    assert harness.disk.writes == 0


async def test_options_reach_the_gateway(
    later: MessagingHarness, simulator: Simulator, later_messenger: Messenger
) -> None:
    """And are kept as they were asked for."""
    options = SmsOptions(
        send_at=later.clock.now() + timedelta(hours=6), flash=True, stop_mention=True
    )

    report = await later_messenger.send(
        Message(text="Citerne vide", targets=("Maman",), options=options)
    )

    assert report.failures == ()
    [waiting] = simulator.sms123.scheduled
    assert waiting.acceptance.text == "Citerne vide\nstop SMS au 36177"
    assert simulator.sms123.extras[waiting.acceptance.submission_id].flash
    kept = await later.journal.get(report.message_id)
    assert kept is not None
    assert kept.options == options
    assert kept.text == "Citerne vide"


@pytest.mark.parametrize(
    ("send_in", "life", "expires"),
    [
        # Its hour is sooner than its time is over, or later: it has its time from then.
        (timedelta(minutes=10), timedelta(hours=1), timedelta(minutes=70)),
        (timedelta(hours=6), timedelta(hours=1), timedelta(hours=7)),
        # No gateway is out of reach for longer than a day.
        (timedelta(hours=30), timedelta(hours=1), timedelta(hours=24)),
        (timedelta(hours=23, minutes=30), timedelta(hours=1), timedelta(hours=24)),
        # But whoever wants more time has it.
        (timedelta(hours=1), timedelta(hours=48), timedelta(hours=48)),
        (None, timedelta(hours=1), timedelta(hours=1)),
    ],
)
async def test_how_long_it_waits_for_the_gateway(
    later: MessagingHarness,
    later_messenger: Messenger,
    send_in: timedelta | None,
    life: timedelta,
    expires: timedelta,
) -> None:
    """Until its hour it is no old news, but not for ever."""
    now = later.clock.now()
    options = SmsOptions(send_at=None if send_in is None else now + send_in)

    report = await later_messenger.send(
        Message(text="Test", targets=("Maman",), time_to_live=life, options=options)
    )

    assert report.record.expires - now == expires


async def test_the_stop_mention_counts(
    later: MessagingHarness,
    later_messenger: Messenger,
    later_guard: Guard,
    simulator: Simulator,
) -> None:
    """What the gateway's customer pays is measured with it, and refused with it."""
    text = "x" * 150
    message = Message(
        text=text,
        targets=("Maman",),
        options=SmsOptions(stop_mention=True),
        too_long=TooLong.REFUSE,
    )

    with pytest.raises(MessageTooLongError):
        await later_messenger.send(message)
    simulator.sms123.requests.clear()
    assert isinstance(later.gateway, SellsLongMessages)
    later.gateway.long_messages = True
    report = await later_messenger.send(message)

    assert report.segments == 2
    assert later_guard.segments_last_day == 2
    assert report.record.text == text
    plain = await later_messenger.send(Message(text=text, targets=("Papa",)))
    assert plain.segments == 1


# --- only tested ----------------------------------------------------------------------


async def test_a_test_where_the_gateway_cannot(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """The checks of the house are all that is made: nothing is asked, kept or counted."""
    house = make_house(simulator.etech_keys)
    await house.start()
    guard = Guard(GuardLimits(), house.clock)
    messenger = messenger_of(house, guard)
    message = Message(
        text="Citerne vide",
        targets=("Maman", "personne"),
        options=SmsOptions(test=True),
    )

    report = await messenger.send(message)
    again = await messenger.send(message)

    assert [(r.outcome, r.failure is None) for r in report.results] == [
        (Outcome.NOT_SENT, True),
        (Outcome.REJECTED, False),
    ]
    assert again.results == report.results
    assert simulator.etech_keys.requests == []
    assert house.disk.writes == 0
    assert guard.segments_last_day == 0
    assert house.observer.history == []
    with pytest.raises(EmptyMessageError):
        await messenger.send(Message(text=" ", options=message.options))


@pytest.mark.parametrize("key", ["etech_keys", "sms123"])
async def test_a_test_of_what_the_guard_would_refuse(
    make_house: HouseMaker, simulator: Simulator, key: str
) -> None:
    """It is refused as the message would be, without a request."""
    simulated = simulator.gateways[key]
    house = make_house(simulated)
    await house.start()
    messenger = messenger_of(house, Guard(GuardLimits(segments_per_day=1), house.clock))
    tested = SmsOptions(test=True)
    await messenger.send(Message(text="Citerne vide", targets=("Maman",)))
    sent = simulated.asked("send")

    with pytest.raises(IdenticalMessageError):
        await messenger.send(
            Message(text="Citerne vide", targets=("Maman",), options=tested)
        )
    with pytest.raises(DailyCapError):
        await messenger.send(Message(text="Autre", targets=("Maman",), options=tested))

    assert simulated.asked("send") == sent


async def test_a_test(
    later: MessagingHarness,
    simulator: Simulator,
    later_messenger: Messenger,
    later_guard: Guard,
) -> None:
    """The gateway is asked once each; nothing is kept, counted or told."""
    message = Message(text="Citerne vide", options=SmsOptions(test=True))

    report = await later_messenger.send(message)

    assert [result.outcome for result in report.results] == [Outcome.NOT_SENT] * 2
    assert report.failures == ()
    assert simulator.sms123.asked("send") == 2
    assert len(simulator.sms123.tested) == 2
    assert simulator.sms123.accepted == []
    assert later.disk.writes == 0
    assert later_guard.segments_last_day == 0
    assert (later.observer.history, later.observer.results) == ([], [])
    assert await later.journal.get(report.message_id) is None
    again = await later_messenger.send(message)
    assert again.failures == ()


async def test_a_test_that_is_failed(
    simulator: Simulator, later_messenger: Messenger
) -> None:
    """It says why, and nobody tries again."""
    simulator.sms123.blocked.add(PAPA[1:])

    report = await later_messenger.send(
        Message(
            text="Citerne vide",
            targets=("Papa", "Maman", "personne"),
            options=SmsOptions(test=True),
        )
    )

    assert [result.label for result in report.failures] == ["Papa", "personne"]
    [papa, maman, _] = report.results
    assert (papa.outcome, maman.outcome) == (Outcome.REJECTED, Outcome.NOT_SENT)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(Fault.RATE_LIMITED, Outcome.NOT_SENT), (Fault.CUT_BEFORE, Outcome.UNKNOWN)],
)
async def test_a_test_without_an_answer(
    later: MessagingHarness,
    simulator: Simulator,
    later_messenger: Messenger,
    later_guard: Guard,
    fault: Fault,
    outcome: Outcome,
) -> None:
    """That is a failure, and the end of it."""
    simulator.sms123.fail(fault, operation="send", times=1)

    report = await later_messenger.send(
        Message(text="Test", targets=("Maman",), options=SmsOptions(test=True))
    )
    await later.clock.advance(3600)

    [result] = report.failures
    assert result.outcome is outcome
    assert result.failure is not None
    assert report.record.is_closed
    assert simulator.sms123.asked("send") == 1
    assert len(later.store) == 0
    # What may have been sent may have been charged.
    may_have_left = outcome is Outcome.UNKNOWN
    kept = await later.journal.get(report.message_id)
    assert kept == (report.record if may_have_left else None)
    assert later_guard.segments_last_day == may_have_left


async def test_a_test_that_was_sent_all_the_same(
    later: MessagingHarness,
    simulator: Simulator,
    later_messenger: Messenger,
    later_guard: Guard,
) -> None:
    """It is a message like others: kept, counted, and in the books."""
    await later.poll()
    simulator.sms123.overlooks_test = True

    report = await later_messenger.send(
        Message(text="Test", targets=("Maman",), options=SmsOptions(test=True))
    )
    await later.poll()

    [result] = report.results
    assert (result.outcome, result.failure) == (Outcome.ACCEPTED, None)
    assert report.failures == ()
    assert await later.journal.get(report.message_id) == report.record
    assert later_guard.segments_last_day == 1
    assert len(later.observer.results) == 1
    assert later.observer.history == [report.record]
    assert later.ledger.books.credits == simulator.sms123.credits == 999
    assert not later.ledger.books.is_disturbed
    assert later.observer.unexplained == []


async def test_of_some_that_were_sent_all_the_same_the_others_cost_nothing(
    later: MessagingHarness, simulator: Simulator, later_messenger: Messenger
) -> None:
    """They are told in one answer, and kept in one message."""
    await later.poll()
    simulator.sms123.answer_next("92", operation="send")
    simulator.sms123.overlooks_test = True

    report = await later_messenger.send(
        Message(text="Test", options=SmsOptions(test=True))
    )
    await later.poll()

    assert [(s.outcome, s.attempts) for s in report.record.submissions] == [
        (Outcome.NOT_SENT, 0),
        (Outcome.ACCEPTED, 1),
    ]
    assert later.ledger.books.credits == simulator.sms123.credits == 999


async def test_a_test_that_was_sent_and_can_not_be_written_down(
    later: MessagingHarness,
    simulator: Simulator,
    later_messenger: Messenger,
    later_guard: Guard,
) -> None:
    """It is counted, and the balance proves nothing for a while."""
    await later.poll()
    simulator.sms123.overlooks_test = True
    later.disk.room = 0

    with pytest.raises(NotStoredError):
        await later_messenger.send(
            Message(text="Test", targets=("Maman",), options=SmsOptions(test=True))
        )
    await later.poll()

    assert later_guard.segments_last_day == 1
    assert later.ledger.books.is_disturbed
    assert later.observer.unexplained == []


async def test_a_balance_told_during_a_test_proves_nothing(
    later: MessagingHarness, simulator: Simulator, later_messenger: Messenger
) -> None:
    """The test may be sent, and charged, before or after it."""
    await later.poll()
    simulator.sms123.seconds_to_answer["send"] = 60
    simulator.sms123.overlooks_test = True
    test = asyncio.create_task(
        later_messenger.send(
            Message(text="Test", targets=("Maman",), options=SmsOptions(test=True))
        )
    )
    await simulator.sms123.until_asked("send")
    await later.poll()
    simulator.sms123.release()
    await test
    await later.poll()

    assert later.observer.unexplained == []


async def test_a_test_of_nobody(
    simulator: Simulator, later_messenger: Messenger
) -> None:
    """There is nothing to ask."""
    with pytest.raises(NotANumberError):
        await later_messenger.send(
            Message(text="Test", targets=("personne",), options=SmsOptions(test=True))
        )

    assert simulator.sms123.requests == []


# --- equal messages that wait -------------------------------------------------------


async def test_a_repetition_joins_before_any_cap_is_looked_at(
    harness: MessagingHarness, messenger: Messenger, guard: Guard, simulator: Simulator
) -> None:
    """It costs nothing; what is really new is refused."""
    guard.limits = GuardLimits(segments_per_day=2)
    await simulator.close()
    first = await messenger.send(Message(text="Citerne vide"))
    harness.clock.tick(timedelta(minutes=1))

    second = await messenger.send(Message(text="Citerne vide"))

    assert second.message_id != first.message_id
    assert second.record.joined_ids == (first.message_id,)
    assert {result.outcome for result in second.results} == {Outcome.QUEUED}
    assert guard.segments_last_hour == 2
    with pytest.raises(DailyCapError):
        await messenger.send(Message(text="Citerne pleine"))


async def test_within_the_window_a_repetition_is_refused_although_the_first_waits(
    harness: MessagingHarness, messenger: Messenger, simulator: Simulator
) -> None:
    """What has joined counts as said then."""
    await simulator.close()
    await messenger.send(Message(text="Citerne vide"))
    for minutes in (0.5, 0, 1.5, 0.5):
        harness.clock.tick(timedelta(minutes=minutes))
        if minutes == 1.5:
            await messenger.send(Message(text="Citerne vide"))
        else:
            with pytest.raises(IdenticalMessageError):
                await messenger.send(Message(text="Citerne vide"))

    [record] = harness.store
    assert len(record.joined) == 1


async def test_two_repetitions_at_once_are_one(
    harness: MessagingHarness, messenger: Messenger, simulated: SimulatedGateway
) -> None:
    """The second is refused, whatever the first waits for."""
    answers = await asyncio.gather(
        *(messenger.send(Message(text="Citerne vide")) for _ in range(2)),
        return_exceptions=True,
    )

    assert [type(answer) for answer in answers][1] is IdenticalMessageError
    assert len(simulated.accepted) == 2


async def test_a_repetition_that_can_not_be_written_is_refused(
    harness: MessagingHarness, messenger: Messenger, simulator: Simulator
) -> None:
    """And counts as nothing: it may be tried again at once."""
    await simulator.close()
    await messenger.send(Message(text="Citerne vide"))
    harness.clock.tick(timedelta(minutes=1))
    await until_idle()
    harness.disk.room = 0
    with pytest.raises(NotStoredError):
        await messenger.send(Message(text="Citerne vide"))
    harness.disk.room = None

    report = await messenger.send(Message(text="Citerne vide"))

    assert report.record.leader is not None
