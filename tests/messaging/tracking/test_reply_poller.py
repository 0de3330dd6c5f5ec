"""Answers to messages: asked for, kept, and told once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    MessageNotReadyError,
    NoRepliesError,
    NotStoredError,
    RateLimitedError,
)
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.tracking.poller import HORIZON
from custom_components.passerelle_sms.messaging.tracking.reply_poller import ReplyPoller
from tests.conftest import MAMAN, PAPA, GatewayMaker
from tests.messaging.conftest import HouseMaker
from tests.messaging.fake_disk import nothing
from tests.messaging.harness import MessagingHarness
from tests.messaging.idle import until_idle
from tests.messaging.scheduling import cancel, hand_over, keep_time, schedule
from tests.simulator import Fault, Simulator
from tests.simulator.envoyer_sms_pro import (
    SimulatedEnvoyerSmsPro,
    SimulatedMessage,
    SimulatedReply,
)

type WatchMaker = Callable[[], ReplyPoller]


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedEnvoyerSmsPro:
    """Return the gateway whose messages may be answered."""
    return simulator.envoyer_sms_pro


@pytest.fixture
async def harness(
    make_house: HouseMaker, simulator: Simulator, simulated: SimulatedEnvoyerSmsPro
) -> MessagingHarness:
    """Return a house that has started, with that gateway."""
    harness = make_house(simulated)
    keep_time(simulator, harness)
    await harness.start()
    return harness


@pytest.fixture
async def make_watch(harness: MessagingHarness) -> AsyncIterator[WatchMaker]:
    """Return a maker of watches over the house as it is now; they are stopped."""
    watches: list[ReplyPoller] = []

    def make() -> ReplyPoller:
        watch = watch_of(harness)
        watches.append(watch)
        return watch

    yield make
    for watch in watches:
        await watch.stop()


@pytest.fixture
async def watch(make_watch: WatchMaker) -> ReplyPoller:
    """Return a watch that has started."""
    watch = make_watch()
    await watch.start()
    return watch


def watch_of(harness: MessagingHarness) -> ReplyPoller:
    """Return a watch that hears of every message in a house."""
    return harness.replies


async def ask_for_answers(harness: MessagingHarness, *numbers: str) -> MessageRecord:
    """Send a message that may be answered."""
    record = replace(harness.message(*numbers), options=SmsOptions(allow_replies=True))
    return await hand_over(harness, record)


def latest(simulated: SimulatedEnvoyerSmsPro) -> SimulatedMessage:
    """Return the message that was taken last, at the gateway."""
    return simulated.messages[next(reversed(simulated.messages))]


def answer(simulated: SimulatedEnvoyerSmsPro, *texts: str) -> None:
    """Let Maman answer the last message."""
    message_id = next(reversed(simulated.messages))
    for text in texts:
        simulated.reply(message_id, MAMAN[1:], text)


def texts(harness: MessagingHarness) -> list[str]:
    """Return the answers that were told, in their order."""
    return [reply.text for reply in harness.observer.replies]


# --- asked for, and told ------------------------------------------------------------


@pytest.mark.usefixtures("watch")
async def test_an_answer_is_told_once(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """With who wrote it, and what it answers."""
    record = await ask_for_answers(harness, MAMAN, PAPA)
    answer(simulated, "J'appelle le camion")

    await harness.clock.advance(61)

    [reply] = harness.observer.replies
    assert (reply.message_id, reply.number, reply.text) == (
        record.message_id,
        MAMAN,
        "J'appelle le camion",
    )
    assert reply.at == simulated.messages[
        record.submissions[0].submission_id or ""
    ].replies[0].at.replace(microsecond=0)
    assert MAMAN not in repr(reply)
    await harness.clock.advance(24 * 3600)
    assert texts(harness) == ["J'appelle le camion"]
    assert await harness.journal.untold_replies() == []


@pytest.mark.usefixtures("watch")
async def test_one_id_for_all_recipients(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """One request tells what all of them have answered."""
    await ask_for_answers(harness, MAMAN, PAPA)

    await harness.clock.advance(61)

    assert simulated.asked("replies") == 1


@pytest.mark.usefixtures("watch")
async def test_less_and_less_often(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """For a week, and then no more."""
    await ask_for_answers(harness)
    await harness.clock.advance(86400)
    first_day = simulated.asked("replies")

    await harness.clock.advance(6 * 86400 + 60)
    asked = simulated.asked("replies")
    answer(simulated, "Trop tard")
    await harness.clock.advance(7 * 86400)

    assert 10 < first_day < 20
    assert asked - first_day < 30
    assert simulated.asked("replies") == asked
    assert harness.observer.replies == []
    assert harness.clock.timers == 0


@pytest.mark.usefixtures("watch")
async def test_who_cannot_answer_is_not_asked_for(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """Neither is what was refused."""
    await harness.send()
    simulated.wrong_numbers.add(simulated.local_number(MAMAN))
    await ask_for_answers(harness)

    await harness.clock.advance(3600)

    assert simulated.asked("replies") == 0
    assert harness.clock.timers == 0


async def test_a_gateway_that_takes_no_replies(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """Nothing is asked, whatever a message says."""
    harness = make_house(simulator.etech_keys)
    await harness.start()
    watch = watch_of(harness)
    await watch.start()
    record = await harness.send()
    answerable = replace(record, options=SmsOptions(allow_replies=True))
    watch.follow(answerable, answerable.submissions)

    await watch.ask_about(record.message_id)
    await harness.clock.advance(3600)

    assert [request.operation for request in simulator.etech_keys.requests] == ["send"]
    await watch.stop()


@pytest.mark.usefixtures("watch")
async def test_what_is_for_later(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """It is asked about when it has left; if that takes longer, a little later."""
    await schedule(harness, allow_replies=True)
    await harness.clock.advance(3590)
    assert simulated.asked("replies") == 0

    # The gateway knows whole minutes: it sends it within the next one.
    await harness.clock.advance(20)
    assert simulated.asked("replies") == 1
    assert harness.observer.failures == []
    await harness.clock.advance(60)
    answer(simulated, "Oui")
    await harness.clock.advance(130)

    assert texts(harness) == ["Oui"]


async def test_what_was_taken_back(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro, watch: ReplyPoller
) -> None:
    """Nobody will answer it, so nobody asks."""
    record = await schedule(harness, allow_replies=True)
    cancelled = (await cancel(harness, record)).record
    watch.follow(cancelled, cancelled.submissions)

    await harness.clock.advance(2 * 86400)

    assert simulated.asked("replies") == 0
    assert harness.clock.timers == 0


@pytest.mark.usefixtures("watch")
async def test_what_cannot_be_answered_after_all(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """The gateway says so: it is asked no more."""
    await ask_for_answers(harness)
    latest(simulated).takes_replies = False

    await harness.clock.advance(86400)

    assert simulated.asked("replies") == 1
    assert harness.observer.failures == []


@pytest.mark.usefixtures("watch")
async def test_what_the_gateway_has_forgotten(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """It will never know more."""
    await ask_for_answers(harness)
    simulated.messages.clear()

    await harness.clock.advance(86400)

    assert simulated.asked("replies") == 1
    assert harness.observer.failures == []


@pytest.mark.usefixtures("watch")
async def test_a_failure_does_not_hold_up_the_others(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """Whoever it has met is asked about again after them."""
    await ask_for_answers(harness)
    answer(simulated, "Premier")
    await ask_for_answers(harness)
    answer(simulated, "Second")
    simulated.fail(Fault.ERROR_500, operation="replies", times=1)

    await harness.clock.advance(61)
    assert [error.key for error in harness.observer.failures] == ["gateway_broken"]
    await harness.clock.advance(180)

    assert texts(harness) == ["Second", "Premier"]


async def test_messages_come_first(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro, watch: ReplyPoller
) -> None:
    """What is left of the hour's requests is for them."""
    record = await ask_for_answers(harness)
    answer(simulated, "Oui")
    assert harness.gateway.budget is not None
    while harness.gateway.budget.has_room_for_polls:
        harness.gateway.budget.spend()

    await harness.clock.advance(3000)

    assert simulated.asked("replies") == 0
    # Also if somebody wants to know now.
    with pytest.raises(RateLimitedError):
        await watch.ask_about(record.message_id)
    assert simulated.asked("replies") == 0


@pytest.mark.usefixtures("watch")
async def test_polls_go_by_the_budget_of_another_login(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro, client: GatewayMaker
) -> None:
    """From the moment on when the account becomes that one's."""
    await ask_for_answers(harness)
    answer(simulated, "Oui")
    assert harness.gateway.budget is not None
    while harness.gateway.budget.has_room_for_polls:
        harness.gateway.budget.spend()

    harness.gateway.become(client(simulated))
    await harness.clock.advance(61)

    assert texts(harness) == ["Oui"]


@pytest.mark.usefixtures("watch")
@pytest.mark.parametrize("hours", [-6, 6])
async def test_a_set_clock_puts_no_question_off(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro, hours: int
) -> None:
    """What this run has sent is as old as it was."""
    await ask_for_answers(harness)
    harness.clock.jump(timedelta(hours=hours))

    await harness.clock.advance(61)
    assert simulated.asked("replies") == 1
    await harness.clock.advance(7 * 86400)
    asked = simulated.asked("replies")
    await harness.clock.advance(86400)

    assert simulated.asked("replies") == asked


@pytest.mark.usefixtures("watch")
async def test_a_set_clock_brings_the_planned_hour_nearer(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """It is asked about when it has left."""
    await schedule(harness, allow_replies=True)
    harness.clock.jump(timedelta(minutes=50))

    await harness.clock.advance(590)
    assert simulated.asked("replies") == 0
    await harness.clock.advance(20)

    assert simulated.asked("replies") == 1


async def test_one_of_two_recipients_of_one_request_may_still_answer(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro, watch: ReplyPoller
) -> None:
    """The other one's message was taken back: only with the last one it is over."""
    record = await ask_for_answers(harness, MAMAN, PAPA)
    first, second = (
        replace(submission, outcome=Outcome.NOT_SENT)
        for submission in record.submissions
    )
    watch.follow(record, [first])
    await harness.clock.advance(61)
    assert simulated.asked("replies") == 1

    watch.follow(record, [second])
    await harness.clock.advance(86400)

    assert simulated.asked("replies") == 1
    assert harness.clock.timers == 0


async def test_it_is_stopped_and_goes_on(
    harness: MessagingHarness,
    simulated: SimulatedEnvoyerSmsPro,
    watch: ReplyPoller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is sent meanwhile is watched, and what is heard is told when it goes on."""
    first = await ask_for_answers(harness)
    answer(simulated, "Un")
    await watch.stop()
    await watch.ask_about(first.message_id)
    with monkeypatch.context() as nobody:
        nobody.setattr(watch, "follow", lambda *_: None)
        await ask_for_answers(harness)
    answer(simulated, "Deux")
    await harness.clock.advance(3600)
    assert texts(harness) == []

    await watch.start()
    assert texts(harness) == ["Un"]
    await harness.clock.advance(70)

    assert texts(harness) == ["Un", "Deux"]


# --- page after page ----------------------------------------------------------------


@pytest.mark.usefixtures("watch")
async def test_fifty_at_a_time(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """Until there are no more; then from there on."""
    await ask_for_answers(harness)
    answer(simulated, *(f"Réponse {number}" for number in range(120)))

    await harness.clock.advance(61)
    assert texts(harness) == [f"Réponse {number}" for number in range(120)]
    assert simulated.asked("replies") == 3
    answer(simulated, "Encore une")
    await harness.clock.advance(70)

    assert len(texts(harness)) == 121
    assert simulated.asked("replies") == 4


@pytest.mark.usefixtures("watch")
async def test_the_newest_first(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """Whatever the order, none is missed, and nobody asks for ever."""
    await ask_for_answers(harness)
    answer(simulated, *(f"Réponse {number}" for number in range(60)))
    await harness.clock.advance(61)
    assert simulated.asked("replies") == 2
    new = SimulatedReply(number=PAPA[1:], text="Nouvelle", at=harness.clock.now())
    latest(simulated).replies.insert(0, new)

    await harness.clock.advance(70)

    assert len(texts(harness)) == 61
    assert texts(harness)[-1] == "Nouvelle"
    # The last one, which is known; then all of them, and that is the end.
    assert simulated.asked("replies") == 2 + 1 + 2


@pytest.mark.usefixtures("watch")
async def test_the_same_words_at_the_same_second(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """They are one answer: nothing tells them apart."""
    await ask_for_answers(harness)
    answer(simulated, "Oui", "Oui")

    await harness.clock.advance(200)

    assert texts(harness) == ["Oui"]
    assert simulated.asked("replies") == 2


@pytest.mark.usefixtures("watch")
async def test_fewer_than_there_were(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """The gateway refuses to count on: it is read from the first again."""
    await ask_for_answers(harness)
    answer(simulated, "Un", "Deux")
    await harness.clock.advance(61)
    latest(simulated).replies.clear()
    await harness.clock.advance(70)
    assert [error.key for error in harness.observer.failures] == ["invalid_option"]
    answer(simulated, "Trois")

    await harness.clock.advance(300)

    assert texts(harness) == ["Un", "Deux", "Trois"]


# --- asked now ----------------------------------------------------------------------


async def test_asked_now(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro, watch: ReplyPoller
) -> None:
    """About one message, and told once all the same."""
    await ask_for_answers(harness)
    record = await ask_for_answers(harness)
    answer(simulated, "Oui")

    await watch.ask_about(record.message_id)
    await watch.ask_about(record.message_id)
    await watch.ask_about("01M7W4EX1X")

    assert texts(harness) == ["Oui"]
    assert simulated.asked("replies") == 2


async def test_asked_now_and_there_can_be_none(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro, watch: ReplyPoller
) -> None:
    """That is said."""
    later = await schedule(harness, allow_replies=True)
    with pytest.raises(MessageNotReadyError):
        await watch.ask_about(later.message_id)
    record = await ask_for_answers(harness)
    latest(simulated).takes_replies = False

    with pytest.raises(NoRepliesError):
        await watch.ask_about(record.message_id)


async def test_asked_twice_at_once(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro, watch: ReplyPoller
) -> None:
    """Each answer is told once."""
    record = await ask_for_answers(harness)
    answer(simulated, *(f"Réponse {number}" for number in range(60)))

    await asyncio.gather(*(watch.ask_about(record.message_id) for _ in range(3)))

    assert len(texts(harness)) == 60


async def test_a_caller_who_goes_away(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro, watch: ReplyPoller
) -> None:
    """What was kept is told: it is new only once."""
    record = await ask_for_answers(harness)
    answer(simulated, "Oui")
    asking = asyncio.create_task(watch.ask_about(record.message_id))

    def go_away() -> None:
        asking.cancel()

    harness.disk.on_written = go_away

    with pytest.raises(asyncio.CancelledError):
        await asking
    harness.disk.on_written = nothing
    await until_idle()

    assert texts(harness) == ["Oui"]
    assert await harness.journal.untold_replies() == []


async def test_a_stop_waits_for_what_is_asked(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro, watch: ReplyPoller
) -> None:
    """And nothing is asked after it."""
    record = await ask_for_answers(harness)
    answer(simulated, "Oui")
    asking = asyncio.create_task(watch.ask_about(record.message_id))
    await simulated.until_asked("replies")

    await watch.stop()

    assert texts(harness) == ["Oui"]
    await asking
    await harness.clock.advance(3600)
    assert simulated.asked("replies") == 1


# --- restarts, crashes, and a disk that is full -----------------------------------------


async def restart(harness: MessagingHarness, make_watch: WatchMaker) -> None:
    """Crash, and start again."""
    await harness.crash()
    await harness.start()
    await make_watch().start()


@pytest.mark.usefixtures("watch")
async def test_after_a_restart(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro, make_watch: WatchMaker
) -> None:
    """What was told is not told again, however much it is; what is new is."""
    await ask_for_answers(harness)
    answer(simulated, *(f"Réponse {number}" for number in range(70)))
    await harness.clock.advance(61)
    assert len(texts(harness)) == 70
    await restart(harness, make_watch)
    answer(simulated, "Nouvelle")

    await harness.clock.advance(61)

    assert len(texts(harness)) == 71
    assert texts(harness)[-1] == "Nouvelle"
    assert simulated.asked("replies") == 2 + 2


async def test_what_is_old_at_the_start(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro, make_watch: WatchMaker
) -> None:
    """It is not asked about; what was scheduled long ago and has just left is."""
    await ask_for_answers(harness)
    await schedule(harness, allow_replies=True, after=HORIZON)
    await harness.clock.advance((HORIZON + timedelta(hours=1)).total_seconds())

    await make_watch().start()
    await harness.clock.advance(61)

    assert simulated.asked("replies") == 1
    [request] = [one for one in simulated.requests if one.operation == "replies"]
    assert next(reversed(simulated.messages)) in request.body


@pytest.mark.usefixtures("watch")
async def test_a_crash_between_keeping_and_telling(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro, make_watch: WatchMaker
) -> None:
    """The next run tells it."""
    await ask_for_answers(harness)
    answer(simulated, "Oui")
    harness.disk.on_written = harness.cancel_all
    await harness.clock.advance(61)
    assert texts(harness) == []
    harness.disk.on_written = nothing

    await restart(harness, make_watch)

    assert texts(harness) == ["Oui"]
    await harness.clock.advance(3600)
    assert texts(harness) == ["Oui"]


@pytest.mark.usefixtures("watch")
async def test_no_room_to_note_that_it_was_told(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro, make_watch: WatchMaker
) -> None:
    """The next run tells it again: rather twice than never."""
    await ask_for_answers(harness)
    answer(simulated, "Oui")
    harness.disk.room = 1
    await harness.clock.advance(61)
    harness.disk.room = None
    await harness.clock.advance(3600)
    assert texts(harness) == ["Oui"]
    assert [error.key for error in harness.observer.failures] == ["not_stored"]

    await restart(harness, make_watch)

    assert texts(harness) == ["Oui", "Oui"]
    await restart(harness, make_watch)
    assert texts(harness) == ["Oui", "Oui"]


@pytest.mark.usefixtures("watch")
async def test_no_room_for_an_answer(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """It is told once it can be kept."""
    await ask_for_answers(harness)
    answer(simulated, "Oui")
    harness.disk.room = 0
    await harness.clock.advance(61)
    assert texts(harness) == []
    harness.disk.room = None

    await harness.clock.advance(200)

    assert texts(harness) == ["Oui"]


@pytest.mark.usefixtures("watch")
async def test_a_message_that_cannot_be_read(
    harness: MessagingHarness,
    simulated: SimulatedEnvoyerSmsPro,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its answers are kept only when they can be told."""

    async def unreadable(message_id: str) -> MessageRecord | None:
        raise NotStoredError

    await ask_for_answers(harness)
    answer(simulated, "Oui")
    with monkeypatch.context() as patch:
        patch.setattr(harness.store, "get", unreadable)
        await harness.clock.advance(61)
    assert texts(harness) == []

    await harness.clock.advance(200)

    assert texts(harness) == ["Oui"]
