"""The gateways' times: read in their zone, and written in whole minutes."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import InvalidScheduleError
from custom_components.passerelle_sms.gateways.wire.times import (
    ABIDJAN,
    DOUALA,
    paris,
    read_date,
    read_time,
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
        ("2026-11-20", datetime(2026, 11, 19, 23, tzinfo=UTC)),
        # One with a zone of its own is meant there.
        ("2026-11-20T12:00:00Z", NOON),
        ("2026-11-20T13:00:00+01:00", NOON),
        ("2026-07-01 14:00:00", datetime(2026, 7, 1, 12, tzinfo=UTC)),
    ],
)
def test_reads_a_time(text: str, time: datetime) -> None:
    """In the zone where the gateway is."""
    read = read_time(text, PARIS)

    assert read is not None
    assert read.tzinfo is not None
    assert read.astimezone(UTC) == time


@pytest.mark.parametrize(
    "text",
    ["", " ", "hier", "2026-02-30", "2026-11-20 25:00", "12:00"],
)
def test_leaves_what_is_no_time(text: str) -> None:
    """A gateway may leave one out, or write it in words."""
    assert read_time(text, PARIS) is None


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01 00:00:00",
        "0001-01-01T00:00:00+02:00",
        "1970-01-01 00:00:00",
        "1999-12-31T22:59:59Z",
        "2199-12-31T23:00:00Z",
        "9999-12-31 23:59:59",
        "9999-12-31T23:59:59-02:00",
    ],
)
def test_what_lies_outside_of_two_centuries_is_no_time(text: str) -> None:
    """It stands for none, and years at the ends can't be moved to another zone."""
    assert read_time(text, PARIS) is None


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1999-12-31T23:00:00Z", datetime(1999, 12, 31, 23, tzinfo=UTC)),
        ("2199-12-31 23:59:59", datetime(2199, 12, 31, 22, 59, 59, tzinfo=UTC)),
    ],
)
def test_the_year_is_that_of_the_gateway(text: str, time: datetime) -> None:
    """In its own zone."""
    assert read_time(text, PARIS) == time


@pytest.mark.parametrize(
    ("value", "day", "time"),
    [
        ("03/09/2014 08:24", date(2014, 9, 3), datetime(2014, 9, 3, 6, 24, tzinfo=UTC)),
        (
            "3-9-2014 08:24:04",
            date(2014, 9, 3),
            datetime(2014, 9, 3, 6, 24, 4, tzinfo=UTC),
        ),
        ("03.09.2014", date(2014, 9, 3), datetime(2014, 9, 2, 22, tzinfo=UTC)),
        ("2014/09/03 08:24", date(2014, 9, 3), datetime(2014, 9, 3, 6, 24, tzinfo=UTC)),
        (
            " 2014-09-03T08:24:04+02:00\n",
            date(2014, 9, 3),
            datetime(2014, 9, 3, 6, 24, 4, tzinfo=UTC),
        ),
        (
            "03/09/2014 à 8h24",
            date(2014, 9, 3),
            datetime(2014, 9, 3, 6, 24, tzinfo=UTC),
        ),
        ("31/12/1999 23:59", None, None),
        ("01/01/2200 00:00", None, None),
        ("0001-01-01 00:00:00", None, None),
        ("9999-12-31 23:59:59", None, None),
        ("30/02/2026", None, None),
        ("09/14/2014 08:24", None, None),
        ("03/09/14 08:24", None, None),
        ("03/09/20144 08:24", None, None),
        ("hier", None, None),
        ("", None, None),
        (1409732640, None, None),
        (None, None, None),
    ],
)
def test_reads_a_french_time(
    value: object, day: date | None, time: datetime | None
) -> None:
    """The day first, in any year in which a message can have been sent."""
    assert read_date(value) == day
    read = read_time(value, PARIS)
    assert (None if read is None else read.astimezone(UTC)) == time


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


@pytest.mark.parametrize("zone", [PARIS, ABIDJAN, DOUALA], ids=str)
@pytest.mark.parametrize(
    "time",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime(1999, 12, 31, tzinfo=UTC),
        datetime(2200, 1, 1, tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
    ],
)
def test_writes_no_time_that_nobody_lives_to_see(time: datetime, zone: tzinfo) -> None:
    """Near the ends of the calendar a zone has none at all."""
    with pytest.raises(InvalidScheduleError):
        to_minute(time, zone)


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


@pytest.mark.parametrize("year", [1, 1999, 2200, 9999])
def test_no_message_is_sent_outside_of_the_calendar(year: int) -> None:
    """Near its ends there is no time in another zone."""
    time = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)

    with pytest.raises(InvalidScheduleError):
        to_minute(time, DOUALA)
    assert read_time(time.isoformat(), UTC) is None
