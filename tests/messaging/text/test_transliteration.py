"""Economical: French brought into GSM-7 without losing anything on the way."""

import unicodedata

from hypothesis import example, given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.model.segments import (
    GSM7_BASIC,
    GSM7_EXTENSION,
    gsm7_septets,
    measure,
)
from custom_components.passerelle_sms.messaging.text.transliteration import (
    EQUIVALENTS,
    to_gsm7,
)

GSM7 = sorted(GSM7_BASIC | GSM7_EXTENSION)
FRENCH = "çâêëîïôûÿœŒÀÂÈÊËÎÏÔÛÙŸ‘’“”«»–—…°º\u00a0\u202f\u2009×²³½№℃"
# Marks, what Unicode joins or splits, what has no equivalent, and what is invisible.
AWKWARD = "\u0301\u0327\u0338\u20e3\ufe0f\u200b\u200d\xad=<e1C F'＝ﬁǆ⅓①¹⁻ᵉ≠→⇒🙂中ع◌́"
TEXTS = (
    st.text(st.sampled_from(GSM7 + list(FRENCH)), max_size=200)
    | st.text(st.sampled_from(FRENCH + AWKWARD), max_size=30)
    | st.text(max_size=100)
)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        # What GSM-7 has stays.
        ("éèàùöüäñÉÄÖÜÇÆæìòßøØåÅ £€¥§¿¡Ω", "éèàùöüäñÉÄÖÜÇÆæìòßøØåÅ £€¥§¿¡Ω"),
        ("[a] {b} ~c^ \\ | 10 €\r\n", "[a] {b} ~c^ \\ | 10 €\r\n"),
        # French letters.
        ("ça, l'âne, fête, Noël, île, maïs, tôt, dû", "ca, l'ane, fete, Noel, ile, mais, tot, du"),
        ("L'Haÿ, cœur, ŒUF, Œuvre", "L'Hay, coeur, OEUF, OEuvre"),
        ("À Âge Èze Être Ë Île Ï Ôter Û Ù Ÿ", "A Age Eze Etre E Ile I Oter U U Y"),
        # Letters of other languages, with an accent or without.
        ("Škoda Łódź đ ħ ŧ ı ð Ð þ Þ ẞ ế", "Skoda Lodz d h t i d D th Th SS e"),
        # Accents written apart belong to their letter.
        ("e\u0301te\u0301", "été"),
        ("c\u0327a", "ca"),
        ("e\u200b\u0301", "é"),
        ("x\u0302 œ\u0301", "x oe"),
        # Quotation marks, with the no-break spaces that French puts inside.
        ("l’eau ‘a’ “b” „c” ´`′″", "l'eau 'a' \"b\" \"c\" '''\""),
        ("«\u00a0vide\u00a0» «\u202fb\u202f» « c » ‹d›", '"vide" "b" " c " \'d\''),
        # Dashes, bullets, points.
        ("a – b — c ‑ −5 étudiant·e • d…", "a - b - c - -5 étudiant-e - d..."),
        # Spaces, and other white space.
        ("Quoi\u00a0? Oui\u202f! 5\u2009€ a\u3000b", "Quoi ? Oui ! 5 € a b"),
        ("a\tb", "a b"),
        # What is invisible.
        ("\ufeffré\xadser\u200bvoir\u2060 \u200evide\u200f", "réservoir vide"),
        # Signs.
        ("2 × 3 ÷ 4 ± 5 ≈ 6", "2 x 3 / 4 +/- 5 ~ 6"),
        ("a ≤ b ≥ c ≠ d → e ← f ⇒ g", "a <= b >= c != d -> e <- f => g"),
        ("➔ ➜ ➡\ufe0f ⬅ ↔ ¦", "-> -> -> <- <-> |"),
        ("© ® ™ µg ‰", "(c) (r) (tm) ug ‰"),
        ("ﬁn ǆ ⅣＡ", "fin dz IVA"),
    ],
)  # fmt: skip
def test_writes_what_a_reader_expects(written: str, sent: str) -> None:
    """The table of equivalents, and Unicode's own."""
    assert to_gsm7(written) == sent


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("21,5 °C", "21,5 C"),
        ("21,5\u00a0°C", "21,5 C"),
        ("21,5°C.", "21,5C."),
        ("21° C", "21 C"),
        ("21 ° C", "21 C"),
        ("21\u202f°\u00a0C", "21 C"),
        ("21 ºC", "21 C"),
        ("21 ℃, 70 ℉", "21 C, 70 F"),
        ("70 °F", "70 F"),
        ("12° C'est froid", "12deg C'est froid"),
        ("12° C’est froid", "12deg C'est froid"),
        ("12° Cave", "12deg Cave"),
        ("tourné de 45°", "tourné de 45deg"),
        ("n° 5, N°6, n°s 7", "no 5, No6, nos 7"),
        ("№ 5, 1º", "No 5, 1o"),
        ("canon° 5", "canondeg 5"),
    ],
)
def test_degrees_and_numeros(written: str, sent: str) -> None:
    """A degree goes without saying before Celsius, and "n°" isn't one."""
    assert to_gsm7(written) == sent


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("m², m³, CO₂", "m2, m3, CO2"),
        ("10³, 10¹², 10⁻³", "10^3, 10^12, 10^-3"),
        ("½ h, 3½ h, 3 ½ h", "1/2 h, 3 1/2 h, 3 1/2 h"),
        ("1① 2❶", "1 1 2❶"),
        ("1ᵉʳ, 2ᵉ, 3ª", "1er, 2e, 3a"),
        ("1\ufe0f\u20e3 ouvert, #\ufe0f\u20e3, *\u20e3", "1 ouvert, #, *"),
    ],
)
def test_figures_keep_their_value(written: str, sent: str) -> None:
    """Three and a half hours are not 31/2, ten cubed not 103."""
    assert to_gsm7(written) == sent


@pytest.mark.parametrize(
    "kept",
    [
        "🙂 🚨",
        "خزان فارغ",
        "水箱空了",
        "Цистерна",
        "ŋ ɛ ɔ",
        "‰ ∞ ¨",
        # Struck out, an equals sign means its opposite: the mark must stay.
        "＝\u0338 <\u20dd",
        # An accent on nothing.
        " \u0301",
        "\u0301",
    ],
)
def test_keeps_what_has_no_honest_equivalent(kept: str) -> None:
    """Nothing is dropped because it costs."""
    assert to_gsm7(kept) == kept


def test_equivalents_are_needed_and_useful() -> None:
    """Each is for one character outside GSM-7, and written inside."""
    for character, equivalent in EQUIVALENTS.items():
        assert gsm7_septets(character) is None
        assert unicodedata.normalize("NFC", character) == character
        assert equivalent
        assert measure(equivalent).encoding is Encoding.GSM7


@given(TEXTS)
@example("œ\u0301")
@example("＝\u0338")
@example("1⓫½")
@example("12° C\u0327a")
def test_twice_is_once(text: str) -> None:
    """What is economical stays so."""
    assert to_gsm7(to_gsm7(text)) == to_gsm7(text)


@given(st.text(st.sampled_from(GSM7)))
def test_touches_nothing_that_gsm7_has(text: str) -> None:
    """A text inside GSM-7 is sent as it is."""
    assert to_gsm7(text) == text


@given(st.text(st.sampled_from(GSM7 + list(FRENCH))))
def test_keeps_the_characters_of_gsm7_among_others(text: str) -> None:
    """They all come out in their order; only a space beside a degree may go."""
    left = iter(to_gsm7(text))

    for character in text:
        if gsm7_septets(character) and character != " ":
            assert character in left


@given(st.text(st.sampled_from(GSM7 + list(FRENCH))))
def test_brings_french_into_gsm7(text: str) -> None:
    """All of it."""
    assert measure(to_gsm7(text)).outside == ()


@given(TEXTS)
def test_loses_no_visible_character(text: str) -> None:
    """Something stands for every letter, figure and symbol."""
    visible = [
        character
        for character in text
        if unicodedata.category(character)[0] in "LNPS" and character not in "°º"
    ]

    assert len(to_gsm7(text)) >= len(unicodedata.normalize("NFC", "".join(visible)))
