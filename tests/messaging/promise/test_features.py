"""What the examples are about covers every pair, and the counts can be read."""

from itertools import combinations

from .features import BLOCKS, FEATURES, Feature, Tally


def test_each_pair_of_features_is_in_two_blocks() -> None:
    """So that none is looked for less than another."""
    for pair in combinations(FEATURES, 2):
        assert sum({*pair} <= block for block in BLOCKS) == 2, pair


def test_a_pair_is_counted_once_an_example() -> None:
    """In whatever order its features occurred."""
    tally = Tally()

    tally.count([Feature.JOIN, Feature.LATE, Feature.JOIN])
    tally.count([Feature.LATE])

    assert tally.examples == 2
    assert tally.pairs[Feature.LATE, Feature.JOIN] == 1
    assert tally.rarest == 0


def test_the_table_names_what_was_counted() -> None:
    """Each pair stands there once: its line has the first, its column the second."""
    tally = Tally()
    tally.count([Feature.OTHERS, Feature.NOTICED])

    head, first, *_ = tally.table().splitlines()

    assert head.split()[:3] == ["1", "examples", "noticed"]
    assert first.split()[:3] == ["others", "1", "0"]
