"""One HTTP request: sent once, followed nowhere, and silent about its secrets."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Final

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, hdrs
from yarl import URL

from ..errors import CannotConnectError, GatewayError, NoAnswerError, TlsFailedError
from .charset import decode
from .elapsed_time import time_since_boot
from .purpose import Purpose
from .request_budget import RequestBudget
from .retry_after import read_retry_after
from .silence import says_nothing
from .told_time import ToldTime

type Json = str | int | float | bool | None | Sequence[Json] | Mapping[str, Json]

# No gateway's answer comes near this; what is longer is a page, or an attack.
MAXIMUM_ANSWER: Final = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long to wait, in seconds."""

    connect: float = 15
    """For the name, the connection and TLS together: nothing has been sent yet."""
    read: float = 30
    """For the next byte of the answer."""
    total: float = 90
    """For everything."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the gateway answered."""

    status: int
    text: str = field(repr=False)
    retry_after: timedelta | None = None
    """How long it asks to wait before the next request."""

    @cached_property
    def is_silent(self) -> bool:
        """Whether it says nothing of its own beside its status."""
        return says_nothing(self.text, self.status)


class Transport:
    """Carries requests to one gateway.

    What is raised is always a `GatewayError` without context: aiohttp's own
    exceptions hold the address, and with some gateways the address holds the password.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: URL,
        timeouts: Timeouts,
        budget: RequestBudget | None = None,
        elapsed: Callable[[], timedelta] = time_since_boot,
    ) -> None:
        """Use `session` for requests under `base_url`, as many as `budget` allows.

        `elapsed` tells how much time passes since an answer.
        """
        self._session = session
        self._base_url = base_url
        self._timeouts = timeouts
        self._budget = budget
        self.told_time: Final = ToldTime(elapsed)
        """What time it is there, as the newest answer tells."""

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        json: Mapping[str, Json] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        purpose: Purpose = Purpose.QUESTION,
    ) -> Answer:
        """Send one request, once, and return the answer whatever its status.

        `purpose` is what the request is made for: the budget keeps requests from
        questions, for renewals and for messages.

        Raises:
            CannotConnectError, TlsFailedError, RateLimitedError: nothing was written.
            NoAnswerError: it was written, and no whole answer came back.

        """
        if self._session.closed:
            # The house is shutting down.
            raise CannotConnectError
        with self._counting(purpose):
            result = await self._receive(
                self._session.request(
                    method,
                    self._base_url.joinpath(path),
                    params=query,
                    data=form if form is not None else body,
                    json=json,
                    # Without keep-alive no request meets a connection that is just
                    # closing.
                    headers={**(headers or {}), hdrs.CONNECTION: "close"},
                    allow_redirects=False,
                    middlewares=(_OnceOnly(),),
                    timeout=aiohttp.ClientTimeout(
                        connect=self._timeouts.connect,
                        sock_connect=self._timeouts.connect,
                        sock_read=self._timeouts.read,
                    ),
                )
            )
            if isinstance(result, GatewayError):
                raise result
        return result

    def _counting(self, purpose: Purpose) -> AbstractContextManager[None]:
        if self._budget is None:
            return nullcontext()
        return self._budget.counting(purpose)

    async def _receive(
        self, request: AbstractAsyncContextManager[ClientResponse]
    ) -> Answer | GatewayError:
        """Return the answer or the failure; raised here, it would hold the address."""
        try:
            async with asyncio.timeout(self._timeouts.total), request as response:
                self.told_time.note(response.headers.getall(hdrs.DATE, []))
                return Answer(
                    status=response.status,
                    text=await _read(response),
                    retry_after=read_retry_after(response.headers),
                )
        except aiohttp.ClientSSLError:
            return TlsFailedError()
        except (
            aiohttp.ClientConnectorError,
            aiohttp.ConnectionTimeoutError,
            aiohttp.InvalidURL,
            aiohttp.NonHttpUrlClientError,
        ):
            return CannotConnectError()
        except aiohttp.ClientError, TimeoutError:
            return NoAnswerError()


class _OnceOnly:
    """Lets a request through once: aiohttp repeats a GET whose connection drops."""

    def __init__(self) -> None:
        self._sent = False

    async def __call__(
        self, request: ClientRequest, handler: ClientHandlerType
    ) -> ClientResponse:
        if self._sent:
            raise aiohttp.ServerDisconnectedError
        self._sent = True
        # The session is shared: two accounts at one gateway must not share a login.
        request.headers.popall(hdrs.COOKIE, None)
        return await handler(request)


async def _read(response: aiohttp.ClientResponse) -> str:
    """Return the body as text, as far as the bound goes."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        body += chunk
        if len(body) > MAXIMUM_ANSWER:
            break
    return decode(bytes(body[:MAXIMUM_ANSWER]), response.charset)
