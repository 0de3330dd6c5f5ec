"""What an account offers to relays: one attempt, and no more."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    CannotConnectError,
    HourlyCapError,
    MessageTooLongError,
    NotStoredError,
    RelayedMessageError,
)
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.guard.guard import GuardLimits
from custom_components.passerelle_sms.messaging.journal.journal import Journal
from custom_components.passerelle_sms.messaging.journal.replies import StoredReply
from custom_components.passerelle_sms.messaging.model.record import (
    Choice,
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.model.submission import Stage
from custom_components.passerelle_sms.messaging.text.splitting import TooLong
from tests.conftest import MAMAN, PAPA
from tests.messaging.conftest import HouseMaker
from tests.messaging.fake_gateways import AskedGateway, SilentGateway, report
from tests.messaging.harness import ACCOUNT, HOUR, MessagingHarness, following
from tests.messaging.idle import let_run, until_idle
from tests.messaging.legs import RELAY, failures, order, take, waits
from tests.messaging.reconciliation.conftest import add_up
from tests.messaging.scheduling import outcomes
from tests.simulator import Fault, SimulatedGateway, Simulator


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedGateway:
    """Return the gateway of the account: one recipient a request, and no list of them."""
    simulator.etech_keys.fail(Fault.HTML, operation="transactions")
    return simulator.etech_keys


@pytest.fixture
async def harness(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> MessagingHarness:
    """Return a house that has started, with that gateway."""
    harness = make_house(simulated)
    await harness.start()
    return harness


async def let_run_until(is_so: Callable[[], bool]) -> None:
    """Let everything run until something is so."""
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0)


async def _stored(harness: MessagingHarness, record: MessageRecord) -> MessageRecord:
    """Return a message as it is on disk, before a new run has opened that."""
    journal = Journal(harness.path, harness.disk.run)
    await journal.open()
    stored = await journal.get(record.message_id)
    await journal.close()
    assert stored is not None
    return stored


# --- its one attempt ------------------------------------------------------------------


async def test_what_is_accepted_is_kept_as_the_relays(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Under the relay's id for it."""
    record = await take(harness, order("leg-1", MAMAN, PAPA))

    assert outcomes(record) == [Outcome.ACCEPTED, Outcome.ACCEPTED]
    assert record.message_id == "leg-1"
    assert record.relay == RELAY
    assert await harness.kept(record) == record
    assert [taken.text for taken in simulated.accepted] == ["Alerte", "Alerte"]
    assert harness.legs.account_id == ACCOUNT


async def test_handed_over_twice_it_leaves_once(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """At once, later, and after a restart."""
    first, second = await asyncio.gather(take(harness), take(harness))
    third = await take(harness)
    await harness.crash()
    await harness.start()
    fourth = await take(harness)

    assert [*map(outcomes, (first, second, third, fourth))] == [[Outcome.ACCEPTED]] * 4
    assert len(simulated.accepted) == 1


async def test_what_has_not_left_is_given_back(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """With the reason, and is never tried again here."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")

    record = await take(harness)
    simulated.heal()
    await harness.clock.advance(7200)

    assert outcomes(record) == [Outcome.NOT_SENT]
    assert failures(record) == ["rate_limited"]
    assert record.is_closed
    assert simulated.accepted == []


@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER])
async def test_what_may_have_left_is_not_sent_again(
    harness: MessagingHarness, simulated: SimulatedGateway, fault: Fault
) -> None:
    """Not even where the relay's sender asked for that: the relay does so."""
    simulated.fail(fault, operation="send", times=1)
    harness.is_alone = False
    harness.ledger.is_alone = False

    record = await take(harness, order(on_unknown=OnUnknown.RESEND))
    assert outcomes(record) == [Outcome.UNKNOWN]
    assert record.is_open
    await harness.clock.advance(7200)

    [row] = (await harness.kept(record)).submissions
    assert (row.outcome, row.stage, row.notice) == (Outcome.UNKNOWN, Stage.HELD, None)
    assert simulated.asked("send") == 1
    assert harness.legs.held == 1


async def test_what_may_have_left_is_not_repeated_where_the_gateway_would_tell(
    by_text: MessagingHarness, simulator: Simulator
) -> None:
    """Its one attempt is its only one."""
    simulator.sms123.fail(Fault.CUT_AFTER, operation="send", times=1)

    record = await take(by_text)
    await by_text.clock.advance(7200)

    assert outcomes(record) == [Outcome.UNKNOWN]
    assert simulator.sms123.asked("send") == 1


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(Fault.CUT_AFTER, Outcome.ACCEPTED), (Fault.CUT_BEFORE, Outcome.NOT_SENT)],
)
async def test_evidence_decides_and_is_told(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    fault: Fault,
    outcome: Outcome,
) -> None:
    """By the balance: of what may have left as of any message, and closes it."""
    await add_up(harness, simulated)
    simulated.fail(fault, operation="send", times=1)
    heard: list[MessageRecord] = []
    end = harness.legs.listen(lambda record, _: heard.append(record))

    record = await take(harness)
    assert heard == []
    await harness.clock.advance(1200)

    assert outcomes(record) == [Outcome.UNKNOWN]
    assert outcomes(heard[-1]) == [outcome]
    assert heard[-1].is_closed
    assert simulated.asked("send") == 1
    end()
    await take(harness, order("leg-2"))
    assert {record.message_id for record in heard} == {"leg-1"}


async def test_other_messages_are_not_told_to_relays(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """They are the account's own."""
    heard: list[MessageRecord] = []
    harness.legs.listen(lambda record, _: heard.append(record))
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)

    await harness.send()
    await harness.clock.advance(1200)

    assert heard == []


# --- what can't begin now -------------------------------------------------------------


async def test_a_message_waits_for_its_turn_and_is_given_back_when_a_pause_begins(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """At once, with the reason of the pause."""
    gateway = SilentGateway(session)
    gateway.answer = asyncio.Event()
    harness = MessagingHarness(gateway, tmp_path / "journal")
    await harness.start()
    under_way = gateway.limits.concurrency
    waiting = [
        asyncio.create_task(harness.legs.take(order(f"leg-{number}")))
        for number in range(under_way + 2)
    ]
    await let_run_until(lambda: len(harness.store) == len(waiting))

    gateway.failures.extend(CannotConnectError() for _ in range(under_way))
    gateway.answer.set()
    records = await asyncio.gather(*waiting)
    await harness.clock.advance(7200)

    assert {tuple(failures(record)) for record in records} == {("cannot_connect",)}
    assert all(record.is_closed for record in records)
    assert gateway.taken == []
    await harness.leave()


async def test_a_message_that_waits_for_its_turn_has_it(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """Others that are under way are no reason to send it elsewhere."""
    gateway = SilentGateway(session)
    gateway.answer = asyncio.Event()
    harness = MessagingHarness(gateway, tmp_path / "journal")
    await harness.start()
    waiting = [
        asyncio.create_task(harness.legs.take(order(f"leg-{number}")))
        for number in range(gateway.limits.concurrency * 3)
    ]
    await let_run_until(lambda: len(harness.store) == len(waiting))
    gateway.answer.set()

    records = await asyncio.gather(*waiting)

    assert {tuple(outcomes(record)) for record in records} == {(Outcome.ACCEPTED,)}
    await harness.leave()


async def test_an_account_that_is_refused_gives_back_and_rests(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Its rest is told as ever, but of no message: the relay sends that elsewhere."""
    simulated.password = "another"

    first = await take(harness, order("leg-1"))
    second = await take(harness, order("leg-2"))

    assert outcomes(first) == outcomes(second) == [Outcome.NOT_SENT]
    assert failures(first) == failures(second) == ["invalid_auth"]
    assert simulated.asked("send") == 1
    [refusal] = harness.observer.refusals
    assert refusal is not None
    assert (refusal.error.key, refusal.message_id) == ("invalid_auth", None)
    assert refusal.recipients == ()
    assert refusal.is_news


async def test_a_house_that_drains_gives_back_what_waits(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """And waits for what is under way."""
    gateway = SilentGateway(session)
    gateway.answer = asyncio.Event()
    harness = MessagingHarness(gateway, tmp_path / "journal")
    await harness.start()
    under_way = gateway.limits.concurrency
    waiting = [
        asyncio.create_task(harness.legs.take(order(f"leg-{number}")))
        for number in range(under_way + 2)
    ]
    await let_run_until(lambda: len(harness.store) == len(waiting))

    drained = asyncio.create_task(harness.dispatcher.drain())
    given_back = await asyncio.gather(*waiting[under_way:])
    assert not any(task.done() for task in waiting[:under_way])
    gateway.answer.set()
    await drained

    assert {tuple(failures(record)) for record in given_back} == {("nothing_begins",)}
    sent = await asyncio.gather(*waiting[:under_way])
    assert {tuple(outcomes(record)) for record in sent} == {(Outcome.ACCEPTED,)}
    await harness.leave()


async def test_what_is_given_back_on_a_full_disk_never_leaves(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Nor does it after a crash, when the disk still says that it waits."""
    simulated.password = "another"
    await take(harness, order("leg-0"))
    # Room to take it in, and none to give it back.
    harness.disk.room = 1

    record = await take(harness)
    harness.disk.room = 0
    await harness.crash()
    harness.disk.room = None
    stored = await _stored(harness, record)
    simulated.password = "s3cr&t+pa ss"
    await harness.start()
    await harness.clock.advance(7200)

    assert outcomes(record) == [Outcome.NOT_SENT]
    assert outcomes(stored) == [Outcome.QUEUED]
    settled = await harness.legs.settled("leg-1")
    assert settled is not None
    assert outcomes(settled) == [Outcome.NOT_SENT]
    assert failures(settled) == ["nothing_begins"]
    assert simulated.accepted == []


# --- what is not taken in -------------------------------------------------------------


async def test_a_full_disk_takes_nothing_in(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """And counts nothing."""
    harness.disk.room = 0

    with pytest.raises(NotStoredError):
        await take(harness)

    assert harness.guard.segments_last_hour == 0
    assert simulated.requests == []
    assert await harness.legs.settled("leg-1") is None


async def test_an_urgent_message_leaves_on_a_full_disk(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Where its sender asked for it rather twice than never."""
    harness.disk.room = 0

    record = await take(harness, order(on_unknown=OnUnknown.RESEND, urgent=True))

    assert outcomes(record) == [Outcome.ACCEPTED]
    assert len(simulated.accepted) == 1


async def test_a_cap_takes_nothing_in(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> None:
    """What a relay sends counts as all else."""
    harness = make_house(simulated)
    harness.limits = GuardLimits(segments_per_hour=2)
    harness.build()
    await harness.start()
    await take(harness, order("leg-1", MAMAN, PAPA))

    with pytest.raises(HourlyCapError):
        await take(harness, order("leg-2"))

    assert len(simulated.accepted) == 2
    assert harness.guard.segments_last_hour == 2


async def test_the_same_text_is_the_relays_to_hold_back(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """But what it has said, nobody else says again."""
    await take(harness, order("leg-1"))
    await take(harness, order("leg-2"))

    assert len(simulated.accepted) == 2
    assert [*harness.guard.check(harness.message(text="Alerte"))] == [MAMAN]


async def test_a_rule_of_the_gateway_takes_nothing_in(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """As everywhere."""
    with pytest.raises(MessageTooLongError):
        await take(harness, order(text="é" * 10_000, too_long=TooLong.REFUSE))

    assert simulated.requests == []


async def test_no_time_left_is_no_damage(harness: MessagingHarness) -> None:
    """It ends as what is out of time."""
    record = await take(harness, order(life=-HOUR))

    assert not waits(record)
    assert await harness.legs.settled("leg-1") is not None


# --- after a restart ------------------------------------------------------------------


async def test_a_crash_while_it_is_under_way_leaves_it_in_doubt(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """And never sends it again."""
    simulated.fail(Fault.STALL_AFTER, operation="send", times=1)
    taking = asyncio.create_task(harness.legs.take(order()))
    await simulated.until_asked("send")
    await harness.crash()
    taking.cancel()
    await harness.start()

    settled = await harness.legs.settled("leg-1")
    assert settled is not None
    assert outcomes(settled) == [Outcome.UNKNOWN]
    await harness.clock.advance(7200)

    settled = await harness.legs.settled("leg-1")
    assert settled is not None
    assert settled.submissions[0].stage is Stage.HELD
    assert settled.submissions[0].notice is None
    assert len(simulated.accepted) == 1


async def test_a_journal_that_never_had_it_says_so(harness: MessagingHarness) -> None:
    """And by its epoch that it would know."""
    epoch = harness.legs.journal_epoch
    await take(harness, order("leg-1"))

    assert await harness.legs.settled("leg-2") is None
    await harness.crash()
    assert (harness.legs.journal_epoch, harness.legs.is_open) == ("", False)
    with pytest.raises(NotStoredError):
        await harness.legs.settled("leg-1")
    await harness.start()

    assert epoch
    assert harness.legs.journal_epoch == epoch
    assert harness.legs.is_open
    assert await harness.legs.settled("leg-2") is None


# --- what the relay decides -----------------------------------------------------------


async def test_what_was_passed_on_does_not_leave(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """What is under way does; what waits for its turn stays, for those recipients."""
    gateway = SilentGateway(session)
    gateway.answer = asyncio.Event()
    harness = MessagingHarness(gateway, tmp_path / "journal")
    await harness.start()
    numbers = [f"+2376950000{number:02}" for number in range(45)]
    taking = asyncio.create_task(harness.legs.take(order("leg-1", *numbers)))
    await let_run_until(lambda: harness.dispatcher.is_under_way("leg-1"))

    passing_on = asyncio.create_task(
        harness.legs.give_back("leg-1", [numbers[0], *numbers[42:]])
    )
    await let_run()
    gateway.answer.set()
    record = await taking

    assert await passing_on == record
    assert failures(record) == [None] * 42 + ["cancelled"] * 3
    assert [number for number, _ in gateway.taken] == numbers[:42]
    await harness.leave()


async def test_what_was_never_had_can_be_passed_on(harness: MessagingHarness) -> None:
    """There is nothing to give back."""
    assert await harness.legs.give_back("leg-1", [MAMAN]) is None


@pytest.mark.parametrize(
    ("choice", "outcome"),
    [(Choice.SENT, Outcome.ACCEPTED), (Choice.DROP, Outcome.UNKNOWN)],
)
@pytest.mark.parametrize("seconds", [0, 1200], ids=["in doubt", "held"])
async def test_what_the_user_chose_at_the_relay(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    choice: Choice,
    outcome: Outcome,
    seconds: float,
) -> None:
    """It ends, and nothing is sent."""
    simulated.fail(Fault.CUT_BEFORE, operation="send", times=1)
    harness.ledger.is_alone = False
    record = await take(harness)
    await harness.clock.advance(seconds)

    await harness.legs.resolve("leg-1", choice)
    await until_idle()

    kept = await harness.kept(record)
    assert kept.is_closed
    assert outcomes(kept) == [outcome]
    assert harness.legs.held == 0
    assert simulated.asked("send") == 1
    with pytest.raises(ValueError, match="relay"):
        await harness.legs.resolve("leg-1", Choice.RESEND)


async def test_a_message_of_the_account_is_not_the_relays_to_settle(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Whatever id it has."""
    simulated.fail(Fault.CUT_BEFORE, operation="send", times=1)
    record = await harness.send()

    await harness.legs.resolve(record.message_id, Choice.SENT)

    assert outcomes(await harness.kept(record)) == [Outcome.UNKNOWN]


async def test_only_its_relay_takes_it_back(harness: MessagingHarness) -> None:
    """By the account it can't be."""
    await take(harness)

    with pytest.raises(RelayedMessageError):
        await harness.canceller.cancel("leg-1")


# --- what is heard later --------------------------------------------------------------


async def test_a_delivery_of_what_is_settled_is_told(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """To the relay, with the whole message."""
    gateway = AskedGateway(session)
    heard: list[MessageRecord] = []
    async with following(gateway, tmp_path) as harness:
        harness.legs.listen(lambda record, _: heard.append(record))
        record = await take(harness)
        assert record.is_closed
        [(number, submission_id)] = gateway.taken
        gateway.told[submission_id] = report(submission_id, number)

        await harness.legs.ask_about("leg-1", MAMAN)
        await until_idle()

    delivery = heard[-1].submissions[0].delivery
    assert delivery is not None
    assert delivery.status is DeliveryStatus.DELIVERED
    assert {each.message_id for each in heard} == {"leg-1"}
    assert all(each.is_closed for each in heard)


async def test_a_relay_tells_of_a_reply_and_else_the_account(
    by_id: MessagingHarness, simulator: Simulator
) -> None:
    """Somebody does."""
    heard: list[tuple[StoredReply, str]] = []
    asked = order()
    options = replace(asked.sms.options, allow_replies=True)
    asked = replace(asked, sms=replace(asked.sms, options=options))
    await by_id.replies.start()

    async def tell(reply: StoredReply, record: MessageRecord) -> bool:
        heard.append((reply, record.message_id))
        return True

    end = by_id.legs.listen_to_replies(tell)
    await take(by_id, asked)
    [sent_as] = simulator.envoyer_sms_pro.messages
    simulator.envoyer_sms_pro.reply(sent_as, MAMAN[1:], "Bien reçu")
    await by_id.legs.ask_for_replies("leg-1")
    end()
    simulator.envoyer_sms_pro.reply(sent_as, MAMAN[1:], "Merci")
    await by_id.legs.ask_for_replies("leg-1")

    assert [(reply.text, told) for reply, told in heard] == [("Bien reçu", "leg-1")]
    assert [reply.text for reply in by_id.observer.replies] == ["Merci"]
    await by_id.replies.stop()
