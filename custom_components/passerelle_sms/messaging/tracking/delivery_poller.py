"""Asks where messages are: about many at once, less and less often."""

import asyncio
from collections.abc import Awaitable, Callable, Container, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from ...gateways.abilities.delivery import TellsDeliveryOnce, TracksDelivery
from ...gateways.errors import UnknownMessageError
from ...gateways.gateway import Gateway
from ...gateways.model.delivery import DeliveryReport
from ..runtime.clock import Clock
from .age import Ages
from .pending_deliveries import PendingDeliveries, PendingDelivery
from .poller import HORIZON, SHORTEST_INTERVAL, next_look

# How soon it is asked again while somebody waits for the answer.
SOONEST: Final = timedelta(seconds=5)

type Hear = Callable[[Sequence[DeliveryReport]], Awaitable[None]]
type GiveUp = Callable[[Sequence[PendingDelivery]], Awaitable[None]]


class DeliveryPoller:
    """What of the awaited deliveries is asked about, and when."""

    def __init__(
        self,
        gateway: Gateway,
        awaited: PendingDeliveries,
        ages: Ages,
        clock: Clock,
        *,
        hear: Hear,
        give_up: GiveUp,
        hurried: Container[str],
    ) -> None:
        """Ask `gateway` about what is `awaited`.

        `hear` takes what it tells, `give_up` what will never be told; messages that are
        `hurried` are asked about sooner.
        """
        self._gateway: TracksDelivery | None = (
            gateway if isinstance(gateway, TracksDelivery) else None
        )
        self._awaited = awaited
        self._ages = ages
        self._clock = clock
        self._hear = hear
        self._give_up = give_up
        self._hurried = hurried
        # What is told once must be heard in the order in which it is told.
        self._asking = asyncio.Lock()
        self.ask_elsewhere: Callable[[], Awaitable[None]] | None = None
        """Asks for all news where that is another's to do; it hands on what is ours."""

    def plan(self, one: PendingDelivery) -> None:
        """Ask about something for the first time, but not before it is sent."""
        age = self._ages.age(one.since)
        self._look_after(one, max(-age, self._shortest(one)))

    def replan(self) -> None:
        """Plan anew what a set clock has brought nearer, or moved away."""
        for one in self._awaited:
            if isinstance(one.since, datetime):
                self.plan(one)

    def hurry(self, message_id: str) -> None:
        """Ask soon about a message that somebody waits for."""
        for one in self._awaited.of(message_id):
            planned = self._awaited.schedule.get(one.key)
            wait = max(-self._ages.age(one.since), SOONEST)
            if planned is None or planned > self._clock.elapsed() + wait:
                self._look_after(one, wait)

    async def ask_what_is_due(self) -> None:
        """Make one request, about what has waited longest; raises `GatewayError`."""
        late: list[PendingDelivery] = []
        group: Sequence[PendingDelivery] = ()
        tells_once = isinstance(self._gateway, TellsDeliveryOnce)
        for one in self._take_due():
            if self._ages.age(one.since) >= HORIZON:
                late.append(one)
                continue
            # Before it is asked, so that one failure doesn't hold up the others.
            self._put_off(one)
            if (group := self._group_of(one)) and not tells_once:
                break
        for one in late:
            self._put_off(one)
        await self._give_up([one for one in late if not one.may_have_left])
        if tells_once and group:
            await self.ask_for_all()
        elif group:
            await self._ask_about_group(group)

    async def ask_about(self, message_id: str, number: str | None) -> None:
        """Ask now about a message, or one of its recipients; raises `GatewayError`."""
        wanted = [
            one
            for one in self._awaited.of(message_id)
            if number in {None, one.sent.recipient}
        ]
        for group in self._groups(wanted):
            await self._ask_about_group(group)

    async def ask_for_all(self) -> None:
        """Ask now for everything that is new, where one request tells it.

        Raises:
            GatewayError: of the kind that says why there is no answer.

        """
        if self.ask_elsewhere is not None:
            await self.ask_elsewhere()
        elif isinstance(self._gateway, TellsDeliveryOnce):
            async with self._asking:
                await self._hear(await self._gateway.new_deliveries())

    def _take_due(self) -> Iterator[PendingDelivery]:
        """Yield what is due, and is nowhere in the schedule until it is put off."""
        for key in self._awaited.schedule.take_due(self._clock.elapsed()):
            if (one := self._awaited.get(key)) is not None:
                yield one

    def _group_of(self, one: PendingDelivery) -> Sequence[PendingDelivery]:
        """Return what one request tells about, this one included; nothing if none does."""
        if isinstance(self._gateway, TellsDeliveryOnce):
            return (one,)
        near = self._awaited.with_same_id(one) or (one,)
        return next((group for group in self._groups(near) if one in group), ())

    def _groups(self, wanted: Iterable[PendingDelivery]) -> list[list[PendingDelivery]]:
        """Return what can be asked about, by request."""
        if self._gateway is None:
            return []
        by_sent = {one.sent: one for one in wanted if not one.may_have_left}
        groups = self._gateway.delivery_requests([*by_sent])
        return [[by_sent[sent] for sent in group] for group in groups]

    async def _ask_about_group(self, group: Sequence[PendingDelivery]) -> None:
        assert self._gateway is not None
        for one in group:
            self._put_off(one)
        if self.ask_elsewhere is not None:
            await self.ask_elsewhere()
            return
        async with self._asking:
            try:
                reports = await self._gateway.delivery([one.sent for one in group])
            except UnknownMessageError:
                await self._give_up(group)
            else:
                await self._hear(reports)

    def _put_off(self, one: PendingDelivery) -> None:
        """Ask about something again after as long again as it is old."""
        wait = next_look(self._ages.age(one.since), self._shortest(one))
        self._look_after(one, wait)

    def _look_after(self, one: PendingDelivery, wait: timedelta) -> None:
        """Look at something after a while: what is never asked about, to give it up."""
        if not self._is_asked_about(one):
            if one.may_have_left:
                return
            wait = max(HORIZON - self._ages.age(one.since), timedelta())
        self._awaited.schedule.set(one.key, self._clock.elapsed() + wait)

    def _shortest(self, one: PendingDelivery) -> timedelta:
        return SOONEST if one.message_id in self._hurried else SHORTEST_INTERVAL

    def _is_asked_about(self, one: PendingDelivery) -> bool:
        if isinstance(self._gateway, TellsDeliveryOnce):
            # It may also tell of what nobody knows whether it left.
            return self._ages.age(one.since) < HORIZON
        return self._gateway is not None and not one.may_have_left
