"""SMSECO: the times that it is told, and those that it tells."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from custom_components.passerelle_sms.gateways.smseco.times import read_time, write_time


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


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("2026-11-20 12:34:56", datetime(2026, 11, 20, 12, 34, 56, tzinfo=UTC)),
        (" 2026-11-20 12:34 ", datetime(2026, 11, 20, 12, 34, tzinfo=UTC)),
        ("2026/11/20 12:34", datetime(2026, 11, 20, 12, 34, tzinfo=UTC)),
        ("2026-11-20T12:34:56Z", datetime(2026, 11, 20, 12, 34, 56, tzinfo=UTC)),
        ("2026-11-20T12:34+01:00", datetime(2026, 11, 20, 11, 34, tzinfo=UTC)),
        ("20/11/2026 12:34", datetime(2026, 11, 20, 12, 34, tzinfo=UTC)),
        ("20/11/2026 12:34:56", datetime(2026, 11, 20, 12, 34, 56, tzinfo=UTC)),
        ("5-1-2026 12:34", datetime(2026, 1, 5, 12, 34, tzinfo=UTC)),
        ("20.11.2026", datetime(2026, 11, 20, tzinfo=UTC)),
        ("20/11/2026 à 12h34", None),
        ("11/20/2026 12:34", None),
        ("0000-00-00 00:00:00", None),
        ("9999-12-31 24:00", None),
        ("2026-11-20 12:34+99:00", None),
        ("hier", None),
        ("", None),
        (1795178096, None),
        (None, None),
    ],
)
def test_reads_what_may_be_meant(value: object, time: datetime | None) -> None:
    """Section III-1 gives no form for `date`."""
    assert read_time(value) == time
