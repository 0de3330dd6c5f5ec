"""Does what `renewal.py` decides: one request after the other, each on disk around it.

The row is written before a message is handed over, as one that may stand, and after it
together with what is to be taken back then: a crash forgets none. What was taken back is
written with the next one: after a crash in between it is but taken back once more.
"""

from collections.abc import Sequence
from dataclasses import replace
import logging

from ...gateways.errors import NotStoredError, RateLimitedError
from ..runtime.clock import Clock
from .carrier import Cancelled, CancelResult, Carrier, Carriers, ScheduleResult
from .changes import cancelled, marked_as_cancelled, next_since, scheduled, with_fired
from .gateway_times import latest_time, learn_times, widest_gap
from .pauses import Pauses
from .plan import SwitchPlan
from .renewal import (
    Cancel,
    Lane,
    Schedule,
    Situation,
    Step,
    cancel_key,
    is_due,
    lane_key,
    newest_sure,
    next_step,
    superfluous,
)
from .rows import SwitchRows
from .standing import Standing, SwitchState
from .status import Circumstances
from .text import rendered

_LOGGER = logging.getLogger(__name__)

_MOST_STEPS_A_LANE = 8


class Renewer:
    """Keeps the row of one switch, and makes the requests that it asks for."""

    def __init__(
        self,
        switch_id: str,
        plan: SwitchPlan,
        carriers: Carriers,
        rows: SwitchRows,
        clock: Clock,
    ) -> None:
        """Know nothing yet: `load` tells what an earlier run knew."""
        self.plan = plan
        self.state = SwitchState()
        self.abandoned: frozenset[str] = frozenset()
        """The accounts where nothing is to stand any more."""
        self.renew_beyond = 0
        """Messages up to this number are to be replaced now."""
        self.pauses = Pauses()
        self.is_new = False
        """Whether there was no row: whoever has added it has not heard that it stands."""
        self._switch_id = switch_id
        self._carriers = carriers
        self._rows = rows
        self._clock = clock
        self._turn = 0
        """Which of the accounts is asked now."""
        self._is_rationed = False
        self._is_stored = True
        self._unasked: set[int] = set()
        """The numbers of what is marked as taken back, and was not asked for yet."""

    # --- what is so now -----------------------------------------------------------------

    @property
    def situation(self) -> Situation:
        """What the next step depends on."""
        carriers = self.chosen()
        carrier = carriers[self._turn] if self._turn < len(carriers) else None
        recipients = self.plan.recipients
        return Situation(
            now=latest_time(self._clock.now(), carriers),
            delay=self.plan.delay,
            wanted=frozenset(recipient.number for recipient in recipients),
            lanes=() if carrier is None else self.lanes(carrier),
            account="" if carrier is None else carrier.account,
            accounts={
                account: carrier.can_cancel_doubtful
                for account in {message.account for message in self.state.standing}
                if (carrier := self._carriers.get(account)) is not None
            },
            available=frozenset(one.account for one in carriers),
            abandoned=self.abandoned,
            renew_beyond=self.renew_beyond,
            is_rationed=self._is_rationed,
            held_off=self.pauses.held_off(self._clock.elapsed()),
        )

    @property
    def stands(self) -> bool:
        """Whether a message stands for certain, at least for one who is to be told."""
        state, situation = self.state, self.situation
        return any(
            newest_sure(state, number, situation.now) is not None
            for number in situation.wanted
        )

    @property
    def is_asking(self) -> bool:
        """Whether a gateway has still to tell if something was sent at its hour."""
        now = self.situation.now
        return any(message.is_past(now) for message in self.state.standing)

    def may_be_a_moments_failure(self, message: Standing) -> bool:
        """Return whether it failed but once that a message was to be taken back."""
        is_certain = message.must_stay or message.failure is None
        return not is_certain and self.pauses.failures(cancel_key(message)) < 2

    @property
    def circumstances(self) -> Circumstances:
        """What else its status depends on."""
        gap = widest_gap(self._clock.now(), self.chosen())
        return Circumstances(is_stored=self._is_stored, clock_gap=gap)

    # --- its row ------------------------------------------------------------------------

    async def load(self, *, may_be_lost: bool = False) -> bool:
        """Take up what an earlier run knew; return whether more may stand than that.

        Without a row the switch is a new one: whoever adds it arms it. It may also have
        been lost, with `may_be_lost`; else the row may be an older one.

        Raises:
            NotStoredError: the row can't be read.

        """
        known = await self._rows.read(self._switch_id)
        self.is_new = known is None
        self.state = known or SwitchState(is_armed=True)
        self.renew_now()
        epoch = self._rows.epoch
        is_as_left = not may_be_lost if known is None else known.epoch == epoch
        if is_as_left:
            self.state = replace(self.state, epoch=epoch)
            return False
        until = self._clock.now() + self.plan.delay
        # Most of what stood then was taken back since, and who was to be told was told.
        state = marked_as_cancelled(self.state, self.state.standing)
        self.state = replace(state, epoch=epoch, restored_until=until, follow_up=None)
        return True

    async def keep(self, state: SwitchState) -> None:
        """Change the row, also on disk.

        A disk that fails keeps nothing from being renewed: the house lives.
        """
        self.state = state = replace(state, epoch=self._rows.epoch)
        try:
            await self._rows.write(self._switch_id, state)
        except NotStoredError as error:
            _LOGGER.warning(
                "What stands at the gateway can't be written down: %s", error
            )
            self._is_stored = False
        else:
            self._is_stored = True

    async def forget(self) -> None:
        """Delete the row."""
        try:
            await self._rows.write(self._switch_id, None)
        except NotStoredError as error:
            _LOGGER.warning("The row of a switch can't be deleted: %s", error)

    def renew_now(self) -> None:
        """Let all that stands be replaced at once, and what waits be tried again."""
        self.renew_beyond = self.state.last_number
        self.pauses.end_all()

    # --- what is done -------------------------------------------------------------------

    async def advance(self) -> None:
        """Do what is to be done now, for so long that others who wait have their turn."""
        if self.state.standing:
            carriers, delay = self.chosen(), self.plan.delay
            await learn_times(carriers, self.pauses, self._clock, delay)
        most = _MOST_STEPS_A_LANE * (len(self.plan.recipients) + 1)
        for _ in range(most + len(self.state.standing)):
            if (step := self._next_step()) is None:
                break
            await self._do(step)
        self._turn = 0

    def _next_step(self) -> Step | None:
        """Return what is to be done now, at the first account that may do it."""
        for self._turn in range(max(1, len(self.chosen()))):
            if (step := next_step(self.state, self.situation)) is not None:
                return step
        return None

    async def _do(self, step: Step) -> None:
        if isinstance(step, Schedule):
            await self._renew(step)
        elif isinstance(step, Cancel):
            await self.cancel(step.message, uses_reserve=step.is_pressing)
        else:
            state = self.state.without(step.message)
            if step.message.is_sure and not step.message.was_cancelled:
                state = with_fired(state, step.message, self._clock.now())
            await self.keep(state)

    async def _renew(self, step: Schedule) -> None:
        carrier = self.chosen()[self._turn]
        result = await self.schedule(carrier, step.lane, uses_reserve=step.is_pressing)
        self._is_rationed = isinstance(result.error, RateLimitedError)
        key, now = lane_key(carrier.account, step.lane), self._clock.elapsed()
        if result.sent_at_once or not is_due(self.state, self.situation, step.lane):
            self.pauses.end(key)
            if self._is_complete():
                self.state = replace(self.state, renewed=self._clock.now())
        elif result.refused:
            self.pauses.wait(key, now, self.plan.delay / 3)
        else:
            self.pauses.lengthen(key, now, self.plan.delay)

    async def schedule(
        self, carrier: Carrier, lane: Lane, *, uses_reserve: bool
    ) -> ScheduleResult:
        """Hand over a message that is to stand for a lane, and keep what comes of it."""
        error = await carrier.learn_time()
        now = self._clock.now()
        since = next_since(self.state, now)
        message = Standing(
            number=self.state.last_number + 1,
            account=carrier.account,
            recipients=lane,
            text=rendered(self.plan, since, self.plan.zone),
            sender=carrier.sender,
            since=since,
            # By the clock by which it is past, whichever account keeps it.
            fires_at=latest_time(now, self.chosen()) + self.plan.delay,
        )
        if error is None:
            await self.keep(self.state.with_message(message))
            result = await carrier.schedule(message, uses_reserve=uses_reserve)
        else:
            # Its hour may be past there already, and it would be sent at once.
            result = ScheduleResult(not_sent=lane, error=error)
        refused = self._refused(carrier, result)
        state = scheduled(self.state, message, result, refused=refused)
        self.state = state
        going = superfluous(state, self.situation)
        fresh = [one for one in going if one.is_sure and not one.was_cancelled]
        self._unasked |= {one.number for one in fresh}
        await self.keep(marked_as_cancelled(state, fresh))
        return result

    def _refused(self, carrier: Carrier, result: ScheduleResult) -> frozenset[str]:
        """Return who is refused for good: no account is left to be tried, or has taken it."""
        carriers = self.chosen()
        if carriers and carrier is not carriers[-1]:
            return frozenset()
        return frozenset(
            recipient.number
            for recipient in result.refused
            if is_due(self.state, self.situation, (recipient,))
        )

    async def cancel(self, message: Standing, *, uses_reserve: bool) -> CancelResult:
        """Take a message back, or hear that it was sent."""
        is_first = not message.was_cancelled or message.number in self._unasked
        self._unasked.discard(message.number)
        if not message.was_cancelled and not message.is_past(self.situation.now):
            await self.keep(marked_as_cancelled(self.state, [message]))
        carrier = self._carriers.get(message.account)
        assert carrier is not None
        message = replace(message, was_cancelled=not is_first)
        result = await carrier.cancel(message, uses_reserve=uses_reserve)
        self.state = cancelled(self.state, message, result, self._clock.now())
        key = cancel_key(message)
        if result.outcome in {Cancelled.GONE, Cancelled.SENT}:
            self.pauses.end(key)
            if message.failure is not None:
                # The gateway does again what it is asked for.
                self.pauses.end_all()
        else:
            self.pauses.lengthen(key, self._clock.elapsed(), self.plan.delay)
        return result

    # --- the steps of that --------------------------------------------------------------

    def chosen(self) -> Sequence[Carrier]:
        """Return the accounts that may keep a message, in their order."""
        available = self._carriers.available()
        return [one for one in available if one.account not in self.abandoned]

    def lanes(self, carrier: Carrier) -> tuple[Lane, ...]:
        """Return who is to be told, as they share requests at an account."""
        recipients = self.plan.recipients
        since = next_since(self.state, self._clock.now())
        text = rendered(self.plan, since, self.plan.zone)
        return carrier.lanes(recipients, text) if recipients else ()

    def _is_complete(self) -> bool:
        """Return whether a new message stands for everybody."""
        situation = self.situation
        return not self.state.refused and all(
            not is_due(self.state, situation, lane) for lane in situation.lanes
        )
