"""What an example of the promise is about, and how often which of it came together."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from itertools import combinations
from typing import Final


class Feature(StrEnum):
    """What makes an account, or what is asked of it, less simple."""

    OTHERS = "others"
    """Somebody else uses the account, and the house knows it."""
    NOTICED = "noticed"
    """The house was told to be alone; somebody else spends, and it has noticed that."""
    LATE = "late"
    """What is taken is charged minutes later."""
    REFUND = "refund"
    """Credits are given back."""
    TOP_UP = "top-up"
    """Credits are bought."""
    PRICES = "prices"
    """Another country costs more."""
    DOUBTS = "doubts"
    """Several submissions are in doubt at once."""
    MENDED = "mended"
    """The account is refused, and that is mended."""
    REFUSED = "refused"
    """The account is refused until the end."""
    JOIN = "join"
    """The same text is sent again while the first waits."""
    URGENT = "urgent"
    """A message is urgent."""


FEATURES: Final = tuple(Feature)
# The quadratic residues of eleven: so shifted, each pair of features is in two blocks.
_FIRST_BLOCK: Final = (1, 3, 4, 5, 9)
BLOCKS: Final = tuple(
    frozenset(FEATURES[(index + shift) % len(FEATURES)] for index in _FIRST_BLOCK)
    for shift in range(len(FEATURES))
)
"""What examples have in common: whoever mutates one changes the rest of it."""

type Pair = tuple[Feature, Feature]


class Tally:
    """In how many examples each pair of features has occurred."""

    def __init__(self) -> None:
        """Begin with none."""
        self.examples = 0
        self.pairs = Counter[Pair](dict.fromkeys(combinations(FEATURES, 2), 0))

    def count(self, occurred: Iterable[Feature]) -> None:
        """Count what has occurred in one example."""
        self.examples += 1
        self.pairs.update(combinations([f for f in FEATURES if f in set(occurred)], 2))

    @property
    def rarest(self) -> int:
        """How often the rarest pair has occurred."""
        return min(self.pairs.values())

    def table(self) -> str:
        """Return the counts of all pairs."""
        width = max(map(len, FEATURES))
        head = " ".join(f"{feature:>{width}}" for feature in FEATURES[1:])
        lines = [f"{self.examples} examples".ljust(width + 12) + head]
        for row, first in enumerate(FEATURES[:-1]):
            cells = [
                f"{self.pairs[first, second] if column >= row else '':>{width}}"
                for column, second in enumerate(FEATURES[1:])
            ]
            lines.append(f"{first:<{width + 12}}" + " ".join(cells))
        return "\n".join(lines)
