"""Defects, to be planted one at a time: each breaks what the judge of months must see."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Final

import pytest

from custom_components.passerelle_sms.gateways.wire import times
from custom_components.passerelle_sms.messaging.dead_man_switch import (
    changes,
    renewal,
    renewer,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.carrier import (
    Cancelled,
    CancelResult,
    ScheduleResult,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.journal_rows import (
    JournalRows,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.renewal import (
    Lane,
    Schedule,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.renewer import Renewer
from custom_components.passerelle_sms.messaging.dead_man_switch.standing import (
    Standing,
    SwitchState,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.switch import (
    DeadManSwitch,
)

type Plant = Callable[[pytest.MonkeyPatch], None]

_DECISION: Final = renewal._Decision  # noqa: SLF001 # what is broken is inside


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """A mistake that somebody could make, and the month in which it shows first."""

    name: str
    plant: Plant
    month: int
    """The number of the first month in which it is found, of all from 0 on."""


def _old_before_new(monkeypatch: pytest.MonkeyPatch) -> None:
    renew = Renewer._renew  # noqa: SLF001 # what is broken is inside

    async def cancel_first(self: Renewer, step: Schedule) -> None:
        for message in self.state.standing:
            if message.is_sure:
                await self.cancel(message, uses_reserve=True)
        await renew(self, step)

    monkeypatch.setattr(Renewer, "_renew", cancel_first)


def _at_the_whole_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_due(self: renewal._Decision, lane: Lane) -> bool:
        situation = self._situation
        left = renewal.time_left(self._state, lane, situation.now)
        return left is None or self._is_forced(lane)

    monkeypatch.setattr(_DECISION, "is_due", is_due)


def _by_its_own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    def latest_time(now: datetime, carriers: object) -> datetime:
        return now

    monkeypatch.setattr(renewer, "latest_time", latest_time)


def _doubt_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    def scheduled(
        state: SwitchState,
        message: Standing,
        result: ScheduleResult,
        *,
        refused: frozenset[str],
    ) -> SwitchState:
        result = replace(result, doubtful=())
        return changes.scheduled(state, message, result, refused=refused)

    monkeypatch.setattr(renewer, "scheduled", scheduled)


def _failed_cancel_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    def cancelled(
        state: SwitchState, message: Standing, result: CancelResult, now: datetime
    ) -> SwitchState:
        if result.outcome is not Cancelled.SENT:
            return state.without(message)
        return changes.cancelled(state, message, result, now)

    monkeypatch.setattr(renewer, "cancelled", cancelled)


def _row_after_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    keep = Renewer.keep

    async def keep_what_is_sure(self: Renewer, state: SwitchState) -> None:
        if all(one.is_sure for one in state.standing):
            await keep(self, state)
        else:
            self.state = state

    monkeypatch.setattr(Renewer, "keep", keep_what_is_sure)


def _epoch_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JournalRows, "epoch", "always the same")


def _stop_without_renewal(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(_self: DeadManSwitch) -> None:
        pass

    monkeypatch.setattr(DeadManSwitch, "renew_before_stop", nothing)


def _refused_and_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def scheduled(
        state: SwitchState,
        message: Standing,
        result: ScheduleResult,
        *,
        refused: frozenset[str],
    ) -> SwitchState:
        return changes.scheduled(state, message, result, refused=frozenset())

    monkeypatch.setattr(renewer, "scheduled", scheduled)


def _same_since(monkeypatch: pytest.MonkeyPatch) -> None:
    def next_since(state: SwitchState, now: datetime) -> datetime:
        return state.last_since or now.replace(microsecond=0)

    monkeypatch.setattr(renewer, "next_since", next_since)


def _hour_that_comes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    to_minute = times.to_minute

    def first_one(time: datetime, zone: tzinfo) -> datetime:
        local = time.astimezone(zone)
        return local.replace(fold=0) if local.fold else to_minute(time, zone)

    for name in ("envoyer_sms_pro", "sms123"):
        package = f"custom_components.passerelle_sms.gateways.{name}.gateway"
        owner = f"{package}.times" if name == "envoyer_sms_pro" else package
        monkeypatch.setattr(f"{owner}.to_minute", first_one)


def _never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def questions(_self: object) -> Iterator[object]:
        return iter(())

    monkeypatch.setattr(_DECISION, "questions", questions)


def _left_after_disarming(monkeypatch: pytest.MonkeyPatch) -> None:
    is_superfluous = _DECISION._is_superfluous  # noqa: SLF001 # what is broken is inside

    def only_while_armed(self: renewal._Decision, message: Standing) -> bool:
        return self._state.is_armed and is_superfluous(self, message)

    monkeypatch.setattr(_DECISION, "_is_superfluous", only_while_armed)


DEFECTS: Final = (
    Defect(name="the old one goes before the new one", plant=_old_before_new, month=2),
    Defect(name="renewed at the whole delay", plant=_at_the_whole_delay, month=0),
    Defect(name="hour by its own clock", plant=_by_its_own_clock, month=6),
    Defect(name="doubt forgotten", plant=_doubt_forgotten, month=0),
    Defect(name="a cancel that fails ignored", plant=_failed_cancel_ignored, month=4),
    Defect(name="row after the request", plant=_row_after_the_request, month=8),
    Defect(name="epoch ignored", plant=_epoch_ignored, month=0),
    Defect(name="stop without renewal", plant=_stop_without_renewal, month=0),
    Defect(name="refused and left standing", plant=_refused_and_left, month=0),
    Defect(name="the same since twice", plant=_same_since, month=1),
    Defect(name="hour that comes twice", plant=_hour_that_comes_twice, month=0),
    Defect(name="never asked", plant=_never_asked, month=1),
    Defect(name="left after disarming", plant=_left_after_disarming, month=1),
)
