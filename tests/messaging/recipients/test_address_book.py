"""Who is meant by a name or a number."""

import pytest

from custom_components.passerelle_sms.gateways.errors import EmptyTargetError
from custom_components.passerelle_sms.messaging.recipients.address_book import (
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

    assert (None if found is None else found.number) == number


@pytest.mark.parametrize(
    ("target", "key", "shown"),
    [
        ("personne", "not_a_number", "personne"),
        ("", "not_a_number", ""),
        ("12", "not_a_number", "***"),
        ("06 12 34 / 56 78", "not_a_number", "***78"),
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
