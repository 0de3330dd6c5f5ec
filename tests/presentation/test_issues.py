"""What only the user can mend."""

import pytest

from custom_components.passerelle_sms.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from tests.conftest import AccountMaker
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


def issue_ids(hass: HomeAssistant) -> set[str]:
    """Return the issues that are ours."""
    return {
        issue_id for domain, issue_id in ir.async_get(hass).issues if domain == DOMAIN
    }


async def refuse_the_address(hass: HomeAssistant, simulator: Simulator) -> None:
    """Send a message that 123-SMS.net refuses because of the house's address."""
    simulator.sms123.answer_next("96")
    with pytest.raises(HomeAssistantError, match="forbids the IP address"):
        await hass.services.async_call(
            "notify", "123_sms_net_papa", {"message": "Test"}, blocking=True
        )


async def test_a_forbidden_address_is_told_until_it_is_allowed(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The gateway's next answer ends it."""
    entry = await add_account(simulator.sms123)

    await refuse_the_address(hass, simulator)

    issue_id = f"ip_not_allowed_{entry.entry_id}"
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_placeholders == {
        "account": "123-SMS.net",
        "gateway": "123-SMS.net",
        "site": "https://www.123-sms.net/",
    }
    await entry.runtime_data.coordinator.async_refresh()
    assert issue_ids(hass) == set()


async def test_a_poll_finds_it_too(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The balance may be forbidden as well."""
    entry = await add_account(simulator.sms123)
    simulator.sms123.answer_next('{"code": 96}')

    await entry.runtime_data.coordinator.async_refresh()

    assert issue_ids(hass) == {f"ip_not_allowed_{entry.entry_id}"}


async def test_it_goes_with_the_account(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Nobody is told of an account that is gone."""
    entry = await add_account(simulator.sms123)
    await refuse_the_address(hass, simulator)

    await hass.config_entries.async_remove(entry.entry_id)

    assert issue_ids(hass) == set()
