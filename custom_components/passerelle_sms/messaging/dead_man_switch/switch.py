"""A dead man's switch: armed and disarmed by its user, renewed by a living house."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from ...gateways.errors import GatewayError, NotCancellableError
from ..runtime.clock import Alarm, Clock
from ..runtime.tasks import Tasks
from .carrier import Carriers
from .changes import with_follow_up
from .observer import Reason, SwitchObserver, SwitchStatus
from .plan import SwitchPlan
from .proof import prove
from .renewal import is_pressing, next_look, time_left
from .renewer import Renewer
from .rows import SwitchRows
from .standing import FollowUp, Standing, SwitchState
from .status import may_be_sent, status_of

type Work[Result] = Callable[[], Coroutine[object, object, Result]]

_SOONEST: Final = timedelta(seconds=1)


class DeadManSwitch:
    """Keeps a message standing at a gateway while it is armed, and puts it off.

    Whatever is begun goes on to its end even if who asked for it is cancelled, and one
    thing after the other.
    """

    def __init__(
        self,
        switch_id: str,
        plan: SwitchPlan,
        carriers: Carriers,
        rows: SwitchRows,
        clock: Clock,
        observer: SwitchObserver,
    ) -> None:
        """Know nothing yet: `load` tells what an earlier run knew."""
        self.switch_id = switch_id
        self._renewer = Renewer(switch_id, plan, carriers, rows, clock)
        self._clock = clock
        self._carriers = carriers
        self._observer = observer
        self._alarm = Alarm(clock, self.review)
        self._lock = asyncio.Lock()
        self._tasks = Tasks()
        self._is_started = self._is_stopped = self._is_restored = False
        self._is_forgotten = self._is_another_plan = False
        self._stop_following_clock = clock.on_shift(self._on_shift)

    @property
    def plan(self) -> SwitchPlan:
        """What it is to do."""
        return self._renewer.plan

    @property
    def state(self) -> SwitchState:
        """What is known of what stands."""
        return self._renewer.state

    @property
    def status(self) -> SwitchStatus:
        """How it stands."""
        renewer = self._renewer
        return status_of(renewer.state, renewer.situation, renewer.circumstances)

    @property
    def is_over(self) -> bool:
        """Whether it is disarmed, nothing stands any more, and nobody is to be told."""
        return not self.state.is_armed and self.state.is_empty

    # --- its life -----------------------------------------------------------------------

    async def load(self, *, may_be_lost: bool = False) -> None:
        """Take up what an earlier run knew, before the accounts are asked for a balance.

        One without a row is a new one, unless it `may_be_lost`, and armed in any case.

        Raises:
            NotStoredError: the row can't be read.

        """
        self._is_restored = await self._renewer.load(may_be_lost=may_be_lost)
        # Before any balance is told: what stands may have been charged.
        for message in self.state.standing:
            if (carrier := self._carriers.get(message.account)) is not None:
                carrier.note_standing(message)

    def start(self) -> None:
        """Begin to renew, in the background: first what stands from an earlier run."""
        self._is_started = True
        self.review()

    def apply(self, plan: SwitchPlan) -> None:
        """Go by what its user says now: what stands is replaced if that is another thing."""
        if plan == self.plan:
            return
        self._renewer.plan = plan
        # What is short by this one was in time by the other.
        self._is_another_plan = True
        self._renewer.renew_now()
        self.review()

    def review(self) -> None:
        """Look again what is to be done: time has passed, or an account came or went."""
        if self._is_started and not self._is_stopped:
            self._tasks.spawn(self._in_turn(self._look))

    def retry(self) -> None:
        """Try at once what waits because it has failed: an account works again."""
        self._renewer.pauses.end_all()
        self.review()

    async def renew_before_stop(self) -> None:
        """Renew once more, so that the whole delay is left to come back in."""
        if self._is_started and self.state.is_armed:
            self._renewer.renew_now()
            await self._do(self._look)

    async def stop(self) -> None:
        """Do nothing more; what stands goes on standing."""
        self._is_stopped = True
        self._alarm.set(None)
        self._stop_following_clock()
        await self._tasks.join()

    # --- what its user asks for -----------------------------------------------------------

    async def prove(self) -> None:
        """Let the gateway keep a message and take it back, before that is relied on.

        Raises:
            GatewayError: it doesn't do one of them, or no account is there.

        """
        await self._do(self._prove)

    async def arm(self) -> None:
        """Prove that the gateway does what it must, and let a message stand for whom it may.

        Raises:
            GatewayError: of the kind that says why it is for nobody; it is disarmed then.

        """
        if not self.state.is_armed:
            await self._do(self._arm)

    async def disarm(self) -> None:
        """Take back what stands.

        Raises:
            GatewayError: not all could be taken back; it is disarmed, and that tried on.

        """
        for message in await self._do(self._disarm):
            raise _error_of(message)

    async def leave(self, account: str) -> tuple[Standing, ...]:
        """Take back what stands at an account that goes; return what still does.

        Where another account is available, it stands there before. The one that goes is
        not available any more, but still there.
        """
        return await self._do(partial(self._leave, account))

    async def end(self) -> None:
        """Take back what stands, for good: tried on, until nothing stands and it is forgotten."""
        self._is_forgotten = True
        await self._do(self._disarm)

    async def withdraw(self) -> None:
        """Take back what stands for now: its account or relay goes, and may come back.

        It stays armed, or disarmed. An armed one leaves no row if nothing else is left.
        """
        await self._do(self._withdraw)

    async def end_follow_up(self, follow_up: FollowUp) -> None:
        """Note that whoever was alarmed needs to be told no more that the house is back."""
        await self._do(partial(self._end_follow_up, follow_up))

    # --- the steps of that ------------------------------------------------------------------

    async def _do[Result](self, work: Work[Result]) -> Result:
        return await self._tasks.complete(self._in_turn(work))

    async def _in_turn[Result](self, work: Work[Result]) -> Result:
        async with self._lock:
            return await work()

    async def _look(self) -> None:
        """Do all that is to be done, tell what came of it, and look again in time."""
        before = self.state
        late, self._is_another_plan = self._late_since(), False
        await self._renewer.advance()
        is_fired = self.state.fired is not None
        await self._tell(before)
        if late is not None and self._late_since() is None and not is_fired:
            self._observer.on_renewed_late(late)
        if self._is_forgotten and self.is_over:
            await self._renewer.forget()
        self._set_alarm()
        self._observer.on_changed()

    async def _prove(self) -> None:
        try:
            await prove(self._renewer)
        finally:
            # What the proof has left behind is taken back as anything else is.
            await self._look()

    async def _arm(self) -> None:
        await self._prove()
        renewer = self._renewer
        await renewer.keep(
            replace(
                self.state,
                is_armed=True,
                refused=frozenset(),
                failure=None,
                was_sent_early=False,
            )
        )
        await renewer.advance()
        if not renewer.stands:
            failure = self.state.failure
            await renewer.keep(replace(self.state, is_armed=False))
            await self._look()
            raise NotCancellableError if failure is None else failure.as_error()
        self._observer.on_armed()
        await self._look()

    async def _disarm(self) -> tuple[Standing, ...]:
        if self.state.is_armed:
            await self._renewer.keep(replace(self.state, is_armed=False))
            self._observer.on_disarmed()
        self._renewer.pauses.end_all()
        await self._look()
        return self._left()

    async def _leave(self, account: str) -> tuple[Standing, ...]:
        await self._look()
        self._renewer.abandoned = frozenset({account})
        self._renewer.pauses.end_all()
        await self._look()
        self._renewer.abandoned = frozenset()
        return tuple(one for one in self._left() if one.account == account)

    async def _withdraw(self) -> None:
        chosen = {carrier.account for carrier in self._carriers.available()}
        used = {message.account for message in self.state.standing}
        self._renewer.abandoned = frozenset(chosen | used)
        self._renewer.pauses.end_all()
        await self._look()
        if self.state.is_armed and self.state.is_empty:
            await self._renewer.forget()

    async def _end_follow_up(self, follow_up: FollowUp) -> None:
        if self.state.follow_up == follow_up:
            await self._renewer.keep(replace(self.state, follow_up=None))
        await self._look()

    def _left(self) -> tuple[Standing, ...]:
        """Return what may still be sent."""
        now = self._renewer.situation.now
        return tuple(one for one in self.state.standing if not one.is_past(now))

    # --- what is told -----------------------------------------------------------------------

    async def _tell(self, before: SwitchState) -> None:
        """Tell what has happened since, each thing once."""
        state, plan = self.state, self.plan
        if self._renewer.is_new and self._renewer.stands:
            self._renewer.is_new = False
            self._observer.on_armed()
        if self._is_restored and state.restored_until is not None:
            self._is_restored = False
            # The gateway has told its time since: what stands there goes by that.
            here = self._renewer.situation.now + plan.delay
            until = max(state.restored_until, here)
            state = replace(state, restored_until=until)
            self._observer.on_false_alarm_possible(
                Reason.RESTORED, until, plan.recipients
            )
        if state.was_sent_early and not before.was_sent_early:
            self._observer.on_false_alarm_possible(
                Reason.SENT_EARLY, self._clock.now(), plan.recipients
            )
        if before.is_armed and not state.is_armed:
            self._observer.on_disarmed()
        told = [*self._tell_of_doubts()]
        for message in told:
            state = state.with_message(replace(message, is_announced=True))
        fired = None if self._renewer.is_asking else state.fired
        if fired is not None and self._observer.is_listening:
            self._observer.on_fired(fired)
            state = with_follow_up(state, self.switch_id, fired)
        if state != self.state:
            await self._renewer.keep(state)
        if state.follow_up is not None:
            self._observer.on_back(state.follow_up)

    def _tell_of_doubts(self) -> Iterator[Standing]:
        """Yield what may be sent although the house lives, once that was told."""
        for message in may_be_sent(self.state, self._renewer.situation):
            if message.is_announced or self._renewer.may_be_a_moments_failure(message):
                continue
            reason = Reason.NOT_CANCELLED if message.is_sure else Reason.DOUBT
            self._observer.on_false_alarm_possible(
                reason, message.fires_at, message.recipients
            )
            yield message

    def _late_since(self) -> datetime | None:
        """Return since when it was not renewed, if that is so long that it may be sent."""
        state, situation = self.state, self._renewer.situation
        if not state.is_armed or state.refused or self._is_another_plan:
            return None
        is_late = any(
            is_pressing(time_left(state, lane, situation.now), situation.delay)
            for lane in situation.lanes
        )
        return state.renewed if is_late else None

    def _on_shift(self, _by: timedelta) -> None:
        self._renewer.renew_now()
        self.review()

    def _set_alarm(self) -> None:
        """Look again when time alone changes something, or a pause is over."""
        if self._is_stopped or not self._is_started:
            return
        now = self._clock.elapsed()
        look = next_look(self.state, self._renewer.situation)
        waits = [None if look is None else now + look]
        waits.append(self._renewer.pauses.next_end(now))
        soonest = min((one for one in waits if one is not None), default=None)
        self._alarm.set(None if soonest is None else max(soonest, now + _SOONEST))


def _error_of(message: Standing) -> GatewayError:
    failure = message.failure
    return NotCancellableError() if failure is None else failure.as_error()
