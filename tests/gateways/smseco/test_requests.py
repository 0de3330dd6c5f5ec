"""SMSECO: what stands in a request."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from custom_components.passerelle_sms.gateways.smseco.requests import write_time


@pytest.mark.parametrize(
    ("time", "written"),
    [
        (datetime(2026, 12, 24, 18, 30, tzinfo=UTC), "2026-12-24 18:30"),
        # Abidjan's time is UTC.
        (
            datetime(2026, 12, 25, 0, 30, tzinfo=timezone(timedelta(hours=1))),
            "2026-12-24 23:30",
        ),
        # Never before it was meant.
        (datetime(2026, 12, 31, 23, 59, 0, 1, tzinfo=UTC), "2027-01-01 00:00"),
    ],
)
def test_writes_the_documented_form(time: datetime, written: str) -> None:
    """Section I-2: AAAA-MM-JJ HH:MM."""
    assert write_time(time) == written
