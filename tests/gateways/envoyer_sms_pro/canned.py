"""A session that answers every request with the same octets, without a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import aiohttp
from multidict import CIMultiDict

from custom_components.passerelle_sms.gateways.envoyer_sms_pro import EnvoyerSmsPro
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.wire.request_budget import RequestBudget


@dataclass(slots=True, kw_only=True)
class _Response:
    status: int
    body: bytes
    charset: str | None
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict)

    @property
    def content(self) -> _Response:
        return self

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        for start in range(0, len(self.body), size):
            yield self.body[start : start + size]


@dataclass(slots=True, kw_only=True)
class _Session:
    response: _Response
    closed: bool = False

    @asynccontextmanager
    async def request(
        self, method: str, url: object, **options: object
    ) -> AsyncIterator[_Response]:
        yield self.response


def answered_by(
    body: bytes, *, status: int = 200, charset: str | None = None
) -> EnvoyerSmsPro:
    """Return a client whose gateway always answers with this."""
    session = _Session(response=_Response(status=status, body=body, charset=charset))
    return EnvoyerSmsPro(
        cast("aiohttp.ClientSession", session),
        Credentials(username="0612345678", password="s3cr&t+pa ss"),
        sender="MAISON",
        budget=RequestBudget(100_000),
    )
