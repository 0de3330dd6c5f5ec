"""The books as they outlive a restart."""

from datetime import UTC, datetime
from decimal import Decimal
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.messaging.journal.values import UNREADABLE
from custom_components.passerelle_sms.messaging.model.submission import RowKey
from custom_components.passerelle_sms.messaging.reconciliation.books import Books, Price
from custom_components.passerelle_sms.messaging.reconciliation.books_json import (
    books_from_json,
    books_to_json,
)

AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False)
TEXTS = st.text(max_size=10)
BOOKS = st.builds(
    Books,
    period=st.integers(min_value=0),
    credits=st.none() | AMOUNTS,
    latest=st.none() | AMOUNTS,
    moved=AMOUNTS,
    is_disturbed=st.booleans(),
    carried=st.frozensets(st.tuples(TEXTS, TEXTS), max_size=3),
    prices=st.dictionaries(
        TEXTS, st.builds(Price, credits=AMOUNTS, is_confirmed=st.booleans()), max_size=3
    ),
    muted=st.none() | st.datetimes(timezones=st.just(UTC)),
)
FULL = Books(
    period=3,
    credits=Decimal("9.5"),
    latest=Decimal("8.5"),
    moved=Decimal(-1),
    is_disturbed=True,
    carried=frozenset({("message", RowKey("+237670000000"))}),
    prices={"237": Price(credits=Decimal("1.25"), is_confirmed=True)},
    muted=datetime(2026, 11, 1, 12, tzinfo=UTC),
)


@given(BOOKS)
def test_everything_outlives_a_restart(books: Books) -> None:
    """To the last decimal."""
    assert books_from_json(books_to_json(books)) == books


@given(BOOKS)
def test_what_was_read_is_written_alike(books: Books) -> None:
    """Amounts keep how exactly they were told."""
    stored = books_to_json(books)

    assert books_to_json(books_from_json(stored)) == stored


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "nonsense",
        "null",
        "7",
        "[]",
        "{}",
        '"period"',
        '{"period": 1}',
        "[" * 500_000,
    ],
)
def test_what_is_none_raises(stored: str) -> None:
    """So that the ledger begins anew, and nothing is made up."""
    with pytest.raises(UNREADABLE):
        books_from_json(stored)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("period", None),
        ("period", "one"),
        ("credits", "a lot"),
        ("credits", []),
        ("latest", "a lot"),
        ("moved", None),
        ("carried", None),
        ("carried", [["one"]]),
        ("prices", []),
        ("prices", {"237": ["dear", True]}),
        ("prices", {"237": "1"}),
        ("muted", "yesterday"),
        ("muted", 7),
        ("muted", "2026-11-01T12:00:00"),
        ("credits", "NaN"),
        ("credits", "Infinity"),
        ("moved", "-Infinity"),
    ],
)
def test_one_value_that_is_none_spoils_all(name: str, value: object) -> None:
    """Books of which a part is guessed prove nothing."""
    stored = json.loads(books_to_json(FULL))

    with pytest.raises(UNREADABLE):
        books_from_json(json.dumps(stored | {name: value}))


@pytest.mark.parametrize(
    "name",
    [
        "period",
        "credits",
        "latest",
        "moved",
        "is_disturbed",
        "carried",
        "prices",
        "muted",
    ],
)
def test_one_value_that_is_missing_spoils_all(name: str) -> None:
    """Whichever it is."""
    stored = json.loads(books_to_json(FULL))
    del stored[name]

    with pytest.raises(KeyError, match=name):
        books_from_json(json.dumps(stored))


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    )
)
def test_no_other_json_is_taken_for_books(other: object) -> None:
    """It raises what it says that it raises, and nothing else."""
    with pytest.raises(UNREADABLE):
        books_from_json(json.dumps(other))


def test_nothing_shows_a_number() -> None:
    """Neither what is written in a log of the books nor of what was carried over."""
    assert "+237" not in repr(FULL)
