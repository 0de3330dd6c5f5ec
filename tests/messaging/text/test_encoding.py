"""Encoding: when a text is written economically, and what a preview tells."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import example, given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.model.segments import (
    Measure,
    is_gsm7,
    measure,
)
from custom_components.passerelle_sms.messaging.text.encoding import (
    EncodingChoice,
    Preview,
    encode,
    preview,
)

AUTOMATIC, ECONOMICAL, EXACT = EncodingChoice
SHORT = "La fenêtre est ouverte"
LONG = "La fenêtre de l’étage est ouverte, il fait 12 °C dans la chambre des enfants."
# Written economically it takes 281 septets: two segments, as in UCS-2.
NO_GAIN = "™" * 70 + "ê"
# Worse: 161 septets take two segments, 41 units only one.
LOSS = "™" * 40 + "ê"
TEXTS = st.text(
    st.sampled_from("aé€ê’« »°C™½\u00a0\r\n🙂中\u0301"), max_size=200
) | st.text(max_size=100)


def generous(text: str) -> Measure:
    """Count as a gateway may: one segment, whatever the text."""
    return replace(measure(text), segments=1)


@pytest.mark.parametrize(
    ("choice", "text", "sent"),
    [
        (AUTOMATIC, SHORT, SHORT),
        (ECONOMICAL, SHORT, "La fenetre est ouverte"),
        (EXACT, SHORT, SHORT),
        (
            AUTOMATIC,
            LONG,
            "La fenetre de l'étage est ouverte, il fait 12 C dans la chambre des enfants.",
        ),
        (EXACT, LONG, LONG),
        # An alarm sign keeps the text in UCS-2: its accents are worth keeping too.
        (AUTOMATIC, f"{LONG} 🚨", f"{LONG} 🚨"),
        # Economical leaves it out, as no simple alphabet has it.
        (
            ECONOMICAL,
            f"{LONG} 🚨",
            "La fenetre de l'étage est ouverte, il fait 12 C dans la chambre des enfants.",
        ),
        (ECONOMICAL, "🥶 -12 °C", "-12 C"),
        (AUTOMATIC, "🥶 -12 °C", "🥶 -12 °C"),
        (EXACT, "🥶 -12 °C", "🥶 -12 °C"),
        # It leaves out no letters, so there the sign may stay; and it empties no text.
        (ECONOMICAL, "🚨 Цистерна ê", "🚨 Цистерна ê"),
        (ECONOMICAL, "🚨 خزان فارغ\u200f", "🚨 خزان فارغ\u200f"),
        (ECONOMICAL, "🚨👨\u200d👩\u200d👧", "🚨👨\u200d👩\u200d👧"),
        # What an economical text spells out can eat up what it saves.
        (AUTOMATIC, NO_GAIN, NO_GAIN),
        (ECONOMICAL, NO_GAIN, "(tm)" * 70 + "e"),
        (AUTOMATIC, LOSS, LOSS),
        (ECONOMICAL, LOSS, LOSS),
        # A carriage return shows nothing.
        (AUTOMATIC, "été\r\nhiver\rfin\n", "été\nhiver\nfin"),
        (ECONOMICAL, "été\r\nhiver\rfin\n", "été\nhiver\nfin"),
        (AUTOMATIC, "fenêtre\r\n🚨", "fenêtre\n🚨"),
        (EXACT, "été\r\nhiver\rfin\n", "été\r\nhiver\rfin\n"),
        # Nor does what is invisible; a newline at the end costs nothing.
        (AUTOMATIC, "a" * 160 + "\n", "a" * 160),
        (AUTOMATIC, "fe\xadnêtre\x00 \x1b[31m🚨\x1b[0m ", "fenêtre 🚨"),
        (ECONOMICAL, "fe\xadnêtre\x00\x1b[31m!\x1b[0m", "fenetre!"),
        (EXACT, " a\u200b\x1b[31m\n", " a\u200b\x1b[31m\n"),
        (ECONOMICAL, "° C", "C"),
        (AUTOMATIC, "", ""),
    ],
)
def test_what_is_sent(choice: EncodingChoice, text: str, sent: str) -> None:
    """Automatic where it saves, economical where it works, exact never."""
    assert encode(text, choice, measure) == sent


def test_the_gateway_counts() -> None:
    """Where a gateway bills the same for both, automatic leaves the accents."""
    assert encode(LONG, AUTOMATIC, generous) == LONG
    assert encode(LONG, ECONOMICAL, generous) != LONG


@given(TEXTS, st.sampled_from(EncodingChoice))
@example(LOSS, ECONOMICAL)
def test_never_costs_more_than_exact(text: str, choice: EncodingChoice) -> None:
    """Whatever is chosen; and economical costs the least."""
    sent = measure(encode(text, choice, measure))

    assert sent.segments <= measure(text).segments
    assert measure(encode(text, ECONOMICAL, measure)).segments <= sent.segments


@given(TEXTS, st.sampled_from(EncodingChoice))
def test_encoding_twice_is_once(text: str, choice: EncodingChoice) -> None:
    """A message that is encoded again when it is retried stays the same message."""
    sent = encode(text, choice, measure)

    assert encode(sent, choice, measure) == sent


@pytest.mark.parametrize(
    ("choice", "text", "encoding", "units", "segments"),
    [
        (
            AUTOMATIC,
            "La fenetre de l'étage est ouverte, il fait 12 C dans la chambre des enfants.",
            Encoding.GSM7,
            76,
            1,
        ),
        (EXACT, LONG, Encoding.UCS2, 77, 2),
    ],
)
def test_preview(
    choice: EncodingChoice, text: str, encoding: Encoding, units: int, segments: int
) -> None:
    """What it would cost, what forces UCS-2, and what economical saves over exact."""
    assert preview(LONG, choice, measure) == Preview(
        text=text,
        encoding=encoding,
        units=units,
        segments=segments,
        outside=("ê", "’", "°"),
        economical_segments=1,
        saved_segments=1,
    )


@given(TEXTS | st.text(st.sampled_from("ab1é.🙂🚨☀\ufe0f\u200d °C\n")))
def test_economical_keeps_every_letter_and_figure_of_gsm7(text: str) -> None:
    """In their order, whatever is left out; but degrees go without saying."""
    left = iter(encode(text, ECONOMICAL, measure))

    for character in text:
        if character.isalnum() and is_gsm7(character):
            assert character in left


@given(TEXTS, st.sampled_from(EncodingChoice))
def test_what_is_told_is_what_is_sent(text: str, choice: EncodingChoice) -> None:
    """The preview measures the text that it shows, and that leaves."""
    told = preview(text, choice, measure)
    measured = measure(told.text)

    assert told.text == encode(text, choice, measure)
    assert (told.encoding, told.units) == (measured.encoding, measured.units)
    assert told.segments == measured.segments
    assert (told.encoding is Encoding.GSM7) == is_gsm7(told.text)
    economical = measure(encode(text, ECONOMICAL, measure)).segments
    assert told.economical_segments == economical
    assert told.saved_segments == measure(text).segments - economical >= 0


def test_preview_names_nothing_that_is_not_sent() -> None:
    """What is invisible forces nothing, unless it is sent exactly."""
    text = "fenêtre\u200b 🚨\x00"

    assert preview(text, ECONOMICAL, measure).outside == ("ê", "🚨")
    assert preview(text, EXACT, measure).outside == ("ê", "\u200b", "🚨", "\x00")


def test_preview_tells_what_pictures_cost() -> None:
    """Whatever is chosen here."""
    told = preview(f"{LONG} 🚨", AUTOMATIC, measure)

    assert (told.segments, told.economical_segments, told.saved_segments) == (2, 1, 1)


def test_what_is_merged_keeps_a_text_as_it_is() -> None:
    """It costs no less where the gateway counts UCS-2 all the same."""

    def merged(text: str) -> Measure:
        return measure(f"{text} œ")

    assert encode(LONG, ECONOMICAL, merged) == LONG


@pytest.mark.parametrize("text", [SHORT, LOSS, "🚨🚨", "été"])
def test_preview_of_what_nothing_can_make_cheaper(text: str) -> None:
    """No saving is announced that there isn't."""
    told = preview(text, AUTOMATIC, measure)

    assert told.text == text
    assert told.outside == measure(text).outside
    assert told.segments == told.economical_segments == measure(text).segments
    assert told.saved_segments == 0


@pytest.mark.parametrize(("count", "saved"), [(measure, 1), (generous, 0)])
def test_preview_counts_as_the_gateway(
    count: Callable[[str], Measure], saved: int
) -> None:
    """The gateway's own count, if it has one."""
    assert preview(LONG, EXACT, count).saved_segments == saved
