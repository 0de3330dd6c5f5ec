"""Asks where messages are: about many at once, less and less often."""

import asyncio
from collections.abc import Awaitable, Callable, Container, Sequence
from datetime import datetime, timedelta
from typing import Final

from ...gateways.abilities.delivery import TellsDeliveryOnce, TracksDelivery
from ...gateways.errors import UnknownMessageError
from ...gateways.gateway import Gateway
from ...gateways.model.delivery import DeliveryReport, Sent
from ..runtime.clock import Clock
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
        clock: Clock,
        *,
        hear: Hear,
        give_up: GiveUp,
        prioritised: Container[str],
    ) -> None:
        """Ask `gateway` about what is `awaited`.

        `hear` takes what it tells, `give_up` what will never be told; messages that are
        `hurried` are asked about sooner.
        """
        self._gateway: TracksDelivery | None = (
            gateway if isinstance(gateway, TracksDelivery) else None
        )
        self._awaited = awaited
        self._clock = clock
        self._hear = hear
        self._give_up = give_up
        self._hurried = prioritised
        # What is told once must be heard in the order in which it is told.
        self._asking = asyncio.Lock()

    def due(self) -> datetime | None:
        """Return when there is something to ask, or to give up."""
        return min(
            (
                one.due if self._is_asked_about(one) else one.since + HORIZON
                for one in self._awaited
                if self._is_asked_about(one) or not one.may_have_left
            ),
            default=None,
        )

    async def ask_what_is_due(self) -> None:
        """Make one request, about those that have waited longest; raises `GatewayError`."""
        now = self._clock.now()
        late = [
            one
            for one in self._awaited
            if now - one.since >= HORIZON and not one.may_have_left
        ]
        await self._give_up(late)
        due = sorted(
            (
                one
                for one in self._awaited
                if self._is_asked_about(one) and one.due <= now
            ),
            key=lambda one: one.due,
        )
        if self._gateway is None or not due:
            return
        if isinstance(self._gateway, TellsDeliveryOnce):
            self._ask_later(due)
            await self.ask_for_all()
        else:
            await self._ask_first_group(self._gateway, due)

    async def ask_about(self, message_id: str, number: str | None) -> None:
        """Ask now about a message, or one of its recipients; raises `GatewayError`."""
        gateway = self._gateway
        if gateway is None:
            return
        wanted = [
            one
            for one in self._awaited.of(message_id)
            if not one.may_have_left and number in {None, one.sent.recipient}
        ]
        self._ask_later(wanted)
        for group in gateway.delivery_requests([one.sent for one in wanted]):
            await self._ask_about_group(gateway, group)

    async def ask_for_all(self) -> None:
        """Ask now for everything that is new, where one request tells it.

        Raises:
            GatewayError: of the kind that says why there is no answer.

        """
        if isinstance(self._gateway, TellsDeliveryOnce):
            async with self._asking:
                await self._hear(await self._gateway.new_deliveries())

    def retry_now(self, message_id: str) -> None:
        """Ask soon about a message that somebody waits for."""
        soon = self._clock.now() + SOONEST
        for one in self._awaited.of(message_id):
            one.due = min(one.due, max(one.since, soon))

    async def _ask_first_group(
        self, gateway: TracksDelivery, due: Sequence[PendingDelivery]
    ) -> None:
        groups = gateway.delivery_requests([one.sent for one in due])
        asked = set(groups[0]) if groups else set()
        # What has no id can't be asked about: it must not be due again and again.
        askable = {sent for group in groups for sent in group}
        self._ask_later([o for o in due if o.sent in asked or o.sent not in askable])
        if groups:
            await self._ask_about_group(gateway, groups[0])

    async def _ask_about_group(
        self, gateway: TracksDelivery, group: Sequence[Sent]
    ) -> None:
        async with self._asking:
            try:
                reports = await gateway.delivery(group)
            except UnknownMessageError:
                unknown = [one for one in self._awaited if one.sent in group]
                await self._give_up(unknown)
            else:
                await self._hear(reports)

    def _ask_later(self, asked: Sequence[PendingDelivery]) -> None:
        """See to it, before it is asked, that one failure doesn't hold up the others."""
        now = self._clock.now()
        for one in asked:
            is_hurried = one.message_id in self._hurried
            shortest = SOONEST if is_hurried else SHORTEST_INTERVAL
            one.due = next_look(one.since, now, shortest)

    def _is_asked_about(self, one: PendingDelivery) -> bool:
        if isinstance(self._gateway, TellsDeliveryOnce):
            # It may also tell of what nobody knows whether it left.
            return self._clock.now() - one.since < HORIZON
        return self._gateway is not None and not one.may_have_left
