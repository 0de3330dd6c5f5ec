"""Long texts: the parts say all of it, each fits, and none is emptier than it must be."""

from collections.abc import Callable
import re
from time import perf_counter

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.model.segments import is_gsm7, measure
from custom_components.passerelle_sms.messaging.text.splitting import cut, split

type Fits = Callable[[str], bool]

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
FRANCE, CAMEROON = "\U0001f1eb\U0001f1f7", "\U0001f1e8\U0001f1f2"
THUMB = "\U0001f44d\U0001f3fd"
ACCENTED = "e\u0301"
CHARACTERS = (FAMILY, FRANCE, CAMEROON, THUMB, ACCENTED, "\u1112\u1161\u11ab")


def segments(most: int) -> Fits:
    """Return whether a text takes so many segments at most."""
    return lambda text: measure(text).segments <= most


def letters(most: int) -> Fits:
    """Return whether a text has so many characters at most."""
    return lambda text: len(text) <= most


def without_numbers(parts: tuple[str, ...]) -> list[str]:
    """Return what the parts say, having seen that they are numbered."""
    total = len(parts)
    for number, part in enumerate(parts, start=1):
        assert part.startswith(f"{number}/{total} ")
    return [part.split(" ", 1)[1] for part in parts]


WORDS = st.text(st.sampled_from("aeioué€°😀 \n"), min_size=1, max_size=12)
TEXTS = st.lists(
    WORDS | st.sampled_from(CHARACTERS) | st.text(min_size=1, max_size=30), max_size=60
).map(" ".join)
RULES = st.sampled_from(
    [segments(1), segments(2), segments(3), letters(20), letters(60), letters(160)]
)


@given(TEXTS, RULES)
def test_the_parts_joined_say_the_text(text: str, fits: Fits) -> None:
    """Nothing is lost, nothing twice, and no word is torn but one longer than a part."""
    parts = split(text, fits)

    assert all(map(fits, parts))
    if fits(text):
        assert parts == (text,)
        return
    pieces = without_numbers(parts)
    assert all(piece and piece == piece.strip() for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    words = text.split()
    longest = max(words, key=len)
    if fits(f"{len(parts)}/{len(parts)} {longest}") and len(longest) < 10:
        assert [word for piece in pieces for word in piece.split()] == words


@given(TEXTS, RULES)
def test_no_part_has_room_for_the_next_word(text: str, fits: Fits) -> None:
    """Or there would be more parts than the text takes."""
    parts = split(" ".join(text.split()), fits)

    if len(parts) > 1:
        pieces = without_numbers(parts)
        for part, following in zip(parts, pieces[1:], strict=False):
            assert not fits(f"{part} {following.split()[0]}")


@given(TEXTS, RULES)
def test_what_is_cut_fits_and_tells_that_there_is_more(text: str, fits: Fits) -> None:
    """It begins as the text does, in one alphabet."""
    short = cut(text, fits)

    assert fits(short)
    if fits(text):
        assert short == text
        return
    points = "..." if is_gsm7(short) else "…"
    assert short.endswith(points)
    assert text.startswith(short.removesuffix(points))


@given(st.lists(st.sampled_from(CHARACTERS), min_size=30, max_size=120).map("".join))
def test_what_is_shown_as_one_character_stays_one(text: str) -> None:
    """Accents, families, flags and syllables, in a text without a blank."""
    shown = re.compile("|".join(CHARACTERS))

    for piece in without_numbers(split(text, segments(1))):
        assert shown.sub("", piece) == ""
    assert shown.sub("", cut(text, segments(1)).removesuffix("…")) == ""


def test_white_space_between_the_words_makes_no_part() -> None:
    """Nor does it stand at the end of one, however much of it there is."""
    words = [f"mot{number}" for number in range(40)]
    text = (" " * 500).join(["", *words])

    parts = split(text, lambda text: len(text) <= 60)

    assert all(len(part) <= 60 and part == part.rstrip() for part in parts)
    assert [word for part in parts for word in part.split()[1:]] == words


def test_the_numbers_are_consistent_where_they_have_more_digits() -> None:
    """Ten parts need more room for their numbers than nine, so that they may be eleven."""
    text = " ".join(["mot"] * 600)

    for most in range(12, 40):
        parts = split(text, letters(most))
        assert " ".join(without_numbers(parts)).split() == text.split()
        assert all(len(part) <= most for part in parts)


def test_one_picture_makes_only_its_part_longer() -> None:
    """Each part is counted in its own alphabet."""
    text = f"{'Alarme ' * 40}😀{' Alarme' * 40}"

    parts = split(text, segments(1))

    assert [is_gsm7(part) for part in parts].count(False) == 1


def test_a_word_longer_than_a_part_fills_what_is_left() -> None:
    """An address of 200 letters takes no part of its own."""
    address = f"https://{'a' * 200}"

    parts = split(f"Voir {address} vite", segments(1))

    assert len(parts) == 2
    assert "".join(without_numbers(parts)) == f"Voir {address} vite"
    assert measure(parts[0]).units == 160


def test_a_character_longer_than_a_part_is_torn_where_it_must_be() -> None:
    """It can't be sent otherwise."""
    heap = "a" + "\u0301" * 300

    assert "".join(without_numbers(split(heap, segments(1)))) == heap
    assert cut(heap, letters(20)) == f"{heap[:19]}…"


@pytest.mark.parametrize("write", [split, cut])
def test_where_nothing_fits(write: Callable[[str, Fits], object]) -> None:
    """Somebody else has to say so."""
    with pytest.raises(ValueError, match="nothing fits"):
        write("Alarme", lambda _: False)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Alarme dans la cave", "Alarme dans..."),
        ("Alarme danslacaveetaugrenier", "Alarme..."),
        ("A danslacaveetaugrenieretpartoutailleurs", "A..."),
        ("danslacaveetaugrenieretpartoutailleurs", "danslacavee..."),
        ("Alarme ê dans la cave", "Alarme ê dans…"),
    ],
)
def test_a_text_is_cut_at_the_end_of_a_word(text: str, short: str) -> None:
    """Where one is near."""
    assert cut(text, letters(14)) == short


def test_points_that_are_longer_in_another_alphabet_fit_too() -> None:
    """The one letter that it lacks made the difference."""
    assert cut("abcê\u0301 et la suite", letters(5)) == "ab..."


@pytest.mark.parametrize(
    "unit", ["mot ", "é", "😀", "mot 😀 ê ", "a\u0301", "a" * 199 + " "]
)
@pytest.mark.parametrize("most", [1, 3, 10])
def test_ten_thousand_characters_take_no_time(unit: str, most: int) -> None:
    """As many questions as there are parts, each about little more than a part."""
    text = (unit * 10_000)[:10_000]
    asked: list[int] = []

    def fits(piece: str) -> bool:
        asked.append(len(piece))
        return measure(piece).segments <= most

    begun = perf_counter()
    parts = split(text, fits)
    assert perf_counter() - begun < 0.5
    assert sum(asked) < 40 * len(text)
    assert len(parts) > 1
