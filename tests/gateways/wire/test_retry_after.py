"""How long a gateway asks to be left alone."""

from datetime import timedelta

from hypothesis import example, given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.wire.retry_after import (
    LONGEST_WAIT,
    read_retry_after,
)

NOON = "Wed, 10 Feb 2027 12:00:00 GMT"
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("00", 0),
        (" 90 ", 90),
        ("0120", 120),
        ("3599", 3599),
        ("3600", 3600),
        ("3601", 3600),
        ("86400", 3600),
        ("9" * 8000, 3600),
    ],
)
def test_seconds(text: str, seconds: int) -> None:
    """As they stand, an hour at most."""
    assert read_retry_after({"Retry-After": text}) == seconds * SECOND


@pytest.mark.parametrize(
    ("until", "now", "seconds"),
    [
        ("Wed, 10 Feb 2027 12:05:00 GMT", NOON, 300),
        ("Wednesday, 10-Feb-27 12:05:00 GMT", NOON, 300),
        ("Wed Feb 10 12:05:00 2027", NOON, 300),
        ("Wed, 10 Feb 2027 13:05:00 +0100", NOON, 300),
        ("Wed, 10 Feb 2027 12:05:00 -0000", NOON, 300),
        ("Thu, 11 Feb 2027 12:00:00 GMT", NOON, 3600),
        (NOON, NOON, 0),
        ("Wed, 10 Feb 2027 11:59:00 GMT", NOON, 0),
    ],
)
def test_a_date(until: str, now: str, seconds: int) -> None:
    """Compared with that of the answer: the clock of the house may be wrong."""
    headers = {"Retry-After": until, "Date": now}

    assert read_retry_after(headers) == seconds * SECOND


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Date": NOON},
        {"Retry-After": ""},
        {"Retry-After": "-5", "Date": NOON},
        {"Retry-After": "1.5", "Date": NOON},
        {"Retry-After": "٣٠", "Date": NOON},
        {"Retry-After": "soon", "Date": NOON},
        {"Retry-After": "Wed, 99 Feb 2027 12:00:00 GMT", "Date": NOON},
        {"Retry-After": f"Wed, 10 Feb 2027 12:00:00 +{'9' * 40}", "Date": NOON},
        {"Retry-After": NOON},
        {"Retry-After": NOON, "Date": "today"},
    ],
)
def test_what_can_not_be_read_tells_nothing(headers: dict[str, str]) -> None:
    """No guess is made."""
    assert read_retry_after(headers) is None


written = st.one_of(
    st.text(),
    st.integers().map(str),
    st.datetimes().map(lambda date: f"{date:%a, %d %b %Y %H:%M:%S} GMT"),
    st.text("0123456789:+- ,GMTWedFeb"),
)


@given(written, written)
@example("Wed, 10 Feb 1 12:00:00 +2359", "Wed, 10 Feb 9999 12:00:00 -2359")
def test_whatever_a_server_writes(until: str, now: str) -> None:
    """Nothing is raised, and nobody waits for more than an hour."""
    wait = read_retry_after({"Retry-After": until, "Date": now})

    assert wait is None or timedelta() <= wait <= LONGEST_WAIT
