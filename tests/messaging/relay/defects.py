"""Defects, to be planted one at a time: each breaks a row of the table of a relay."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest

from custom_components.passerelle_sms.gateways.errors import RejectedError
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.leg import Leg
from custom_components.passerelle_sms.messaging.model.record import (
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.model.submission import (
    RowKey,
    SubmissionRecord,
)
from custom_components.passerelle_sms.messaging.outbox.request_runner import (
    RequestRunner,
)
from custom_components.passerelle_sms.messaging.relay import (
    failover,
    hand_over,
    relay_runner,
    results,
    review,
)
from custom_components.passerelle_sms.messaging.relay.failover import Refused, Step
from custom_components.passerelle_sms.messaging.relay.hand_over import NewLegs
from custom_components.passerelle_sms.messaging.relay.relay_runner import RelayRunner
from tests.reliability.relay_troubles import (
    DOUBT_TAKEN,
    EVENTS,
    NUMBER_REFUSED,
    OPTED_OUT,
    RATE_LIMITED,
    WRONG_CREDENTIALS,
    Event,
    RelayTrouble,
)

type Plant = Callable[[pytest.MonkeyPatch], None]


def _decide(patch: pytest.MonkeyPatch, decides: Callable[[Leg], Step | None]) -> None:
    """Let something else follow some legs."""

    def step_after(leg: Leg, **known: Any) -> Step:
        decided = decides(leg)
        return failover.step_after(leg, **known) if decided is None else decided

    patch.setattr(relay_runner, "step_after", step_after)


def pass_on_a_doubt(patch: pytest.MonkeyPatch) -> None:
    """Let the next account send what may have left, whatever its sender chose."""
    _decide(patch, lambda leg: Step.NEXT if leg.is_in_doubt else None)


def hold_a_doubt(patch: pytest.MonkeyPatch) -> None:
    """Hold what may have left, whatever its sender chose."""
    _decide(patch, lambda leg: Step.HOLD if leg.is_in_doubt else None)


def pass_on_what_is_unwanted(patch: pytest.MonkeyPatch) -> None:
    """Let the next account send to who has opted out."""
    patch.setattr(failover, "_FINAL", ())


def keep_what_has_not_left(patch: pytest.MonkeyPatch) -> None:
    """Wait for the account through which it has not left."""
    _decide(patch, lambda leg: Step.HOLD if leg.outcome is Outcome.NOT_SENT else None)


def keep_what_the_account_is_refused_for(patch: pytest.MonkeyPatch) -> None:
    """Take a refusal of the account for one of the message."""
    patch.setattr(failover, "is_refusal_of_account", lambda *_told: False)
    patch.setattr(failover, "_passes", lambda _leg: False)
    keep_what_has_not_left(patch)


def stop_at_a_refused_number(patch: pytest.MonkeyPatch) -> None:
    """Take one gateway's rule for everybody's."""

    def choose(candidates: Sequence[Any], excluded: Any) -> Any:
        return failover.choose([*candidates][:1], excluded)

    patch.setattr(hand_over, "choose", choose)


def reject_what_could_wait(patch: pytest.MonkeyPatch) -> None:
    """Give up once all have failed."""

    def verdict(*_told: object, **_known: object) -> Refused:
        return Refused(error=RejectedError())

    patch.setattr(results, "verdict", verdict)


def send_again_what_was_passed_on(patch: pytest.MonkeyPatch) -> None:
    """Ask an account again that may have sent it."""

    def excluded(self: RelayRunner, message_id: str, row: SubmissionRecord) -> set[str]:
        this_round = self._rounds[message_id].get(row.key, ())
        return {leg.account for leg in this_round}

    patch.setattr(RelayRunner, "_excluded", excluded)


def hand_over_before_it_is_written(patch: pytest.MonkeyPatch) -> None:
    """Let the disk follow the hand-over."""

    def mark(
        self: RelayRunner, record: MessageRecord, keys: Iterable[RowKey]
    ) -> MessageRecord:
        keys = tuple(keys)
        for key in keys:
            self._rounds[record.message_id][key] = ()
        return RequestRunner.mark(self, record, keys)

    async def write(
        self: RelayRunner, message_id: str, finished: NewLegs, begun: NewLegs
    ) -> bool:
        record = self._store.get_open(message_id)
        assert record is not None
        noted = hand_over.with_legs(record, finished, begun)
        self._store._open.update({message_id: noted})  # noqa: SLF001 # only in memory
        return True

    patch.setattr(RelayRunner, "mark", mark)
    patch.setattr(RelayRunner, "_write", write)


def forget_the_choice_in_a_crash(patch: pytest.MonkeyPatch) -> None:
    """Hold what a crash has cut off, whatever its sender chose."""
    patch.setattr(review, "_was_cut_off", lambda *_told: False)


def _during(event: Event) -> RelayTrouble:
    return next(trouble for trouble in EVENTS if trouble.event is event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """A mistake that somebody could make, and where it shows."""

    plant: Plant
    troubles: tuple[RelayTrouble, ...]
    on_unknown: OnUnknown = OnUnknown.HOLD
    accounts: int = 2

    @property
    def name(self) -> str:
        """What it does, and with which choice of the sender."""
        return f"{self.plant.__name__}, {self.on_unknown}"


DEFECTS: Final = (
    Defect(plant=keep_what_has_not_left, troubles=(RATE_LIMITED,)),
    Defect(plant=keep_what_the_account_is_refused_for, troubles=(WRONG_CREDENTIALS,)),
    Defect(plant=stop_at_a_refused_number, troubles=(NUMBER_REFUSED,)),
    Defect(plant=pass_on_what_is_unwanted, troubles=(OPTED_OUT,)),
    Defect(plant=pass_on_a_doubt, troubles=(DOUBT_TAKEN,)),
    Defect(plant=hold_a_doubt, troubles=(DOUBT_TAKEN,), on_unknown=OnUnknown.NEXT),
    Defect(plant=hold_a_doubt, troubles=(DOUBT_TAKEN,), on_unknown=OnUnknown.RESEND),
    Defect(
        plant=pass_on_a_doubt,
        troubles=(DOUBT_TAKEN, DOUBT_TAKEN),
        on_unknown=OnUnknown.RESEND,
        accounts=3,
    ),
    Defect(plant=reject_what_could_wait, troubles=(RATE_LIMITED, RATE_LIMITED)),
    Defect(
        plant=send_again_what_was_passed_on,
        troubles=(DOUBT_TAKEN, RATE_LIMITED),
        on_unknown=OnUnknown.NEXT,
    ),
    Defect(plant=hand_over_before_it_is_written, troubles=(_during(Event.POWER_CUT),)),
    Defect(
        plant=forget_the_choice_in_a_crash,
        troubles=(_during(Event.POWER_CUT),),
        on_unknown=OnUnknown.NEXT,
    ),
)
