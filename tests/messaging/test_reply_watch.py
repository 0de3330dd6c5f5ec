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
)
from custom_components.passerelle_sms.gateways.options import SmsOptions
from custom_components.passerelle_sms.messaging.record import MessageRecord
from custom_components.passerelle_sms.messaging.tracking.polling import HORIZON
from custom_components.passerelle_sms.messaging.tracking.reply_watch import ReplyWatch
from tests.conftest import MAMAN, PAPA
from tests.simulator import Fault, Simulator
from tests.simulator.envoyer_sms_pro import (
    SimulatedEnvoyerSmsPro,
    SimulatedMessage,
    SimulatedReply,
)

from .conftest import HouseMaker
from .disk import nothing
from .house import House
from .quiet import quiet
from .scheduling import cancel, hand_over, keep_time, schedule

type WatchMaker = Callable[[], ReplyWatch]


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedEnvoyerSmsPro:
    """Return the gateway whose messages may be answered."""
    return simulator.envoyer_sms_pro


@pytest.fixture
async def house(
    make_house: HouseMaker, simulator: Simulator, simulated: SimulatedEnvoyerSmsPro
) -> House:
    """Return a house that has started, with that gateway."""
    house = make_house(simulated)
    keep_time(simulator, house)
    await house.start()
    return house


@pytest.fixture
async def make_watch(house: House) -> AsyncIterator[WatchMaker]:
    """Return a maker of watches over the house as it is now; they are stopped."""
    watches: list[ReplyWatch] = []

    def make() -> ReplyWatch:
        watch = watch_of(house)
        watches.append(watch)
        return watch

    yield make
    for watch in watches:
        await watch.stop()


@pytest.fixture
async def watch(make_watch: WatchMaker) -> ReplyWatch:
    """Return a watch that has started."""
    watch = make_watch()
    await watch.start()
    return watch


def watch_of(house: House) -> ReplyWatch:
    """Return a watch that hears of every message in a house."""
    watch = ReplyWatch(
        house.gateway, house.records, house.journal, house.clock, house.books
    )
    house.books.followers.append(watch.follow)
    return watch


async def ask_for_answers(house: House, *numbers: str) -> MessageRecord:
    """Send a message that may be answered."""
    record = replace(house.message(*numbers), options=SmsOptions(allow_replies=True))
    return await hand_over(house, record)


def latest(simulated: SimulatedEnvoyerSmsPro) -> SimulatedMessage:
    """Return the message that was taken last, at the gateway."""
    return simulated.messages[next(reversed(simulated.messages))]


def answer(simulated: SimulatedEnvoyerSmsPro, *texts: str) -> None:
    """Let Maman answer the last message."""
    message_id = next(reversed(simulated.messages))
    for text in texts:
        simulated.reply(message_id, MAMAN[1:], text)


def texts(house: House) -> list[str]:
    """Return the answers that were told, in their order."""
    return [reply.text for reply in house.books.replies]


# --- asked for, and told ------------------------------------------------------------


@pytest.mark.usefixtures("watch")
async def test_an_answer_is_told_once(
    house: House, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """With who wrote it, and what it answers."""
    record = await ask_for_answers(house, MAMAN, PAPA)
    answer(simulated, "J'appelle le camion")

    await house.clock.advance(61)

    [reply] = house.books.replies
    assert (reply.message_id, reply.number, reply.text) == (
        record.message_id,
        MAMAN,
        "J'appelle le camion",
    )
    assert reply.at == simulated.messages[
        record.submissions[0].submission_id or ""
    ].replies[0].at.replace(microsecond=0)
    assert MAMAN not in repr(reply)
    await house.clock.advance(24 * 3600)
    assert texts(house) == ["J'appelle le camion"]
    assert await house.journal.untold_replies() == []


@pytest.mark.usefixtures("watch")
async def test_one_id_for_all_recipients(
    house: House, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """One request tells what all of them have answered."""
    await ask_for_answers(house, MAMAN, PAPA)

    await house.clock.advance(61)

    assert simulated.asked("replies") == 1


@pytest.mark.usefixtures("watch")
async def test_less_and_less_often(
    house: House, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """For a week, and then no more."""
    await ask_for_answers(house)
    await house.clock.advance(86400)
    first_day = simulated.asked("replies")

    await house.clock.advance(6 * 86400 + 60)
    asked = simulated.asked("replies")
    answer(simulated, "Trop tard")
    await house.clock.advance(7 * 86400)

    assert 10 < first_day < 20
    assert asked - first_day < 30
    assert simulated.asked("replies") == asked
    assert house.books.replies == []
    assert house.clock.timers == 0


@pytest.mark.usefixtures("watch")
async def test_who_cannot_answer_is_not_asked_for(
    house: House, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """Neither is what was refused."""
    await house.send()
    simulated.credits -= simulated.credits
    await ask_for_answers(house)

    await house.clock.advance(3600)

    assert simulated.asked("replies") == 0
    assert house.clock.timers == 0


async def test_a_gateway_that_takes_no_replies(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """Nothing is asked, whatever a message says."""
    house = make_house(simulator.etech_keys)
    await house.start()
    watch = watch_of(house)
    await watch.start()
    record = await house.send()
    watch.follow(replace(record, options=SmsOptions(allow_replies=True)))

    await watch.ask_about(record.message_id)
    await house.clock.advance(3600)

    assert [request.operation for request in simulator.etech_keys.requests] == ["send"]
    await watch.stop()


@pytest.mark.usefixtures("watch")
async def test_what_is_for_later(
    house: House, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """It is asked about when it has left; if that takes longer, a little later."""
    await schedule(house, allow_replies=True)
    await house.clock.advance(3590)
    assert simulated.asked("replies") == 0

    # The gateway knows whole minutes: it sends it within the next one.
    await house.clock.advance(20)
    assert simulated.asked("replies") == 1
    assert house.books.failures == []
    await house.clock.advance(60)
    answer(simulated, "Oui")
    await house.clock.advance(130)

    assert texts(house) == ["Oui"]


async def test_what_was_taken_back(
    house: House, simulated: SimulatedEnvoyerSmsPro, watch: ReplyWatch
) -> None:
    """Nobody will answer it, so nobody asks."""
    record = await schedule(house, allow_replies=True)
    watch.follow((await cancel(house, record)).record)

    await house.clock.advance(2 * 86400)

    assert simulated.asked("replies") == 0
    assert house.clock.timers == 0


@pytest.mark.usefixtures("watch")
async def test_what_cannot_be_answered_after_all(
    house: House, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """The gateway says so: it is asked no more."""
    await ask_for_answers(house)
    latest(simulated).takes_replies = False

    await house.clock.advance(86400)

    assert simulated.asked("replies") == 1
    assert house.books.failures == []


@pytest.mark.usefixtures("watch")
async def test_what_the_gateway_has_forgotten(
    house: House, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """It will never know more."""
    await ask_for_answers(house)
    simulated.messages.clear()

    await house.clock.advance(86400)

    assert simulated.asked("replies") == 1
    assert house.books.failures == []


@pytest.mark.usefixtures("watch")
async def test_a_failure_does_not_hold_up_the_others(
    house: House, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """Whoever it has met is asked about again after them."""
    await ask_for_answers(house)
    answer(simulated, "Premier")
    await ask_for_answers(house)
    answer(simulated, "Second")
    simulated.fail(Fault.ERROR_500, operation="replies", times=1)

    await house.clock.advance(61)
    assert [error.key for error in house.books.failures] == ["gateway_broken"]
    await house.clock.advance(180)

    assert texts(house) == ["Second", "Premier"]


async def test_messages_come_first(
    house: House, simulated: SimulatedEnvoyerSmsPro, watch: ReplyWatch
) -> None:
    """What is left of the hour's requests is for them."""
    record = await ask_for_answers(house)
    answer(simulated, "Oui")
    assert house.gateway.budget is not None
    while house.gateway.budget.has_room_for_polls:
        house.gateway.budget.spend()

    await house.clock.advance(3000)

    assert simulated.asked("replies") == 0
    # Whoever wants to know now is asked for.
    await watch.ask_about(record.message_id)
    assert texts(house) == ["Oui"]


# --- page after page ----------------------------------------------------------------


@pytest.mark.usefixtures("watch")
async def test_fifty_at_a_time(house: House, simulated: SimulatedEnvoyerSmsPro) -> None:
    """Until there are no more; then from there on."""
    await ask_for_answers(house)
    answer(simulated, *(f"Réponse {number}" for number in range(120)))

    await house.clock.advance(61)
    assert texts(house) == [f"Réponse {number}" for number in range(120)]
    assert simulated.asked("replies") == 3
    answer(simulated, "Encore une")
    await house.clock.advance(70)

    assert len(texts(house)) == 121
    assert simulated.asked("replies") == 4


@pytest.mark.usefixtures("watch")
async def test_the_newest_first(
    house: House, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """Whatever the order, none is missed, and nobody asks for ever."""
    await ask_for_answers(house)
    answer(simulated, *(f"Réponse {number}" for number in range(60)))
    await house.clock.advance(61)
    assert simulated.asked("replies") == 2
    new = SimulatedReply(number=PAPA[1:], text="Nouvelle", at=house.clock.now())
    latest(simulated).replies.insert(0, new)

    await house.clock.advance(70)

    assert len(texts(house)) == 61
    assert texts(house)[-1] == "Nouvelle"
    # The last one, which is known; then all of them, and that is the end.
    assert simulated.asked("replies") == 2 + 1 + 2


@pytest.mark.usefixtures("watch")
async def test_the_same_words_at_the_same_second(
    house: House, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """They are one answer: nothing tells them apart."""
    await ask_for_answers(house)
    answer(simulated, "Oui", "Oui")

    await house.clock.advance(200)

    assert texts(house) == ["Oui"]
    assert simulated.asked("replies") == 2


@pytest.mark.usefixtures("watch")
async def test_fewer_than_there_were(
    house: House, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """The gateway refuses to count on: it is read from the first again."""
    await ask_for_answers(house)
    answer(simulated, "Un", "Deux")
    await house.clock.advance(61)
    latest(simulated).replies.clear()
    await house.clock.advance(70)
    assert [error.key for error in house.books.failures] == ["invalid_option"]
    answer(simulated, "Trois")

    await house.clock.advance(300)

    assert texts(house) == ["Un", "Deux", "Trois"]


# --- asked now ----------------------------------------------------------------------


async def test_asked_now(
    house: House, simulated: SimulatedEnvoyerSmsPro, watch: ReplyWatch
) -> None:
    """About one message, and told once all the same."""
    await ask_for_answers(house)
    record = await ask_for_answers(house)
    answer(simulated, "Oui")

    await watch.ask_about(record.message_id)
    await watch.ask_about(record.message_id)
    await watch.ask_about("01M7W4EX1X")

    assert texts(house) == ["Oui"]
    assert simulated.asked("replies") == 2


async def test_asked_now_and_there_can_be_none(
    house: House, simulated: SimulatedEnvoyerSmsPro, watch: ReplyWatch
) -> None:
    """That is said."""
    later = await schedule(house, allow_replies=True)
    with pytest.raises(MessageNotReadyError):
        await watch.ask_about(later.message_id)
    record = await ask_for_answers(house)
    latest(simulated).takes_replies = False

    with pytest.raises(NoRepliesError):
        await watch.ask_about(record.message_id)


async def test_asked_twice_at_once(
    house: House, simulated: SimulatedEnvoyerSmsPro, watch: ReplyWatch
) -> None:
    """Each answer is told once."""
    record = await ask_for_answers(house)
    answer(simulated, *(f"Réponse {number}" for number in range(60)))

    await asyncio.gather(*(watch.ask_about(record.message_id) for _ in range(3)))

    assert len(texts(house)) == 60


async def test_a_caller_who_goes_away(
    house: House, simulated: SimulatedEnvoyerSmsPro, watch: ReplyWatch
) -> None:
    """What was kept is told: it is new only once."""
    record = await ask_for_answers(house)
    answer(simulated, "Oui")
    asking = asyncio.create_task(watch.ask_about(record.message_id))

    def go_away() -> None:
        asking.cancel()

    house.disk.on_written = go_away

    with pytest.raises(asyncio.CancelledError):
        await asking
    house.disk.on_written = nothing
    await quiet()

    assert texts(house) == ["Oui"]
    assert await house.journal.untold_replies() == []


async def test_a_stop_waits_for_what_is_asked(
    house: House, simulated: SimulatedEnvoyerSmsPro, watch: ReplyWatch
) -> None:
    """And nothing is asked after it."""
    record = await ask_for_answers(house)
    answer(simulated, "Oui")
    asking = asyncio.create_task(watch.ask_about(record.message_id))
    await simulated.until_asked("replies")

    await watch.stop()

    assert texts(house) == ["Oui"]
    await asking
    await house.clock.advance(3600)
    assert simulated.asked("replies") == 1


# --- restarts, crashes, and a disk that is full -----------------------------------------


async def restart(house: House, make_watch: WatchMaker) -> None:
    """Crash, and start again."""
    await house.crash()
    await house.start()
    await make_watch().start()


@pytest.mark.usefixtures("watch")
async def test_after_a_restart(
    house: House, simulated: SimulatedEnvoyerSmsPro, make_watch: WatchMaker
) -> None:
    """What was told is not told again, however much it is; what is new is."""
    await ask_for_answers(house)
    answer(simulated, *(f"Réponse {number}" for number in range(70)))
    await house.clock.advance(61)
    assert len(texts(house)) == 70
    await restart(house, make_watch)
    answer(simulated, "Nouvelle")

    await house.clock.advance(61)

    assert len(texts(house)) == 71
    assert texts(house)[-1] == "Nouvelle"
    assert simulated.asked("replies") == 2 + 2


async def test_what_is_old_at_the_start(
    house: House, simulated: SimulatedEnvoyerSmsPro, make_watch: WatchMaker
) -> None:
    """It is not asked about; what was scheduled long ago and has just left is."""
    await ask_for_answers(house)
    await schedule(house, allow_replies=True, after=HORIZON)
    await house.clock.advance((HORIZON + timedelta(hours=1)).total_seconds())

    await make_watch().start()
    await house.clock.advance(61)

    assert simulated.asked("replies") == 1
    [request] = [one for one in simulated.requests if one.operation == "replies"]
    assert next(reversed(simulated.messages)) in request.body


@pytest.mark.usefixtures("watch")
async def test_a_crash_between_keeping_and_telling(
    house: House, simulated: SimulatedEnvoyerSmsPro, make_watch: WatchMaker
) -> None:
    """The next run tells it."""
    await ask_for_answers(house)
    answer(simulated, "Oui")
    house.disk.on_written = house.lose_power
    await house.clock.advance(61)
    assert texts(house) == []
    house.disk.on_written = nothing

    await restart(house, make_watch)

    assert texts(house) == ["Oui"]
    await house.clock.advance(3600)
    assert texts(house) == ["Oui"]


@pytest.mark.usefixtures("watch")
async def test_no_room_to_note_that_it_was_told(
    house: House, simulated: SimulatedEnvoyerSmsPro, make_watch: WatchMaker
) -> None:
    """The next run tells it again: rather twice than never."""
    await ask_for_answers(house)
    answer(simulated, "Oui")
    house.disk.room = 1
    await house.clock.advance(61)
    house.disk.room = None
    await house.clock.advance(3600)
    assert texts(house) == ["Oui"]
    assert [error.key for error in house.books.failures] == ["not_stored"]

    await restart(house, make_watch)

    assert texts(house) == ["Oui", "Oui"]
    await restart(house, make_watch)
    assert texts(house) == ["Oui", "Oui"]


@pytest.mark.usefixtures("watch")
async def test_no_room_for_an_answer(
    house: House, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """It is told once it can be kept."""
    await ask_for_answers(house)
    answer(simulated, "Oui")
    house.disk.room = 0
    await house.clock.advance(61)
    assert texts(house) == []
    house.disk.room = None

    await house.clock.advance(200)

    assert texts(house) == ["Oui"]


@pytest.mark.usefixtures("watch")
async def test_a_message_that_cannot_be_read(
    house: House, simulated: SimulatedEnvoyerSmsPro, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answers are kept only when they can be told."""

    async def unreadable(message_id: str) -> MessageRecord | None:
        raise NotStoredError

    await ask_for_answers(house)
    answer(simulated, "Oui")
    with monkeypatch.context() as patch:
        patch.setattr(house.records, "get", unreadable)
        await house.clock.advance(61)
    assert texts(house) == []

    await house.clock.advance(200)

    assert texts(house) == ["Oui"]
