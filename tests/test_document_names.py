"""The documents call what is seen in Home Assistant what it is called there."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any, Final

import hass_frontend
import pytest

from custom_components.passerelle_sms.const import DOMAIN
from homeassistant.util import slugify

REPOSITORY: Final = Path(__file__).parent.parent
TRANSLATIONS: Final = REPOSITORY / "custom_components" / DOMAIN / "translations"
READMES: Final = {"en": "README.md", "fr": "docs/README.fr.md"}
DOCUMENTS: Final = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/*.md")])
MENU: Final = re.compile(r"(?<!\*)\*([^*|`]*→[^*|`]*)\*(?!\*)")
MENU_OF_FORM: Final = re.compile(r"(?:Settings|Paramètres)(?: > \w+)+")
# The accounts and the switch of the examples.
ENTITY: Final = re.compile(
    r"\b(binary_sensor|event|sensor|switch)\.(?:etech_keys|maison_muette)_(\w+)"
)


def language(document: Path) -> str:
    """Return what a document is written in."""
    return "fr" if document.name.endswith(".fr.md") else "en"


def words(language: str) -> dict[str, Any]:
    """Return what the integration says in a language."""
    text = (TRANSLATIONS / f"{language}.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def leaves(tree: dict[str, Any]) -> Iterator[str]:
    """Yield every text."""
    for value in tree.values():
        if isinstance(value, dict):
            yield from leaves(value)
        else:
            yield str(value)


@pytest.fixture(scope="module")
def menus() -> dict[str, set[str]]:
    """Return what Home Assistant itself says in each language."""
    folder = Path(hass_frontend.where()) / "static" / "translations"
    return {
        language: {
            text
            for path in folder.rglob(f"{language}-*.json")
            # Not those of a country, such as en-GB.
            if re.fullmatch(rf"{language}-[0-9a-f]{{32}}", path.stem)
            for text in leaves(json.loads(path.read_text("utf-8")))
        }
        for language in READMES
    }


def sections(document: str) -> dict[str, str]:
    """Return what stands under each heading of the second level."""
    _, *found = (REPOSITORY / document).read_text("utf-8").split("\n## ")
    return {one.partition("\n")[0]: one.partition("\n")[2] for one in found}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_menus_are_where_they_are_said_to_be(
    menus: dict[str, set[str]], document: Path
) -> None:
    """Home Assistant moves and renames them now and then."""
    of_ours = leaves(words(language(document)))
    known = menus[language(document)] | {"Passerelle SMS", *of_ours}

    for path in MENU.findall(document.read_text("utf-8")):
        steps = [" ".join(step.split()) for step in path.split("→")]
        assert [step for step in steps if step and step not in known] == [], path


@pytest.mark.parametrize("language", READMES)
def test_menus_that_forms_name_are_there(
    menus: dict[str, set[str]], language: str
) -> None:
    """In the words of the same language."""
    named = [
        path for text in leaves(words(language)) for path in MENU_OF_FORM.findall(text)
    ]

    assert named
    for path in named:
        assert [step for step in path.split(" > ") if step not in menus[language]] == []


@pytest.mark.parametrize(("language", "document"), READMES.items())
def test_options_are_listed_by_their_labels(language: str, document: str) -> None:
    """All that the form of an account may show."""
    heading = {"en": "Options", "fr": "Les options"}[language]
    rows = re.findall(r"^\| (.+?) \|", sections(document)[heading], re.MULTILINE)
    labels = words(language)["options"]["step"]["init"]["data"].values()

    assert sorted(", ".join(rows[1:]).split(", ")) == sorted(labels)


@pytest.mark.parametrize(("language", "document"), READMES.items())
def test_entities_of_an_account_are_listed_by_their_names(
    language: str, document: str
) -> None:
    """Those of a switch and of a relay have pages of their own."""
    heading = {"en": "What you see", "fr": "Ce que vous voyez"}[language]
    told = sections(document)[heading]
    described = words(language)["entity"]
    elsewhere = {"account_rests", "dead_man_switch", "fires_at", "last_renewed"}
    elsewhere |= {"sub_account_balance", "switch_problem"}

    for platform in ("binary_sensor", "event", "sensor"):
        for key, entity in described[platform].items():
            assert key in elsewhere or entity["name"] in told, key


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_examples_name_entities_as_a_house_of_that_language_does(
    document: Path,
) -> None:
    """Home Assistant makes the id of an entity of its name."""
    described = words(language(document))["entity"]

    for platform, name in ENTITY.findall(document.read_text("utf-8")):
        names = {slugify(one["name"]) for one in described[platform].values()}
        assert name in names, f"{platform}.…_{name}"
