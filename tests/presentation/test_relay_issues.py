"""What a relay lacks."""

import pytest

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.presentation.issues import (
    RELAY_ACCOUNT_GONE,
    async_forget_issue,
    async_forget_issues,
    async_tell_same_account,
)
from custom_components.passerelle_sms.presentation.relay_issues import (
    async_tell_relay_account_gone,
)
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from tests.conftest import AccountMaker
from tests.presentation.test_issues import issue_ids
from tests.relays import relay_entry
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_a_relay_tells_which_account_it_lacks(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """With where to mend that, until the account is back."""
    first = await add_account(simulator.etech_keys, title="Premier")
    second = await add_account(simulator.smseco)
    relay = relay_entry(hass, first, second)
    await hass.config_entries.async_set_disabled_by(
        first.entry_id, ConfigEntryDisabler.USER
    )

    async_tell_relay_account_gone(hass, relay, first.entry_id, first.title)

    issue_id = f"relay_account_gone_{relay.entry_id}_{first.entry_id}"
    assert issue_ids(hass) == {issue_id}
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert not issue.is_fixable
    assert issue.severity is ir.IssueSeverity.WARNING
    assert issue.learn_more_url == (
        "homeassistant://config/integrations/integration/passerelle_sms"
    )
    assert issue.translation_placeholders == {"relay": "Relais", "account": "Premier"}
    async_forget_issue(hass, relay, RELAY_ACCOUNT_GONE, second.entry_id)
    assert issue_ids(hass) == {issue_id}
    async_forget_issue(hass, relay, RELAY_ACCOUNT_GONE, first.entry_id)
    assert issue_ids(hass) == set()


async def test_an_account_that_is_removed_keeps_its_title_at_the_relay(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """What the relay lacks stays told when all else about the account is forgotten."""
    first = await add_account(simulator.etech_keys, title="Premier")
    relay = relay_entry(hass, first)
    async_tell_relay_account_gone(hass, relay, first.entry_id, first.title)
    async_tell_same_account(hass, first, first, first.runtime_data.gateway)

    await hass.config_entries.async_remove(first.entry_id)
    async_tell_relay_account_gone(hass, relay, first.entry_id, None)

    issue_id = f"relay_account_gone_{relay.entry_id}_{first.entry_id}"
    assert issue_ids(hass) == {issue_id}
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_placeholders == {"relay": "Relais", "account": "Premier"}


@pytest.mark.parametrize(("title", "told"), [("Ancien", "Ancien"), (None, "—")])
async def test_an_account_that_nobody_remembers(
    hass: HomeAssistant, title: str | None, told: str
) -> None:
    """Whoever knows its title says so."""
    relay = relay_entry(hass)

    async_tell_relay_account_gone(hass, relay, "01M7W4EX1X", title)

    [issue] = ir.async_get(hass).issues.values()
    assert issue.translation_placeholders == {"relay": "Relais", "account": told}


async def test_what_a_relay_lacks_is_forgotten_together(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """When it is removed; other relays keep theirs."""
    first = await add_account(simulator.etech_keys)
    second = await add_account(simulator.smseco)
    relay, other = relay_entry(hass, first, second), relay_entry(hass, first)
    for lacking, account in ((relay, first), (relay, second), (other, first)):
        async_tell_relay_account_gone(hass, lacking, account.entry_id, account.title)
    of_other = f"relay_account_gone_{other.entry_id}_{first.entry_id}"

    async_forget_issues(hass, relay)
    assert issue_ids(hass) == {of_other}
