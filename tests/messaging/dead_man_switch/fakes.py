"""A gateway, a file and a listener for switches, all in memory."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
import itertools
from typing import override

from custom_components.passerelle_sms.gateways.errors import (
    GatewayError,
    InvalidRecipientError,
    NoAnswerError,
    NotCancellableError,
    NotStoredError,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.dead_man_switch.carrier import (
    Cancelled,
    CancelResult,
    Carrier,
    Carriers,
    ScheduleResult,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.observer import (
    Reason,
    SwitchObserver,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.plan import SwitchPlan
from custom_components.passerelle_sms.messaging.dead_man_switch.rows import SwitchRows
from custom_components.passerelle_sms.messaging.dead_man_switch.standing import (
    Fired,
    FollowUp,
    Standing,
    SwitchState,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.switch import (
    DeadManSwitch,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.messaging.fake_clock import FakeClock
from tests.messaging.fake_disk import nothing
from tests.messaging.idle import until_idle

HOUR = timedelta(hours=1)
MAMAN = Recipient(number="+33612345601", name="Maman")
PAPA = Recipient(number="+33612345602", name="Papa")


@dataclass(frozen=True, kw_only=True)
class Failing:
    """What becomes of a request."""

    error: GatewayError
    is_taken: bool = False
    """Whether the gateway does what was asked all the same."""


class FakeCarrier(Carrier):
    """An account whose gateway keeps messages, and sends what is left at its hour."""

    def __init__(self, clock: FakeClock, account: str = "account-1") -> None:
        """Keep nothing yet."""
        self.account = account
        self.clock = clock
        self.by_content = False
        self.shares_requests = True
        self.ahead = timedelta()
        """By how much the gateway's clock is before the house's."""
        self.tells_time = True
        self.is_answered = True
        """Whether it has answered anything that could tell its time."""
        self.silence: GatewayError | None = None
        """Why it answers nothing that could tell the time."""
        self.is_cut_off = False
        """Whether the house has no power: it asks for nothing more."""
        self.scheduling: deque[Failing | None] = deque()
        self.cancelling: deque[Failing | None] = deque()
        self.refusal: GatewayError | None = None
        """Why every request to schedule is refused."""
        self.refused: set[str] = set()
        """The numbers that it keeps nothing for, whoever shares their request."""
        self.doubted: set[str] = set()
        """The numbers that its answers leave open: it keeps nothing for them."""
        self.kept: dict[str, Standing] = {}
        """What was taken and not taken back, by its id."""
        self.requests: list[tuple[str, int, bool]] = []
        """What was asked for, with the message's number and if it used the reserve."""
        self.most: int = 0
        """How many messages have stood for one number at once."""
        self.noted: list[Standing] = []
        self.is_mistaken = False
        self.is_overlooking = False
        """Whether it says that it takes back what it leaves standing."""
        self._numbers = itertools.count(1)

    @property
    def standing(self) -> list[Standing]:
        """What stands now."""
        return [one for one in self.kept.values() if one.fires_at > self._now]

    @property
    def sent(self) -> list[Standing]:
        """What was sent at its hour."""
        return [one for one in self.kept.values() if one.fires_at <= self._now]

    @property
    def _now(self) -> datetime:
        return self.clock.now() + self.ahead

    @property
    @override
    def can_cancel_doubtful(self) -> bool:
        return self.by_content

    @property
    @override
    def time_there(self) -> datetime | None:
        return self._now if self.tells_time and self.is_answered else None

    @override
    async def learn_time(self) -> GatewayError | None:
        if self.silence is None:
            self.is_answered = True
        return self.silence

    @property
    @override
    def sender(self) -> str | None:
        return "MAISON"

    @override
    def lanes(
        self, recipients: Sequence[Recipient], text: str
    ) -> tuple[tuple[Recipient, ...], ...]:
        if self.shares_requests:
            return (tuple(recipients),)
        return tuple((recipient,) for recipient in recipients)

    @override
    async def schedule(
        self, message: Standing, *, uses_reserve: bool
    ) -> ScheduleResult:
        if self.is_cut_off:
            raise asyncio.CancelledError
        self.requests.append(("schedule", message.number, uses_reserve))
        failing = self.scheduling.popleft() if self.scheduling else None
        if failing is None and self.refusal is not None:
            failing = Failing(error=self.refusal)
        submission_id = f"id-{next(self._numbers)}"
        if failing is None and message.numbers & (self.refused | self.doubted):
            return self._schedule_some(message, submission_id)
        if failing is None or failing.is_taken:
            self.kept[submission_id] = message
            self._count()
        if failing is None:
            return ScheduleResult(
                accepted=message.recipients,
                submission_id=None if self.by_content else submission_id,
            )
        kind = {
            Outcome.REJECTED: "refused",
            Outcome.UNKNOWN: "doubtful",
            Outcome.NOT_SENT: "not_sent",
        }[failing.error.outcome]
        return ScheduleResult(**{kind: message.recipients}, error=failing.error)  # type: ignore[arg-type]  # mypy doesn't know which field it is

    @override
    async def cancel(self, message: Standing, *, uses_reserve: bool) -> CancelResult:
        if self.is_cut_off:
            raise asyncio.CancelledError
        self.requests.append(("cancel", message.number, uses_reserve))
        failing = self.cancelling.popleft() if self.cancelling else None
        if failing is not None and not failing.is_taken:
            return self._failed(failing)
        if self.is_mistaken:
            return CancelResult(outcome=Cancelled.MISTAKEN, error=NoAnswerError())
        result = self._take_back(message)
        return result if failing is None else self._failed(failing)

    @override
    def note_standing(self, message: Standing) -> None:
        self.noted.append(message)

    @override
    def set_aside(self, key: str, requests: int) -> None:
        pass

    def _schedule_some(self, message: Standing, submission_id: str) -> ScheduleResult:
        """Keep a message for some of its recipients only."""
        refused, doubtful, accepted = list[Recipient](), list[Recipient](), []
        for one in message.recipients:
            if one.number in self.refused:
                refused.append(one)
            elif one.number in self.doubted:
                doubtful.append(one)
            else:
                accepted.append(one)
        if accepted:
            self.kept[submission_id] = replace(message, recipients=tuple(accepted))
            self._count()
        return ScheduleResult(
            accepted=tuple(accepted),
            submission_id=None if self.by_content else submission_id,
            refused=tuple(refused),
            doubtful=tuple(doubtful),
            error=InvalidRecipientError() if refused else NoAnswerError(),
        )

    def _take_back(self, message: Standing) -> CancelResult:
        for submission_id, kept in self.kept.items():
            if kept.number == message.number and kept.text == message.text:
                if kept.fires_at <= self._now:
                    return CancelResult(
                        outcome=Cancelled.SENT, error=NotCancellableError()
                    )
                if not self.is_overlooking:
                    del self.kept[submission_id]
                return CancelResult(outcome=Cancelled.GONE)
        is_known = message.was_cancelled or not message.is_sure
        outcome = Cancelled.GONE if is_known else Cancelled.FAILED
        return CancelResult(outcome=outcome, error=NotCancellableError())

    def _failed(self, failing: Failing) -> CancelResult:
        unknown = failing.error.outcome is Outcome.UNKNOWN
        outcome = Cancelled.UNKNOWN if unknown else Cancelled.FAILED
        return CancelResult(outcome=outcome, error=failing.error)

    def _count(self) -> None:
        numbers = [number for one in self.standing for number in one.numbers]
        self.most = max(self.most, *map(numbers.count, numbers), 0)


class FakeCarriers(Carriers):
    """Some accounts, of which some may be away."""

    def __init__(self, *carriers: FakeCarrier) -> None:
        """Have all of them available."""
        self.all = list(carriers)
        self.away: set[str] = set()
        """The accounts that are not there."""
        self.going: set[str] = set()
        """Those that are there, and keep nothing new."""

    @override
    def available(self) -> Sequence[Carrier]:
        gone = self.away | self.going
        return [one for one in self.all if one.account not in gone]

    @override
    def get(self, account: str) -> Carrier | None:
        for carrier in self.all:
            if carrier.account == account and account not in self.away:
                return carrier
        return None


class FakeRows(SwitchRows):
    """A file with rows, that may fail or be another one."""

    def __init__(self) -> None:
        """Hold nothing."""
        self.rows: dict[str, SwitchState] = {}
        self.file = "file-1"
        self.is_full = False
        self.writes = 0
        self.on_written: Callable[[], None] = nothing
        """Called once something is on disk."""

    @property
    @override
    def epoch(self) -> str | None:
        return self.file

    @override
    async def read(self, switch_id: str) -> SwitchState | None:
        return self.rows.get(switch_id)

    @override
    async def write(self, switch_id: str, state: SwitchState | None) -> None:
        if self.is_full:
            raise NotStoredError(words="full")
        self.writes += 1
        if state is None:
            self.rows.pop(switch_id, None)
        else:
            self.rows[switch_id] = state
        self.on_written()

    @override
    async def known(self) -> tuple[str, ...]:
        return tuple(self.rows)


@dataclass
class Heard(SwitchObserver):
    """All that a switch has told."""

    is_listening: bool = True
    events: list[str] = field(default_factory=list)
    fired: list[Fired] = field(default_factory=list)
    follow_ups: list[FollowUp] = field(default_factory=list)
    warnings: list[tuple[Reason, datetime, tuple[str, ...]]] = field(
        default_factory=list
    )

    @override
    def on_changed(self) -> None:
        pass

    @override
    def on_armed(self) -> None:
        self.events.append("armed")

    @override
    def on_disarmed(self) -> None:
        self.events.append("disarmed")

    @override
    def on_renewed_late(self, silent_since: datetime | None) -> None:
        self.events.append("renewed_late")

    @override
    def on_false_alarm_possible(
        self, reason: Reason, at: datetime, recipients: Sequence[Recipient]
    ) -> None:
        self.events.append("false_alarm_possible")
        self.warnings.append((reason, at, tuple(one.number for one in recipients)))

    @override
    def on_fired(self, fired: Fired) -> None:
        self.events.append("fired")
        self.fired.append(fired)

    @override
    def on_back(self, follow_up: FollowUp) -> None:
        self.follow_ups.append(follow_up)


class House:
    """A house with one switch, through stops and crashes."""

    def __init__(self, *carriers: FakeCarrier, clock: FakeClock) -> None:
        """Build it; `start` lets it live."""
        self.clock = clock
        self.carriers = FakeCarriers(*carriers)
        self.rows = FakeRows()
        self.heard = Heard()
        self.plan = SwitchPlan(
            template="Silence depuis {since}",
            recipients=(MAMAN,),
            delay=HOUR,
            house="Maison",
            language="fr",
        )
        self.build()

    @property
    def reasons(self) -> list[Reason]:
        """Why something is wrong."""
        return [problem.reason for problem in self.switch.status.problems]

    def build(self) -> None:
        """Begin a new run."""
        self.switch = DeadManSwitch(
            "switch-1", self.plan, self.carriers, self.rows, self.clock, self.heard
        )

    async def start(self) -> None:
        """Begin to renew."""
        await self.switch.load()
        self.switch.start()
        await until_idle()

    async def stop(self) -> None:
        """End as Home Assistant does."""
        await self.switch.renew_before_stop()
        await self.switch.stop()

    async def crash(self) -> None:
        """Lose what is in memory."""
        self.clock.forget()
        await self.switch.stop()
        for carrier in self.carriers.all:
            carrier.is_cut_off = False
        self.build()

    async def down(self, time: timedelta) -> None:
        """Crash, and come back after some time."""
        await self.crash()
        await self.clock.advance(time.total_seconds())
        await self.start()

    def change(self, **changes: object) -> None:
        """Let the user change the switch."""
        self.plan = replace(self.plan, **changes)  # type: ignore[arg-type]  # fields of a plan by name
        self.switch.apply(self.plan)
