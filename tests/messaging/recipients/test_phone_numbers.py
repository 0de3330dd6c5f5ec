"""Numbers: as people write them in the gateways' countries, to E.164."""

import re

from hypothesis import assume, example, given, strategies as st
import phonenumbers
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AmbiguousNumberError,
    InvalidRecipientError,
    NotANumberError,
    OldIvorianNumberError,
    RejectedError,
)
from custom_components.passerelle_sms.messaging.recipients.numbering_plans import PLANS
from custom_components.passerelle_sms.messaging.recipients.phone_numbers import (
    country_code,
    parse_number,
    receives_no_sms,
)

FRENCH_COUNTRIES = ("FR", "RE", "YT", "GP", "BL", "MF", "GF", "MQ")

# Numbers of the table's countries: the account's country, the code, what is dialled at
# home before the rest, and the rest.
HOME_NUMBERS = st.one_of(
    st.tuples(st.just("CM"), st.just("237"), st.just(""), st.from_regex(r"[26][0-9]{8}", fullmatch=True)),
    st.tuples(st.just("CI"), st.just("225"), st.just(""), st.from_regex(r"(0[157]|2[157])[0-9]{8}", fullmatch=True)),
    st.tuples(st.just("BF"), st.just("226"), st.just(""), st.from_regex(r"(0[1-9]|[2-7][0-9])[0-9]{6}", fullmatch=True)),
    st.tuples(st.sampled_from(FRENCH_COUNTRIES), st.just("33"), st.just("0"), st.from_regex(r"(6[0-2]|7[3-9]|1[0-9])[0-9]{7}", fullmatch=True)),
    *(
        st.tuples(st.sampled_from(FRENCH_COUNTRIES), st.just(code), st.just("0"), st.from_regex(rf"({beginnings})[0-9]{{6}}", fullmatch=True))
        for code, beginnings in (("262", "692|693|639"), ("590", "690|691"), ("594", "694"), ("596", "696|697"))
    ),
)  # fmt: skip
SEPARATORS = ("", " ", "  ", ".", "-", "\u00a0", "\u202f", "\u2009", "\u2011", "\u200b")


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        # Cameroon: nine digits, of all operators, and the fixed ones.
        ("677 12 34 56", "CM", "+237677123456"),
        ("640123456", "CM", "+237640123456"),
        ("630123456", "CM", "+237630123456"),
        ("242123456", "CM", "+237242123456"),
        ("243123456", "CM", "+237243123456"),
        ("222123456", "CM", "+237222123456"),
        ("237123456", "CM", "+237237123456"),
        ("237677123456", "CM", "+237677123456"),
        ("+237 677-12-34-56", "FR", "+237677123456"),
        # Côte d'Ivoire: ten digits, the 0 among them.
        ("+225 07 57 12 34 56", "CI", "+2250757123456"),
        ("00225 07 57 12 34 56", "FR", "+2250757123456"),
        ("0757123456", "CI", "+2250757123456"),
        ("2250757123456", "CI", "+2250757123456"),
        ("0102030405", "CI", "+2250102030405"),
        ("0502030405", "CI", "+2250502030405"),
        ("2720304050", "CI", "+2252720304050"),
        ("+225 (0)7 57 12 34 56", "CI", "+2250757123456"),
        # Burkina Faso: eight digits, of which a 0 may be the first.
        ("01234567", "BF", "+22601234567"),
        ("+226 01 23 45 67", "FR", "+22601234567"),
        ("70123456", "BF", "+22670123456"),
        ("00226 70 12 34 56", "BF", "+22670123456"),
        ("22670123456", "BF", "+22670123456"),
        # Numbers that no library may know yet.
        ("09876543", "BF", "+22609876543"),
        # France.
        ("0757123456", "FR", "+33757123456"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("06.12.34.56.78", "FR", "+33612345678"),
        ("06-12-34-56-78", "FR", "+33612345678"),
        ("06\u00a012\u202f34\u200956\u201178", "FR", "+33612345678"),
        ("\u202a+33 6 12 34 56 78\u202c", "CM", "+33612345678"),
        ("06\xad12345678", "FR", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "CM", "+33612345678"),
        ("(+33) 6 12 34 56 78", "CM", "+33612345678"),
        ("0033 6 12 34 56 78", "CM", "+33612345678"),
        ("0033 (0)6 12 34 56 78", "CM", "+33612345678"),
        ("33612345678", "FR", "+33612345678"),
        ("tel:+33-6-12-34-56-78", "CM", "+33612345678"),
        (" TEL: 06 12 34 56 78 ", "FR", "+33612345678"),
        ("0123456789", "FR", "+33123456789"),
        ("06/12/34/56/78", "FR", "+33612345678"),
        ("06·12·34·56·78", "FR", "+33612345678"),
        ("06_12_34_56_78", "FR", "+33612345678"),
        ("+00 33 6 12 34 56 78", "CM", "+33612345678"),
        # The SIM of a machine.
        ("07000011564653", "FR", "+337000011564653"),
        ("+33 7000 0115 64653", "CM", "+337000011564653"),
        ("+33 (0)7000 0115 64653", "CM", "+337000011564653"),
        ("0033 7004345678901", "RE", "+337004345678901"),
        # Whatever can't be seen, and other scripts.
        ("+237\ufe0f 6 99 12 85 31", "FR", "+237699128531"),
        ("\u061c699128531", "CM", "+237699128531"),
        ("\u180e\u3164699128531", "CM", "+237699128531"),
        ("＋２３７６９９１２８５３８", "FR", "+237699128538"),
        ("+٢٣٧٦٩٩١٢٨٥٣٩", "FR", "+237699128539"),
        # Without its plus, as an integer or a float.
        ("237699128531", "FR", "+237699128531"),
        ("237699128531.0", "FR", "+237699128531"),
        ("2.37699128531e+11", "FR", "+237699128531"),
        ("2250757123456", "FR", "+2250757123456"),
        ("33612345678", "CM", "+33612345678"),
        ("33692123456", "CM", "+262692123456"),
        ("33262123456", "RE", "+262262123456"),
        ("221771234567", "FR", "+221771234567"),
        # Of New Caledonia, too, but a mobile's at home.
        ("687751234", "CM", "+237687751234"),
        ("68271234", "BF", "+22668271234"),
        # A fixed line of the Faroe Islands receives no SMS.
        ("298201234", "CM", "+237298201234"),
        # Metropolitan neighbours of the overseas numbers.
        ("0695123456", "FR", "+33695123456"),
        ("0698123456", "FR", "+33698123456"),
        ("0699123456", "FR", "+33699123456"),
        ("0638123456", "FR", "+33638123456"),
        # Other countries, as the library knows them.
        ("77 123 45 67", "SN", "+221771234567"),
        ("+221 77 123 45 67", "FR", "+221771234567"),
        ("+44 (0)20 7946 0958", "FR", "+442079460958"),
        ("0470 12 34 56", "BE", "+32470123456"),
        ("+39 06 1234 5678", "FR", "+390612345678"),
        ("+1 202 555 0123", "FR", "+12025550123"),
        # Possible, though the library knows nobody there.
        ("+221 10 000 00 00", "FR", "+221100000000"),
        # Saint-Pierre-et-Miquelon: six digits, and not a short code.
        ("41 12 34", "PM", "+508411234"),
    ],
)  # fmt: skip
def test_reads_numbers_as_people_write_them(
    text: str, country: str, number: str
) -> None:
    """At home, from abroad, with all that may stand between the digits."""
    assert parse_number(text, country) == number


@pytest.mark.parametrize("country", FRENCH_COUNTRIES)
@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0692123456", "+262692123456"),
        ("0693123456", "+262693123456"),
        ("0639123456", "+262639123456"),
        ("0690123456", "+590690123456"),
        ("0691123456", "+590691123456"),
        ("0694123456", "+594694123456"),
        ("0696123456", "+596696123456"),
        ("0697123456", "+596697123456"),
        ("0709012345", "+590709012345"),
        ("0709112345", "+596709112345"),
        ("0709212345", "+262709212345"),
        ("0709312345", "+594709312345"),
        ("0709362345", "+262709362345"),
        ("0262123456", "+262262123456"),
        ("0269123456", "+262269123456"),
        ("0590123456", "+590590123456"),
        ("0594123456", "+594594123456"),
        ("0596123456", "+596596123456"),
        ("0612345678", "+33612345678"),
        ("0261234567", "+33261234567"),
        ("0709912345", "+33709912345"),
    ],
)
def test_french_numbers_get_the_code_of_their_department(
    country: str, written: str, number: str
) -> None:
    """Dialled anywhere in France, or written with +33 as if they were metropolitan."""
    assert parse_number(written, country) == number
    assert parse_number(f"+33{written[1:]}", "CM") == number
    assert parse_number(f"+33 (0){written[1:]}", "CM") == number
    assert parse_number(f"0033{written[1:]}", country) == number
    assert parse_number(number, country) == number


def test_overseas_code_is_left_as_written() -> None:
    """Only +33 is ever wrong about the department."""
    assert parse_number("+262 (0)692 12 34 56", "FR") == "+262692123456"
    assert parse_number("262692123456", "RE") == "+262692123456"
    assert parse_number("+262 709 99 99 99", "FR") == "+262709999999"


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("57123456", "CI"),
        ("57 12 34 56", "CI"),
        ("22512345", "CI"),
        ("22557123456", "CI"),
        ("+225 57 12 34 56", "FR"),
        ("00225 57 12 34 56", "CM"),
    ],
)
def test_old_ivorian_numbers_are_dead(text: str, country: str) -> None:
    """Eight digits: nobody can tell which two are missing."""
    error = refusal(text, country)

    assert type(error) is OldIvorianNumberError


@pytest.mark.parametrize(
    ("text", "country", "shown"),
    [
        ("", "FR", ""),
        ("   ", "FR", "   "),
        ("+", "FR", "+"),
        ("Maman", "FR", "Maman"),
        ("Studio 12", "FR", "Studio 12"),
        ("x" * 100, "FR", "x" * 40),
        # Letters among digits may be a slip: the number is somebody's all the same.
        ("06 12 34 56 7O", "FR", "***67"),
        ("0612345678, 0712345678", "FR", "***78"),
        ("06+12345678", "FR", "***78"),
        ("++33612345678", "FR", "***78"),
        # Emergency numbers and short codes.
        ("15", "FR", "***"),
        ("112", "FR", "***12"),
        ("117", "CM", "***17"),
        ("36111", "FR", "***11"),
        ("118 218", "FR", "***18"),
        ("+33 112", "FR", "***12"),
        ("+237 112", "FR", "***12"),
        ("00225 185", "FR", "***85"),
        ("112", "DE", "***12"),
        ("+49 1155", "FR", "***55"),
        ("911", "US", "***11"),
        ("1730", "BE", "***30"),
        ("15", "PM", "***"),
    ],
)
def test_what_is_no_number(text: str, country: str, shown: str) -> None:
    """Names, nothing, and what no SMS may go to."""
    error = refusal(text, country)

    assert type(error) is NotANumberError
    assert error.details == {"number": shown}


@pytest.mark.parametrize(
    ("text", "country"),
    [
        # A digit too few or too many.
        ("67712345", "CM"),
        ("6771234567", "CM"),
        ("+237 0677123456", "FR"),
        ("7012345", "BF"),
        ("701234567", "BF"),
        ("061234567", "FR"),
        ("06123456789", "FR"),
        # The short numbers of machines, which don't exist.
        ("0700011564", "FR"),
        ("+33 700011564", "CM"),
        ("0700011564653", "FR"),
        ("070000115646530", "FR"),
        # Whoever separates the digits has lost no plus.
        ("237 699 12 85 31", "FR"),
        ("+33 00612345678", "FR"),
        ("336123456789", "FR"),
        # The 0 of Côte d'Ivoire is never put back by guessing.
        ("757123456", "CI"),
        ("+225 757123456", "CI"),
        ("225757123456", "CI"),
        # Not of this country.
        ("577123456", "CM"),
        ("0612345678", "CI"),
        ("0612345678", "BF"),
        ("+225 0612345678", "FR"),
        ("0757123456", "CM"),
        # Without its 0, a number read as octal by YAML would pass for French.
        ("129804078", "FR"),
        # No such country, and no country at all.
        ("+999 12345678", "FR"),
        ("000 33612345678", "FR"),
        ("0612345678", "XX"),
        ("0612345678", ""),
        # Countries outside the table.
        ("+221 77 123 45 678", "FR"),
        ("+32 0470 12 34 56 78 90", "FR"),
        ("123456789012345678", "BE"),
        ("+1234567890123456789", "FR"),
        # Known to be dialled only inside a town.
        ("555 0123", "US"),
        # Other countries' ways to dial abroad, which would escape the table.
        ("011 33 692 12 34 56", "US"),
        # Trunk prefixes in a row.
        ("+971 000029298", "FR"),
    ],
)
def test_impossible_numbers(text: str, country: str) -> None:
    """Refused before money is spent on them."""
    error = refusal(text, country)

    assert type(error) is InvalidRecipientError


@pytest.mark.parametrize(
    ("text", "country"),
    [
        # Greenland or Cameroon, which knows no such mobile.
        ("299221234", "CM"),
        ("278100000", "CM"),
        # Of Saint-Pierre-et-Miquelon, or Ivorian without its 0.
        ("508412345", "CI"),
        ("508551234.0", "CI"),
        ("687751234", "FR"),
        # The Seychelles, or an Ivorian fixed line.
        ("2482510123", "CI"),
        # A number of Ascension Island, or a fixed line in Burkina Faso.
        ("24740123", "BF"),
        # So short that a digit may be missing.
        ("29051234", "CM"),
        # Estonian, or what YAML makes of 0033602510213 without quotes: base eight.
        ("3725234315", "FR"),
        ("3725234315.0", "CM"),
    ],
)
def test_a_number_of_two_countries(text: str, country: str) -> None:
    """Is refused: only who writes the plus says which."""
    assert type(refusal(text, country)) is AmbiguousNumberError
    assert parse_number(f"+{text.removesuffix('.0')}", country)[1:] in text


@given(
    HOME_NUMBERS,
    st.sampled_from(("home", "+", "00", "+(0)", "code")),
    st.lists(st.sampled_from(SEPARATORS), min_size=20, max_size=20),
    st.sampled_from(("", "tel:", " ", "(")),
)
@example(("BF", "226", "", "01234567"), "home", [" "] * 20, "")
def test_every_form_of_a_number_is_that_number(
    home: tuple[str, str, str, str], form: str, separators: list[str], before: str
) -> None:
    """And reading it again changes nothing."""
    country, code, trunk, subscriber = home
    number = f"+{code}{subscriber}"
    written = {
        "home": trunk + subscriber,
        "+": number,
        "00": f"00{code}{subscriber}",
        "+(0)": f"+{code}({trunk}){subscriber}",
        # Only the account's own country is understood without a plus.
        "code": f"{'' if PLANS[country].code == code else '+'}{code}{subscriber}",
    }[form]
    spaced = before + "".join(
        character + separator
        for character, separator in zip(written, separators, strict=False)
    )
    assert len(written) <= len(separators)
    # Bare digits of a fixed line may be another country's.
    assume(not (spaced.isdecimal() and subscriber.startswith("2")))

    parsed = parse_number(spaced, country)

    assert parsed == number
    assert parse_number(parsed, country) == parsed


@given(
    st.text(st.sampled_from("0123456789")) | st.text(st.sampled_from("+ 0123456789a")),
    st.sampled_from((*PLANS, "SN", "BE", "AE", "US", "XX")),
)
@example("+9710000029298", "AE")
@example("0061009207540", "AC")
def test_anything_is_a_number_or_refused(text: str, country: str) -> None:
    """What comes out is E.164, stands for itself, and no error shows what went in."""
    try:
        number = parse_number(text, country)
    except RejectedError as error:
        shown = error.details["number"]
        is_hidden = re.fullmatch(r"\*\*\*([0-9]{2})?", shown)
        assert is_hidden or not re.fullmatch(r"\+?\d+", text.replace(" ", ""))
        assert sum(character.isdigit() for character in shown) < 6
        return

    assert re.fullmatch(r"\+[1-9][0-9]{6,14}", number)
    assert parse_number(number, "FR") == parse_number(number, country) == number


WRAPPINGS = (
    "{}", "tel:{}", "tel:{};ext=12", "TEL;TYPE=CELL:{}", "sms:{}?body=1", "'{}", '="{}"',
    "Tél. : {}", "Maman <{}>", "{} (Maman)", "({})", "\u202a{}\u202c", "{};", "\u3164{}\n",
)  # fmt: skip


@given(
    HOME_NUMBERS,
    st.sampled_from(WRAPPINGS),
    st.sampled_from((" ", ".", "-", "/", "·", "_", "\u00a0", "\u2011", "\ufe0d", "")),
    st.sampled_from((0x30, 0x660, 0x6F0, 0xFF10)),
    st.sampled_from([*PLANS, "SN", "BE"]),
)
def test_no_wrapping_changes_a_number(
    home: tuple[str, str, str, str],
    wrapping: str,
    separator: str,
    zero: int,
    elsewhere: str,
) -> None:
    """With its code, or as it is dialled at home; from anywhere in the first case."""
    country, code, trunk, subscriber = home
    for written, place in ((f"+{code}{subscriber}", elsewhere), (trunk + subscriber, country)):  # fmt: skip
        shown = separator.join(re.findall("..?", written))
        shown = "".join(chr(zero + int(c)) if c.isdecimal() else c for c in shown)
        text = wrapping.format(shown)
        try:
            assert parse_number(text, place) == f"+{code}{subscriber}", text
        except AmbiguousNumberError:
            # Only digits alone, and no mobile's.
            assert not written.startswith("+")
            assert subscriber.startswith("2")


@given(HOME_NUMBERS, st.sampled_from([*PLANS, "SN", "BE", "US"]), st.sampled_from(["{}", "{}.0", "'{}"]))  # fmt: skip
def test_an_integer_is_that_number_or_the_mobile_of_another_at_home(
    home: tuple[str, str, str, str], country: str, written: str
) -> None:
    """Or refused: no third one is ever reached."""
    _, code, _, subscriber = home
    digits = f"{code}{subscriber}"
    try:
        number = parse_number(written.format(digits), country)
    except RejectedError:
        return
    if number != f"+{digits}":
        assert number.endswith(digits)
        assert not receives_no_sms(number)


@given(HOME_NUMBERS, st.integers(min_value=1, max_value=12), st.sampled_from("0123456789"))  # fmt: skip
def test_a_digit_too_many_is_no_number_at_home(
    home: tuple[str, str, str, str], place: int, digit: str
) -> None:
    """Nor one too few: nobody else's number is made of it."""
    country, code, trunk, subscriber = home
    written = trunk + subscriber
    more = written[:place] + digit + written[place:]
    fewer = written[:place] + written[place + 1 :]
    for wrong in (more, fewer):
        if wrong == written:
            continue
        for spaced in (" ".join(re.findall("..?", wrong)), f"+{code} {wrong}"):
            try:
                number = parse_number(spaced, country)
            except RejectedError:
                continue
            # Its own code, or what is dialled to go abroad, has come to stand in front.
            assert spaced.startswith("+") or number == f"+{wrong.removeprefix('00')}"


@pytest.mark.parametrize(
    ("number", "is_so"),
    [
        ("+33142685300", True),
        ("+237222234000", True),
        ("+33800123456", True),
        ("+33970123456", True),
        ("+4930123456", True),
        ("+33612345678", False),
        ("+337000011564653", False),
        ("+237699128531", False),
        ("+237242123456", False),
        ("+2250757123456", False),
        ("+12025550123", False),
        # Nobody says what it is.
        ("+22609876543", False),
        ("", False),
    ],
)
def test_where_no_sms_arrives(number: str, is_so: bool) -> None:
    """At fixed lines and services; what may be a mobile may be sent to."""
    assert receives_no_sms(number) is is_so


@given(HOME_NUMBERS, st.sampled_from([*PLANS]))
@example(("FR", "33", "0", "602510213"), "CM")
@example(("BF", "226", "", "01000000"), "CI")
def test_what_yaml_makes_of_a_leading_0_reaches_nobody(
    home: tuple[str, str, str, str], elsewhere: str
) -> None:
    """Without quotes, it reads digits below 8 in base eight."""
    country, code, trunk, rest = home
    rest = rest.translate(str.maketrans("89", "67"))
    for written, place in ((trunk + rest, country), (f"00{code}{rest}", elsewhere)):
        if re.fullmatch("0[0-7]+", written):
            with pytest.raises(RejectedError):
                parse_number(str(int(written, 8)), place)


def test_mobiles_of_all_other_countries_without_their_plus() -> None:
    """Each is that number, or refused where it may be one at home: none is another."""
    for country in phonenumbers.SUPPORTED_REGIONS - PLANS.keys():
        example = phonenumbers.example_number_for_type(
            country, phonenumbers.PhoneNumberType.MOBILE
        )
        if example is None:
            continue
        number = phonenumbers.format_number(
            example, phonenumbers.PhoneNumberFormat.E164
        )
        try:
            assert parse_number(number[1:], "FR") == number
        except RejectedError:
            # Of the smallest countries only.
            assert len(number) <= 10


def test_mobiles_of_all_other_countries() -> None:
    """The library's own example of each, in every form in which it writes it."""
    examples = {
        country: phonenumbers.example_number_for_type(
            country, phonenumbers.PhoneNumberType.MOBILE
        )
        for country in phonenumbers.SUPPORTED_REGIONS - PLANS.keys()
    }
    written = [
        (
            phonenumbers.format_number(example, form),
            country,
            phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164),
        )
        for country, example in examples.items()
        if example is not None
        for form in (
            phonenumbers.PhoneNumberFormat.E164,
            phonenumbers.PhoneNumberFormat.INTERNATIONAL,
            phonenumbers.PhoneNumberFormat.NATIONAL,
        )
    ]

    assert len(written) > 600
    assert [
        text
        for text, country, number in written
        if parse_number(text, country) != number
    ] == []


def refusal(text: str, country: str) -> RejectedError:
    """Return why `text` is refused; no more than two of its digits may be told."""
    with pytest.raises(RejectedError) as raised:
        parse_number(text, country)

    assert raised.value.__context__ is None
    told = sum(character.isdigit() for character in str(raised.value))
    assert told <= 2
    return raised.value


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("+237677123456", "237"),
        ("+2250757123456", "225"),
        ("+22601234567", "226"),
        ("+33612345678", "33"),
        ("+262692123456", "262"),
        ("+12025550123", "1"),
        # None, as an old record may hold it: its beginning tells it from others.
        ("12345678", "1234"),
        ("+999123", "+999"),
        ("+", "+"),
        ("", ""),
    ],
)
def test_the_code_of_a_country(number: str, code: str) -> None:
    """What a segment costs depends on it."""
    assert country_code(number) == code


@given(HOME_NUMBERS)
def test_every_number_of_a_country_has_its_code(
    parts: tuple[str, str, str, str],
) -> None:
    """However it was dialled."""
    country, code, trunk, rest = parts

    assert country_code(parse_number(f"{trunk}{rest[:4]} {rest[4:]}", country)) == code
