"""Every gateway, in everything that can go wrong on the way.

The simulated gateway's ledger is the judge: what a client says became of a message must
agree with what was really taken, and nothing may be taken twice.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
import html
import json
import logging
import math
from pathlib import Path
import socket
import ssl
import traceback
from typing import override
from urllib.parse import quote, quote_plus

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
import pytest
from yarl import URL

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.errors import (
    CannotConnectError,
    GatewayBrokenError,
    GatewayError,
    NoAnswerError,
    RateLimitedError,
    TlsFailedError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.model.message import SendResult, Sms
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.wire.transport import Timeouts
from tests.conftest import GatewayMaker
from tests.simulator import Fault, SimulatedGateway, Simulator
from tests.simulator.tls import served_over_tls

# Numbers that the users of each country's gateways would write to.
RECIPIENTS = {
    "CM": "+2376956882{:02}",
    "CI": "+22507571234{:02}",
    "FR": "+336123456{:02}",
}
ERRORS: dict[Fault, type[GatewayError]] = {
    Fault.STALL_BEFORE: NoAnswerError,
    Fault.STALL_AFTER: NoAnswerError,
    Fault.CUT_BEFORE: NoAnswerError,
    Fault.CUT_AFTER: NoAnswerError,
    Fault.HALF_ANSWER: NoAnswerError,
    Fault.ERROR_500: GatewayBrokenError,
    Fault.ERROR_500_AFTER: GatewayBrokenError,
    Fault.RATE_LIMITED: RateLimitedError,
    Fault.HTML: UnreadableAnswerError,
    Fault.EMPTY: UnreadableAnswerError,
    Fault.REDIRECT: UnreadableAnswerError,
}
# The longest way: a gateway that may be asked in several forms is asked in all of them.
FORMS = 4


@pytest.fixture(params=GATEWAYS)
def simulated(simulator: Simulator, request: pytest.FixtureRequest) -> SimulatedGateway:
    """Return each simulated gateway in turn."""
    return simulator.gateways[request.param]


@pytest.fixture
def gateway(simulated: SimulatedGateway, client: GatewayMaker) -> Gateway:
    """Return its client."""
    return client(simulated)


def client_at(
    simulated: SimulatedGateway, session: aiohttp.ClientSession, url: URL | str
) -> Gateway:
    """Return a client that looks for the gateway somewhere else."""
    return GATEWAYS[simulated.key](
        session,
        Credentials(
            username=simulated.username,
            password=simulated.password,
            api_key=simulated.api_key,
        ),
        url=URL(url),
        sender="MAISON",
        timeouts=Timeouts(connect=0.2, read=0.2, total=4),
    )


def recipients(gateway: Gateway, count: int = 1) -> tuple[str, ...]:
    """Return numbers that the gateway can send to."""
    return tuple(RECIPIENTS[gateway.region].format(number) for number in range(count))


async def send(gateway: Gateway, count: int = 1) -> SendResult:
    """Send an alert, and make sure that no error tells what it must not."""
    result = await gateway.send(
        Sms(text="Citerne vide", recipients=recipients(gateway, count))
    )
    for submission in result.submissions:
        if submission.error is not None:
            assert_silent(gateway, submission.error)
    return result


async def balance_error(gateway: Gateway) -> GatewayError:
    """Ask for a balance that there is none of, and return why."""
    with pytest.raises(GatewayError) as raised:
        await gateway.balance()
    assert_silent(gateway, raised.value)
    return raised.value


def writings(gateway: Gateway) -> set[str]:
    """Return every way in which a secret, or the number, may come back."""
    credentials = gateway.credentials
    secrets = (credentials.username, credentials.password, credentials.api_key)
    number = recipients(gateway)[0]
    written = {
        writing
        for secret in secrets
        for writing in (
            secret,
            quote(secret, safe=""),
            quote_plus(secret),
            html.escape(secret),
        )
    }
    return written | {number.removeprefix("+"), gateway.local_number(number)}


def assert_silent(gateway: Gateway, error: GatewayError) -> None:
    """Make sure that nothing that may be shown or logged holds a secret or a number."""
    shown = (
        str(error),
        repr(error),
        "".join(traceback.format_exception(error)),
        str(error.code),
        str(error.words),
        str(error.details),
        str(gateway.last_unreadable),
    )
    for writing in writings(gateway):
        assert not any(writing in text for text in shown)
    assert error.__context__ is None


# --- faults of the network and of the server -------------------------------------


@pytest.mark.parametrize("fault", Fault)
async def test_a_message_in_a_fault(
    simulated: SimulatedGateway, gateway: Gateway, fault: Fault
) -> None:
    """It is sent once; what may have left is unknown, whether or not it was taken.

    The fault shows once: a second request, or a redirect that is followed, would be
    taken, and the ledger would tell.
    """
    simulated.fail(fault, operation="send", times=1)

    [submission] = (await send(gateway)).submissions

    assert type(submission.error) is ERRORS[fault]
    assert submission.outcome is (
        Outcome.NOT_SENT if fault is Fault.RATE_LIMITED else Outcome.UNKNOWN
    )
    assert len(simulated.accepted) == fault.takes_the_message
    assert simulated.asked("send") == 1


@pytest.mark.parametrize("fault", Fault)
async def test_a_balance_in_a_fault(
    simulated: SimulatedGateway, gateway: Gateway, fault: Fault
) -> None:
    """The error says what kind it was, and the gateway isn't besieged."""
    simulated.fail(fault, operation="balance")

    error = await balance_error(gateway)

    assert type(error) is ERRORS[fault]
    assert simulated.asked("balance") <= FORMS
    assert simulated.asked("send") == 0


async def test_the_next_message_after_a_fault(
    simulated: SimulatedGateway, gateway: Gateway
) -> None:
    """Nothing of a fault stays behind, in the client or in its connections."""
    for fault in Fault:
        simulated.fail(fault, operation="send", times=1)
        await send(gateway)
        simulated.accepted.clear()
        simulated.heal()

        result = await gateway.send(
            Sms(text=f"Après {fault.name}", recipients=recipients(gateway))
        )

        assert result.submissions[0].outcome is Outcome.ACCEPTED
        assert len(simulated.accepted) == 1


@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER])
async def test_a_cut_on_a_kept_connection(
    simulator: Simulator,
    session: aiohttp.ClientSession,
    simulated: SimulatedGateway,
    gateway: Gateway,
    fault: Fault,
) -> None:
    """The session's other users keep connections; ours must not be repeated on them."""
    async with session.get(simulator.url(simulated.key)) as response:
        await response.read()
    simulated.fail(fault, times=1)

    [submission] = (await send(gateway)).submissions

    assert submission.outcome is Outcome.UNKNOWN
    assert simulated.asked("send") == 1
    assert len(simulated.accepted) == fault.takes_the_message


# --- nobody there ------------------------------------------------------------------


@pytest.fixture
def dead_port(socket_enabled: None) -> Iterator[int]:
    """Return a port that is taken, and on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


class NoSuchName(AbstractResolver):
    """A resolver that knows no name."""

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    @override
    async def close(self) -> None:
        """Nothing is held."""


class SilentResolver(NoSuchName):
    """A resolver that never answers."""

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        await asyncio.Event().wait()
        return []


async def assert_never_left(
    simulated: SimulatedGateway, gateway: Gateway, error: type[GatewayError]
) -> None:
    """Make sure that a message and a balance fail before anything is written."""
    [submission] = (await send(gateway)).submissions

    assert type(submission.error) is error
    assert submission.outcome is Outcome.NOT_SENT
    assert type(await balance_error(gateway)) is error
    assert simulated.requests == []
    assert simulated.accepted == []


async def test_a_dead_port(
    simulated: SimulatedGateway, session: aiohttp.ClientSession, dead_port: int
) -> None:
    """The machine is there, the gateway isn't."""
    gateway = client_at(simulated, session, f"http://127.0.0.1:{dead_port}/")

    await assert_never_left(simulated, gateway, CannotConnectError)


@pytest.mark.parametrize("resolver", [NoSuchName, SilentResolver])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_name_that_leads_nowhere(
    simulated: SimulatedGateway, resolver: type[AbstractResolver], scheme: str
) -> None:
    """The house has no Internet: the commonest fault of all."""
    connector = aiohttp.TCPConnector(resolver=resolver())
    async with aiohttp.ClientSession(connector=connector) as session:
        gateway = client_at(simulated, session, f"{scheme}://gateway.invalid/")

        await assert_never_left(simulated, gateway, CannotConnectError)


# --- TLS ---------------------------------------------------------------------------


@pytest.fixture
async def tls_url(simulated: SimulatedGateway, certificate: Path) -> AsyncIterator[str]:
    """Return where the gateway answers over TLS, with that certificate."""
    async with served_over_tls(simulated, certificate) as url:
        yield url


async def test_tls_where_none_is_spoken(
    simulator: Simulator, simulated: SimulatedGateway, session: aiohttp.ClientSession
) -> None:
    """A handshake that fails is no connection."""
    url = URL(simulator.url(simulated.key)).with_scheme("https")

    await assert_never_left(
        simulated, client_at(simulated, session, url), TlsFailedError
    )


async def test_a_certificate_that_nobody_vouches_for(
    simulated: SimulatedGateway, session: aiohttp.ClientSession, tls_url: str
) -> None:
    """It may be anybody's: the password stays here."""
    gateway = client_at(simulated, session, tls_url)

    await assert_never_left(simulated, gateway, TlsFailedError)


async def test_a_certificate_that_is_trusted(
    simulated: SimulatedGateway, certificate: Path, tls_url: str
) -> None:
    """The same server takes the message then: it was the certificate."""
    context = ssl.create_default_context(cafile=certificate)
    connector = aiohttp.TCPConnector(ssl=context)
    async with aiohttp.ClientSession(connector=connector) as session:
        [submission] = (await send(client_at(simulated, session, tls_url))).submissions

    assert submission.outcome is Outcome.ACCEPTED
    assert len(simulated.accepted) == 1


# --- many at once ------------------------------------------------------------------


async def test_fifty_recipients(simulated: SimulatedGateway, gateway: Gateway) -> None:
    """Each gets it once, in as few requests as the gateway allows."""
    result = await send(gateway, 50)

    assert [s.recipient for s in result.submissions] == list(recipients(gateway, 50))
    assert {s.outcome for s in result.submissions} == {Outcome.ACCEPTED}
    assert sorted(taken.recipient for taken in simulated.accepted) == sorted(
        map(gateway.local_number, recipients(gateway, 50))
    )
    assert simulated.asked("send") <= requests_for(gateway, 50)


@pytest.mark.parametrize("fault", [Fault.CUT_AFTER, Fault.CUT_BEFORE])
async def test_fifty_recipients_and_one_fault(
    simulated: SimulatedGateway, gateway: Gateway, fault: Fault
) -> None:
    """It harms those of one request only, and nobody gets it twice."""
    simulated.fail(fault, operation="send", times=1)

    result = await send(gateway, 50)

    harmed = min(50, gateway.limits.recipients_per_request)
    outcomes = [submission.outcome for submission in result.submissions]
    assert outcomes.count(Outcome.UNKNOWN) == harmed
    assert outcomes.count(Outcome.ACCEPTED) == 50 - harmed
    taken = [acceptance.recipient for acceptance in simulated.accepted]
    assert len(taken) == len(set(taken))
    assert len(taken) == (50 if fault.takes_the_message else 50 - harmed)
    assert simulated.asked("send") <= requests_for(gateway, 50)


def requests_for(gateway: Gateway, count: int) -> int:
    """Return the fewest requests in which so many can be sent to."""
    return math.ceil(count / gateway.limits.recipients_per_request)


# --- answers that tell too much ------------------------------------------------------


def echoes(gateway: Gateway) -> list[str]:
    """Return answers of every kind that give back all they were asked."""
    echo = " ".join(sorted(writings(gateway)))
    errors = {"error_id": 3, "error_message": echo, "request": echo}
    tags = "".join(f"<{name}>{value}</{name}>" for name, value in errors.items())
    escaped = html.escape(tags, quote=False)
    refusal = {
        "success": False,
        "status": 400,
        "code": "error",
        "msg": echo,
        "statut": -4,
        "texte": echo,
        "solde": echo,
    }
    row = {"status": "error", "errorcode": echo, "errordescription": echo}
    return [
        echo,
        f"error {echo}",
        f"Solde insuffisant {echo}",
        f"<html><body><h1>Forbidden</h1><pre>{echo}</pre></body></html>",
        json.dumps(refusal),
        json.dumps({**refusal, "details": [{"sms": [row]}]}),
        json.dumps({"success": True, "code": echo, "details": echo}),
        f"<envoyersmspro><status>fail</status><error>{tags}</error></envoyersmspro>",
        f"<envoyersmspro><status>fail</status><error>{escaped}</error></envoyersmspro>",
        f"<envoyersmspro><status>success</status>{tags}</envoyersmspro>",
    ]


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 500])
async def test_an_answer_that_gives_secrets_back(
    simulated: SimulatedGateway,
    gateway: Gateway,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    """Whatever is made of it, nobody sees them: not in an error, a report or a log."""
    for echo in echoes(gateway):
        for _ in range(FORMS):
            simulated.answer_next(echo, status=status)
        [submission] = (await send(gateway)).submissions
        assert submission.outcome is not Outcome.ACCEPTED
        simulated.heal()
        for _ in range(FORMS):
            simulated.answer_next(echo, status=status)
        await balance_error(gateway)
        simulated.heal()

    # The server's own log is not ours: it prints the addresses that it was asked for.
    ours = [r.getMessage() for r in caplog.records if r.name != "aiohttp.access"]
    assert logging.getLogger().isEnabledFor(logging.DEBUG)
    for writing in writings(gateway):
        assert not any(writing in line for line in ours)


async def test_an_unreadable_answer_is_kept_without_secrets(
    simulated: SimulatedGateway, gateway: Gateway
) -> None:
    """What a report shows is what was said, with the secrets struck out."""
    credentials = gateway.credentials
    for _ in range(FORMS):
        simulated.answer_next(
            f"Bonjour {credentials.username}, {credentials.password}, "
            f"{credentials.api_key}, {recipients(gateway)[0]} !"
        )

    error = await balance_error(gateway)

    assert type(error) is UnreadableAnswerError
    last_two = recipients(gateway)[0][-2:]
    assert gateway.last_unreadable == (
        f"HTTP 200: Bonjour ***, ***, ***, ***{last_two} !"
    )
