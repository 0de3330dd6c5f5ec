"""What callers give, value by value."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.actions.quoting import quoted
from custom_components.passerelle_sms.actions.values import (
    Clamped,
    InvalidValue,
    choice,
    day_of_birth,
    given_name,
    is_empty,
    length_of_time,
    list_of,
    mapping,
    moment,
    moment_within,
    name,
    switch,
    text,
    whole_number,
    word,
)
from custom_components.passerelle_sms.messaging.text.encoding import EncodingChoice
from homeassistant.core import HomeAssistant
from homeassistant.helpers.template import Template

HUGE = 10**5000


def refused(read: Any, value: object) -> str:
    """Return the key of the sentence with which a value is refused."""
    with pytest.raises(InvalidValue) as raised:
        read(value)
    return raised.value.key


@pytest.mark.parametrize(
    ("written", "number"),
    [
        (12, 12),
        ("12", 12),
        (12.0, 12),
        ("1e3", 1000),
        (" 5 ", 5),
        ("５", 5),
        (Decimal("7.00"), 7),
        ("1e-0", 1),
    ],
    ids=quoted,
)
def test_a_whole_number(written: object, number: int) -> None:
    """As a selector or a template gives it."""
    assert whole_number(1, 1000)(written) == number


@pytest.mark.parametrize(
    "written",
    [
        *(0, 1001, -1, 1.5, "1,5", "", None, True, [], "nan", "inf", "1e400", "-1e400"),
        *(HUGE, -HUGE, float("nan"), float("inf"), 1e300, b"5", "0x10", "9" * 100_000),
        *("1e3000000", "1e-3000000", Decimal("1e3000000"), Decimal("sNaN")),
    ],
    ids=quoted,
)
def test_no_whole_number(written: object) -> None:
    """Money isn't rounded, and no power worked out."""
    assert refused(whole_number(1, 1000), written) == "field_not_number"


@given(st.integers(-(10**15), 10**15))
def test_every_number_within_the_bounds_is_itself(number: int) -> None:
    """However it is written; every other one is refused."""
    read = whole_number(-1000, 10**9)
    for written in (number, str(number), f" {number}.0 ", Decimal(number)):
        if -1000 <= number <= 10**9:
            assert read(written) == number
        else:
            assert refused(read, written) == "field_not_number"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Citerne", "Citerne"),
        (12, "12"),
        (21.5, "21.5"),
        (date(2026, 12, 24), "2026-12-24"),
        ("\ud83d\ude00 \ud83d", "😀 \ufffd"),
        ("a" * 200, "a" * 200),
        ("MAISON\n", "MAISON\n"),
    ],
    ids=quoted,
)
def test_a_text(written: object, read: str) -> None:
    """Also of what is none, where that can mean nothing else."""
    assert name(written) == read


@pytest.mark.parametrize("written", ["MAISON\n", "\u200b\xa0MAISON\ufeff "], ids=ascii)
def test_what_came_along_is_left_out(written: str) -> None:
    """Of a name that is ours: one that a gateway keeps may end in a blank there."""
    assert word(written) == "MAISON"


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("a" * 201, "field_too_long"),
        (None, "field_missing"),
        (True, "field_not_text"),
        (b"x", "field_not_text"),
        ([], "field_not_text"),
        ({}, "field_not_text"),
        (HUGE, "field_not_text"),
        (1j, "field_not_text"),
    ],
    ids=quoted,
)
def test_no_text(written: object, key: str) -> None:
    """What is on or off is no name."""
    assert refused(name, written) == key


def test_what_people_read_may_be_what_a_template_makes_of_on(
    hass: HomeAssistant,
) -> None:
    """And of anything else: it arrives as it was rendered."""
    read = text(100, is_shown=True)

    assert read(True) == "True"
    for written in ("[1, 2]", "{'a': 1}", "1, 2"):
        template = Template("{{ x }}", hass)
        rendered = template.async_render({"x": written})
        assert not isinstance(rendered, str)
        assert read(rendered) == written


def test_a_template_that_yields_none(hass: HomeAssistant) -> None:
    """Is null there, so the word itself was meant by whoever wrote it."""
    assert Template("{{ none }}", hass).async_render() is None
    assert not is_empty("None")


@pytest.mark.parametrize(
    "empty",
    [None, "", " \n\t", "\xa0", "\u200b", "\ufeff \0", [], {}, (), set()],
    ids=ascii,
)
def test_empty(empty: object) -> None:
    """Nothing was given, but for names that say more when left out."""
    assert is_empty(empty)
    assert refused(given_name, empty) == "field_missing"


@pytest.mark.parametrize("value", [0, False, "0", [None], {"": ""}, "null"], ids=quoted)
def test_not_empty(value: object) -> None:
    """Nothing is not the same as no."""
    assert not is_empty(value)


@pytest.mark.parametrize(
    "on", [True, 1, 1.0, "on", " True ", "yes", "1", "\u200etrue\u200b"], ids=ascii
)
def test_on(on: object) -> None:
    """As Home Assistant writes it."""
    assert switch(on) is True


@pytest.mark.parametrize("off", [False, 0, 0.0, "off", "FALSE", "no", "0"], ids=quoted)
def test_off(off: object) -> None:
    """The same."""
    assert switch(off) is False


@pytest.mark.parametrize(
    "value",
    [None, 2, HUGE, float("nan"), "vrai?", "on" * 10**6, [], {"a": 1}, b"on"],
    ids=quoted,
)
def test_neither_on_nor_off(value: object) -> None:
    """It is not guessed."""
    assert refused(switch, value) == "field_not_switch"


def test_a_choice() -> None:
    """However it is written; anything else is told what there is."""
    read = choice(EncodingChoice)

    assert read(" Exact ") is EncodingChoice.EXACT
    assert read("exact\u200b") is EncodingChoice.EXACT
    wrongs: list[object] = ["morse", None, 1, True, [], "exact" * 10**6]
    for wrong in wrongs:
        assert refused(read, wrong) == "field_not_choice"


async def test_a_moment(hass: HomeAssistant) -> None:
    """Without a zone it is the house's; it goes on in UTC."""
    await hass.config.async_set_time_zone("Africa/Douala")
    six = datetime(2026, 12, 24, 18, tzinfo=UTC)

    for written in (
        "2026-12-24 19:00:00",
        "2026-12-24T18:00:00Z",
        "2026-12-24T20:00+02:00",
        " 2026-12-24 19:00 ",
        "\u200e2026-12-24 19:00:00\u200b\n",
        datetime(2026, 12, 24, 19),
        six,
    ):
        assert moment(written) == six


@pytest.mark.parametrize(
    "written",
    [
        *(
            "ce soir",
            "",
            None,
            True,
            1e300,
            HUGE,
            date(2026, 12, 24),
            "1999-12-31 23:59",
        ),
        *("2200-01-01", "9999-12-31T23:59:59-23:59", "0001-01-01", datetime.max),
        *(datetime.min.replace(tzinfo=UTC), "2026-02-30", "2026-12-24T18:00:00+99:99"),
        "2026-12-24 18:00:00" + " " * 10**6,
    ],
    ids=quoted,
)
def test_no_moment(written: object) -> None:
    """Nor one at the ends of time, where there is no other zone."""
    assert refused(moment, written) == "field_not_moment"


@given(st.datetimes(timezones=st.none() | st.timezones()))
def test_every_moment_is_read_or_refused(written: datetime) -> None:
    """By its year alone."""
    if 2000 <= written.year <= 2199:
        assert moment(written).tzinfo is UTC
        assert abs(moment(written.isoformat()) - moment(written)) < timedelta(hours=2)
    else:
        assert refused(moment, written) == "field_not_moment"


def test_a_moment_that_is_too_far(freezer: FrozenDateTimeFactory) -> None:
    """To the second."""
    freezer.move_to("2026-11-20T12:00:00+00:00")
    read = moment_within(timedelta(days=366))

    assert read("2027-11-21T12:00:00Z") == datetime(2027, 11, 21, 12, tzinfo=UTC)
    assert read("2026-01-01T00:00:00Z").year == 2026
    assert refused(read, "2027-11-21T12:00:01Z") == "field_too_far"


@pytest.mark.parametrize(
    "written",
    ["1968-02-12", " 1968-02-12\u200b", date(1968, 2, 12), datetime(1968, 2, 12, 9)],
    ids=ascii,
)
def test_a_day_of_birth(written: object) -> None:
    """A day, whatever the hour."""
    assert day_of_birth(written) == date(1968, 2, 12)
    assert type(day_of_birth(written)) is date


@pytest.mark.parametrize(
    "written",
    ["hier", 1968, None, "1899-12-31", date.max, "0001-01-01", [], True],
    ids=quoted,
)
def test_no_day_of_birth(written: object) -> None:
    """Of nobody who has a telephone."""
    assert refused(day_of_birth, written) == "field_not_day"


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        (90, timedelta(seconds=90)),
        ("00:02:00", timedelta(minutes=2)),
        ("0:02", timedelta(minutes=2)),
        ("\u200e0:02\xa0", timedelta(minutes=2)),
        ("0:20:00.5", timedelta(minutes=20, milliseconds=500)),
        ("PT20M", timedelta(minutes=20)),
        (str(timedelta(hours=23)), timedelta(hours=23)),
        (str(timedelta(days=1)), timedelta(days=1)),
        (str(timedelta(hours=48)), Clamped(timedelta(hours=24))),
        ({"minutes": 15}, timedelta(minutes=15)),
        (timedelta(hours=1), timedelta(hours=1)),
        (0, Clamped(timedelta(seconds=1))),
        ("00:00:00.5", Clamped(timedelta(seconds=1))),
        ("48:00:00", Clamped(timedelta(hours=24))),
        ({"days": 2}, Clamped(timedelta(hours=24))),
        (10**9, Clamped(timedelta(hours=24))),
        (timedelta.max, Clamped(timedelta(hours=24))),
    ],
    ids=quoted,
)
def test_a_length_of_time(written: object, taken: object) -> None:
    """What is too long or too short is as long or as short as may be."""
    read = length_of_time(timedelta(seconds=1), timedelta(hours=24))

    assert read(written) == taken


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            "bientôt",
            -1,
            "-0:10",
            None,
            True,
            [],
            b"60",
            "9" * 100_000,
            HUGE,
            -HUGE,
        ),
        *(1e300, -1e300, float("nan"), float("inf"), "1e300", "nan", timedelta.min),
        *({"hours": 1e300}, {"days": "nan"}, {"hours": True}, {"seconds": None}, {}),
        *(
            str(timedelta(minutes=-1)),
            "-P1D",
            "P",
            "PT",
            "P99999999999D",
            " days",
            "1 h",
        ),
        *({"years": 1}, {1: 2}, {"days": "9" * 10**6}, {"hours": -1}, {"days": HUGE}),
        {str(number): 1 for number in range(100)},
    ],
    ids=quoted,
)
def test_no_length_of_time(written: object) -> None:
    """One that no clock can count is a mistake, not a long time."""
    read = length_of_time(timedelta(seconds=1), timedelta(hours=24))

    assert refused(read, written) == "field_not_length"


def test_lists_and_mappings() -> None:
    """Bounded before anything in them is read."""
    read = list_of(name, 3)

    assert read("Famille") == ["Famille"]
    assert read(("a", 1)) == ["a", "1"]
    assert refused(read, ["a"] * 4) == "field_too_many"
    assert refused(read, []) == "field_missing"
    assert refused(read, None) == "field_missing"
    assert refused(read, {"a": 1}) == "field_not_list"
    assert refused(read, [["a"]]) == "field_not_text"
    assert mapping({"a": 1}, 1) == {"a": 1}
    assert (
        refused(lambda value: mapping(value, 1), {"a": 1, "b": 2}) == "field_too_many"
    )
    assert refused(lambda value: mapping(value, 1), ["a"]) == "field_not_mapping"
