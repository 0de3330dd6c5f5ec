"""One request: sent once, followed nowhere, and silent about its secrets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
import contextlib
from datetime import timedelta
import gzip
import json
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from custom_components.passerelle_sms.gateways.errors import (
    CannotConnectError,
    GatewayError,
    NoAnswerError,
    RateLimitedError,
    TlsFailedError,
)
from custom_components.passerelle_sms.gateways.wire.purpose import Purpose
from custom_components.passerelle_sms.gateways.wire.request_budget import RequestBudget
from custom_components.passerelle_sms.gateways.wire.transport import (
    MAXIMUM_ANSWER,
    Answer,
    Timeouts,
    Transport,
)
from tests.simulator import Fault, Simulator
from tests.simulator.tls import served_over_tls

type Serve = Callable[[bytes], Awaitable[Transport]]

PATIENCE = Timeouts(connect=2, read=0.2, total=4)


@pytest.fixture
def transport(simulator: Simulator, session: aiohttp.ClientSession) -> Transport:
    """Return a way to the simulated gateway that is asked by GET."""
    return Transport(session, URL(simulator.url("etech_keys")), PATIENCE)


@pytest.fixture
async def serve(session: aiohttp.ClientSession) -> AsyncIterator[Serve]:
    """Return a maker of servers that answer every request with the same bytes."""
    async with contextlib.AsyncExitStack() as servers:

        async def start(answer: bytes) -> Transport:
            async def handle(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter
            ) -> None:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(answer)
                with contextlib.suppress(ConnectionError):
                    await writer.drain()
                writer.close()

            server = await asyncio.start_server(handle, "127.0.0.1", 0)
            await servers.enter_async_context(server)
            port = server.sockets[0].getsockname()[1]
            return Transport(session, URL(f"http://127.0.0.1:{port}/"), PATIENCE)

        yield start


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return an answer as it goes over the wire."""
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", "")
    return "\r\n".join(lines).encode() + body


async def test_carries_a_request(simulator: Simulator, transport: Transport) -> None:
    """The query under the base address, and the answer whatever its status."""
    simulator.etech_keys.answer_next("Réponse", status=404)

    received = await transport.request(
        "GET", "api.php", query={"message": "a&b + é"}, headers={"X-Test": "1"}
    )

    assert received == Answer(status=404, text="Réponse")
    [request] = simulator.etech_keys.requests
    assert (request.method, request.path) == ("GET", "api.php")
    assert request.query == {"message": "a&b + é"}
    assert request.headers["X-Test"] == "1"
    assert request.headers["Connection"] == "close"


async def test_carries_a_body(simulator: Simulator, transport: Transport) -> None:
    """As a form, as JSON or as it is."""
    await transport.request("POST", "api.php", form={"message": "a&b + é"})
    await transport.request("POST", "api.php", json={"message": ["a", 1, None]})
    await transport.request("POST", "api.php", body=b"JSON={}")

    form, as_json, as_is = simulator.etech_keys.requests
    assert form.body == "message=a%26b+%2B+%C3%A9"
    assert form.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert json.loads(as_json.body) == {"message": ["a", 1, None]}
    assert as_json.headers["Content-Type"] == "application/json"
    assert as_is.body == "JSON={}"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_cut_request_is_not_repeated(
    simulator: Simulator,
    session: aiohttp.ClientSession,
    transport: Transport,
    method: str,
) -> None:
    """Not even a GET on a kept-alive connection, which aiohttp would send again."""
    url = URL(simulator.url("etech_keys"))
    async with session.get(url / "api_credit.php") as response:
        await response.read()
    simulator.etech_keys.fail(Fault.CUT_AFTER, operation="send")

    with pytest.raises(NoAnswerError):
        await transport.request(method, "api.php")

    assert simulator.etech_keys.asked("send") == 1


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
async def test_a_redirect_is_not_followed(
    simulator: Simulator, session: aiohttp.ClientSession, serve: Serve, status: str
) -> None:
    """It would carry the message, and the password, a second time."""
    target = f"{simulator.url('etech_keys')}api.php"
    redirecting = await serve(
        answer(b"", f"Location: {target}", status=f"{status} Elsewhere")
    )

    received = await redirecting.request("GET", "api.php")

    assert received.status == int(status)
    assert simulator.etech_keys.requests == []


async def test_two_accounts_share_no_cookie(simulator: Simulator) -> None:
    """The session is shared, and a cookie may be somebody's login."""
    url = URL(simulator.url("etech_keys"))
    jar = aiohttp.CookieJar(unsafe=True)
    jar.update_cookies({"PHPSESSID": "another"}, url)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        await Transport(session, url, PATIENCE).request("GET", "api.php")
        async with session.get(url / "api_credit.php"):
            pass

    ours, not_ours = simulator.etech_keys.requests
    assert "Cookie" not in ours.headers
    assert "Cookie" in not_ours.headers


@pytest.mark.parametrize(
    "fault", [Fault.STALL_AFTER, Fault.CUT_AFTER, Fault.HALF_ANSWER]
)
async def test_no_answer(
    simulator: Simulator, transport: Transport, fault: Fault
) -> None:
    """It was written, and no whole answer came back."""
    simulator.etech_keys.fail(fault)

    with pytest.raises(NoAnswerError):
        await transport.request("GET", "api.php")


async def test_patience_ends_though_bytes_keep_coming(
    session: aiohttp.ClientSession,
) -> None:
    """A server that sends a byte now and then doesn't hold a message for ever."""
    over = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not over.is_set():
            writer.write(b".")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), 0.05)
        writer.close()

    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        timeouts = Timeouts(connect=2, read=5, total=0.3)
        transport = Transport(session, URL(f"http://127.0.0.1:{port}"), timeouts)
        with pytest.raises(NoAnswerError):
            await transport.request("GET", "")
        over.set()


@pytest.mark.parametrize(
    "wire",
    [
        b"",
        b"Bonjour\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        answer(b"abc", "Content-Encoding: gzip"),
        answer(b"abc", "X-Long: " + "a" * 100_000),
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc",
    ],
    ids=["nothing", "no-http", "status", "gzip", "header", "length", "chunk"],
)
async def test_what_is_no_http_is_no_answer(serve: Serve, wire: bytes) -> None:
    """Whatever a broken server writes: what became of the message isn't known."""
    transport = await serve(wire)

    with pytest.raises(NoAnswerError):
        await transport.request("GET", "api.php")


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("é".encode(), "text/html; charset=utf-8", "é"),
        ("é".encode("latin-1"), "text/html; charset=iso-8859-1", "é"),
        ("é".encode(), "application/json", "é"),
        ("é".encode(), "text/html", "é"),
        (b"a\xe9", "text/html", "aé"),
        # Names of what is no charset, or of what Python knows for other uses.
        ("é".encode(), "text/html; charset=none", "é"),
        ("é".encode(), "text/html; charset=hex", "é"),
        ("é".encode(), "text/html; charset=idna", "é"),
        ("é".encode(), "text/html; charset=undefined", "é"),
    ],
)
async def test_reads_text_in_every_charset(
    serve: Serve, body: bytes, content_type: str, text: str
) -> None:
    """As named, otherwise UTF-8: the text may be the only proof of what was taken."""
    transport = await serve(answer(body, f"Content-Type: {content_type}"))

    assert (await transport.request("GET", "")).text == text


async def test_unpacks_a_packed_answer(serve: Serve) -> None:
    """Servers pack what they say, asked or not."""
    transport = await serve(answer(gzip.compress(b"80"), "Content-Encoding: gzip"))

    assert (await transport.request("GET", "")).text == "80"


async def test_reads_no_more_than_an_answer_can_be(serve: Serve) -> None:
    """What is longer is cut, not kept in memory."""
    transport = await serve(answer(b"." * (MAXIMUM_ANSWER + 200_000)))

    assert len((await transport.request("GET", "")).text) == MAXIMUM_ANSWER


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/", "http://", "nowhere", ""])
async def test_an_address_that_is_none_was_never_reached(
    session: aiohttp.ClientSession, address: str
) -> None:
    """So nothing was sent."""
    transport = Transport(session, URL(address), PATIENCE)

    with pytest.raises(CannotConnectError):
        await transport.request("GET", "api.php")


@pytest.mark.parametrize("fault", [Fault.CUT_AFTER, Fault.STALL_BEFORE, None])
async def test_an_error_holds_no_address(
    simulator: Simulator, session: aiohttp.ClientSession, fault: Fault | None
) -> None:
    """Aiohttp's own exceptions do, and with some gateways it holds the password."""
    address = simulator.url("etech_keys") if fault else "ftp://127.0.0.1/"
    if fault:
        simulator.etech_keys.fail(fault)
    transport = Transport(session, URL(address), PATIENCE)

    with pytest.raises(GatewayError) as raised:
        await transport.request("GET", "api.php", query={"password": "secret"})

    assert raised.value.__context__ is None
    assert raised.value.__cause__ is None


async def test_a_closed_session_sends_nothing(simulator: Simulator) -> None:
    """Home Assistant is shutting down: the message is still here."""
    session = aiohttp.ClientSession()
    await session.close()
    transport = Transport(session, URL(simulator.url("etech_keys")), PATIENCE)

    with pytest.raises(CannotConnectError):
        await transport.request("GET", "api.php")

    assert simulator.etech_keys.requests == []


async def test_an_answer_tells_how_long_to_wait(serve: Serve) -> None:
    """Whatever its status; a date is compared with the answer's own."""
    in_seconds = await serve(answer(b"", "Retry-After: 90"))
    until = await serve(
        answer(
            b"",
            "Date: Wed, 10 Feb 2027 12:00:00 GMT",
            "Retry-After: Wed, 10 Feb 2027 12:05:00 GMT",
        )
    )

    assert (await in_seconds.request("GET", "")).retry_after == timedelta(seconds=90)
    assert (await until.request("GET", "")).retry_after == timedelta(minutes=5)


# --- the budget ---------------------------------------------------------------------


@pytest.fixture
def budget() -> RequestBudget:
    """Return a budget of five requests, one of which is kept for messages."""
    return RequestBudget(5)


async def test_one_too_many_is_never_made(
    simulator: Simulator, session: aiohttp.ClientSession, budget: RequestBudget
) -> None:
    """A question stops before the reserve, a message at the limit."""
    url = URL(simulator.url("etech_keys"))
    transport = Transport(session, url, PATIENCE, budget)
    for _ in range(4):
        await transport.request("GET", "api_credit.php")

    with pytest.raises(RateLimitedError):
        await transport.request("GET", "api_credit.php")
    await transport.request("GET", "api.php", purpose=Purpose.MESSAGE)
    with pytest.raises(RateLimitedError):
        await transport.request("GET", "api.php", purpose=Purpose.MESSAGE)

    assert len(simulator.etech_keys.requests) == 5


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/", "ftp://127.0.0.1/", ""])
async def test_what_never_left_is_given_back(
    session: aiohttp.ClientSession, budget: RequestBudget, address: str
) -> None:
    """An outage uses nothing up."""
    transport = Transport(session, URL(address), PATIENCE, budget)

    for _ in range(10):
        with pytest.raises(CannotConnectError) as raised:
            await transport.request("POST", "api.php", purpose=Purpose.MESSAGE)
        assert raised.value.__context__ is None

    assert budget.used == 0


async def test_what_tls_kept_back_is_given_back(
    simulator: Simulator,
    session: aiohttp.ClientSession,
    certificate: Path,
    budget: RequestBudget,
) -> None:
    """The request is written only over a connection that can be trusted."""
    async with served_over_tls(simulator.etech_keys, certificate) as secure:
        transport = Transport(session, URL(secure), PATIENCE, budget)
        with pytest.raises(TlsFailedError):
            await transport.request("GET", "api.php")

    assert budget.used == 0
    assert simulator.etech_keys.requests == []


@pytest.mark.parametrize("fault", Fault)
async def test_what_may_have_left_counts(
    simulator: Simulator,
    session: aiohttp.ClientSession,
    budget: RequestBudget,
    fault: Fault,
) -> None:
    """Whatever the gateway makes of it, and whatever is heard of that."""
    simulator.etech_keys.fail(fault)
    url = URL(simulator.url("etech_keys"))

    with contextlib.suppress(NoAnswerError):
        await Transport(session, url, PATIENCE, budget).request("GET", "api.php")

    assert budget.used == len(simulator.etech_keys.requests) == 1


async def test_what_is_given_up_counts(
    simulator: Simulator, session: aiohttp.ClientSession, budget: RequestBudget
) -> None:
    """Nobody waits any longer, and the gateway has it."""
    simulator.etech_keys.fail(Fault.STALL_AFTER)
    url = URL(simulator.url("etech_keys"))
    transport = Transport(session, url, PATIENCE, budget)
    request = asyncio.create_task(transport.request("GET", "api.php"))
    await simulator.etech_keys.until_asked("send")

    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request

    assert budget.used == 1
