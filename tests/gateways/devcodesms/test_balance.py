"""DevCodeSMS: the balance (section 2.2)."""

from decimal import Decimal
import json
from typing import Final

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    GatewayBrokenError,
    GatewayError,
    InvalidRequestError,
    NoAnswerError,
    NotAllowedError,
    OperationUnknownError,
    RateLimitedError,
    RejectedError,
    UnknownOutcomeError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.account import Balance
from custom_components.passerelle_sms.gateways.model.message import Sms
from custom_components.passerelle_sms.gateways.wire import elapsed_time
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


# What a server may say that doesn't take a GET with a body, or overlooks its key.
REFUSALS: Final = [
    (refused(FORBIDDEN, 401), 401, AuthenticationError),
    (refused(FORBIDDEN, 401), 200, AuthenticationError),
    (refused("Erreur de validation"), 400, InvalidRequestError),
    (refused("Erreur de validation"), 200, InvalidRequestError),
    (refused("Erreur", 200), 200, RejectedError),
    (refused("Erreur", 500), 200, GatewayBrokenError),
    ("<h1>Non</h1>", 401, AuthenticationError),
    ("<h1>Non</h1>", 403, NotAllowedError),
    ("<h1>Non</h1>", 413, InvalidRequestError),
    ("<h1>Non</h1>", 422, InvalidRequestError),
    ("<h1>Non</h1>", 500, GatewayBrokenError),
    ("<h1>Non</h1>", 503, GatewayBrokenError),
    ("<h1>Non</h1>", 200, UnreadableAnswerError),
    ("", 302, UnreadableAnswerError),
]


@pytest.mark.parametrize(("answer", "status", "error"), REFUSALS)
async def test_until_a_form_has_worked_the_next_is_tried(
    simulator: Simulator,
    client: GatewayMaker,
    answer: str,
    status: int,
    error: type[GatewayError],
) -> None:
    """Whatever is answered, as the question does no harm; once one works, no more."""
    simulated = simulator.devcodesms
    simulated.balance_forms = set(FORMS)
    simulated.answer_next(answer, status=status)
    gateway = client(simulated)

    assert (await gateway.balance()).credits == 1000
    assert simulated.asked("balance") == 2

    await gateway.balance()
    assert simulated.asked("balance") == 3


@pytest.mark.parametrize(("answer", "status", "error"), REFUSALS)
async def test_where_no_form_works_the_error_says_why(
    simulator: Simulator,
    client: GatewayMaker,
    answer: str,
    status: int,
    error: type[GatewayError],
) -> None:
    """As it is the same for all."""
    for _ in FORMS:
        simulator.devcodesms.answer_next(answer, status=status)

    with pytest.raises(GatewayError) as raised:
        await client(simulator.devcodesms).balance()

    assert type(raised.value) is error
    assert simulator.devcodesms.asked("balance") == len(FORMS)


@pytest.mark.parametrize(
    ("statuses", "error"),
    [
        ((404, 405, 401, 500), AuthenticationError),
        ((403, 405, 401, 500), AuthenticationError),
        ((500, 404, 403, 404), NotAllowedError),
        ((500, 404, 404, 404), GatewayBrokenError),
        ((404, 500, 500, 500), OperationUnknownError),
    ],
)
async def test_the_most_telling_error_is_raised(
    simulator: Simulator,
    client: GatewayMaker,
    statuses: tuple[int, ...],
    error: type[GatewayError],
) -> None:
    """About the key, else about the account, else the documented form's."""
    for status in statuses:
        simulator.devcodesms.answer_next("", status=status)

    with pytest.raises(GatewayError) as raised:
        await client(simulator.devcodesms).balance()

    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (refused(FORBIDDEN, 401), 401, AuthenticationError),
        (refused("Erreur", 200), 200, RejectedError),
        ("<h1>Non</h1>", 403, NotAllowedError),
        ("<h1>Non</h1>", 500, GatewayBrokenError),
    ],
)
async def test_a_decided_refusal_of_the_form_that_worked_is_not_asked_again(
    simulator: Simulator,
    client: GatewayMaker,
    answer: str,
    status: int,
    error: type[GatewayError],
) -> None:
    """Another form would be answered the same."""
    simulated = simulator.devcodesms
    gateway = client(simulated)
    await gateway.balance()
    simulated.balance_forms = set(FORMS)
    simulated.answer_next(answer, status=status)

    with pytest.raises(GatewayError) as raised:
        await gateway.balance()

    assert type(raised.value) is error
    assert simulated.asked("balance") == 2


async def test_a_busy_gateway_is_not_asked_again(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """HTTP 429 is about the number of requests, not about their form."""
    simulator.devcodesms.answer_next("", status=429)

    with pytest.raises(RateLimitedError):
        await client(simulator.devcodesms).balance()

    assert simulator.devcodesms.asked("balance") == 1


@pytest.mark.parametrize("fault", [Fault.STALL_BEFORE, Fault.CUT_BEFORE])
async def test_after_silence_the_next_form_is_tried(
    simulator: Simulator, client: GatewayMaker, fault: Fault
) -> None:
    """A proxy may drop a GET with a body; once a form has worked, silence is silence."""
    simulated = simulator.devcodesms
    simulated.balance_forms = set(FORMS)
    simulated.fail(fault, times=1)
    gateway = client(simulated)

    assert (await gateway.balance()).credits == 1000
    assert simulated.asked("balance") == 2

    simulated.fail(fault, times=1)
    with pytest.raises(NoAnswerError):
        await gateway.balance()
    assert simulated.asked("balance") == 3


async def test_a_question_does_not_last_for_ever(
    simulator: Simulator, client: GatewayMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a minute no other form is begun."""
    seconds = iter((0.0, 0.0, 59.0, 61.0))
    monkeypatch.setattr(elapsed_time, "seconds_since_boot", lambda: next(seconds))
    simulator.devcodesms.fail(Fault.CUT_BEFORE)

    with pytest.raises(NoAnswerError):
        await client(simulator.devcodesms).balance()

    assert simulator.devcodesms.asked("balance") == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"success": True, "code": "error"},
        {"success": False, "code": "success"},
        {"success": True, "status": 400},
        {"success": False},
        {"success": True, "status": 500},
        {"success": "peut-être"},
    ],
)
async def test_a_balance_beside_a_refusal_is_none(
    simulator: Simulator, client: GatewayMaker, changes: dict[str, object]
) -> None:
    """The answer contradicts itself."""
    answer = json.dumps({"data": {"solde": 968}, **changes})
    for _ in FORMS:
        simulator.devcodesms.answer_next(answer)

    with pytest.raises(UnknownOutcomeError):
        await client(simulator.devcodesms).balance()


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
        ({"SOLDE ": "1 968"}, Balance(credits=Decimal(1968))),
        ({"solde": "1,234"}, None),
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
