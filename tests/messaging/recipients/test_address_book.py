"""Who is meant by a name or a number."""

import time

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    EmptyTargetError,
    TooManyTargetsError,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import (
    MOST_TARGETS,
    AddressBook,
    Recipient,
    UnusableTarget,
)
from tests.conftest import MAMAN, PAPA

BOOK = AddressBook(
    [Recipient(name="Ma mère", number=MAMAN), Recipient(name="Papa", number=PAPA)], "CM"
)


@pytest.mark.parametrize(
    ("targets", "labels"),
    [
        (None, ["Ma mère", "Papa"]),
        (("Papa",), ["Papa"]),
        (("  ma  MÈRE ",), ["Ma mère"]),
        (("699128531",), ["+237699128531"]),
        # A known number is known by its name, and nobody is meant twice.
        (("695 68 82 07",), ["Ma mère"]),
        (("Papa", PAPA, "papa"), ["Papa"]),
        (("+33612345678", "0033 6 12 34 56 78"), ["+33612345678"]),
    ],
)
def test_resolves(targets: tuple[str, ...] | None, labels: list[str]) -> None:
    """In the order of the targets, each number once."""
    found = BOOK.resolve(targets)

    assert [one.label for one in found if isinstance(one, Recipient)] == labels
    assert len(found) == len(labels)


@pytest.mark.parametrize(
    ("targets", "labels"),
    [
        (None, ["Ma mère", "Papa"]),
        (("ma mère",), ["Ma mère"]),
        ((PAPA,), [PAPA]),
        ((PAPA, f" {PAPA} "), [PAPA]),
        (("Papa", PAPA, "papa"), ["Papa", PAPA]),
        (("+33612345678",), ["+33612345678"]),
    ],
)
def test_numbers_are_not_named(
    targets: tuple[str, ...] | None, labels: list[str]
) -> None:
    """Where nobody is to learn whose they are: a name and its number are two then."""
    found = BOOK.resolve(targets, names_numbers=False)

    assert [one.label for one in found if isinstance(one, Recipient)] == labels


def test_who_was_looked_up_already() -> None:
    """Is who he was, whatever is known of his number."""
    other = Recipient(name="Le voisin", number=PAPA)

    assert BOOK.resolve((other,)) == (other,)
    assert BOOK.resolve((other,), names_numbers=False) == (other,)


@pytest.mark.parametrize(
    ("written", "number"),
    [(" MA  mère", MAMAN), ("Papa", PAPA), (PAPA, None), ("Zoé", None), ("", None)],
)
def test_a_name_alone(written: str, number: str | None) -> None:
    """A number is none."""
    found = BOOK.named(written)

    assert found == (None if number is None else BOOK.resolve_one(number))


@pytest.mark.parametrize(
    ("target", "key", "shown"),
    [
        ("personne", "not_a_number", "personne"),
        ("", "not_a_number", ""),
        ("12", "not_a_number", "***"),
        ("06 12 34 / 56 78", "invalid_recipient", "***78"),
        ("+225 57 12 34 56", "old_ivorian_number", "***56"),
        ("06951234567890123", "invalid_recipient", "***23"),
    ],
)
def test_says_what_cannot_be_sent_to(target: str, key: str, shown: str) -> None:
    """With the error, and a label that may be logged."""
    [unusable] = BOOK.resolve((target,))

    assert isinstance(unusable, UnusableTarget)
    assert unusable.error.key == key
    assert unusable.public_label == shown


def test_a_name_is_no_number() -> None:
    """Anybody can send a message under the name of somebody else."""
    known = BOOK.by_number("695 68 82 07")
    named = BOOK.by_number("Papa")

    assert isinstance(known, Recipient)
    assert known.name == "Ma mère"
    assert isinstance(named, UnusableTarget)
    assert isinstance(BOOK.by_number(""), UnusableTarget)


def test_two_of_one_name_are_both_known() -> None:
    """Everybody is both; the name means the first, a number whose it is."""
    first, second = (Recipient(name="Papa", number=number) for number in (MAMAN, PAPA))
    book = AddressBook([first, second], "CM")

    assert book.resolve(None) == (first, second)
    assert book.resolve(("papa",)) == (first,)
    assert book.resolve((PAPA,)) == (second,)


@pytest.mark.parametrize("targets", [None, ()])
def test_nobody(targets: tuple[str, ...] | None) -> None:
    """Is an error."""
    with pytest.raises(EmptyTargetError):
        AddressBook([], "CM").resolve(targets)


def test_numbers_are_not_in_what_is_logged() -> None:
    """A recipient's representation holds its name alone."""
    assert MAMAN not in repr(BOOK.resolve((MAMAN,)))
    assert Recipient(number=MAMAN).public_label == "***07"


NAMES = AddressBook(
    [
        Recipient(name="L'école", number="+237699000001"),
        Recipient(name="Mère", number="+237699000002"),
        Recipient(name="🥶", number="+237699000003"),
        Recipient(name="Dupont, Marie", number="+237699000004"),
        Recipient(name="Tel 4", number="+237699000005"),
        Recipient(number="+237699000006"),
    ],
    "CM",
)
ONE, TWO = "+237699128531", "+2250757123456"


def labels(*targets: str, book: AddressBook = NAMES) -> list[str]:
    """Return whom targets mean; one that is unusable is marked."""
    return [
        one.label if isinstance(one, Recipient) else f"?{one.target}"
        for one in book.resolve(targets)
    ]


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("L’école", "L'école"),
        ("Me\u0300re", "Mère"),
        ("MERE", "Mère"),
        ("Mère\u200b", "Mère"),
        ("🥶\ufe0f", "🥶"),
        ("dupont marie", "Dupont, Marie"),
        ("Dupont, Marie", "Dupont, Marie"),
        ("699000002", "Mère"),
    ],
)
def test_a_name_in_all_its_writings(written: str, label: str) -> None:
    """Is known, and by a guest as well, who names it."""
    assert labels(written) == [label]
    named = NAMES.named(written)
    assert (named is None) is written.isdigit()


@pytest.mark.parametrize("target", ["112", "4", "unknown", "!!!", "", "\u200b", "_"])
def test_what_resembles_no_name(target: str) -> None:
    """Neither by its digits, nor because nothing is left of it."""
    assert labels(target) == [f"?{target.strip()}"]
    assert NAMES.named(target) is None


def test_a_number_is_no_name_that_resembles_it() -> None:
    """It is one only if that is written exactly so."""
    book = AddressBook(
        [
            Recipient(name="Tel 699 12 85 31", number="+237699000001"),
            Recipient(name="tel:699128532", number="+237699000002"),
        ],
        "CM",
    )

    assert labels("tel:699 12 85 31", book=book) == [ONE]
    assert labels("TEL 699 12 85 31", book=book) == ["Tel 699 12 85 31"]
    assert labels("tel:699128532", book=book) == ["tel:699128532"]
    assert book.named("tel:699 12 85 31") is None


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        ("Mère, +237 6 99 12 85 31", ["Mère", ONE]),
        (f"Mère;{ONE} ; MERE", ["Mère", ONE]),
        (f"Mère\n{ONE}", ["Mère", ONE]),
        (f"{ONE}\nMère", [ONE, "Mère"]),
        ("699128531\n699128532", [ONE, "+237699128532"]),
        ('["Mère", "L\\u2019\\u00e9cole", 699128531]', ["Mère", "L'école", ONE]),
        ("['Mère', '+237699128531']", ["Mère", ONE]),
        ("Mère, Dupont", ["Mère", "?Dupont"]),
        ("Dupont, Marie", ["Dupont, Marie"]),
        ("DUPONT, Márie", ["Dupont, Marie"]),
        ("L’école, 🥶", ["L'école", "🥶"]),
        # Nobody of it: all of it is told.
        ("Dupont, Zoé", ["?Dupont, Zoé"]),
        # Commas, or lines, between the digits of one number.
        ("699,128,531", [ONE]),
        ("+237,699128531", [ONE]),
        ("69,91,22,22,2", ["+237699122222"]),
        ("+237\n699128531", [ONE]),
        ("699128531,0", [ONE]),
        # What is left of a number may be somebody else's.
        ("699128531, 12", ["?699128531, 12"]),
        ("Mère, 699128531, 12", ["Mère", "?Mère, 699128531, 12"]),
        ("tel:+237699128531;ext=12", [ONE]),
        ("TEL;TYPE=CELL:+237699128531", [ONE]),
    ],
)
def test_several_in_one_text(target: str, meant: list[str]) -> None:
    """Each of them, each once; a name that holds a separator stays one."""
    assert labels(target) == meant


def test_a_comma_makes_no_numbers_of_one() -> None:
    """Half of it would be a number of Burkina Faso."""
    book = AddressBook([], "BF")

    assert labels("+237 6,99128531", book=book) == [ONE]
    assert labels("+237 6,99128531,70123456", book=book) == [
        "?+237 6,99128531,70123456"
    ]
    assert labels("70123456,70123457", book=book) == ["+22670123456", "+22670123457"]


def test_several_by_a_guest() -> None:
    """He is told of each as he has named it."""
    found = NAMES.resolve(("MERE, 699000002",), names_numbers=False)

    assert [one.label for one in found if isinstance(one, Recipient)] == [
        "Mère",
        "+237699000002",
    ]


@given(st.lists(st.sampled_from(["L’école", "mere", "🥶", ONE, TWO]), min_size=1), st.sampled_from([", ", ";", "\n", " | "]))  # fmt: skip
def test_a_text_means_what_a_list_means(targets: list[str], separator: str) -> None:
    """In the same order."""
    assert labels(separator.join(targets)) == labels(*targets)


def test_too_many() -> None:
    """Are refused before anybody is looked up, in one text or in several."""
    for targets in (
        ("a," * MOST_TARGETS,),
        ("Mère",) * (MOST_TARGETS + 1),
        (",".join(f"Nom {n}" for n in range(600)), *["Mère"] * 401),
    ):
        with pytest.raises(TooManyTargetsError):
            NAMES.resolve(targets)
    assert labels(*["Mère"] * MOST_TARGETS) == ["Mère"]


@pytest.mark.parametrize("hostile", ["a", "1", "+", "[", '["', "\u0301", "\U0001f976", "\u3164", "tel:", "(+", "%2B", "٠"])  # fmt: skip
def test_a_text_without_an_end_is_refused_at_once(hostile: str) -> None:
    """Whatever it is made of."""
    begun = time.perf_counter()

    [one] = NAMES.resolve((hostile * 10_000,))

    assert isinstance(one, UnusableTarget)
    assert len(one.public_label) <= 40
    assert time.perf_counter() - begun < 0.5


@pytest.mark.parametrize("told", ["Mère", "Mère 699000002", "T:699000002"])
def test_a_sender_with_letters_is_nobody(told: str) -> None:
    """Whatever number it holds."""
    assert isinstance(NAMES.by_number(told), UnusableTarget)
