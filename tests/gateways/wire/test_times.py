"""The gateways' times: read in their zone, and written in whole minutes."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.wire.times import (
    ABIDJAN,
    DOUALA,
    paris,
    parse_time,
    to_minute,
)

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "hour"), [(ABIDJAN, 12), (DOUALA, 13), (PARIS, 13)], ids=str
)
def test_each_country_has_its_hour(zone: tzinfo, hour: int) -> None:
    """In winter."""
    assert NOON.astimezone(zone).hour == hour


async def test_paris_has_summer_time() -> None:
    """The other two have none."""
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC)

    zone = await paris()

    assert [summer.astimezone(z).hour for z in (zone, ABIDJAN, DOUALA)] == [14, 12, 13]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-20 13:00:00", NOON),
        (" 2026-11-20T13:00 \n", NOON),
        ("20261120T130000", NOON),
        ("2026-11-20", datetime(2026, 11, 19, 23, tzinfo=UTC)),
        # One with a zone of its own is meant there.
        ("2026-11-20T12:00:00Z", NOON),
        ("2026-11-20T13:00:00+01:00", NOON),
        ("2026-07-01 14:00:00", datetime(2026, 7, 1, 12, tzinfo=UTC)),
    ],
)
def test_reads_a_time(text: str, time: datetime) -> None:
    """In the zone where the gateway is."""
    read = parse_time(text, PARIS)

    assert read is not None
    assert read.tzinfo is not None
    assert read.astimezone(UTC) == time


@pytest.mark.parametrize(
    "text",
    ["", " ", "hier", "20/11/2026 12:00", "2026-02-30", "2026-11-20 25:00", "12:00"],
)
def test_leaves_what_is_no_time(text: str) -> None:
    """A gateway may leave one out, or write it in words."""
    assert parse_time(text, PARIS) is None


@pytest.mark.parametrize(
    ("time", "written"),
    [
        (NOON, "2026-11-20 13:00"),
        (NOON + timedelta(seconds=1), "2026-11-20 13:01"),
        (NOON + timedelta(microseconds=1), "2026-11-20 13:01"),
        (NOON + timedelta(seconds=59, microseconds=999_999), "2026-11-20 13:01"),
        (datetime(2026, 12, 31, 22, 59, 1, tzinfo=UTC), "2027-01-01 00:00"),
        # The clocks go forward: there is no 02:00 on that day.
        (datetime(2026, 3, 29, 0, 59, 30, tzinfo=UTC), "2026-03-29 03:00"),
        # They go back: 02:59 comes twice. What is written so may be the first one.
        (datetime(2026, 10, 24, 23, 59, 30, tzinfo=UTC), "2026-10-25 02:00"),
        (datetime(2026, 10, 25, 0, 59, tzinfo=UTC), "2026-10-25 02:59"),
        (datetime(2026, 10, 25, 0, 59, 30, tzinfo=UTC), "2026-10-25 03:00"),
        (datetime(2026, 10, 25, 1, 0, tzinfo=UTC), "2026-10-25 03:00"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "2026-10-25 03:00"),
        (datetime(2026, 10, 25, 1, 59, 30, tzinfo=UTC), "2026-10-25 03:00"),
        (datetime(2026, 10, 25, 2, 0, 30, tzinfo=UTC), "2026-10-25 03:01"),
        # A time of Paris that the clocks skip.
        (datetime(2026, 3, 29, 2, 30, tzinfo=PARIS), "2026-03-29 03:30"),
    ],
)
def test_writes_whole_minutes(time: datetime, written: str) -> None:
    """Up to the next one, on the clock of that place."""
    assert to_minute(time, PARIS).strftime("%Y-%m-%d %H:%M") == written


ZONES = st.sampled_from([PARIS, ABIDJAN, DOUALA])
TIMES = st.datetimes(
    datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC) | ZONES
)
# The night in which the clocks of Paris go back.
AUTUMN = st.datetimes(
    datetime(2026, 10, 25), datetime(2026, 10, 25, 4), timezones=st.just(UTC) | ZONES
)


@given(TIMES | AUTUMN, ZONES)
def test_a_message_is_never_sent_before_its_time(time: datetime, zone: tzinfo) -> None:
    """And less than a minute after it; an hour more where the clocks go back."""
    whole = to_minute(time, zone)

    assert whole.tzinfo is zone
    assert (whole.second, whole.microsecond) == (0, 0)
    # In UTC, as two times of the same zone are compared by the clock on the wall.
    moment = time.astimezone(UTC).replace(fold=0)
    comes_again = any(each.astimezone(zone).fold for each in (moment, moment + MINUTE))
    late = HOUR + MINUTE if comes_again else MINUTE
    assert timedelta(0) <= whole.astimezone(UTC) - moment < late


@given(TIMES | AUTUMN, ZONES)
def test_no_way_to_read_it_is_too_early(time: datetime, zone: tzinfo) -> None:
    """A gateway that reads a time that comes twice may take either."""
    written = to_minute(time, zone).replace(tzinfo=None)

    read = [written.replace(fold=fold, tzinfo=zone).astimezone(UTC) for fold in (0, 1)]
    assert min(read) >= time.astimezone(UTC).replace(fold=0)
