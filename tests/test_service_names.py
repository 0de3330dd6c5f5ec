"""Whose each name of a notify service is."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.passerelle_sms.service_names import (
    STORAGE_KEY,
    Names,
    OwnedName,
    Owner,
    ServiceNames,
    assign_names,
    names_in_yaml,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util
from tests.conftest import warnings_logged

WORDS = st.sampled_from(["Maison", "MAISON", "Maïson", "Maison 2", "Papa", "Père", ""])
FOREIGN = st.sets(
    st.sampled_from(["maison", "maison_2", "maison_papa", "maison_2_papa", "papa"])
)
RECIPIENTS = st.dictionaries(st.sampled_from(["one", "two"]), WORDS)
# What one account wants at one time, and which names others have by then.
WISHES = st.tuples(st.sampled_from(["first", "second"]), WORDS, RECIPIENTS, FOREIGN)


def names_of(names: Names, entry_id: str) -> dict[str, Owner]:
    """Return the names of an account and its recipients, and whose each is."""
    return {
        name: owned.owner
        for name, owned in names.items()
        if owned.owner.entry_id == entry_id
    }


def assign(
    *wishes: tuple[str, str, Mapping[str, str]], foreign: set[str] | None = None
) -> dict[str, OwnedName]:
    """Return the names once each account has got what it wants, in this order."""
    names: dict[str, OwnedName] = {}
    for entry_id, title, recipients in wishes:
        names = assign_names(names, entry_id, title, recipients, foreign or set())
    return names


# --- giving names -----------------------------------------------------------------


@given(st.lists(WISHES, max_size=8))
def test_whatever_is_wanted_each_has_one_and_nobody_that_of_another(
    history: list[tuple[str, str, dict[str, str], set[str]]],
) -> None:
    """Foreign names are never given, and old ones are kept as long as they are free."""
    names: dict[str, OwnedName] = {}
    for entry_id, title, recipients, foreign in history:
        before, names = names, assign_names(names, entry_id, title, recipients, foreign)

        owners = {
            Owner(entry_id=entry_id),
            *(Owner(entry_id=entry_id, subentry_id=one) for one in recipients),
        }
        mine = names_of(names, entry_id)
        assert set(mine.values()) == owners
        assert not set(mine) & foreign
        for name, owned in before.items():
            is_kept = owned.owner.entry_id != entry_id or (
                owned.owner in owners and name not in foreign
            )
            if is_kept:
                assert names[name] == owned


@given(
    st.dictionaries(
        st.sampled_from(["first", "second", "third"]),
        st.tuples(WORDS, RECIPIENTS),
        max_size=3,
    ),
    st.randoms(use_true_random=False),
)
def test_a_restart_in_any_order_changes_no_name(
    accounts: dict[str, tuple[str, dict[str, str]]], random: Any
) -> None:
    """Names stay with whoever has them, whichever account is set up first."""
    wishes = [(entry_id, *wanted) for entry_id, wanted in accounts.items()]
    names = assign(*wishes)

    random.shuffle(wishes)
    again: dict[str, OwnedName] = names
    for entry_id, title, recipients in wishes:
        again = assign_names(again, entry_id, title, recipients, set())

    assert again == names


@given(st.lists(WISHES, min_size=1, max_size=5))
def test_the_name_wanted_last_is_among_those_of_its_owner(
    history: list[tuple[str, str, dict[str, str], set[str]]],
) -> None:
    """Or a numbered variant of it."""
    names: dict[str, OwnedName] = {}
    for entry_id, title, recipients, foreign in history:
        names = assign_names(names, entry_id, title, recipients, foreign)

    wanted = "passerelle_sms" if not title else title.casefold().replace(" ", "_")
    wanted = wanted.translate(str.maketrans("ïè", "ie"))
    assert any(
        name == wanted or name.startswith(f"{wanted}_")
        for name, owner in names_of(names, entry_id).items()
        if owner.subentry_id is None
    )


def test_two_equal_titles_get_two_names() -> None:
    """The recipients' names say through which account they are reached."""
    names = assign(
        ("first", "Maison", {"one": "Papa"}), ("second", "Maïson", {"one": "Papa"})
    )

    assert list(names_of(names, "first")) == ["maison", "maison_papa"]
    assert list(names_of(names, "second")) == ["maison_2", "maison_2_papa"]


def test_two_names_that_differ_in_accents_get_two_services() -> None:
    """The name of a service has none."""
    names = assign(("first", "Maison", {"one": "Père", "two": "Pere"}))

    assert names["maison_pere"].owner.subentry_id == "one"
    assert names["maison_pere_2"].owner.subentry_id == "two"


def test_after_a_rename_the_old_names_go_on() -> None:
    """Also when a newcomer wants one of them, until their owner is gone."""
    renamed = assign(
        ("first", "Maison", {"one": "Papa"}),
        ("first", "Chalet", {"one": "Grand-père", "two": "Papa"}),
        ("second", "Maison", {}),
    )
    assert renamed["maison"].owner == Owner(entry_id="first")
    assert renamed["maison_papa"].owner == Owner(entry_id="first", subentry_id="one")
    assert {"chalet", "chalet_grand_pere", "chalet_papa", "maison_2"} < set(renamed)

    removed = assign_names(renamed, "first", "Chalet", {"two": "Papa"}, set())
    assert {name for name in removed if owner_is(removed[name], "one")} == set()
    assert removed["chalet_papa"].owner == Owner(entry_id="first", subentry_id="two")


def owner_is(owned: OwnedName, subentry_id: str) -> bool:
    """Return whether a name is that of a recipient."""
    return owned.owner.subentry_id == subentry_id


def test_a_rename_to_what_looks_like_a_number_of_the_old_name() -> None:
    """`maison_2` as a title of its own is no second `maison`."""
    names = assign(("first", "Maison 2", {}), ("first", "Maison", {}))

    assert list(names) == ["maison_2", "maison"]


def test_a_name_that_has_become_foreign_is_given_up() -> None:
    """Its owner gets another one, and keeps that when the name is free again."""
    mine = assign(("first", "Maison", {}))
    yielded = assign_names(mine, "first", "Maison", {}, {"maison"})
    later = assign_names(yielded, "first", "Maison", {}, set())

    assert list(yielded) == list(later) == ["maison_2"]


# --- names in YAML ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ({}, set()),
        ({"notify": None}, set()),
        ({"notify": {"platform": "group", "name": "Ma Famille"}}, {"ma_famille"}),
        ({"notify": [{"platform": "file"}]}, {"notify"}),
        ({"notify": [{"platform": "file", "name": None}]}, {"notify"}),
        ({"notify": [{"name": "of no platform"}, "nonsense"]}, set()),
        (
            {
                "notify": [{"platform": "group", "name": "Père"}],
                "notify mail": [{"platform": "smtp", "name": 7}],
            },
            {"pere", "7"},
        ),
    ],
)
def test_reads_the_names_in_yaml(config: ConfigType, names: set[str]) -> None:
    """As Home Assistant does, named or not, and whatever else stands there."""
    assert names_in_yaml(config) == names


# --- on disk ----------------------------------------------------------------------


@pytest.fixture
def hass_storage() -> None:
    """Let Home Assistant use real files: the ones here are damaged."""


async def load(hass: HomeAssistant, is_there: bool = True) -> ServiceNames:
    """Return the names that are on disk."""
    names = ServiceNames(hass)
    await names.async_load(lambda owner: is_there)
    return names


async def save(hass: HomeAssistant) -> None:
    """Give an account and its recipient their names, and let them be written."""
    names = await load(hass)
    names.async_assign("first", "Maison", {"one": "Papa"}, set())
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=5))
    await hass.async_block_till_done()


def path(hass: HomeAssistant) -> Path:
    """Return where the names are."""
    return Path(hass.config.path(STORAGE_DIR, STORAGE_KEY))


async def test_names_are_kept_across_a_restart(hass: HomeAssistant) -> None:
    """With their owners, and what was wanted."""
    await save(hass)

    names = await load(hass)
    names.async_assign("second", "Maison", {"one": "Papa"}, set())

    assert names.of_entry("first") == {
        "maison": Owner(entry_id="first"),
        "maison_papa": Owner(entry_id="first", subentry_id="one"),
    }
    assert set(names.of_entry("second")) == {"maison_2", "maison_2_papa"}


async def test_names_of_what_is_gone_are_free(hass: HomeAssistant) -> None:
    """An account may be removed while the integration is not loaded."""
    await save(hass)

    assert (await load(hass, is_there=False)).of_entry("first") == {}


@pytest.mark.parametrize(
    "stored",
    [
        "",
        '{"version": 1, "da',
        "[]",
        '"names"',
        '{"no": "store"}',
        '{"version": 2, "minor_version": 1, "data": {}}',
        '{"version": 0, "minor_version": 1, "data": {}}',
        '{"version": 1, "minor_version": 1, "data": []}',
        '{"version": 1, "minor_version": 1, "data": {"maison": "first"}}',
        '{"version": 1, "minor_version": 1, "data": {"maison": {"entry_id": 5}}}',
    ],
)
async def test_a_damaged_file_gives_the_names_anew(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture, stored: str
) -> None:
    """It is said, and the file is replaced by a good one."""
    path(hass).parent.mkdir()
    path(hass).write_text(stored)

    await save(hass)

    assert warnings_logged(caplog)
    assert set((await load(hass)).of_entry("first")) == {"maison", "maison_papa"}


async def test_nothing_on_disk_is_no_fault(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    """So it is at the first start."""
    assert (await load(hass)).of_entry("first") == {}
    assert warnings_logged(caplog) == []
