"""What a web server says in a gateway's place: the same at all of them."""

import asyncio
from typing import cast

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    GatewayError,
    InsufficientCreditError,
    InvalidRequestError,
    NotAllowedError,
    OperationUnknownError,
    RateLimitedError,
    UnknownOutcomeError,
)
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.model.message import SendResult, Sms
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.wire.transport import Answer, Transport
from tests.conftest import MAMAN, PAPA

_MOBILES = {
    "envoyer_sms_pro": ("+33600000001", "+33600000002"),
    "sms123": ("+33612345678", "+33612345679"),
}
_SILENT = (
    "",
    "Access denied",
    '{"error": "Forbidden"}',
    "<html><body><h1>Access denied</h1><p>nginx/1.26 Error 1020</p></body></html>",
)
_SPEAKING = ("12345", '{"succ', "Message sent")


def send(
    key: str, count: int, status: int, text: str, patch: pytest.MonkeyPatch
) -> SendResult:
    """Return what becomes of a message that is answered so."""

    async def request(*_: object, **__: object) -> Answer:
        return Answer(status=status, text=text)

    patch.setattr(Transport, "request", request)
    gateway = GATEWAYS[key](
        cast("aiohttp.ClientSession", None),
        Credentials(username="maison", password="s3cret", api_key="k3y"),
        sender="MAISON",
    )
    recipients = _MOBILES.get(key, (MAMAN, PAPA))[:count]
    return asyncio.run(gateway.send(Sms(text="Vide", recipients=recipients)))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, AuthenticationError),
        (402, InsufficientCreditError),
        (403, NotAllowedError),
        (404, OperationUnknownError),
        (413, InvalidRequestError),
        (429, RateLimitedError),
    ],
)
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("key", GATEWAYS)
def test_a_status_of_4xx_decides_where_nothing_is_said(
    key: str,
    count: int,
    status: int,
    error: type[GatewayError],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """For every recipient: the gateway did nothing."""
    for text in _SILENT:
        result = send(key, count, status, text, monkeypatch)

        assert {type(each.error) for each in result.submissions} == {error}, text
        assert {each.outcome for each in result.submissions} == {error.outcome}, text


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 429])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("key", GATEWAYS)
def test_a_status_decides_nothing_beside_what_may_be_an_answer(
    key: str, count: int, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number, a document that is cut, or words of success."""
    for text in _SPEAKING:
        result = send(key, count, status, text, monkeypatch)

        assert {each.outcome for each in result.submissions} == {Outcome.UNKNOWN}, text


@pytest.mark.parametrize("status", [200, 302, 408, 500, 503])
@pytest.mark.parametrize("key", GATEWAYS)
def test_any_other_status_proves_nothing(
    key: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is said beside it, as long as it is no answer."""
    for text in (*_SILENT, *_SPEAKING):
        result = send(key, 2, status, text, monkeypatch)

        errors = [each.error for each in result.submissions]
        assert all(isinstance(error, UnknownOutcomeError) for error in errors), text
