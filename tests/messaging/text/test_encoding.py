"""Encoding: when a text is written economically, and what a preview tells."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import example, given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.model.segments import Measure, measure
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
        (ECONOMICAL, f"{LONG} 🚨", f"{LONG} 🚨"),
        # What an economical text spells out can eat up what it saves.
        (AUTOMATIC, NO_GAIN, NO_GAIN),
        (ECONOMICAL, NO_GAIN, "(tm)" * 70 + "e"),
        (AUTOMATIC, LOSS, LOSS),
        (ECONOMICAL, LOSS, LOSS),
        # A carriage return shows nothing.
        (AUTOMATIC, "été\r\nhiver\rfin\n", "été\nhiver\nfin\n"),
        (ECONOMICAL, "été\r\nhiver\rfin\n", "été\nhiver\nfin\n"),
        (AUTOMATIC, "fenêtre\r\n🚨", "fenêtre\n🚨"),
        (EXACT, "été\r\nhiver\rfin\n", "été\r\nhiver\rfin\n"),
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


@pytest.mark.parametrize("text", [SHORT, LOSS, f"{LONG} 🚨", "été"])
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
