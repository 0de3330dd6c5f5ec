"""What the message says, and that no two of them say the same."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import example, given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.model.segments import is_gsm7, measure
from custom_components.passerelle_sms.messaging.dead_man_switch.plan import SwitchPlan
from custom_components.passerelle_sms.messaging.dead_man_switch.text import (
    longest,
    rendered,
)

SINCE = datetime(2026, 11, 26, 13, 5, 23, 999_999, tzinfo=UTC)
PARIS = timezone(timedelta(hours=1))
SECOND = timedelta(seconds=1)
TEMPLATES = st.text(max_size=40) | st.lists(
    st.sampled_from(
        ["{house}", "{since}", "{", "}", "{}", "{0}", "{house!r}", "é ", "²"]
    )
).map("".join)


def plan(
    template: str = "{house} : plus rien depuis le {since}",
    house: str = "Maison de Bè",
    language: str = "fr",
) -> SwitchPlan:
    """Return a plan with a text."""
    return SwitchPlan(
        template=template,
        recipients=(),
        delay=timedelta(hours=1),
        house=house,
        language=language,
    )


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("fr", "le 26/11/2026 à 14:05:23"),
        ("fr-CA", "le 26/11/2026 à 14:05:23"),
        ("FR", "le 26/11/2026 à 14:05:23"),
        ("en", "2026-11-26 14:05:23"),
        ("de", "2026-11-26 14:05:23"),
        ("", "2026-11-26 14:05:23"),
    ],
)
def test_a_moment_is_written_as_the_house_speaks(language: str, written: str) -> None:
    """In the house's time zone, with its seconds."""
    text = rendered(plan("{house}: {since}!", language=language), SINCE, PARIS)

    assert text == f"Maison de Bè: {written}!"
    assert is_gsm7(text)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        (
            "Coupure",
            "Chez nous : Coupure (pas de signe de vie depuis le 26/11/2026 à 14:05:23)",
        ),
        (
            "{house} se tait",
            "Chez nous se tait (pas de signe de vie depuis le 26/11/2026 à 14:05:23)",
        ),
        ("Rien depuis {since}", "Chez nous : Rien depuis le 26/11/2026 à 14:05:23"),
        ("CHEZ NOUS, {since}", "CHEZ NOUS, le 26/11/2026 à 14:05:23"),
        (
            "{since}, {house}, {since}",
            "le 26/11/2026 à 14:05:23, Chez nous, le 26/11/2026 à 14:05:23",
        ),
    ],
)
def test_what_was_left_out_is_added(template: str, text: str) -> None:
    """A message that doesn't say of whom it speaks frightens the wrong people."""
    assert rendered(plan(template, house="Chez nous"), SINCE, PARIS) == text


def test_what_is_added_speaks_the_language_of_the_house() -> None:
    """English wherever it isn't French."""
    text = rendered(plan("Power cut", house="Home", language="en"), SINCE, PARIS)

    assert text == "Home: Power cut (no sign of life since 2026-11-26 14:05:23)"


def test_the_name_of_a_house_is_no_template() -> None:
    """However it is called."""
    text = rendered(plan("{house}{since}", house="{since}{house}{x}"), SINCE, PARIS)

    assert text == "{since}{house}{x}le 26/11/2026 à 14:05:23"


def test_a_house_without_a_name_adds_nothing() -> None:
    """Not even a colon."""
    assert rendered(plan("Rien {since}", house=""), SINCE, PARIS).startswith(
        "Rien le 26"
    )


def test_it_is_written_economically() -> None:
    """So that it stays one message of 160."""
    text = rendered(
        plan("🏠 “{house}” est muette… {since}", house="Forêt"), SINCE, PARIS
    )

    assert text == '"Foret" est muette... le 26/11/2026 à 14:05:23'


def test_what_gsm7_can_not_say_stays() -> None:
    """Rather in UCS-2 than unreadable."""
    text = rendered(plan("Мама, {house} {since}", house="Forêt"), SINCE, PARIS)

    assert text == "Мама, Forêt le 26/11/2026 à 14:05:23"
    assert measure(text).encoding is Encoding.UCS2


def test_the_hour_that_comes_twice_says_two_things() -> None:
    """A gateway refuses the same text to the same number for a day."""
    paris = ZoneInfo("Europe/Paris")
    first = datetime(2026, 10, 25, 0, 30, 5, tzinfo=UTC)

    texts = [
        rendered(plan("{house} {since}"), first + timedelta(hours=hours), paris)
        for hours in range(3)
    ]

    assert [text[-8:] for text in texts] == ["02:30:05", "02:30.05", "03:30:05"]


@given(
    TEMPLATES,
    TEMPLATES,
    st.sampled_from(["fr", "en"]),
    st.datetimes(
        min_value=datetime(2, 1, 1),
        max_value=datetime(9998, 1, 1),
        timezones=st.just(UTC),
    ),
    st.sampled_from(["Europe/Paris", "Africa/Douala", "Australia/Lord_Howe", "UTC"]),
)
@example("", "", "fr", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Europe/Paris")
def test_whatever_is_written_no_two_are_alike_and_none_is_longer(
    template: str, house: str, language: str, since: datetime, zone: str
) -> None:
    """The form has checked the longest one."""
    set_up = plan(template, house=house, language=language)
    there = ZoneInfo(zone)

    texts = [
        rendered(set_up, since + later, there)
        for later in (timedelta(), SECOND, timedelta(hours=1), timedelta(minutes=30))
    ]

    assert len(set(texts)) == len(texts)
    assert {measure(text) for text in texts} == {measure(longest(set_up))}
