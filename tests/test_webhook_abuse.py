"""Calls with delivery reports that no gateway would make."""

import asyncio
from dataclasses import replace
import gc
import logging
from time import perf_counter
import tracemalloc
from typing import Final

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.passerelle_sms import webhook
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.webhook import BODY_LIMIT
from homeassistant.core import HomeAssistant
from tests.conftest import MAMAN, PAPA, AccountMaker, warnings_logged
from tests.messages import Heard, send
from tests.pushed_reports import (
    ANYTHING,
    TOO_LONG,
    Caller,
    Client,
    call,
    codes,
    deliveries,
    path_of,
    statuses,
)
from tests.simulator import Simulator
from tests.simulator.devcodesms import SimulatedDevCodeSms
from tests.simulator.gateway import Acceptance

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def entry(simulator: Simulator, add_account: AccountMaker) -> MockConfigEntry:
    """Return a loaded account whose gateway sends delivery reports."""
    return await add_account(simulator.devcodesms)


@pytest.fixture
async def client(
    entry: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator
) -> Client:
    """Return somebody on the internet who calls the house."""
    return await hass_client_no_auth()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"OK", id="no JSON"),
        pytest.param(ANYTHING[:-1], id="cut off"),
        pytest.param(b"DELIVRD", id="a word"),
        pytest.param(b"1", id="a number"),
        pytest.param(b"{}", id="an empty object"),
        pytest.param(b'{"dlrlist": "DELIVRD"}', id="no list"),
        pytest.param(
            ANYTHING.replace(b'"1"', b"[" * 9999 + b"]" * 9999), id="nested too deep"
        ),
        pytest.param(b"[" * BODY_LIMIT, id="built to harm"),
        pytest.param(b"9" * BODY_LIMIT, id="a long number"),
    ],
)
async def test_what_is_malformed(
    entry: MockConfigEntry,
    client: Client,
    caplog: pytest.LogCaptureFixture,
    body: bytes,
) -> None:
    """It is refused, the connection ends, and nobody is bothered with it."""
    answer = await call(client, entry, body)

    assert answer.status == 400
    assert answer.headers["Connection"] == "close"
    assert await answer.read() == b""
    assert warnings_logged(caplog) == []


@pytest.mark.parametrize(
    "row",
    [
        '"DELIVRD"',
        '{"messageid": ' + "[" * 9 + "]" * 9 + "}",
        '{"messageid": "\\ud800", "mobileno": "\\ud800", "status": "DELIVRD"}',
        '{"messageid": 1e999, "mobileno": NaN, "status": true, "reponsecode": null}',
    ],
)
async def test_a_row_that_says_nothing(
    entry: MockConfigEntry,
    client: Client,
    caplog: pytest.LogCaptureFixture,
    row: str,
) -> None:
    """It isn't taken, whatever it holds."""
    answer = await call(client, entry, f'{{"dlrlist": [{row}]}}')

    assert await codes(answer) == [0]
    assert warnings_logged(caplog) == []


async def test_what_is_too_long(entry: MockConfigEntry, client: Client) -> None:
    """It is refused at the limit, and the connection ends."""
    just_right = ANYTHING.ljust(BODY_LIMIT)
    assert await codes(await call(client, entry, just_right)) == [0]

    answer = await call(client, entry, TOO_LONG)

    assert answer.status == 413
    assert answer.headers["Connection"] == "close"


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        pytest.param("Content-Length: 9999", ANYTHING, 408, id="less than told"),
        pytest.param(
            "Content-Length: 9999999999", TOO_LONG, 413, id="more than is taken"
        ),
        pytest.param(
            "Transfer-Encoding: chunked", b"5\r\n12345\r\n", 408, id="no last chunk"
        ),
        pytest.param(
            "Transfer-Encoding: chunked",
            f"{len(TOO_LONG):x}\r\n".encode() + TOO_LONG,
            413,
            id="a long chunk",
        ),
        pytest.param("Content-Length: 5", ANYTHING, 400, id="more than told"),
    ],
)
async def test_what_lies_about_its_length(
    entry: MockConfigEntry,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    headers: str,
    body: bytes,
    status: int,
) -> None:
    """It is waited for, but not for long, and never more than the limit is kept."""
    monkeypatch.setattr(webhook, "BODY_SECONDS", 0.05)
    caller = Caller(client, entry)
    await caller.begin(headers, body)

    assert await caller.answer() == status

    await caller.hang_up()
    assert await codes(await call(client, entry, ANYTHING)) == [0]
    assert warnings_logged(caplog) == []


async def test_what_cannot_be_unpacked(entry: MockConfigEntry, client: Client) -> None:
    """It tells nothing."""
    answer = await client.post(
        path_of(entry), data=ANYTHING, headers={"Content-Encoding": "gzip"}
    )

    assert answer.status == 400


async def test_who_hangs_up(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    client: Client,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Who is gone in the middle has said nothing, and that is nothing to report."""
    caller = Caller(client, entry)
    await caller.begin("Content-Length: 9999\r\nExpect: 100-continue", ANYTHING)
    assert await caller.answer() == 100

    await caller.hang_up()

    assert await codes(await call(client, entry, ANYTHING)) == [0]
    await hass.async_block_till_done()
    assert warnings_logged(caplog) == []


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD"])
async def test_other_ways_to_call(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    client: Client,
    caplog: pytest.LogCaptureFixture,
    method: str,
) -> None:
    """They do nothing, and nobody writes the secret address into a log."""
    await send(hass, entry)
    report = simulator.devcodesms.delivery_report(simulator.devcodesms.accepted)

    answer = await client.request(method, path_of(entry), data=report)

    assert answer.status == 405
    assert await statuses(entry) == {MAMAN: DeliveryStatus.PENDING}
    told = [r.getMessage() for r in caplog.records if r.levelno > logging.DEBUG]
    # What a server writes about every request is the user's own to switch on.
    ours = [line for line in told if not line.startswith("127.0.0.1")]
    assert not any(entry.data["webhook_id"] in line for line in ours)


# --- a flood ----------------------------------------------------------------------

# As many reports as a call can hold, so many times: ten thousand forged ones.
REPORTS_A_CALL: Final = 200
CALLS: Final = 50


class Heartbeat:
    """Measures the longest time in which nothing else could happen."""

    def __init__(self) -> None:
        """Begin to beat."""
        self.longest_gap = 0.0
        self._last = perf_counter()
        self._timer = asyncio.get_running_loop().call_later(0.01, self._beat)

    def stop(self) -> None:
        """Beat no more."""
        self._timer.cancel()

    def _beat(self) -> None:
        now = perf_counter()
        self.longest_gap = max(self.longest_gap, now - self._last)
        self._last = now
        self._timer = asyncio.get_running_loop().call_later(0.01, self._beat)


class Flood:
    """Calls in a row over one connection, as fast as they are answered."""

    def __init__(
        self, client: Client, entry: MockConfigEntry, simulated: SimulatedDevCodeSms
    ) -> None:
        """Aim at an account that has sent to Maman, delivered, and Papa, under way."""
        # The client of the tests would keep every answer.
        self._session = client.session
        self._url = client.make_url(path_of(entry))
        self._simulated = simulated
        self._maman, self._papa = simulated.accepted

    async def rush(self, calls: int) -> None:
        """Call so many times with each kind of nonsense."""
        repeated = self._simulated.delivery_report([self._maman] * REPORTS_A_CALL)
        for number in range(calls):
            forged = self._simulated.delivery_report(self._forged(number))
            assert await self._call(forged) == [0] * REPORTS_A_CALL
            assert await self._call(repeated) == [1] * REPORTS_A_CALL
            assert await self._call(forged[: -number - 1], status=400) == []
            assert await self._call(f"{forged:{2 * BODY_LIMIT}}", status=413) == []

    def _forged(self, number: int) -> list[Acceptance]:
        """Return reports that nearly fit: an id for the wrong number, or the reverse."""
        known = self._papa.submission_id
        return [
            replace(self._papa, submission_id=f"{known[:-8]}{number:04}{row:04}")
            if row % 2
            else replace(self._papa, recipient=f"+2376{number:04}{row:04}")
            for row in range(REPORTS_A_CALL)
        ]

    async def _call(self, body: str, *, status: int = 200) -> list[int]:
        async with self._session.post(self._url, data=body) as answer:
            assert answer.status == status
            return await codes(answer) if status == 200 else []


@pytest.fixture
async def flood(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    client: Client,
) -> Flood:
    """Return a flood that is about to come, for an account that has sent something."""
    simulated = simulator.devcodesms
    await send(hass, entry, target=["Maman", "Papa"])
    report = simulated.delivery_report(simulated.accepted[:1])
    assert await codes(await call(client, entry, report)) == [1]
    await hass.async_block_till_done()
    return Flood(client, entry, simulated)


async def test_nothing_in_a_flood_is_believed(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    flood: Flood,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Forged, repeated, malformed and too long reports: meanwhile the house lives on."""
    heard = Heard(hass)
    known = await deliveries(entry)
    heartbeat = Heartbeat()
    begun = perf_counter()

    await flood.rush(CALLS)

    heartbeat.stop()
    assert perf_counter() - begun < 60
    assert heartbeat.longest_gap < 0.5
    assert await deliveries(entry) == known
    assert await statuses(entry) == {
        MAMAN: DeliveryStatus.DELIVERED,
        PAPA: DeliveryStatus.PENDING,
    }
    assert heard.all == []
    assert warnings_logged(caplog) == []


async def test_a_flood_leaves_nothing_behind(flood: Flood) -> None:
    """The memory that it takes is given back, and never much."""
    await flood.rush(1)
    gc.collect()
    tracemalloc.start()

    await flood.rush(5)

    gc.collect()
    kept, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1_000_000
    assert most < 5_000_000
