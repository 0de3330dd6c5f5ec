"""Whom a relay can take over from its accounts."""

from collections.abc import Sequence

from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.flows.relay_recipients import (
    copyable_groups,
    copyable_recipients,
)
from custom_components.passerelle_sms.messaging.recipients.names import (
    LONGEST_NAME,
    is_name,
    name_key,
    tidied,
)
from homeassistant.config_entries import ConfigSubentryData, ConfigSubentryDataWithId


def account(
    title: str,
    *recipients: tuple[str, str],
    groups: Sequence[tuple[str, Sequence[int]]] = (),
) -> MockConfigEntry:
    """Return an account with recipients, and groups of those at some places.

    Several may have one name.
    """
    people = [
        ConfigSubentryDataWithId(
            data={"name": name, "phone": number},
            subentry_id=f"{title} {place}",
            subentry_type="recipient",
            title=name,
            unique_id=number,
        )
        for place, (name, number) in enumerate(recipients)
    ]
    groups_of_them = [
        ConfigSubentryData(
            data={"name": name, "recipients": [f"{title} {place}" for place in places]},
            subentry_type="group",
            title=name,
            unique_id=None,
        )
        for name, places in groups
    ]
    return MockConfigEntry(title=title, subentries_data=[*people, *groups_of_them])


def number(place: int) -> str:
    """Return one of many numbers."""
    return f"+2376956{place:05}"


@pytest.mark.parametrize(
    ("names", "copied"),
    [
        (["Maman", "Papa"], ["Maman", "Papa"]),
        (["Maman", "Maman", "maman"], ["Maman", "Maman 2", "maman 3"]),
        (["Maman", "Maman 2", "MÁMAN"], ["Maman", "Maman 2", "MÁMAN 3"]),
        (["Maman 2", "Maman", "Maman"], ["Maman 2", "Maman", "Maman 3"]),
        # A number beside so many digits would make it one that is dialled.
        (["Tel 12345", "Tel 12345"], ["Tel 12345", "Tel 2"]),
        (["🚒 12345", "🚒 12345"], ["🚒 12345", "🚒 2"]),
        (["A" * 255, "A" * 255], ["A" * 255, f"{'A' * 100} 2"]),
        (["🚒", "🚒"], ["🚒", "🚒 2"]),
    ],
)
def test_everybody_has_a_name_of_their_own(names: list[str], copied: list[str]) -> None:
    """Numbered where another has it."""
    pairs = [(name, number(place)) for place, name in enumerate(names)]

    recipients = copyable_recipients(
        [account("Un", *pairs[:1]), account("Deux", *pairs[1:])]
    )

    assert [one.name for one in recipients] == copied
    assert [one.number for one in recipients] == [phone for _, phone in pairs]


def test_a_name_that_was_changed_elsewhere_counts() -> None:
    """As everywhere; a title that is no name doesn't."""
    entry = account("Un", ("Maman", number(1)), ("Papa", number(2)))
    for subentry, title in zip(
        entry.subentries.values(), ("Mère", "695688207"), strict=True
    ):
        object.__setattr__(subentry, "title", title)

    recipients = copyable_recipients([entry])

    assert [one.name for one in recipients] == ["Mère", "Papa"]


@given(
    st.lists(
        st.tuples(
            st.text(max_size=LONGEST_NAME).map(tidied).filter(is_name)
            | st.sampled_from(["Maman", "maman 2", "M12345", "☎" + "!" * 250]),
            st.integers(0, 5),
        ),
        max_size=12,
    )
)
def test_each_number_and_each_name_comes_once(pairs: list[tuple[str, int]]) -> None:
    """Whatever the accounts hold: what the recipient's form would take."""
    accounts = [
        account(str(place), (name, number(which)))
        for place, (name, which) in enumerate(pairs)
    ]

    recipients = copyable_recipients(accounts)

    assert [one.number for one in recipients] == [
        number(which) for which in dict.fromkeys(which for _, which in pairs)
    ]
    assert len({name_key(one.name) for one in recipients}) == len(recipients)
    for one in recipients:
        assert is_name(one.name)
        assert one.copy["title"] == one.copy["data"]["name"] == one.name
        assert one.copy["unique_id"] == one.copy["data"]["phone"] == one.number


def test_groups_are_copied_with_all_their_members() -> None:
    """Whose numbers count: another account may have given them, under another name."""
    one = account("Un", ("Maman", number(1)), ("Papa", number(2)))
    two = account(
        "Deux",
        ("Mère", number(1)),
        ("Tante", number(3)),
        groups=[
            ("Famille", [1, 0]),
            ("Tante seule", [1]),
            ("Vide", []),
            ("Parti", [9]),
        ],
    )
    recipients = copyable_recipients([one, two])
    maman, papa, tante = recipients

    all_copied = copyable_groups([one, two], recipients)
    without_tante = copyable_groups([one, two], [maman, papa])

    assert [(group.name, group.members) for group in all_copied] == [
        ("Famille", (tante, maman)),
        ("Tante seule", (tante,)),
    ]
    assert without_tante == ()
    assert all_copied[0].copy["data"] == {
        "name": "Famille",
        "recipients": [tante.copy["subentry_id"], maman.copy["subentry_id"]],
    }


@pytest.mark.parametrize(
    ("second", "copied"),
    [
        # The same people under the same name are one group.
        (("FAMILLE", [1, 0]), ["Famille"]),
        (("Famille", [0]), ["Famille", "Famille 2"]),
        (("Parents", [0, 1]), ["Famille", "Parents"]),
        # A recipient's name is taken.
        (("maman", [0, 1]), ["Famille", "maman 2"]),
    ],
)
def test_groups_of_two_accounts_with_one_name(
    second: tuple[str, list[int]], copied: list[str]
) -> None:
    """Get two, unless they are the same."""
    pairs = [("Maman", number(1)), ("Papa", number(2))]
    accounts = [
        account("Un", *pairs, groups=[("Famille", [0, 1])]),
        account("Deux", *pairs, groups=[second]),
    ]

    groups = copyable_groups(accounts, copyable_recipients(accounts))

    assert [group.name for group in groups] == copied


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Famille", "famille", "Nom 0", "Voisins", "☎ 12345"]),
            st.lists(st.integers(0, 3), unique=True),
        ),
        max_size=6,
    ),
    st.sets(st.integers(0, 3)),
)
def test_each_copied_group_is_of_copied_recipients(
    groups: list[tuple[str, list[int]]], chosen: set[int]
) -> None:
    """Of all that it had, and of a name of its own."""
    people = [(f"Nom {place}", number(place)) for place in range(4)]
    accounts = [
        account(str(place), *people, groups=[group])
        for place, group in enumerate(groups)
    ]
    recipients = [
        one
        for one in copyable_recipients(accounts)
        if one.number in {number(place) for place in chosen}
    ]

    found = copyable_groups(accounts, recipients)

    whole = {frozenset(places) for _, places in groups if places}
    expected = {places for places in whole if places <= chosen}
    numbers = {frozenset(member.number for member in one.members) for one in found}
    assert numbers == {frozenset(map(number, places)) for places in expected}
    names = [one.name for one in recipients] + [one.name for one in found]
    keys = set(map(name_key, names))
    assert len(keys) == len(names)
    assert all(is_name(one.name) for one in found)
    copied = {one.copy["subentry_id"] for one in recipients}
    for group in found:
        assert copied.issuperset(group.copy["data"]["recipients"])
