"""What every simulated gateway has: an account, a ledger, faults and a script."""

from abc import ABC, abstractmethod
import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
import functools
import itertools
from typing import ClassVar, Final

from aiohttp import hdrs, web

from .credit import SimulatedCredit
from .faults import Fault
from .segments import billed_segments

type Handler = Callable[[web.Request], Awaitable[web.Response]]

PAGE: Final = "<!DOCTYPE html><html><body><h1>Bienvenue</h1></body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A message that was taken, and charged, for one recipient."""

    recipient: str
    """As the client wrote it."""
    text: str
    sender: str
    submission_id: str
    segments: int
    cost: int
    """Credits, charged by now or not."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedRequest:
    """A request as it came in."""

    operation: str
    method: str
    path: str
    """Under the gateway's base address."""
    query: dict[str, str]
    body: str
    headers: dict[str, str]
    at: datetime
    """By the gateway's time."""
    fault: Fault | None
    """What went wrong with it."""


@dataclass(slots=True, kw_only=True)
class _Planned:
    fault: Fault
    operation: str | None
    times: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scripted:
    response: web.Response
    operation: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A route: what is asked for, where, and who answers."""

    name: str
    """`send`, `balance` or another operation's name."""
    methods: tuple[str, ...]
    path: str
    """Under the gateway's base address."""
    handler: Handler


class SimulatedGateway(SimulatedCredit, ABC):
    """One gateway with one account, as its document describes it."""

    key: ClassVar[str]
    """The gateway's name in the catalogue, and its path in the simulator."""

    def __init__(self) -> None:
        """Open an account with a thousand credits."""
        super().__init__()
        self.username = "243161185"
        self.password = "s3cr&t+pa ss"
        self.api_key = "k3y-0f-th3-acc0unt"
        self.senders = {"MAISON"}
        """The senders that are registered, where the gateway asks for that."""
        self.serves: tuple[str, ...] = ("+",)
        """The first digits, in E.164, of the numbers that it sends to: others are wrong."""
        self.accepted: list[Acceptance] = []
        """Everything it took, in order: the judge of what was sent, and how often."""
        self.sent_elsewhere: list[Acceptance] = []
        """Everything that other users of the account sent, in order."""
        self.retry_after: str | None = None
        """The header of that name, of a scripted answer or one to too many requests."""
        self.requests: list[ReceivedRequest] = []
        """Everything it was asked, in order, whatever came of it."""
        self.seconds_to_answer: dict[str, float] = {}
        """How long it takes to answer an operation; what it takes, it takes at once."""
        self._planned: list[_Planned] = []
        self._scripted: deque[_Scripted] = deque()
        self._over = asyncio.Event()
        self._came_in = asyncio.Event()
        self._numbers = itertools.count(1)

    @abstractmethod
    def operations(self) -> tuple[Operation, ...]:
        """Return what the gateway answers to."""

    def fail(
        self, fault: Fault, *, operation: str | None = None, times: int | None = None
    ) -> None:
        """Show `fault` on the next `times` requests, or from now on, of an operation."""
        self._planned.append(_Planned(fault=fault, operation=operation, times=times))

    def answer_next(
        self,
        text: str | bytes,
        *,
        status: int = 200,
        content_type: str = "text/html",
        operation: str | None = None,
    ) -> None:
        """Answer the next request, or the next of an operation, with exactly this.

        Nothing else is done for that request. Octets go out without a charset's name.
        """
        self._scripted.append(
            _Scripted(
                response=web.Response(
                    text=text if isinstance(text, str) else None,
                    body=text if isinstance(text, bytes) else None,
                    status=status,
                    content_type=content_type,
                    headers=self._retry_after(),
                ),
                operation=operation,
            )
        )

    def heal(self) -> None:
        """Forget all faults, scripted answers and slowness."""
        self._planned.clear()
        self._scripted.clear()
        self.seconds_to_answer.clear()

    def release(self) -> None:
        """Answer every request that stalls, or takes its time, now; not later ones."""
        self._over.set()
        self._over = asyncio.Event()

    def asked(self, operation: str, *, since: datetime | None = None) -> int:
        """Return how many requests came in for an operation, at or after a time."""
        return sum(
            request.operation == operation and (since is None or request.at >= since)
            for request in self.requests
        )

    async def until_asked(self, operation: str) -> None:
        """Wait until a request comes in for an operation."""
        while not self.asked(operation):
            self._came_in.clear()
            await self._came_in.wait()

    def next_number(self) -> int:
        """Return a number that was not returned before, for ids."""
        return next(self._numbers)

    def take(
        self,
        *,
        recipient: str,
        text: str,
        sender: str,
        submission_id: str,
        segments: int,
        send_at: datetime | None = None,
    ) -> bool:
        """Take a message and charge it, if there is credit enough.

        `send_at` is when it is to be sent, if not at once.
        """
        cost = self.cost_of(recipient, segments)
        if not self.can_pay(cost):
            return False
        self.charge(cost, message_id=submission_id, send_at=send_at)
        self.accepted.append(
            Acceptance(
                recipient=recipient,
                text=text,
                sender=sender,
                submission_id=submission_id,
                segments=segments,
                cost=cost,
                at=self.now(),
            )
        )
        return True

    def send_elsewhere(self, recipient: str, text: str) -> None:
        """Let another user of the account send a text to an E.164 number.

        Raises:
            ValueError: there is not credit enough.

        """
        number, segments = self.local_number(recipient), self.segments_of(text)
        cost = self.cost_of(number, segments)
        if not self.can_pay(cost):
            raise ValueError("Not credit enough")
        self.charge(cost)
        self.sent_elsewhere.append(
            Acceptance(
                recipient=number,
                text=text,
                sender="BUREAU",
                submission_id=str(self.next_number()),
                segments=segments,
                cost=cost,
                at=self.now(),
            )
        )

    def local_number(self, recipient: str) -> str:
        """Return an E.164 number as clients of this gateway write it."""
        return recipient.removeprefix("+")

    def is_served(self, recipient: str) -> bool:
        """Return whether it sends to a number, as the client wrote it."""
        return self.international(recipient).startswith(self.serves)

    def segments_of(self, text: str) -> int:
        """Return how many SMS a text is billed as."""
        return billed_segments(text)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the simulator for this gateway."""
        return [
            web.route(
                method,
                f"/{self.key}/{operation.path}",
                functools.partial(self._serve, operation),
            )
            for operation in self.operations()
            for method in operation.methods
        ]

    async def _serve(
        self, operation: Operation, request: web.Request
    ) -> web.StreamResponse:
        """Answer with the gateway's own time, not the machine's."""
        response = await self._answered(operation, request)
        if not response.prepared:
            response.headers[hdrs.DATE] = self._time_header()
        return response

    def _time_header(self) -> str:
        return format_datetime(self.now().astimezone(UTC), usegmt=True)

    async def _answered(
        self, operation: Operation, request: web.Request
    ) -> web.StreamResponse:
        """Answer from the script, with a fault, or as the document says."""
        body = await request.text()
        scripted = self._next_scripted(operation.name)
        fault = self._next_fault(operation.name) if scripted is None else None
        self.requests.append(
            ReceivedRequest(
                operation=operation.name,
                method=request.method,
                path=operation.path,
                query=dict(request.query),
                body=body,
                headers=dict(request.headers),
                at=self.now(),
                fault=fault,
            )
        )
        self._came_in.set()
        if scripted is not None:
            return scripted
        if fault is None:
            response = await operation.handler(request)
            await self._take_time(operation.name)
            return response
        if fault.takes_the_message:
            response = await operation.handler(request)
        else:
            response = web.Response()
        return await self._show(fault, request, response)

    async def _take_time(self, operation: str) -> None:
        if seconds := self.seconds_to_answer.get(operation):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), seconds)

    def _retry_after(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"Retry-After": self.retry_after}

    def _next_scripted(self, operation: str) -> web.Response | None:
        for scripted in self._scripted:
            if scripted.operation in {None, operation}:
                self._scripted.remove(scripted)
                return scripted.response
        return None

    def _next_fault(self, operation: str) -> Fault | None:
        for planned in self._planned:
            if planned.operation not in {None, operation} or planned.times == 0:
                continue
            if planned.times is not None:
                planned.times -= 1
            return planned.fault
        return None

    async def _show(
        self, fault: Fault, request: web.Request, response: web.Response
    ) -> web.StreamResponse:
        match fault:
            case Fault.STALL_BEFORE | Fault.STALL_AFTER:
                await self._over.wait()
            case Fault.CUT_BEFORE | Fault.CUT_AFTER:
                _cut(request)
            case Fault.HALF_ANSWER:
                await _answer_half(request, response, self._time_header())
            case Fault.ERROR_500 | Fault.ERROR_500_AFTER:
                return web.Response(status=500, text=PAGE, content_type="text/html")
            case Fault.RATE_LIMITED:
                return web.Response(
                    status=429,
                    text=PAGE,
                    content_type="text/html",
                    headers=self._retry_after(),
                )
            case Fault.HTML:
                return web.Response(text=PAGE, content_type="text/html")
            case Fault.REDIRECT:
                return web.Response(status=302, headers={"Location": str(request.url)})
            case Fault.EMPTY:
                pass
        return web.Response()


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def _answer_half(request: web.Request, response: web.Response, date: str) -> None:
    whole = response.body if isinstance(response.body, bytes) else b"........"
    length = str(len(whole))
    half = web.StreamResponse(headers={hdrs.CONTENT_LENGTH: length, hdrs.DATE: date})
    await half.prepare(request)
    await half.write(whole[: len(whole) // 2])
    _cut(request)
