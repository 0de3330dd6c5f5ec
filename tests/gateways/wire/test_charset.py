"""From octets to text."""

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.wire.charset import (
    PIECE,
    decode,
    valid_unicode,
)

_SENTENCE = "Numéro invalide : « 5 € »"


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        (_SENTENCE.encode(), None, _SENTENCE),
        (_SENTENCE.encode(), "utf-8", _SENTENCE),
        (_SENTENCE.encode(), "UTF8", _SENTENCE),
        (_SENTENCE.encode("utf-8-sig"), None, _SENTENCE),
        (_SENTENCE.encode("cp1252"), None, _SENTENCE),
        (_SENTENCE.encode("cp1252"), "utf-8", _SENTENCE),
        (_SENTENCE.encode("cp1252"), "iso-8859-1", _SENTENCE),
        (_SENTENCE.encode("cp1252"), "windows-1252", _SENTENCE),
        (_SENTENCE.encode("iso-8859-15"), "iso-8859-15", _SENTENCE),
        (_SENTENCE.encode("utf-16"), "utf-16", _SENTENCE),
        # A name that isn't true.
        (_SENTENCE.encode(), "us-ascii", _SENTENCE),
        # Names of what is no charset of a text, or slow to read.
        *(
            (_SENTENCE.encode(), name, _SENTENCE)
            for name in ("none", "hex", "idna", "punycode", "undefined", "utf-7", "\0")
        ),
        # An octet that Windows has no character for.
        (b"a\x81", None, "a\ufffd"),
        (b"", None, ""),
    ],
)
def test_an_answer_is_read_in_the_charset_that_fits(
    body: bytes, charset: str | None, text: str
) -> None:
    """The one that it names, or else UTF-8, or else what Windows writes."""
    assert decode(body, charset) == text


@given(st.binary(), st.text() | st.none())
def test_whatever_is_read_can_be_stored(body: bytes, charset: str | None) -> None:
    """Nothing is raised, and it is valid Unicode."""
    decode(body, charset).encode()


@given(st.text(st.characters(codec=None)) | st.text(st.sampled_from("a\ud83d\ude00")))
def test_no_half_pair_is_left(text: str) -> None:
    """JSON can write a half."""
    valid = valid_unicode(text)

    valid.encode()
    assert valid_unicode(valid) == valid
    by_python = text.encode("utf-16-le", "surrogatepass")
    assert valid == by_python.decode("utf-16-le", "replace")


@given(st.text())
def test_what_is_whole_stays_as_it_is(text: str) -> None:
    """Whatever stands beside a half."""
    assert valid_unicode(text) == text
    assert valid_unicode(f"\ud83d{text}\ude00") == f"\ufffd{text}\ufffd" or not text


@pytest.mark.parametrize("before", [PIECE - 2, PIECE - 1, PIECE, 2 * PIECE - 1])
def test_a_pair_between_two_pieces_is_no_half(before: int) -> None:
    """A long text is mended in pieces."""
    letters = "a" * before
    assert valid_unicode(f"{letters}\ud83d\ude00\ude00") == f"{letters}\U0001f600\ufffd"
    assert valid_unicode(f"{letters}\ud83d\ud83d\ude00") == f"{letters}\ufffd\U0001f600"
