"""The dispatcher of a gateway that refuses what it has had: it may be asked again."""

from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import Stage
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import MessagingHarness
from tests.messaging.scheduling import outcomes
from tests.simulator import Fault, Simulator

FRENCH = "+33612345678"
SECOND = timedelta(seconds=1)


@pytest.fixture
async def french(make_house: HouseMaker, simulator: Simulator) -> MessagingHarness:
    """Return a house whose gateway takes a text for a number once a day."""
    harness = make_house(simulator.sms123)
    await harness.start()
    return harness


def is_refused_repetition(french: MessagingHarness, record: MessageRecord) -> bool:
    """Return whether a message is in doubt whose repetition was refused as such.

    That doesn't count: the first request may have left.
    """
    submission = french.current(record)
    failure = submission.failure
    assert failure is not None
    return (
        submission.is_unknown_open
        and submission.attempts == 1
        and failure.key == "duplicate_message"
    )


@pytest.mark.parametrize(
    ("fault", "requests"), [(Fault.CUT_AFTER, 2), (Fault.CUT_BEFORE, 2)]
)
async def test_a_doubt_is_settled_by_asking_again(
    french: MessagingHarness, simulator: Simulator, fault: Fault, requests: int
) -> None:
    """Either the first one got through, or the second does; never both."""
    simulator.sms123.fail(fault, operation="send", times=1)

    record = await french.send(FRENCH)
    assert outcomes(record) == [Outcome.UNKNOWN]
    await french.clock.advance(7)

    assert french.current(record).outcome is Outcome.ACCEPTED
    assert len(simulator.sms123.accepted) == 1
    assert simulator.sms123.asked("send") == requests
    assert simulator.sms123.asked("balance") == 0
    assert french.clock.timers == 0


async def test_a_message_in_doubt_keeps_nobody_waiting(
    french: MessagingHarness, simulator: Simulator
) -> None:
    """It is asked about at a pace of its own, and then held."""
    sms123 = simulator.sms123
    sms123.fail(Fault.CUT_BEFORE, operation="send", times=1)
    doubtful = await french.send(FRENCH)
    sms123.answer_next("")

    assert outcomes(await french.send(FRENCH)) == [Outcome.UNKNOWN]
    assert outcomes(await french.send(FRENCH)) == [Outcome.ACCEPTED]

    sms123.fail(Fault.HTML, operation="send")
    before = sms123.asked("send")
    await french.clock.advance(3600)
    assert sms123.asked("send") - before < 2 * 3600 / 20
    submission = french.current(doubtful)
    assert (submission.outcome, submission.stage) == (Outcome.UNKNOWN, Stage.HELD)


async def test_a_doubt_is_no_proof_where_the_text_is_another_messages(
    french: MessagingHarness, simulator: Simulator
) -> None:
    """Code 91 may mean the one that was sent an hour ago."""
    await french.send(FRENCH, text="Porte ouverte")
    await french.clock.advance(3600)
    simulator.sms123.fail(Fault.CUT_BEFORE, operation="send", times=1)

    record = await french.send(FRENCH, text="Porte ouverte")
    await french.clock.advance(7)

    assert is_refused_repetition(french, record)
    await french.clock.advance(595)
    submission = french.current(record)
    assert (submission.outcome, submission.stage) == (Outcome.UNKNOWN, Stage.HELD)
    # The other one, this one and its repetition.
    assert simulator.sms123.asked("send") == 3


async def test_a_repetition_that_is_refused_is_not_made_again(
    french: MessagingHarness, simulator: Simulator
) -> None:
    """It proves nothing in a shared account, and the next one wouldn't either."""
    french.ledger.is_alone = False
    simulator.sms123.fail(Fault.CUT_AFTER, operation="send", times=1)

    record = await french.send(FRENCH)
    await french.clock.advance(700)

    assert simulator.sms123.asked("send") == 2
    assert french.current(record).stage is Stage.HELD


async def test_a_refused_repetition_proves_nothing_once_others_were_noticed(
    french: MessagingHarness, simulator: Simulator
) -> None:
    """They may have sent the same text, though the account is said not to be shared."""
    await french.poll()
    simulator.sms123.spend_elsewhere(1)
    await french.poll()
    assert french.ledger.is_muted
    text = "Fuite d'eau à la cave"
    simulator.sms123.send_elsewhere(FRENCH, text)
    simulator.sms123.fail(Fault.CUT_BEFORE, operation="send", times=1)

    record = await french.send(FRENCH, text=text)
    await french.clock.advance(700)

    assert french.current(record).stage is Stage.HELD
    assert simulator.sms123.accepted == []


async def test_a_doubt_is_no_proof_while_the_journal_cannot_be_read(
    french: MessagingHarness, simulator: Simulator
) -> None:
    """The result of the request is kept all the same."""
    simulator.sms123.fail(Fault.CUT_AFTER, operation="send", times=1)
    record = await french.send(FRENCH)

    french.disk.is_readable = False
    await french.clock.advance(7)

    assert is_refused_repetition(french, record)
    await french.clock.advance(595)
    assert french.current(record).stage is Stage.HELD
    assert simulator.sms123.asked("send") == 2


async def test_a_refused_repetition_is_not_repeated_after_a_restart(
    french: MessagingHarness, simulator: Simulator
) -> None:
    """Once the gateway has forgotten the text, it would go out twice."""
    french.is_alone = french.ledger.is_alone = False
    simulator.sms123.fail(Fault.CUT_AFTER, operation="send", times=1)
    record = await french.send(FRENCH)
    await french.clock.advance(7)
    assert is_refused_repetition(french, record)
    await french.crash()
    await french.start()

    await french.clock.advance(601)

    assert french.current(record).stage is Stage.HELD
    assert simulator.sms123.asked("send") == 2


async def test_a_doubt_whose_second_request_never_leaves(
    french: MessagingHarness, simulator: Simulator
) -> None:
    """It grows no younger by that: the user is asked after ten minutes all the same."""
    simulator.sms123.fail(Fault.CUT_AFTER, operation="send", times=1)
    simulator.sms123.fail(Fault.RATE_LIMITED, operation="send")
    record = await french.send(FRENCH)

    await french.clock.advance(599)
    assert french.current(record).is_unknown_open
    await french.clock.advance(2)

    assert french.current(record).stage is Stage.HELD
    asked = simulator.sms123.asked("send")
    await french.clock.advance(3600)
    assert simulator.sms123.asked("send") == asked


async def test_a_doubt_whose_second_request_does_not_leave(
    french: MessagingHarness, simulator: Simulator
) -> None:
    """That says nothing about the first."""
    simulator.sms123.fail(Fault.CUT_AFTER, operation="send", times=1)
    simulator.sms123.fail(Fault.RATE_LIMITED, operation="send", times=2)
    record = await french.send(FRENCH)

    await french.clock.advance(7)
    assert french.current(record).outcome is Outcome.UNKNOWN
    await french.clock.advance(60)

    assert french.current(record).outcome is Outcome.ACCEPTED
    assert len(simulator.sms123.accepted) == 1


async def test_a_doubt_after_a_restart(
    french: MessagingHarness, simulator: Simulator
) -> None:
    """It is asked about again."""
    simulator.sms123.fail(Fault.CUT_AFTER, operation="send", times=1)
    record = await french.send(FRENCH)
    await french.stop()
    french.build()

    await french.start()
    await french.clock.advance(7)

    assert french.current(record).outcome is Outcome.ACCEPTED
