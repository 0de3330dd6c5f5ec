"""What is to be done when."""

from datetime import timedelta

from hypothesis import given, strategies as st

from custom_components.passerelle_sms.messaging.tracking.schedule import Schedule

SECOND = timedelta(seconds=1)

# A key, and when it is due; never, if `None`.
CHANGES = st.lists(
    st.tuples(st.integers(0, 5), st.none() | st.integers(0, 20)), max_size=40
)


@given(changes=CHANGES, elapsed=st.integers(0, 25))
def test_what_is_due_comes_once_and_the_soonest_first(
    changes: list[tuple[int, int | None]], elapsed: int
) -> None:
    """As if all were looked at: what counts of each is what was said last."""
    schedule, due = Schedule[int](), dict[int, timedelta]()
    for key, seconds in changes:
        if seconds is None:
            schedule.remove(key)
            due.pop(key, None)
        else:
            schedule.set(key, seconds * SECOND)
            due[key] = seconds * SECOND
    assert schedule.first() == min(due.values(), default=None)
    assert {key: schedule.get(key) for key in range(6)} == {
        key: due.get(key) for key in range(6)
    }

    taken = [*schedule.take_due(elapsed * SECOND)]

    assert sorted(taken) == sorted(k for k in due if due[k] <= elapsed * SECOND)
    assert [due[key] for key in taken] == sorted(due[key] for key in taken)
    assert schedule.first() == min(
        (when for key, when in due.items() if key not in taken), default=None
    )


def test_what_is_due_at_once_comes_in_the_order_in_which_it_was_set() -> None:
    """Nobody waits longer than whoever came later."""
    schedule = Schedule[str]()
    for key in "cab":
        schedule.set(key, SECOND)

    assert [*schedule.take_due(SECOND)] == ["c", "a", "b"]


def test_what_is_not_taken_stays_due() -> None:
    """Who needs only the first leaves the others where they are."""
    schedule = Schedule[str]()
    for key in "ab":
        schedule.set(key, SECOND)

    assert next(schedule.take_due(SECOND)) == "a"

    assert schedule.first() == SECOND
    assert [*schedule.take_due(SECOND)] == ["b"]
