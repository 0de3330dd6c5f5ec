"""What a config entry says about its dead man's switches."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Any, Final

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.entries.switch_settings import (
    SwitchSettings,
    switches_of,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.plan import SwitchPlan
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from homeassistant.config_entries import ConfigSubentryDataWithId
from tests.conftest import MAMAN, PAPA

TO_MAMAN: Final = Recipient(number=MAMAN, name="Maman")
TO_PAPA: Final = Recipient(number=PAPA, name="Papa")


def subentry(
    subentry_id: str, kind: str, title: str, **data: Any
) -> ConfigSubentryDataWithId:
    """Return what an entry holds."""
    return ConfigSubentryDataWithId(
        data={"name": title, **data},
        subentry_id=subentry_id,
        subentry_type=kind,
        title=title,
        unique_id=None,
    )


def settings(recipients: Sequence[str], **fields: Any) -> SwitchSettings:
    """Return what an entry with two recipients and a group of them says of a switch."""
    switch: dict[str, Any] = {
        "title": "Maison muette",
        "message": "{house} {since}",
        "delay": 45,
        "recipients": [*recipients],
        **fields,
    }
    entry = MockConfigEntry(
        subentries_data=[
            subentry("m", "recipient", "Maman", phone=MAMAN),
            subentry("p", "recipient", "Papa", phone=PAPA),
            subentry("f", "group", "Famille", recipients=["p", "gone", "m"]),
            subentry("s", "dead_man_switch", **switch),
        ]
    )
    [found] = switches_of(entry)
    return SwitchSettings.of(entry, found)


def test_says_all_that_a_switch_goes_by() -> None:
    """Once for all."""
    assert settings(["m"], message_back="De retour") == SwitchSettings(
        subentry_id="s",
        name="Maison muette",
        template="{house} {since}",
        recipients=(TO_MAMAN,),
        delay=timedelta(minutes=45),
        message_back="De retour",
    )


@pytest.mark.parametrize(
    ("ids", "recipients"),
    [
        (["m", "p"], (TO_MAMAN, TO_PAPA)),
        (["p", "m"], (TO_PAPA, TO_MAMAN)),
        (["f"], (TO_PAPA, TO_MAMAN)),
        (["m", "f"], (TO_MAMAN, TO_PAPA)),
        (["gone", "m"], (TO_MAMAN,)),
        (["gone"], ()),
    ],
)
def test_each_number_comes_once(
    ids: list[str], recipients: tuple[Recipient, ...]
) -> None:
    """In its order; who was removed is not there."""
    assert settings(ids).recipients == recipients


@pytest.mark.parametrize("back", [{}, {"message_back": ""}])
def test_nothing_is_sent_back_unless_something_is_written(back: dict[str, str]) -> None:
    """It is off."""
    assert settings(["m"], **back).message_back is None


def test_a_title_of_nothing_is_no_name() -> None:
    """Users can change it anywhere."""
    assert settings(["m"], title="  Autre   nom ").name == "Autre nom"
    entry = MockConfigEntry(
        subentries_data=[
            subentry(
                "s",
                "dead_man_switch",
                "Muette",
                message="x",
                delay=15,
                recipients=[],
            )
        ]
    )
    [switch] = switches_of(entry)
    object.__setattr__(switch, "title", " ")

    assert SwitchSettings.of(entry, switch).name == "Muette"


def test_its_plan() -> None:
    """In a house of some name and language."""
    assert settings(["m"]).plan("Chez nous", "fr", UTC) == SwitchPlan(
        template="{house} {since}",
        recipients=(TO_MAMAN,),
        delay=timedelta(minutes=45),
        house="Chez nous",
        language="fr",
    )
