"""What the tests of SMSECO have in common."""

from dataclasses import replace
from datetime import UTC, datetime
import json
from typing import Final

from custom_components.passerelle_sms.gateways.errors import (
    AccountInactiveError,
    AuthenticationError,
    EmptyMessageError,
    EmptyTargetError,
    InsufficientCreditError,
    InvalidRecipientError,
    InvalidRequestError,
    InvalidScheduleError,
    NotAllowedError,
    NothingNewError,
    OperationUnknownError,
    RejectedError,
    SenderNotRegisteredError,
)
from custom_components.passerelle_sms.gateways.model.delivery import (
    DeliveryReport,
    DeliveryStatus,
)
from custom_components.passerelle_sms.gateways.smseco import SmsEco
from tests.conftest import GatewayMaker
from tests.simulator import Simulator
from tests.simulator.smseco import SimulatedSmsEco

BURKINA = "+22678657808"
OTHER = "+22607352518"
IVORIAN = "+2250757123456"
# The same last eight digits, in two countries.
TWIN, TWIN_ABROAD = "+22657123456", IVORIAN
SERVER_ID = "55857bdb8d51b7-38880789"
SMS_ID = "55857bf80517a0-38726421"
OTHER_SMS_ID = "55857bf80517a1-38726422"
# The list of a request to one.
ONE = [{"smsfid": SMS_ID, "destination": "22678657808", "credits": 2}]

# Section I-1, "Codes d'erreur".
ERRORS: Final[dict[int, type[RejectedError]]] = {
    -1: InvalidRequestError,
    -2: AuthenticationError,
    -3: AuthenticationError,
    -4: AuthenticationError,
    -5: EmptyMessageError,
    -6: InsufficientCreditError,
    -7: EmptyTargetError,
    -8: SenderNotRegisteredError,
    -9: InvalidRecipientError,
    -10: InvalidRequestError,
    -11: NotAllowedError,
    -12: AccountInactiveError,
    -13: InvalidScheduleError,
    -14: OperationUnknownError,
    -15: NothingNewError,
}

# Section III-3-2: what is told of one recipient, and what it means.
ROW: Final[dict[str, object]] = {
    "smsfid": SMS_ID,
    "destination": "22678657808",
    "date": "2026-12-24 18:00:00",
    "statut": "56",
    "libelle": "Reçu",
    "texte": "par le téléphone",
}
REPORT: Final = DeliveryReport(
    submission_id=SMS_ID,
    sending_id=SERVER_ID,
    recipient="22678657808",
    status=DeliveryStatus.DELIVERED,
    code="56",
    words="Reçu: par le téléphone",
    at=datetime(2026, 12, 24, 18, 0, tzinfo=UTC),
    is_billed=True,
)
# The same, from an answer that doesn't tell its request.
REPORT_ALONE: Final = replace(REPORT, sending_id=None)


def row_without(*names: str) -> dict[str, object]:
    """Return a row that lacks some fields."""
    return {name: value for name, value in ROW.items() if name not in names}


def told(rows: object, **fields: object) -> dict[str, object]:
    """Return an answer with one message."""
    message = {"msgfid": SERVER_ID, "dlrs": rows}
    return {"accountid": "3182", "statut": 0, "messages": [message], **fields}


def last_request(simulated: SimulatedSmsEco) -> dict[str, object]:
    """Return what was asked last, but for the account."""
    request: dict[str, object] = json.loads(
        simulated.requests[-1].body.removeprefix("JSON=")
    )
    assert request.pop("compte") == {
        "login": simulated.username,
        "password": simulated.password,
    }
    return request


def account(client: GatewayMaker, simulator: Simulator) -> SmsEco:
    """Return a client of the simulated account."""
    gateway = client(simulator.smseco)
    assert isinstance(gateway, SmsEco)
    return gateway
