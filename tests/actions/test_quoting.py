"""What a caller gave, as it is told to him."""

from collections.abc import Callable
from datetime import date, datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.actions.quoting import quoted, quoted_day
from custom_components.passerelle_sms.actions.values import (
    InvalidValue,
    day_of_birth,
    moment,
)
from custom_components.passerelle_sms.gateways.wire.redaction import hide_numbers

HUGE = 10**5000


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Citerne\n vide", "Citerne vide"),
        ("+237 6 95 68 82 07", "***07"),
        ("\u202ea\x00b\ud83d", "a b"),
        ("a" * 41, f"{'a' * 39}…"),
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        (HUGE, "…"),
        ([1], "[…]"),
        ({"a": 1}, "{…}"),
        (b"x", "…"),
    ],
    ids=quoted,
)
def test_what_was_typed_is_recognised(typed: object, shown: str) -> None:
    """By a line of it."""
    assert quoted(typed) == shown


@given(st.text() | st.from_regex(r"[+\d\s.()-]{0,60}") | st.integers() | st.floats())
def test_what_is_shown_holds_no_number(typed: object) -> None:
    """It is one short line that can be stored."""
    shown = quoted(typed)

    assert hide_numbers(shown) == shown
    assert len(shown) <= 40
    assert "\n" not in shown
    shown.encode()


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("24/12/2026 18:00", "24/12/2026 18:00"),
        ("24.12.2026", "24.12.2026"),
        ("1999-12-31T23:59:00+01:00", "1999-12-31T23:59:00+01:00"),
        ("2026-02-30 18h30 ", "2026-02-30 18h30"),
        (date(2026, 12, 24), "2026-12-24"),
        (datetime.max, "9999-12-31 23:59:59.999999"),
        # None of these is a day.
        ("1798135200", "***00"),
        ("06-12-34-56-78", "***78"),
        ("06.12.3456", "***56"),
        ("2026-12-24 0612345678", "***78"),
        ("06 12 34 56 78 24/12/2026", "***26"),
    ],
)
def test_a_day_is_told_in_full(typed: object, shown: str) -> None:
    """It is no number of anybody's."""
    assert quoted_day(typed) == shown


@pytest.mark.parametrize("read", [moment, day_of_birth])
def test_who_gave_a_day_that_is_refused_recognises_it(
    read: Callable[[object], object],
) -> None:
    """Though it has as many digits as a number."""
    with pytest.raises(InvalidValue) as raised:
        read("24/12/2199")

    assert raised.value.details["value"] == "24/12/2199"
