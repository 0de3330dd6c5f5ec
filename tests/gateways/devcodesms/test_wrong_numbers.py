"""DevCodeSMS: one wrong number among several, and no word of which it is."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
import json
from typing import Final

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    InvalidRecipientError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.message import SendResult, Sms
from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.conftest import GatewayMaker
from tests.simulator import Fault, Simulator
from tests.simulator.devcodesms import INVALID_NUMBER, SimulatedDevCodeSms

from .test_gateway import MOBILE, OTHER, refused, row, sent

# Too short for the gateway.
WRONG: Final = "+2376"
RECIPIENTS: Final = (MOBILE, WRONG, OTHER)

type Happening = Callable[[Gateway, SimulatedDevCodeSms], Awaitable[None]]


def outcomes(result: SendResult) -> str:
    """Return what became of each recipient's message, in their order."""
    assert tuple(s.recipient for s in result.submissions) == RECIPIENTS
    return " ".join(submission.outcome for submission in result.submissions)


async def send(gateway: Gateway) -> SendResult:
    """Send to all of them."""
    return await gateway.send(Sms(text="Test", recipients=RECIPIENTS))


async def test_the_others_are_sent_to_alone(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Once each, as the balance proves that nothing left."""
    simulated = simulator.devcodesms
    gateway = client(simulated)
    await gateway.balance()

    result = await send(gateway)

    assert outcomes(result) == "accepted rejected accepted"
    assert type(result.submissions[1].error) is InvalidRecipientError
    assert sorted(taken.recipient for taken in simulated.accepted) == sorted(
        (MOBILE, OTHER)
    )
    assert simulated.asked("send") == 4
    assert simulated.asked("balance") == 2
    assert result.remaining == 998


async def test_again_and_again(simulator: Simulator, client: GatewayMaker) -> None:
    """What was accepted since the balance was told is counted, so it still proves."""
    simulated = simulator.devcodesms
    gateway = client(simulated)
    await gateway.balance()
    await gateway.send(Sms(text="x" * 161, recipients=(MOBILE,)))

    for _ in range(2):
        assert outcomes(await send(gateway)) == "accepted rejected accepted"

    assert len(simulated.accepted) == 5


async def test_a_hundred_are_not_refused_for_one(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Each is asked for once more."""
    simulated = simulator.devcodesms
    gateway = client(simulated)
    await gateway.balance()
    right = [f"+237695{number:06}" for number in range(99)]

    result = await gateway.send(Sms(text="Test", recipients=(WRONG, *right)))

    assert [s.outcome for s in result.submissions[1:]] == [Outcome.ACCEPTED] * 99
    assert sorted(taken.recipient for taken in simulated.accepted) == right
    assert simulated.asked("send") == 101


async def nothing(gateway: Gateway, simulated: SimulatedDevCodeSms) -> None:
    """Never ask for the balance."""


async def sent_elsewhere(gateway: Gateway, simulated: SimulatedDevCodeSms) -> None:
    """Let somebody else use the account."""
    await gateway.balance()
    simulated.send_elsewhere(MOBILE, "Test")


async def topped_up(gateway: Gateway, simulated: SimulatedDevCodeSms) -> None:
    """Let the account hold more than it should."""
    await gateway.balance()
    simulated.top_up(Decimal(10))


async def not_told(gateway: Gateway, simulated: SimulatedDevCodeSms) -> None:
    """Let the balance not say how many were sent."""
    for _ in range(2):
        simulated.answer_next(
            json.dumps({"success": True, "data": {"solde": 1000}}), operation="balance"
        )
    await gateway.balance()


async def no_balance(gateway: Gateway, simulated: SimulatedDevCodeSms) -> None:
    """Let the question for the balance be answered no more."""
    await gateway.balance()
    simulated.fail(Fault.CUT_BEFORE, operation="balance")


async def unclear_before(gateway: Gateway, simulated: SimulatedDevCodeSms) -> None:
    """Let a message in doubt leave."""
    await gateway.balance()
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    await gateway.send(Sms(text="Test", recipients=(MOBILE,)))


@pytest.mark.parametrize(
    "happening",
    [nothing, sent_elsewhere, topped_up, not_told, no_balance, unclear_before],
)
async def test_without_a_proof_nobody_is_sent_to_again(
    simulator: Simulator, client: GatewayMaker, happening: Happening
) -> None:
    """Some may have left before the wrong one was met."""
    simulated = simulator.devcodesms
    gateway = client(simulated)
    await happening(gateway, simulated)
    before = simulated.asked("send")

    result = await send(gateway)

    assert outcomes(result) == "unknown unknown unknown"
    assert {type(s.error) for s in result.submissions} == {UnreadableAnswerError}
    assert simulated.asked("send") == before + 1
    assert "invalide" in (gateway.last_unreadable or "")


async def test_what_left_before_the_wrong_one_is_not_sent_again(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """A gateway that refuses all, and has sent some."""
    simulated = simulator.devcodesms
    gateway = client(simulated)
    await gateway.balance()
    simulated.answer_next(refused(INVALID_NUMBER), operation="send")
    simulated.send_elsewhere(MOBILE, "Test")

    assert outcomes(await send(gateway)) == "unknown unknown unknown"
    assert simulated.accepted == []


@pytest.mark.parametrize("status", [408, 500, 503])
async def test_an_error_of_the_servers_proves_nothing(
    simulator: Simulator, client: GatewayMaker, status: int
) -> None:
    """Whatever its words are, and the balance."""
    simulated = simulator.devcodesms
    gateway = client(simulated)
    await gateway.balance()
    simulated.answer_next(refused(INVALID_NUMBER), status=status)

    assert outcomes(await send(gateway)) == "unknown unknown unknown"
    assert simulated.asked("send") == 1
    assert simulated.asked("balance") == 1


async def test_a_row_tells_which_it_is(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Then nobody is asked for again."""
    simulated = simulator.devcodesms
    gateway = client(simulated)
    await gateway.balance()
    wrong = row(mobileno=WRONG, status="error", errordescription=INVALID_NUMBER)
    simulated.answer_next(sent(row(), wrong, row(mobileno=OTHER)))

    assert outcomes(await send(gateway)) == "accepted rejected accepted"
    assert simulated.asked("send") == 1


# --- wherever the document is vague -------------------------------------------------

POSITIONS: Final[dict[str, object]] = {
    "as documented": {},
    "every text to every number": {"every_text_to_every_number": True},
    "wrong numbers in rows": {"invalid_numbers_in_rows": True},
    "no rows": {"tells_rows": False},
    "success as text": {"success_as_text": True},
    "success as number": {"success_as_number": True},
    "refusals inside 200": {"errors_inside_200": True},
    "spaced numbers": {"spaced_numbers": True},
    "zero balance of failures": {"zero_balance_of_failures": True},
    "bare ids": {"bare_ids_in_answers": True},
    **{f"no error: {none!r}": {"no_error": none} for none in ("null", "000", 0, 200)},
    "post form": {"balance_forms": {"post_form"}, "other_form_status": 500},
    "all of them": {
        "every_text_to_every_number": True,
        "success_as_number": True,
        "errors_inside_200": True,
        "spaced_numbers": True,
        "zero_balance_of_failures": True,
        "bare_ids_in_answers": True,
        "no_error": "success",
        "balance_forms": {"get_query"},
        "other_form_status": 422,
    },
}


@pytest.mark.parametrize("position", POSITIONS.values(), ids=POSITIONS.keys())
@pytest.mark.parametrize("balance_is_known", [True, False])
async def test_what_is_told_is_what_happened(
    simulator: Simulator,
    client: GatewayMaker,
    position: dict[str, object],
    *,
    balance_is_known: bool,
) -> None:
    """However the gateway is: the ledger is the judge, and nobody gets one twice."""
    simulated = simulator.devcodesms
    for name, value in position.items():
        setattr(simulated, name, value)
    simulated.unreachable = {OTHER}
    gateway = client(simulated)
    if balance_is_known:
        await gateway.balance()

    for recipients in ((MOBILE,), (OTHER,), (MOBILE, OTHER), RECIPIENTS, (WRONG,)):
        simulated.accepted.clear()
        result = await gateway.send(Sms(text="Test", recipients=recipients))

        taken = [each.recipient for each in simulated.accepted]
        assert len(taken) == len(set(taken))
        for submission in result.submissions:
            if submission.outcome is Outcome.ACCEPTED:
                assert submission.recipient in taken
            elif submission.outcome is not Outcome.UNKNOWN:
                assert submission.recipient not in taken
        if result.remaining is not None:
            assert result.remaining == simulated.credits
    assert (await gateway.balance()).credits == simulated.credits
