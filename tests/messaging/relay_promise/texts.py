"""Texts of which each word tells whose it is, wherever a gateway splits them."""

from collections import Counter
from collections.abc import Iterable
import re
from typing import Final

from tests.simulator import Acceptance

SHORT: Final = 2
"""So many words make a text that is never split."""
_WORD: Final = re.compile(r"m(\d+)w(\d+)")

type Word = tuple[int, int]
"""Which text it is of, and which of its words it is."""
type WordTo = tuple[int, int, str]
"""A word, and the number that has it."""


def text(number: int, words: int) -> str:
    """Return a text that there is only once."""
    return " ".join(f"m{number}w{word}" for word in range(words))


def number_of(told: str) -> int:
    """Return which text this is."""
    found = _WORD.search(told)
    assert found is not None
    return int(found[1])


def words_of(told: str) -> list[Word]:
    """Return the words of a text, or of a part of one."""
    return [(int(number), int(word)) for number, word in _WORD.findall(told)]


def read(taken: Iterable[Acceptance], numbers: dict[str, str]) -> Counter[WordTo]:
    """Return how often each word was taken for each number, as `numbers` says it."""
    return Counter(
        (number, word, numbers[one.recipient])
        for one in taken
        for number, word in words_of(one.text)
    )
