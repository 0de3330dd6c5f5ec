"""Segments: what a text takes on the air (3GPP TS 23.038)."""

from hypothesis import example, given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.model.segments import (
    GSM7_BASIC,
    GSM7_EXTENSION,
    Measure,
    count_segments,
    gsm7_septets,
    is_gsm7,
    measure,
    utf16_units,
)
from tests.simulator.segments import billed_segments

# TS 23.038, section 6.2.1: the character of each code from 0x00 to 0x7F, by its code
# point, a row of the table to a line. 0x1B is the escape, and no character.
BASIC_TABLE = (
    (0x0040, 0x00A3, 0x0024, 0x00A5, 0x00E8, 0x00E9, 0x00F9, 0x00EC),
    (0x00F2, 0x00C7, 0x000A, 0x00D8, 0x00F8, 0x000D, 0x00C5, 0x00E5),
    (0x0394, 0x005F, 0x03A6, 0x0393, 0x039B, 0x03A9, 0x03A0, 0x03A8),
    (0x03A3, 0x0398, 0x039E, None, 0x00C6, 0x00E6, 0x00DF, 0x00C9),
    (0x0020, 0x0021, 0x0022, 0x0023, 0x00A4, 0x0025, 0x0026, 0x0027),
    (0x0028, 0x0029, 0x002A, 0x002B, 0x002C, 0x002D, 0x002E, 0x002F),
    (0x0030, 0x0031, 0x0032, 0x0033, 0x0034, 0x0035, 0x0036, 0x0037),
    (0x0038, 0x0039, 0x003A, 0x003B, 0x003C, 0x003D, 0x003E, 0x003F),
    (0x00A1, 0x0041, 0x0042, 0x0043, 0x0044, 0x0045, 0x0046, 0x0047),
    (0x0048, 0x0049, 0x004A, 0x004B, 0x004C, 0x004D, 0x004E, 0x004F),
    (0x0050, 0x0051, 0x0052, 0x0053, 0x0054, 0x0055, 0x0056, 0x0057),
    (0x0058, 0x0059, 0x005A, 0x00C4, 0x00D6, 0x00D1, 0x00DC, 0x00A7),
    (0x00BF, 0x0061, 0x0062, 0x0063, 0x0064, 0x0065, 0x0066, 0x0067),
    (0x0068, 0x0069, 0x006A, 0x006B, 0x006C, 0x006D, 0x006E, 0x006F),
    (0x0070, 0x0071, 0x0072, 0x0073, 0x0074, 0x0075, 0x0076, 0x0077),
    (0x0078, 0x0079, 0x007A, 0x00E4, 0x00F6, 0x00F1, 0x00FC, 0x00E0),
)
# Section 6.2.1.1: what follows the escape, and what the two mean together.
EXTENSION_TABLE = {
    0x0A: 0x000C,
    0x14: 0x005E,
    0x28: 0x007B,
    0x29: 0x007D,
    0x2F: 0x005C,
    0x3C: 0x005B,
    0x3D: 0x007E,
    0x3E: 0x005D,
    0x40: 0x007C,
    0x65: 0x20AC,
}

# What forces UCS-2: one outside the basic plane takes a pair of units.
OUTSIDE = "êçôœ’«»…°\u00a0中\U0001f6a8"
GSM7_TEXTS = st.text(
    st.sampled_from(sorted(GSM7_BASIC)) | st.sampled_from(sorted(GSM7_EXTENSION)),
    max_size=500,
)
TEXTS = (
    GSM7_TEXTS
    | st.text(st.sampled_from("aé€" + OUTSIDE), max_size=250)
    | st.text(max_size=250)
)


def pack(widths: list[int], single: int, part: int) -> list[list[int]]:
    """Return the parts of a message, packed by looking for where each may end."""
    if sum(widths) <= single:
        return [widths]
    parts = []
    while widths:
        end = max(n for n in range(len(widths) + 1) if sum(widths[:n]) <= part)
        parts.append(widths[:end])
        widths = widths[end:]
    return parts


def test_basic_set_is_the_whole_table() -> None:
    """127 characters besides the escape, neither more nor fewer."""
    written_out = [code for row in BASIC_TABLE for code in row if code is not None]

    assert len(GSM7_BASIC) == len(written_out) == 127
    assert {ord(character) for character in GSM7_BASIC} == set(written_out)


def test_extension_is_the_whole_table() -> None:
    """Ten characters take an escape."""
    assert {ord(character) for character in GSM7_EXTENSION} == set(
        EXTENSION_TABLE.values()
    )
    assert len(GSM7_EXTENSION) == len(EXTENSION_TABLE) == 10


@pytest.mark.parametrize(
    ("character", "septets"),
    [("à", 1), ("Ç", 1), ("\n", 1), ("€", 2), ("|", 2)]
    + [(character, None) for character in OUTSIDE + "ÀÈÊâëîïûŒ“”–—`\t\x1b"],
)
def test_septets_of_a_character(character: str, septets: int | None) -> None:
    """French has letters on both sides of the line; the escape is no character."""
    assert gsm7_septets(character) == septets


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", Encoding.GSM7, 0, 1),
        ("a" * 160, Encoding.GSM7, 160, 1),
        ("a" * 161, Encoding.GSM7, 161, 2),
        ("a" * 306, Encoding.GSM7, 306, 2),
        ("a" * 307, Encoding.GSM7, 307, 3),
        ("a" * 459, Encoding.GSM7, 459, 3),
        ("a" * 460, Encoding.GSM7, 460, 4),
        ("€" * 80, Encoding.GSM7, 160, 1),
        ("a" * 159 + "€", Encoding.GSM7, 161, 2),
        # The escape pair at position 153 would be split: the first part stays short.
        ("a" * 152 + "€" + "a" * 152, Encoding.GSM7, 306, 3),
        ("a" * 151 + "€" + "a" * 153, Encoding.GSM7, 306, 2),
        # 76 pairs to a part: the 153rd septet is lost in every one.
        ("€" * 152, Encoding.GSM7, 304, 2),
        ("€" * 153, Encoding.GSM7, 306, 3),
        ("ê" * 70, Encoding.UCS2, 70, 1),
        ("ê" * 71, Encoding.UCS2, 71, 2),
        ("ê" * 134, Encoding.UCS2, 134, 2),
        ("ê" * 135, Encoding.UCS2, 135, 3),
        # One character is enough, and what takes two septets takes one unit there.
        ("€" * 69 + "ê", Encoding.UCS2, 70, 1),
        ("a" * 159 + "ê", Encoding.UCS2, 160, 3),
        # A surrogate pair at position 67 would be split.
        ("\U0001f6a8" * 35, Encoding.UCS2, 70, 1),
        ("ê" * 66 + "\U0001f6a8" + "ê" * 66, Encoding.UCS2, 134, 3),
        ("ê" * 65 + "\U0001f6a8" + "ê" * 67, Encoding.UCS2, 134, 2),
        ("\U0001f6a8" * 66, Encoding.UCS2, 132, 2),
        ("\U0001f6a8" * 67, Encoding.UCS2, 134, 3),
    ],
)
def test_bounds(text: str, encoding: Encoding, units: int, segments: int) -> None:
    """160 and 153 septets, 70 and 67 units, and what a pair does at the edge."""
    measured = measure(text)

    assert (measured.encoding, measured.units) == (encoding, units)
    assert measured.segments == segments


def test_names_what_forces_ucs2() -> None:
    """Each character once, in the order of the text."""
    measured = measure("Il fait 21,5 °C à l’étage, 30 °C au grenier, l’été\u00a0!")

    assert measured.outside == ("°", "’", "\u00a0")
    assert measure("Réservoir à sec : 5 €").outside == ()


@given(st.text())
def test_what_is_inside_gsm7_takes_it(text: str) -> None:
    """Whoever asks for one hears of the other."""
    assert is_gsm7(text) == (measure(text).encoding is Encoding.GSM7)


@given(TEXTS)
def test_agrees_with_an_independent_count(text: str) -> None:
    """The simulated gateways bill what we announce."""
    assert measure(text).segments == billed_segments(text)


@given(TEXTS)
def test_encoding_and_units_are_those_of_the_bytes(text: str) -> None:
    """GSM-7 where every character is in the tables, else UTF-16 as Python writes it."""
    codes = {code for row in BASIC_TABLE for code in row}
    extended = sum(ord(c) in EXTENSION_TABLE.values() for c in text)
    measured = measure(text)

    if all(ord(c) in codes or ord(c) in EXTENSION_TABLE.values() for c in text):
        assert measured == Measure(
            encoding=Encoding.GSM7,
            units=len(text) + extended,
            segments=measured.segments,
        )
    else:
        assert measured.encoding is Encoding.UCS2
        assert measured.units == len(text.encode("utf-16-be", "surrogatepass")) // 2
        assert measured.outside


@given(TEXTS, TEXTS)
@example("a" * 160, "ê")
@example("€" * 80, "€")
def test_more_text_never_costs_less(text: str, more: str) -> None:
    """Whatever is added in front or behind, even where the encoding changes."""
    assert measure(text).segments <= measure(text + more).segments
    assert measure(text).segments <= measure(more + text).segments


@given(
    st.lists(st.sampled_from((1, 2)), max_size=400),
    st.sampled_from(((160, 153), (70, 67))),
)
@example([1] * 152 + [2] + [1] * 152, (160, 153))
def test_pairs_are_never_split(widths: list[int], room: tuple[int, int]) -> None:
    """The parts hold whole characters, fit, and waste at most one unit each."""
    single, part = room
    parts = pack(widths, single, part)

    assert [width for one in parts for width in one] == widths
    assert count_segments(widths, single, part) == len(parts)
    if len(parts) > 1:
        assert all(part - 1 <= sum(one) <= part for one in parts[:-1])


@given(st.characters(codec="utf-8"))
@example("\uffff")
@example("\U00010000")
def test_units_of_a_character(character: str) -> None:
    """One, or a surrogate pair outside the basic plane."""
    assert utf16_units(character) == len(character.encode("utf-16-be")) // 2
