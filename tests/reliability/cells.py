"""What became of messages, and what of it would break the delivery contract."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import override

from .troubles import Trouble

_ENDS = frozenset({"accepted", "rejected", "expired", "unknown, held"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of one message for one recipient."""

    told: str
    """To the caller."""
    at_once: str
    in_the_end: str
    taken_at_once: int
    taken_in_the_end: int

    def breaches(self, trouble: Trouble) -> list[str]:
        """Return what of the delivery contract is broken."""
        taken = self.taken_in_the_end
        rules = {
            "never twice": taken <= 1,
            "the right rung": self.at_once in {trouble.outcome, "queued"},
            "queued is what has not left": self.at_once != "queued"
            or not self.taken_at_once,
            "it ends": self.in_the_end in _ENDS,
            "accepted is what was taken": self.in_the_end != "accepted" or taken == 1,
            "the rest was not taken": self.in_the_end not in {"rejected", "expired"}
            or taken == 0,
            "nothing is lost": trouble.is_for_good
            or self.in_the_end in {"accepted", "unknown, held"},
            "the user is asked only of what may have left": self.in_the_end
            != "unknown, held"
            or trouble.outcome == "unknown",
        }
        return [rule for rule, holds in rules.items() if not holds]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What became of all that was sent at once through one gateway."""

    fates: tuple[Fate, ...]

    @property
    def told(self) -> str:
        """What the callers were told."""
        return _joined([fate.told for fate in self.fates])

    @override
    def __str__(self) -> str:
        """Show it as the tables do."""
        at_once = _joined([fate.at_once for fate in self.fates])
        in_the_end = _joined([fate.in_the_end for fate in self.fates])
        taken_at_once = sum(fate.taken_at_once for fate in self.fates)
        taken_in_the_end = sum(fate.taken_in_the_end for fate in self.fates)
        return f"{at_once} → {in_the_end} ({taken_at_once} → {taken_in_the_end})"

    def breaches(self, trouble: Trouble) -> list[str]:
        """Return what of the delivery contract is broken."""
        broken = [rule for fate in self.fates for rule in fate.breaches(trouble)]
        if all(fate.at_once != trouble.outcome for fate in self.fates):
            broken.append("the trouble was not met with")
        at_once = [fate.at_once for fate in self.fates]
        if self.told not in {
            _joined([f"`{outcome}`" for outcome in at_once]),
            "returns" if set(at_once) == {"queued"} else "error",
        }:
            broken.append("the caller is told the truth")
        return broken


def _joined(words: Sequence[str]) -> str:
    """Return what is said of several, once where it is the same of all."""
    return " and ".join(dict.fromkeys(sorted(words)))
