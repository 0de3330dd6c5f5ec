"""SMSECO: reports that can't be read, or can't be had (section III)."""

import json

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    GatewayBrokenError,
    GatewayError,
    NoAnswerError,
    NothingNewError,
    OperationUnknownError,
    RateLimitedError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.message import Sms
from tests.conftest import GatewayMaker
from tests.simulator import Fault, Simulator
from tests.simulator.smseco import DELIVERY_PATHS

from .samples import (
    BURKINA,
    ERRORS,
    OTHER_SMS_ID,
    REPORT,
    ROW,
    SERVER_ID,
    account,
    row_without,
    told,
)

# --- what cannot be read ------------------------------------------------------


@pytest.mark.parametrize(
    "spoiled",
    [
        {"smsfid": OTHER_SMS_ID},
        {"destination": "22678657808"},
        {"smsfid": OTHER_SMS_ID, "statut": -1},
        {"smsfid": OTHER_SMS_ID, "statut": "reçu"},
        {"smsfid": OTHER_SMS_ID, "statut": True},
    ],
)
async def test_one_bad_row_spoils_no_other(
    simulator: Simulator, client: GatewayMaker, spoiled: object
) -> None:
    """What can be read is returned; the rest is kept for a report of the fault."""
    simulator.smseco.answer_next(json.dumps(told([spoiled, ROW])))
    gateway = account(client, simulator)

    assert await gateway.new_deliveries() == (REPORT,)
    assert gateway.last_unreadable is not None


@pytest.mark.parametrize(
    "message", ["Reçu", ["Reçu"], None, 0, {"msgfid": SERVER_ID}, {"texte": "Reçu"}]
)
async def test_what_is_about_nobody_is_no_report(
    simulator: Simulator, client: GatewayMaker, message: object
) -> None:
    """Beside one that is, nothing is lost with it."""
    whole = {"msgfid": SERVER_ID, "dlrs": [ROW, message]}
    answer = {"statut": 0, "messages": [message, whole]}
    simulator.smseco.answer_next(json.dumps(answer))
    gateway = account(client, simulator)

    assert await gateway.new_deliveries() == (REPORT,)
    assert gateway.last_unreadable is None


@pytest.mark.parametrize(
    "answer",
    [
        {"statut": 0},
        {"statut": "0", "texte": "Requête traitée avec succès", "messages": []},
        {"statut": 0, "messages": {}},
        {"statut": 0, "messages": "\n"},
        {"statut": 0, "messages": None},
        told([]),
        told(""),
        told({}),
        {"statut": -15, "texte": "Aucun statut sms disponible", "messages": ""},
    ],
)
async def test_nothing_new_is_no_error(
    simulator: Simulator, client: GatewayMaker, answer: dict[str, object]
) -> None:
    """Section I-1: −15; or nothing in the list."""
    simulator.smseco.answer_next(json.dumps(answer))
    gateway = account(client, simulator)

    assert await gateway.new_deliveries() == ()
    assert gateway.last_unreadable is None


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        *(
            (200, {"statut": code, "texte": "", "messages": ""}, error)
            for code, error in ERRORS.items()
            if error not in {NothingNewError, OperationUnknownError}
        ),
        (200, {"statut": 1}, UnreadableAnswerError),
        (200, {"messages": []}, UnreadableAnswerError),
        (200, [], UnreadableAnswerError),
        (200, "x", UnreadableAnswerError),
        (200, told([row_without("statut")]), UnreadableAnswerError),
        (302, {"statut": 0}, UnreadableAnswerError),
        (429, {}, RateLimitedError),
        (502, {}, GatewayBrokenError),
    ],
)
async def test_says_why_there_is_no_answer(
    simulator: Simulator,
    client: GatewayMaker,
    status: int,
    answer: object,
    error: type[GatewayError],
) -> None:
    """A code of section III-1, a status, or nothing that can be read."""
    simulator.smseco.answer_next(json.dumps(answer), status=status)

    with pytest.raises(GatewayError) as raised:
        await account(client, simulator).new_deliveries()

    assert type(raised.value) is error
    assert len(simulator.smseco.requests) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.STALL_BEFORE, NoAnswerError),
        (Fault.CUT_BEFORE, NoAnswerError),
        (Fault.ERROR_500, GatewayBrokenError),
        (Fault.HTML, UnreadableAnswerError),
        (Fault.EMPTY, UnreadableAnswerError),
        (Fault.REDIRECT, UnreadableAnswerError),
    ],
)
async def test_asks_once_whatever_happens(
    simulator: Simulator, client: GatewayMaker, fault: Fault, error: type[GatewayError]
) -> None:
    """What the gateway didn't read, it still tells later."""
    gateway = account(client, simulator)
    await gateway.send(Sms(text="Test", recipients=(BURKINA,)))
    simulator.smseco.report(simulator.smseco.accepted[0], 56)
    simulator.smseco.fail(fault, operation="delivery", times=1)

    with pytest.raises(GatewayError) as raised:
        await gateway.new_deliveries()

    assert type(raised.value) is error
    assert simulator.smseco.asked("delivery") == 1
    assert len(await gateway.new_deliveries()) == 1


# --- where it is --------------------------------------------------------------


@pytest.mark.parametrize("tells_unknown_operations", [False, True])
async def test_finds_and_remembers_the_other_address(
    simulator: Simulator, client: GatewayMaker, tells_unknown_operations: bool
) -> None:
    """Section III-3 prints XML's address for JSON: it is the second to be asked."""
    first, second = DELIVERY_PATHS
    simulator.smseco.tells_unknown_operations = tells_unknown_operations
    simulator.smseco.delivery_path = second
    gateway = account(client, simulator)
    await gateway.send(Sms(text="Test", recipients=(BURKINA,)))
    simulator.smseco.report(simulator.smseco.accepted[0], 56)

    assert len(await gateway.new_deliveries()) == 1
    assert await gateway.new_deliveries() == ()

    requests = simulator.smseco.requests[1:]
    assert [request.path for request in requests] == [first, second, second]
    assert len({request.body for request in requests}) == 1


async def test_an_address_that_is_not_there_is_not_remembered(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """HTTP 405 asks at the second address; a fault there proves nothing about it."""
    first, second = DELIVERY_PATHS
    gateway = account(client, simulator)
    simulator.smseco.answer_next("", status=405)
    simulator.smseco.answer_next("", status=500)

    with pytest.raises(GatewayBrokenError):
        await gateway.new_deliveries()
    assert await gateway.new_deliveries() == ()

    assert [request.path for request in simulator.smseco.requests] == [
        first,
        second,
        first,
    ]


async def test_there_may_be_no_such_operation(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Asked once at each address."""
    simulator.smseco.delivery_path = ""

    with pytest.raises(OperationUnknownError):
        await account(client, simulator).new_deliveries()

    assert len(simulator.smseco.requests) == 2
