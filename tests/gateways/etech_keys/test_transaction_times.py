"""ETECH KEYS: when a transaction took place, as far as a list tells."""

from datetime import datetime, timedelta, timezone

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.etech_keys.transaction_times import (
    is_time,
    time_of,
)

DOUALA = timezone(timedelta(hours=1))
OCTOBER = datetime(2026, 10, 1, 14, 32, tzinfo=DOUALA)


def moment(*cells: str) -> datetime | None:
    """Return the moment that some cells tell, each of which is a date or a time."""
    return time_of(cells)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-10-01 14:32",
        "2026-10-01T14:32:00",
        "2026-10-01T14:32:00.000+01:00",
        "2026-10-01T13:32:00Z",
        "2026-10-01 13:32:00 +0000",
        "01/10/2026 14:32:00",
        "1/10/2026, 14:32",
        "01-10-2026 14h32",
        "01.10.2026 à 14h32",
        "01/10/2026 - 14 h 32",
    ],
)
def test_a_usual_form_is_read(cell: str) -> None:
    """ISO, or the day first; without a zone it is Douala's."""
    assert moment(cell) == OCTOBER


@given(
    time=st.datetimes(datetime(2000, 1, 1), datetime(2199, 12, 31)),
    form=st.sampled_from(
        [
            "%Y-%m-%d %H:%M:%S",
            "%Y-%m-%dT%H:%M:%S%z",
            "%d/%m/%Y %H:%M:%S",
            "%d.%m.%Y à %H:%M:%S",
        ]
    ),
)
def test_a_time_is_read_as_it_was_written(time: datetime, form: str) -> None:
    """Whatever it is."""
    time = time.replace(microsecond=0, tzinfo=DOUALA)

    assert moment(f"{time:{form}}") == time


def test_a_date_and_a_time_of_day_stand_in_two_cells() -> None:
    """In any order."""
    assert moment("14:32", "01/10/2026") == moment("2026-10-01", "14h32") == OCTOBER


@pytest.mark.parametrize(
    "cells",
    [
        (),
        # Half of it.
        ("01/10/2026",),
        ("14:32",),
        ("01/10/2026", "02/10/2026", "14:32"),
        ("01/10/2026", "14:32", "15:32"),
        # Several: when it was sent, and when it arrived?
        ("01/10/2026 14:32", "01/10/2026 14:33"),
        # None at all.
        ("32/10/2026 14:32",),
        ("10/13/2026 14:32",),
        ("01/10/2026 24:32",),
        ("2026-10-01 14:32 +25:00",),
    ],
)
def test_nothing_is_guessed(cells: tuple[str, ...]) -> None:
    """A time that isn't told, or may be another one."""
    assert moment(*cells) is None


def test_a_time_that_stands_twice_is_one() -> None:
    """Nor does a lone date beside it change anything."""
    assert moment("01/10/2026 14:32", "2026-10-01 14:32", "02/10/2026") == OCTOBER


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "Citerne vide",
        "Citerne vide le 01/10/2026 à 14h32",
        "01/10/2026 à 14h32 la citerne est vide",
        "01/10/2026 à la maison",
        "01/10/2026.",
        "01/10/26 14:32",
        "695688207",
    ],
)
def test_what_is_no_time_is_none(cell: str) -> None:
    """A text that speaks of one, and a number."""
    assert not is_time(cell)


@given(st.text() | st.text("0123456789 /-.:hàTZ+", max_size=25))
def test_nonsense_raises_nothing(cell: str) -> None:
    """Whatever stands there."""
    told = time_of([cell])

    assert told is None or told.tzinfo is not None
