"""DevCodeSMS: the balance (section 2.2)."""

from decimal import Decimal
import json

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    GatewayBrokenError,
    GatewayError,
    NoAnswerError,
    NotAllowedError,
    OperationUnknownError,
    RateLimitedError,
    RejectedError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.account import Balance
from custom_components.passerelle_sms.gateways.model.message import Sms
from tests.conftest import GatewayMaker
from tests.simulator import Fault, Simulator
from tests.simulator.devcodesms import FORBIDDEN, KEY_MISSING

from .test_gateway import MOBILE, refused

FORMS = ("get_json", "post_json", "post_form", "get_query")


async def test_asks_for_the_balance_as_the_document_does(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Section 2.2: GET with a JSON body."""
    gateway = client(simulator.devcodesms)
    await gateway.send(Sms(text="Test", recipients=(MOBILE,)))

    balance = await gateway.balance()

    request = simulator.devcodesms.requests[-1]
    assert (request.method, request.path) == ("GET", "Solde_sms_dev")
    assert request.query == {}
    assert request.headers["Accept"] == "application/json"
    assert json.loads(request.body) == {"api_key": simulator.devcodesms.api_key}
    assert balance == Balance(credits=Decimal(999), purchased=1000, sent=1)


@pytest.mark.parametrize("status", [400, 404, 405, 406, 411, 415, 501, 200, 302])
@pytest.mark.parametrize("form", FORMS)
async def test_finds_the_form_that_the_gateway_takes_and_remembers_it(
    simulator: Simulator, client: GatewayMaker, form: str, status: int
) -> None:
    """In the order of the document and of what is seen in use."""
    simulated = simulator.devcodesms
    simulated.balance_forms = {form}
    simulated.other_form_status = status
    gateway = client(simulated)

    assert (await gateway.balance()).credits == 1000
    assert simulated.asked("balance") == FORMS.index(form) + 1

    await gateway.balance()
    assert simulated.asked("balance") == FORMS.index(form) + 2


async def test_forgets_a_form_that_is_no_longer_taken(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """The remembered form goes first, and the others still follow."""
    gateway = client(simulator.devcodesms)
    for form in ("post_form", "get_json"):
        simulator.devcodesms.balance_forms = {form}
        assert (await gateway.balance()).credits == 1000

    assert [request.method for request in simulator.devcodesms.requests] == [
        *("GET", "POST", "POST"),
        *("POST", "GET"),
    ]


async def test_a_key_that_was_overlooked_is_shown_elsewhere(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """A server that doesn't read the body of a GET calls the key missing."""
    simulator.devcodesms.balance_forms = set(FORMS)
    simulator.devcodesms.answer_next(refused(KEY_MISSING, 401), status=401)

    assert (await client(simulator.devcodesms).balance()).credits == 1000
    assert simulator.devcodesms.asked("balance") == 2


async def test_says_what_the_documented_form_was_told(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """When none of them is understood."""
    simulator.devcodesms.answer_next("", status=404)
    simulator.devcodesms.balance_forms = set()

    with pytest.raises(OperationUnknownError):
        await client(simulator.devcodesms).balance()

    assert simulator.devcodesms.asked("balance") == len(FORMS)


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (refused(FORBIDDEN, 401), 401, AuthenticationError),
        (refused(FORBIDDEN, 401), 200, AuthenticationError),
        (refused(FORBIDDEN), 400, AuthenticationError),
        ("<h1>Non</h1>", 401, AuthenticationError),
        ("<h1>Non</h1>", 403, NotAllowedError),
        ("<h1>Non</h1>", 429, RateLimitedError),
        ("<h1>Non</h1>", 500, GatewayBrokenError),
        ("<h1>Non</h1>", 503, GatewayBrokenError),
        (refused("Erreur", 500), 200, GatewayBrokenError),
        (refused("Erreur", 200), 200, RejectedError),
    ],
)
async def test_a_decided_refusal_is_not_asked_again(
    simulator: Simulator,
    client: GatewayMaker,
    answer: str,
    status: int,
    error: type[GatewayError],
) -> None:
    """Another form would be answered the same."""
    simulator.devcodesms.balance_forms = set(FORMS)
    simulator.devcodesms.answer_next(answer, status=status)

    with pytest.raises(GatewayError) as raised:
        await client(simulator.devcodesms).balance()

    assert type(raised.value) is error
    assert simulator.devcodesms.asked("balance") == 1


@pytest.mark.parametrize("fault", [Fault.STALL_BEFORE, Fault.CUT_BEFORE])
async def test_silence_is_not_asked_again(
    simulator: Simulator, client: GatewayMaker, fault: Fault
) -> None:
    """A gateway that doesn't answer has not refused the form."""
    simulator.devcodesms.fail(fault, times=1)

    with pytest.raises(NoAnswerError):
        await client(simulator.devcodesms).balance()

    assert simulator.devcodesms.asked("balance") == 1


@pytest.mark.parametrize(
    ("data", "balance"),
    [
        (
            {"qty_acheter": 1000, "qty_envoye": 32, "solde": 968},
            Balance(credits=Decimal(968), purchased=1000, sent=32),
        ),
        (
            {"qty_acheter": "1000", "qty_envoye": None, "solde": "968,5"},
            Balance(credits=Decimal("968.5"), purchased=1000),
        ),
        ([{"solde": 0}], Balance(credits=Decimal(0))),
        ({}, None),
        ([], None),
        (None, None),
        ({"solde": True}, None),
    ],
)
async def test_reads_the_balance(
    simulator: Simulator, client: GatewayMaker, data: object, balance: Balance | None
) -> None:
    """Section 2.2.2, and what cannot be read."""
    answer = json.dumps({"success": True, "code": "success", "data": data})
    for _ in FORMS:
        simulator.devcodesms.answer_next(answer)
    gateway = client(simulator.devcodesms)

    if balance is not None:
        assert await gateway.balance() == balance
    else:
        with pytest.raises(UnreadableAnswerError):
            await gateway.balance()


async def test_the_key_in_the_address_stays_secret(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """The last form carries it in the query, and servers print addresses."""
    simulated = simulator.devcodesms
    simulated.api_key = "cl&f/ét+é 1"
    for _ in FORMS[:-1]:
        simulated.answer_next("", status=406)
    simulated.answer_next(f"Not found: /Solde_sms_dev?api_key={simulated.api_key}")
    gateway = client(simulated)

    with pytest.raises(GatewayError) as raised:
        await gateway.balance()

    assert simulated.requests[-1].query == {"api_key": simulated.api_key}
    assert raised.value.__context__ is None
    assert gateway.last_unreadable == "HTTP 200: Not found: /Solde_sms_dev?api_key=***"
