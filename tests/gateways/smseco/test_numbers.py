"""SMSECO: whether numbers can be reached (section V)."""

from decimal import Decimal
import json

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AccountInactiveError,
    AuthenticationError,
    EmptyTargetError,
    GatewayBrokenError,
    GatewayError,
    InsufficientCreditError,
    InvalidRecipientError,
    InvalidRequestError,
    NoAnswerError,
    NotAllowedError,
    NothingNewError,
    OperationUnknownError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.delivery import (
    DeliveryStatus,
    Sent,
)
from custom_components.passerelle_sms.gateways.model.message import Sms, Submission
from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.conftest import GatewayMaker
from tests.simulator import Fault, Simulator
from tests.simulator.smseco import NUMBER_CHECK_PATHS

from .samples import BURKINA, IVORIAN, OTHER, SERVER_ID, account, last_request


async def test_asks_as_the_document_says(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Section V-3-1, and a submission per number for an answer."""
    result = await account(client, simulator).check_numbers(
        (BURKINA, IVORIAN), "maison-15"
    )

    [request] = simulator.smseco.requests
    assert (request.method, request.path) == ("POST", "json/sendhlr/")
    assert last_request(simulator.smseco) == {
        "message": {"msgid": "maison-15"},
        "destinataires": [{"numero": "22678657808"}, {"numero": "2250757123456"}],
    }
    assert result.submissions == tuple(
        Submission(
            recipient=f"+{checked.recipient}",
            outcome=Outcome.ACCEPTED,
            submission_id=checked.submission_id,
            sending_id=simulator.smseco.sending_of(checked),
            # It is no message.
            segments=0,
            cost=Decimal(1),
            delivery=DeliveryStatus.PENDING,
        )
        for checked in simulator.smseco.checked
    )
    assert [s.recipient for s in result.submissions] == [BURKINA, IVORIAN]
    assert result.remaining == simulator.smseco.credits == Decimal(998)
    assert simulator.smseco.accepted == []


async def test_what_is_found_comes_as_a_report(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Section V-2: the id serves "la livraison des rapports d'envoi"."""
    gateway = account(client, simulator)
    result = await gateway.check_numbers((BURKINA,), "15")
    [checked] = simulator.smseco.checked
    simulator.smseco.report(checked, 59)
    [submission] = result.submissions

    [report] = await gateway.delivery(
        [
            Sent(
                recipient=BURKINA,
                submission_id=submission.submission_id,
                sending_id=submission.sending_id,
            )
        ]
    )

    assert report.submission_id == submission.submission_id
    assert report.status is DeliveryStatus.UNDELIVERED


@pytest.mark.parametrize("tells_unknown_operations", [False, True])
async def test_finds_and_remembers_the_other_address(
    simulator: Simulator, client: GatewayMaker, tells_unknown_operations: bool
) -> None:
    """Sections V-1 and V-3 spell it in two ways; HTTP 404 and −14 prove nothing done."""
    first, second = NUMBER_CHECK_PATHS
    simulator.smseco.tells_unknown_operations = tells_unknown_operations
    gateway = account(client, simulator)

    for path in (second, first, second):
        simulator.smseco.number_check_path = path
        for _ in range(2):
            result = await gateway.check_numbers((BURKINA,), "15")
            assert result.submissions[0].outcome is Outcome.ACCEPTED

    assert [request.path for request in simulator.smseco.requests] == [
        # Remembered, as long as it is there.
        *(first, second, second),
        *(second, first, first),
        *(first, second, second),
    ]
    assert len(simulator.smseco.checked) == 6


async def test_there_may_be_no_such_operation(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Asked once at each address, and every number refused."""
    simulator.smseco.number_check_path = ""

    result = await account(client, simulator).check_numbers((BURKINA, OTHER), "15")

    for submission in result.submissions:
        assert submission.outcome is Outcome.REJECTED
        assert type(submission.error) is OperationUnknownError
    assert len(simulator.smseco.requests) == 2


@pytest.mark.parametrize("reference", ["", "a b", "maison_1", "x" * 31])
async def test_refuses_a_reference_before_asking(
    simulator: Simulator, client: GatewayMaker, reference: str
) -> None:
    """Section V-2: thirty characters."""
    with pytest.raises(InvalidRequestError):
        await account(client, simulator).check_numbers((BURKINA,), reference)

    assert simulator.smseco.requests == []


async def test_checks_many_in_as_few_requests_as_it_can(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """A hundred a request; one that fails is its own numbers' affair."""
    recipients = tuple(f"+226700{number:05}" for number in range(250))
    simulator.smseco.fail(Fault.CUT_AFTER, times=1)

    result = await account(client, simulator).check_numbers(recipients, "15")

    sizes = sorted(
        request.body.count('"numero"') for request in simulator.smseco.requests
    )
    assert sizes == [50, 100, 100]
    assert tuple(s.recipient for s in result.submissions) == recipients
    unknown = [s for s in result.submissions if s.outcome is Outcome.UNKNOWN]
    assert {type(s.error) for s in unknown} == {NoAnswerError}
    assert len(unknown) in {50, 100}
    assert len(simulator.smseco.checked) == 250
    assert result.remaining == simulator.smseco.credits == Decimal(750)


async def test_tells_numbers_apart(simulator: Simulator, client: GatewayMaker) -> None:
    """The answer names the valid ones, as that to a message does."""
    result = await account(client, simulator).check_numbers((BURKINA, "+2261234"), "15")

    assert [s.outcome for s in result.submissions] == [
        Outcome.ACCEPTED,
        Outcome.REJECTED,
    ]
    assert type(result.submissions[1].error) is InvalidRecipientError
    assert result.submissions[1].segments is None


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (-1, InvalidRequestError),
        (-2, AuthenticationError),
        (-3, AuthenticationError),
        (-4, AuthenticationError),
        (-6, InsufficientCreditError),
        (-7, EmptyTargetError),
        (-9, InvalidRecipientError),
        (-10, InvalidRequestError),
        (-11, NotAllowedError),
        (-12, AccountInactiveError),
        (-15, NothingNewError),
    ],
)
async def test_understands_every_code(
    simulator: Simulator,
    client: GatewayMaker,
    code: int,
    error: type[GatewayError],
) -> None:
    """Section V-1, "Codes d'erreur", but for −14, which asks at the other address."""
    simulator.smseco.answer_next(json.dumps({"statut": code, "text": "Non"}))

    result = await account(client, simulator).check_numbers((BURKINA, OTHER), "15")

    for submission in result.submissions:
        assert submission.outcome is Outcome.REJECTED
        assert type(submission.error) is error
    assert len(simulator.smseco.requests) == 1


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (200, "", UnreadableAnswerError),
        (200, json.dumps({"statut": 0}), UnreadableAnswerError),
        (404, json.dumps({"statut": 1, "msgfid": SERVER_ID}), UnreadableAnswerError),
        (500, "", GatewayBrokenError),
    ],
)
async def test_asks_nowhere_else_in_doubt(
    simulator: Simulator,
    client: GatewayMaker,
    status: int,
    answer: str,
    error: type[GatewayError],
) -> None:
    """It may have been done, and charged."""
    simulator.smseco.answer_next(answer, status=status)

    result = await account(client, simulator).check_numbers((BURKINA,), "15")

    assert result.submissions[0].outcome is Outcome.UNKNOWN
    assert type(result.submissions[0].error) is error
    assert len(simulator.smseco.requests) == 1


async def test_the_simulator_refuses_as_the_document_says(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """An account of its own kind, credits, and numbers that are some."""
    gateway = account(client, simulator)

    async def refusal(*recipients: str) -> str | None:
        result = await gateway.check_numbers(recipients, "15")
        error = result.submissions[0].error
        return error.code if error else None

    assert await refusal("+2261234") == "-9"
    simulator.smseco.credits = Decimal(1)
    assert await refusal(BURKINA, OTHER) == "-6"
    simulator.smseco.is_company = False
    assert await refusal(BURKINA) == "-11"
    simulator.smseco.password = "changed"
    assert await refusal(BURKINA) == "-4"
    assert simulator.smseco.checked == []


async def test_an_echo_is_no_id(simulator: Simulator, client: GatewayMaker) -> None:
    """Our own id proves nothing, as with a message."""
    simulator.smseco.answer_next(json.dumps({"statut": 0, "msgid": "15"}))

    result = await account(client, simulator).check_numbers((BURKINA,), "15")

    assert result.submissions[0].outcome is Outcome.UNKNOWN
    assert result.submissions[0].sending_id is None


async def test_a_message_is_sent_where_it_was(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """What moves is one operation's address, not the others'."""
    simulator.smseco.number_check_path = NUMBER_CHECK_PATHS[1]
    gateway = account(client, simulator)
    await gateway.check_numbers((BURKINA,), "15")

    await gateway.send(Sms(text="Test", recipients=(BURKINA,)))
    assert await gateway.new_deliveries() == ()

    assert [request.path for request in simulator.smseco.requests[2:]] == [
        "json/sendsms/",
        "json/getdlrs/",
    ]
