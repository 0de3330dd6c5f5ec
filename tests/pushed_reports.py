"""Calls with delivery reports, and what an account makes of them."""

import asyncio
from typing import Final

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.messaging.journal.journal import JournalQuery
from custom_components.passerelle_sms.messaging.model.failure import DeliveryState
from custom_components.passerelle_sms.webhook import BODY_LIMIT
from homeassistant.config_entries import ConfigEntry

type Client = TestClient[Request, Application]

TOO_LONG: Final = b" " * (BODY_LIMIT + 1)
ANYTHING: Final = b'{"dlrlist": [{"messageid": "1", "status": "DELIVRD"}]}'


def path_of(entry: ConfigEntry) -> str:
    """Return where the gateway of an account calls."""
    return f"/api/webhook/{entry.data['webhook_id']}"


async def call(client: Client, entry: ConfigEntry, body: str | bytes) -> ClientResponse:
    """Call as the gateway does."""
    return await client.post(
        path_of(entry), data=body, headers={"Content-Type": "application/json"}
    )


async def codes(answer: ClientResponse) -> list[int]:
    """Return what an answer says about each report: 1 for taken, 0 for not."""
    assert answer.status == 200
    return [row["reponsecode"] for row in (await answer.json())["dlrlist"]]


async def deliveries(entry: MockConfigEntry) -> dict[str, DeliveryState | None]:
    """Return what the journal knows of all deliveries of one message, by number."""
    [record] = await entry.runtime_data.journal.find(JournalQuery(limit=1))
    return {
        submission.recipient.number: submission.delivery
        for submission in record.submissions
    }


async def statuses(entry: MockConfigEntry) -> dict[str, DeliveryStatus | None]:
    """Return where all submissions of one message are, by number."""
    return {
        number: None if delivery is None else delivery.status
        for number, delivery in (await deliveries(entry)).items()
    }


class Caller:
    """A caller who writes what no HTTP library would."""

    def __init__(self, client: Client, entry: MockConfigEntry) -> None:
        """Prepare a call; nothing is sent yet."""
        self._client = client
        self._path = path_of(entry)

    async def begin(self, headers: str, body: bytes) -> None:
        """Send headers and the beginning of a body."""
        self._reader, self._writer = await asyncio.open_connection(
            self._client.host, self._client.port
        )
        head = f"POST {self._path} HTTP/1.1\r\nHost: maison\r\n{headers}\r\n\r\n"
        self._writer.write(head.encode() + body)
        await self._writer.drain()

    async def answer(self) -> int:
        """Return the status of the answer."""
        async with asyncio.timeout(10):
            line = await self._reader.readline()
        return int(line.split()[1])

    async def hang_up(self) -> None:
        """Be gone."""
        self._writer.close()
        await self._writer.wait_closed()
