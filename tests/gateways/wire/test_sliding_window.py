"""What was counted within a time, whenever that began."""

from datetime import timedelta

from hypothesis import given, strategies as st

from custom_components.passerelle_sms.gateways.wire.sliding_window import SlidingWindow

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
TICK = timedelta.resolution


def window_of(*ages: int) -> SlidingWindow[int]:
    """Return a window of a minute with entries that weigh 1, 2, 3, of these seconds."""
    window: SlidingWindow[int] = SlidingWindow(MINUTE)
    for key, age in enumerate(ages):
        window.add(key, age * SECOND, key + 1)
    return window


def test_an_entry_may_count_under_another_key() -> None:
    """For as long as before, and no other is touched."""
    window = window_of(0, 10)

    window.rename(0, 7)
    window.rename(5, 8)

    assert 0 not in window
    assert 7 in window
    assert 8 not in window
    assert window.total == 3
    window.prune(MINUTE)
    assert 7 not in window
    assert window.total == 2


def test_an_entry_counts_for_the_length_of_the_window() -> None:
    """And not a moment longer."""
    window = window_of(0, 10)

    window.prune(MINUTE - TICK)
    assert window.total == 3
    window.prune(MINUTE)
    assert window.total == 2
    window.prune(MINUTE + 10 * SECOND)
    assert window.total == 0


def test_it_tells_when_so_much_will_have_left() -> None:
    """Of the oldest first, in whatever order they came; never of more than there is."""
    window = window_of(20, 0, 10)

    assert window.frees(1) == MINUTE
    assert window.frees(2) == MINUTE
    assert window.frees(3) == MINUTE + 10 * SECOND
    assert window.frees(6) == MINUTE + 20 * SECOND
    assert window.frees(7) is None
    assert [*window.departures()] == [MINUTE + age * SECOND for age in (0, 10, 20)]


def test_a_key_counts_once_as_it_was_added_last() -> None:
    """With its new weight, from its new moment on."""
    window = window_of(0, 1)

    window.add(0, 5 * SECOND, 10)

    assert window.total == 12
    assert window.frees(2) == MINUTE + SECOND
    assert window.frees(3) == MINUTE + 5 * SECOND


def test_what_is_discarded_counts_no_more() -> None:
    """What isn't here stays so."""
    window = window_of(0, 1)

    window.discard(0)
    window.discard(0)
    window.discard(9)

    assert window.total == 2
    assert window.frees(1) == MINUTE + SECOND


ENTRIES = st.lists(
    st.tuples(st.integers(0, 9), st.integers(-90, 90), st.integers(1, 5)), max_size=30
)


@given(ENTRIES, st.lists(st.integers(0, 9), max_size=9), st.integers(-90, 200))
def test_it_counts_what_a_plain_list_counts(
    entries: list[tuple[int, int, int]], discarded: list[int], now: int
) -> None:
    """Whatever is added, in whatever order, and discarded."""
    window: SlidingWindow[int] = SlidingWindow(MINUTE)
    kept: dict[int, tuple[int, int]] = {}
    for key, at, weight in entries:
        window.add(key, at * SECOND, weight)
        kept[key] = at, weight
    for key in discarded:
        window.discard(key)
        kept.pop(key, None)

    window.prune(now * SECOND)

    left = sorted((at, weight) for at, weight in kept.values() if now - at < 60)
    total = sum(weight for _, weight in left)
    assert window.total == total
    for wanted in range(1, total + 1):
        freed = window.frees(wanted)
        assert freed is not None
        gone = [weight for at, weight in left if at * SECOND + MINUTE <= freed]
        before = [weight for at, weight in left if at * SECOND + MINUTE < freed]
        assert sum(before) < wanted <= sum(gone)
