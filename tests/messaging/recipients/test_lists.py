"""Several targets in one text."""

import pytest

from custom_components.passerelle_sms.messaging.recipients.lists import (
    listed,
    most_listed,
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Maman, +237 6 99 12 85 31", ("Maman", "+237 6 99 12 85 31")),
        ("Maman;Papa ; ", ("Maman", "Papa")),
        ("Maman|Papa", ("Maman", "Papa")),
        ("Maman\nPapa\r\n\r\nZoé", ("Maman", "Papa", "Zoé")),
        ("Maman\tPapa", ("Maman", "Papa")),
        ('["Maman", "L\\u2019\\u00e9cole", 699128531]', ("Maman", "L’école", "699128531")),
        ("['Maman', '699128531']", ("Maman", "699128531")),
        ("[Maman, Papa]", ("Maman", "Papa")),
        ('["Maman"]', ("Maman",)),
        ('"Maman"', ("Maman",)),
        (" Maman,", ("Maman",)),
        ("[null]", ("null",)),
        ("[[1], [2]]", ("[1]", "[2]")),
        ("ماما، بابا", ("ماما", "بابا")),
        # Lines come first: what stands in one may be a list, too.
        ("Maman, Papa\nZoé", ("Maman, Papa", "Zoé")),
        ("tel:+33612345678;ext=12;Maman", ("tel:+33612345678;ext=12", "Maman")),
    ],
)  # fmt: skip
def test_splits_a_list(text: str, parts: tuple[str, ...]) -> None:
    """Each of its parts, without blanks and quotes."""
    found = listed(text)

    assert found is not None
    assert found.parts == parts


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ";",
        ", ,",
        "[]",
        "Maman",
        "L'école",
        "+237 6 99 12 85 31",
        "tel:+33612345678;ext=12;phone-context=+33",
        "a," * 60_000,
    ],
)
def test_what_is_no_list(text: str) -> None:
    """Stays as it is."""
    assert listed(text) is None


@pytest.mark.parametrize(
    ("text", "most"), [("Maman", 1), ("a,b;c\nd", 4), ("," * 200_000, 1)]
)
def test_how_many_there_may_be(text: str, most: int) -> None:
    """Is told before anything is split."""
    assert most_listed(text) == most
