"""What the entry of an account tells of its recipients."""

import pytest

from custom_components.passerelle_sms.entries.settings import recipient_targets
from custom_components.passerelle_sms.notify import RecipientNotifyEntity
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_component import DATA_INSTANCES
from tests.conftest import AccountMaker
from tests.groups import subentry_of
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_who_was_removed_is_nobody_and_never_everybody(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """A message without a target is for all; one for who is gone is for nobody."""
    entry = await add_account(simulator.etech_keys)
    maman = subentry_of(entry, "Maman")
    assert len(recipient_targets(entry, maman.subentry_id)) == 1
    unique_id = f"{entry.entry_id}_{maman.subentry_id}_sms"
    [entity] = [
        one
        for one in hass.data[DATA_INSTANCES]["notify"].entities
        if isinstance(one, RecipientNotifyEntity) and one.unique_id == unique_id
    ]

    hass.config_entries.async_remove_subentry(entry, maman.subentry_id)

    assert recipient_targets(entry, maman.subentry_id) == ()
    with pytest.raises(ServiceValidationError):
        # Whoever has called it just before holds it still.
        await entity.async_send_message("Citerne vide")
    assert simulator.etech_keys.accepted == []
