"""Whom a group's name means: all its members, each once, and nobody else."""

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import EmptyGroupError
from custom_components.passerelle_sms.messaging.recipients.address_book import (
    MOST_TARGETS,
    AddressBook,
    Group,
    Recipient,
    UnusableTarget,
)

NAMES = ("Maman", "Papa", "Tante Zoé", "L'oncle", "🥶")
PEOPLE = {
    name: Recipient(name=name, number=f"+23769900000{place}")
    for place, name in enumerate(NAMES)
}
STRANGER = "+237699128531"


def group(name: str, *members: str) -> Group:
    """Return a group of some of these people."""
    return Group(name=name, members=tuple(PEOPLE[member] for member in members))


FAMILY = group("Famille", "Papa", "Maman")
EVERYBODY_ELSE = group("L'équipe", "Tante Zoé", "Maman", "L'oncle")
NOBODY = group("Vide")
WITH_COMMA = group("Maman, tante & co", "Papa")
DIGITS = group("🏠 24")
BOOK = AddressBook(
    PEOPLE.values(), "CM", [FAMILY, EVERYBODY_ELSE, NOBODY, WITH_COMMA, DIGITS]
)


def labels(*targets: str | Group, book: AddressBook = BOOK) -> list[str]:
    """Return whom targets mean; one that is unusable is marked with its error."""
    return [
        one.label if isinstance(one, Recipient) else f"{one.error.key}: {one.target}"
        for one in book.resolve(targets)
    ]


@pytest.mark.parametrize(
    ("targets", "meant"),
    [
        (("Famille",), ["Papa", "Maman"]),
        (("  FAMILLE\u200b",), ["Papa", "Maman"]),
        (("l’Equipe",), ["Tante Zoé", "Maman", "L'oncle"]),
        # Each once, however often he is meant, at his first place.
        (("Famille", "Maman", "famille"), ["Papa", "Maman"]),
        (("Maman", "Famille"), ["Maman", "Papa"]),
        (("Famille", "L'équipe"), ["Papa", "Maman", "Tante Zoé", "L'oncle"]),
        ((PEOPLE["Papa"].number, "Famille"), ["Papa", "Maman"]),
        # In a list, and with what separates a list.
        (("Famille; 🥶",), ["Papa", "Maman", "🥶"]),
        ((f"Famille, {STRANGER}",), ["Papa", "Maman", STRANGER]),
        (("Famille\nL'équipe",), ["Papa", "Maman", "Tante Zoé", "L'oncle"]),
        (("Maman, tante & co",), ["Papa"]),
        (("MÁMAN, TANTE & CO",), ["Papa"]),
        # One that was looked up already.
        ((FAMILY,), ["Papa", "Maman"]),
    ],
)
def test_a_group_is_all_its_members(
    targets: tuple[str | Group, ...], meant: list[str]
) -> None:
    """In their order, where it stands."""
    assert labels(*targets) == meant


@pytest.mark.parametrize(
    ("targets", "meant"),
    [
        (("vide",), ["empty_group: Vide"]),
        ((NOBODY,), ["empty_group: Vide"]),
        (("Vide", "Maman"), ["empty_group: Vide", "Maman"]),
        (("Vide; Famille",), ["empty_group: Vide", "Papa", "Maman"]),
        (("Vide, Vide",), ["empty_group: Vide"]),
        # It holds digits, and is no number that was torn apart.
        (("Maman, 🏠 24",), ["Maman", "empty_group: 🏠 24"]),
    ],
)
def test_an_empty_group_is_an_error(
    targets: tuple[str | Group, ...], meant: list[str]
) -> None:
    """And never everybody; the others get their message."""
    assert labels(*targets) == meant


def test_an_empty_group_is_told_by_its_name() -> None:
    """Which may stand in a log."""
    [one] = BOOK.resolve(("Vide",))

    assert isinstance(one, UnusableTarget)
    assert one.public_label == "Vide"
    assert isinstance(one.error, EmptyGroupError)
    with pytest.raises(EmptyGroupError):
        _ = NOBODY.numbers


def test_everybody_is_every_recipient_once() -> None:
    """Groups add nobody."""
    assert BOOK.resolve(None) == tuple(PEOPLE.values())


def test_a_recipient_comes_before_a_group_of_its_name() -> None:
    """Titles can be changed where no form refuses them."""
    book = AddressBook(
        PEOPLE.values(), "CM", [group("maman", "Papa"), group("MAMAN!", "Papa")]
    )

    assert labels("maman", "MAMAN", "maman!", book=book) == ["Maman", "Papa"]
    assert labels("Mámàn", book=book) == ["Maman"]
    assert not book.is_group("Maman")
    assert book.is_group("maman!")


def test_a_guest_means_the_same_by_a_group() -> None:
    """A number that he writes beside it stays one: nothing tells whose it is."""
    number = PEOPLE["Maman"].number

    found = BOOK.resolve(("Famille", number, "Maman"), names_numbers=False)

    assert found == (PEOPLE["Papa"], PEOPLE["Maman"], Recipient(number=number))
    assert BOOK.named("famille") == FAMILY


def test_a_number_is_no_group() -> None:
    """Nor is who has answered."""
    assert not BOOK.is_group(STRANGER)
    assert isinstance(BOOK.by_number("Famille"), UnusableTarget)


def test_many_groups_cost_little() -> None:
    """Each is looked through once, however often it is named, and in steps."""
    people = [
        Recipient(name=f"Nom {chr(97 + n // 26)}{chr(97 + n % 26)}", number=f"+2376990{n:05}")
        for n in range(600)
    ]  # fmt: skip
    book = AddressBook(people, "CM", [Group(name="Tous", members=tuple(people))])

    steps = sum(1 for _ in book.resolving(("Tous",) * MOST_TARGETS))

    assert steps < 2 * MOST_TARGETS
    assert book.resolve(("Tous",) * MOST_TARGETS) == tuple(people)


_MEMBERS = st.lists(st.sampled_from(NAMES), unique=True).map(tuple)
_GROUPS = st.dictionaries(
    st.sampled_from(["Famille", "Voisins", "Équipe", "🏠 24"]), _MEMBERS
)


@given(groups=_GROUPS, data=st.data(), names_numbers=st.booleans())
def test_every_member_once_in_order_and_nobody_else(
    groups: dict[str, tuple[str, ...]], data: st.DataObject, names_numbers: bool
) -> None:
    """Whatever is named beside it, and however it is written."""
    book = AddressBook(
        PEOPLE.values(), "CM", [group(name, *of) for name, of in groups.items()]
    )
    named = data.draw(st.lists(st.sampled_from([*NAMES, *groups]), min_size=1))
    form = data.draw(st.sampled_from(["{}", "  {}  ", "{}\u200b"]))
    written = tuple(form.format(name.upper()) for name in named)
    if data.draw(st.booleans()):
        written = (data.draw(st.sampled_from(["; ", "\n", "|"])).join(written),)

    found = book.resolve(written, names_numbers=names_numbers)

    meant = dict.fromkeys(one for name in named for one in groups.get(name, (name,)))
    sent_to = [one for one in found if isinstance(one, Recipient)]
    assert sent_to == [PEOPLE[name] for name in meant]
    empty = dict.fromkeys(name for name in named if groups.get(name) == ())
    others = [one for one in found if isinstance(one, UnusableTarget)]
    assert [one.target for one in others] == [*empty]
    assert all(isinstance(one.error, EmptyGroupError) for one in others)
