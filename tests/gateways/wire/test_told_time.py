"""What time it is at a gateway, by the header of its answers."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import example, given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    CannotConnectError,
    NoAnswerError,
)
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.wire.told_time import (
    ToldTime,
    read_dates,
)
from tests.gateways.stub_gateway import StubGateway

NOON_THERE = datetime(2027, 2, 10, 12, tzinfo=UTC)
NOON = "Wed, 10 Feb 2027 12:00:00 GMT"
MONTH = timedelta(days=30)
SECOND = timedelta(seconds=1)
MICROSECOND = timedelta.resolution


class Elapsed:
    """Elapsed time that passes when it is told to."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self.time = timedelta(days=3)

    def __call__(self) -> timedelta:
        """Return how much has elapsed."""
        return self.time


@pytest.fixture
def elapsed() -> Elapsed:
    """Return the time that has passed."""
    return Elapsed()


# --- the header ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "dates",
    [
        (),
        ("",),
        ("soon",),
        ("1802260800",),
        ("Wed, 99 Feb 2027 12:00:00 GMT",),
        (f"Wed, 10 Feb 2027 12:00:00 +{'9' * 40}",),
        ("Fri, 31 Dec 1999 23:59:59 GMT",),
        ("Wed, 01 Jan 2200 00:00:00 GMT",),
        ("Sun, 01 Jan 0068 00:00:00 GMT",),
        ("Thu, 10 Feb 12027 12:00:00 GMT",),
        ("Wed, 10 Abc 2027 12:00:00 GMT",),
        ("Wed, 10 Feb 2027 24:00:00 GMT",),
        (f"{NOON}\n",),
        # What servers must not write any more, or never were to.
        ("Wednesday, 10-Feb-27 12:00:00 GMT",),
        ("Wed Feb 10 12:00:00 2027",),
        ("Wed, 10 Feb 2027 13:00:00 +0100",),
        ("Wed, 10 Feb 2027 12:00:00",),
        # Nobody knows which of them was meant, also if they are alike.
        (NOON, NOON),
        (NOON, "soon"),
        (f"{NOON}, {NOON}",),
    ],
)
def test_what_makes_no_sense_tells_nothing(dates: tuple[str, ...]) -> None:
    """No guess is made."""
    assert read_dates(dates) is None


@given(st.datetimes(timezones=st.just(UTC)))
@example(datetime(2000, 1, 1, tzinfo=UTC))
@example(datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC))
def test_a_date_is_read_as_it_was_written(date: datetime) -> None:
    """To the second, if a calendar of now holds it."""
    date = date.replace(microsecond=0)
    written = format_datetime(date, usegmt=True)

    read = read_dates([written])

    assert read == (date if 2000 <= date.year < 2200 else None)
    assert read is None or read.tzinfo is UTC


@given(
    st.lists(
        st.one_of(
            st.text(),
            st.integers().map(str),
            st.text("0123456789:+- ,GMTWedFeb"),
            st.from_regex(
                r"[A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} [0-9]{1,5} "
                r"[0-9]{1,3}:[0-9]{2}:[0-9]{2} (GMT|[-+][0-9]{1,6})",
                fullmatch=True,
            ),
        ),
        max_size=2,
    )
)
def test_whatever_a_server_writes(dates: list[str]) -> None:
    """Nothing is raised; what is read is in UTC, and in a calendar of now."""
    read = read_dates(dates)

    assert read is None or (read.tzinfo is UTC and 2000 <= read.year < 2200)


# --- the time -----------------------------------------------------------------------


def test_nothing_was_told_yet(elapsed: Elapsed) -> None:
    """There is no time then."""
    assert ToldTime(elapsed).now() is None


def test_time_goes_on_there_as_it_does_here(elapsed: Elapsed) -> None:
    """For a month: then nobody knows any more."""
    told = ToldTime(elapsed)
    told.note([NOON])
    assert told.now() == NOON_THERE

    elapsed.time += MONTH

    assert told.now() == NOON_THERE + MONTH
    elapsed.time += MICROSECOND
    assert told.now() is None


def test_only_the_newest_answer_counts(elapsed: Elapsed) -> None:
    """Also if it is earlier by its own date, or tells none."""
    told = ToldTime(elapsed)
    told.note(["Wed, 10 Feb 2027 15:00:00 GMT"])
    elapsed.time += SECOND
    told.note([NOON])
    assert told.now() == NOON_THERE

    told.note([])

    assert told.now() is None


# --- a gateway's --------------------------------------------------------------------


class AskingGateway(StubGateway):
    """A gateway that is asked for something."""

    async def ask(self, path: str) -> None:
        """Ask for it."""
        await self._transport.request("GET", path)


@pytest.fixture
def dates() -> list[str]:
    """Return the dates that the server answers with."""
    return [NOON]


@pytest.fixture
async def server(dates: list[str]) -> AsyncIterator[TestServer]:
    """Return a server that answers with those dates, and then perhaps with no body."""

    async def handle(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(status=404)
        # Without one the server would write its own.
        answer.headers.extend([("Date", date) for date in dates or [""]])
        answer.content_length = 1
        await answer.prepare(request)
        if request.path == "/half" and request.transport is not None:
            request.transport.abort()
            return answer
        await answer.write(b"a")
        return answer

    application = web.Application()
    application.router.add_get("/{path:.*}", handle)
    server = TestServer(application)
    async with server:
        yield server


@pytest.fixture
def gateway(
    monkeypatch: pytest.MonkeyPatch,
    session: aiohttp.ClientSession,
    server: TestServer,
    elapsed: Elapsed,
) -> AskingGateway:
    """Return a gateway whose documented address is the server's."""
    monkeypatch.setattr(AskingGateway, "default_url", server.make_url("/"))
    return AskingGateway(session, Credentials(), elapsed=elapsed)


async def ask(gateway: AskingGateway, path: str = "") -> None:
    """Ask for something, whatever it is."""
    await gateway.ask(path)


async def test_a_gateway_tells_its_time(
    gateway: AskingGateway, elapsed: Elapsed
) -> None:
    """With every answer, also one that refuses."""
    assert gateway.time_there is None

    await ask(gateway)

    assert gateway.time_there == NOON_THERE
    elapsed.time += 90 * SECOND
    assert gateway.time_there == NOON_THERE + 90 * SECOND


async def test_half_an_answer_tells_the_time(gateway: AskingGateway) -> None:
    """It stands at its beginning."""
    with pytest.raises(NoAnswerError):
        await ask(gateway, "half")

    assert gateway.time_there == NOON_THERE


async def test_no_answer_leaves_the_time_as_it_was(
    gateway: AskingGateway, server: TestServer
) -> None:
    """An outage tells nothing new."""
    await ask(gateway)
    await server.close()

    with pytest.raises(CannotConnectError):
        await ask(gateway)

    assert gateway.time_there == NOON_THERE


@pytest.mark.parametrize("told", [["soon"], [NOON, NOON], []])
async def test_an_answer_that_tells_no_time(
    gateway: AskingGateway, dates: list[str], told: list[str]
) -> None:
    """What an earlier one has told isn't believed any more."""
    await ask(gateway)
    dates[:] = told

    await ask(gateway)

    assert gateway.time_there is None


async def test_another_address_tells_no_time(
    session: aiohttp.ClientSession, server: TestServer, elapsed: Elapsed
) -> None:
    """A proxy stands there perhaps, with a clock of its own."""
    gateway = AskingGateway(
        session, Credentials(), url=server.make_url("/"), elapsed=elapsed
    )

    await ask(gateway)

    assert gateway.time_there is None


async def test_another_client_knows_no_time_yet(
    gateway: AskingGateway, session: aiohttp.ClientSession, elapsed: Elapsed
) -> None:
    """What was learnt at the old address is forgotten."""
    await ask(gateway)

    gateway.become(AskingGateway(session, Credentials(), elapsed=elapsed))

    assert gateway.time_there is None
    await ask(gateway)
    assert gateway.time_there == NOON_THERE


@pytest.mark.parametrize("told", [[NOON], ["soon"], []])
async def test_the_first_answer_may_tell_the_time(
    gateway: AskingGateway, dates: list[str], told: list[str]
) -> None:
    """Whether it does or not: after that there is nothing to wait for."""
    dates[:] = told
    assert gateway.may_tell_time

    await ask(gateway)

    assert not gateway.may_tell_time


async def test_what_is_not_answered_has_not_told_the_time(
    gateway: AskingGateway, server: TestServer
) -> None:
    """The next answer may."""
    await server.close()

    with pytest.raises(CannotConnectError):
        await ask(gateway)

    assert gateway.may_tell_time


async def test_at_another_address_no_answer_tells_the_time(
    session: aiohttp.ClientSession, server: TestServer, elapsed: Elapsed
) -> None:
    """So nobody waits for it."""
    gateway = AskingGateway(
        session, Credentials(), url=server.make_url("/"), elapsed=elapsed
    )

    assert not gateway.may_tell_time
