"""What became of a relay's messages, and what of it would break the promise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, override

from custom_components.passerelle_sms.messaging.model.record import OnUnknown

from .relay_troubles import Event, Kind, RelayTrouble

_ENDS: Final = frozenset({"accepted", "rejected", "expired", "unknown, held"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayFate:
    """What became of one message of a relay."""

    at_once: str
    in_the_end: str
    taken: tuple[int, ...]
    """How often each account's gateway has taken it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayCell:
    """What became of a message, at one moment after the other."""

    fates: tuple[RelayFate, ...]

    @override
    def __str__(self) -> str:
        """Show it as the tables do."""
        if len(self.fates) > 1:
            taken = sorted({sum(fate.taken) for fate in self.fates})
            return f"({' – '.join(map(str, dict.fromkeys((taken[0], taken[-1]))))})"
        [fate] = self.fates
        # Who is the first to take it later is chance.
        told = fate.taken if fate.at_once == "accepted" else (sum(fate.taken),)
        return f"{fate.at_once} → {fate.in_the_end} ({'+'.join(map(str, told))})"

    def breaches(
        self, troubles: Sequence[RelayTrouble], on_unknown: OnUnknown
    ) -> list[str]:
        """Return what of the promise is broken."""
        return [
            f"{rule}: {fate}"
            for fate in self.fates
            for rule in _breaches(fate, troubles, on_unknown)
        ]


def _breaches(
    fate: RelayFate, troubles: Sequence[RelayTrouble], on_unknown: OnUnknown
) -> Iterable[str]:
    taken, end, accounts = sum(fate.taken), fate.in_the_end, len(fate.taken)
    kinds = [trouble.kind for trouble in troubles]
    is_at_any_moment = troubles[0].is_at_any_moment
    may_have_left = Kind.DOUBT in kinds or is_at_any_moment
    most = {OnUnknown.HOLD: 1, OnUnknown.RESEND: 2, OnUnknown.NEXT: accounts}
    decisive = next((kind for kind in kinds if kind not in _PASSED_ON), None)
    is_anybody_left = accounts > len(troubles)
    can_arrive = is_anybody_left or any(
        trouble.kind is Kind.NOT_LEFT and not trouble.is_for_good
        for trouble in troubles
    )
    # Whoever was cut off before anything was on disk has had no answer.
    is_refused = not is_anybody_left and all(trouble.by_rule for trouble in troubles)
    is_unheard = end == "nothing" and (is_at_any_moment or is_refused) and not taken
    rules = {
        "not more often than was chosen": taken <= most[on_unknown],
        "once at each account": max(fate.taken) <= 1,
        "twice only what may have left": taken <= 1 or Kind.DOUBT in kinds,
        "nothing is lost": end in _ENDS or is_unheard,
        "accepted is what was taken": end != "accepted" or taken >= 1,
        "what is refused or expires was not taken": end not in {"rejected", "expired"}
        or not taken,
        "the user is asked only of what may have left": end != "unknown, held"
        or may_have_left,
        "a doubt is passed on where that was chosen": end != "unknown, held"
        or on_unknown is OnUnknown.HOLD
        or Kind.UNWANTED in kinds
        or kinds.count(Kind.DOUBT) > 1
        or not is_anybody_left,
        "it arrives": decisive is not None
        or not can_arrive
        or end == "accepted"
        or is_unheard,
        "it expires only while it waits": end != "expired"
        or (not can_arrive and Kind.NOT_LEFT in kinds),
        "it is rejected only where nobody may send it": end != "rejected"
        or Kind.UNWANTED in kinds
        or (not is_anybody_left and set(kinds) <= {Kind.REFUSED, Kind.UNWANTED}),
        "nobody gets what he does not want": decisive is not Kind.UNWANTED
        or end == "rejected",
        "the caller is told the truth": is_at_any_moment
        or fate.at_once == _at_once(troubles, on_unknown, accounts),
    }
    return [rule for rule, holds in rules.items() if not holds]


_PASSED_ON: Final = frozenset({Kind.NOT_LEFT, Kind.REFUSED})


def _at_once(
    troubles: Sequence[RelayTrouble], on_unknown: OnUnknown, accounts: int
) -> str:
    """Return what a caller is told: by the first that is not simply passed on."""
    doubts = 0
    for trouble in troubles:
        if trouble.kind is Kind.UNWANTED:
            return "unknown" if doubts else "rejected"
        if trouble.kind is not Kind.DOUBT:
            continue
        if trouble.event is Event.FULL_DISK_AFTER:
            return "accepted"
        doubts += 1
        if on_unknown is OnUnknown.HOLD or (
            on_unknown is OnUnknown.RESEND and doubts > 1
        ):
            return "unknown"
    if accounts > len(troubles):
        return "accepted"
    if all(trouble.by_rule for trouble in troubles):
        return "refused"
    if any(trouble.kind is Kind.NOT_LEFT for trouble in troubles):
        return "queued"
    return "unknown" if doubts else "rejected"
