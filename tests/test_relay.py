"""A relay in a running Home Assistant."""

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from tests.conftest import AccountMaker, RelayMaker
from tests.messages import send
from tests.simulator import Fault, Simulator


async def test_the_next_account_sends(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
) -> None:
    """What the first can't, with the legs in the answer."""
    first = await add_account(simulator.etech_keys)
    second = await add_account(simulator.smseco)
    relay = await add_relay(first, second)
    simulator.etech_keys.fail(Fault.RATE_LIMITED, operation="send")

    answer = await send(hass, relay, message="Citerne vide", target=["Maman"])

    [row] = answer["results"]
    assert row["outcome"] == "accepted"
    assert row["gateway"] == "smseco"
    assert [leg["outcome"] for leg in row["legs"]] == ["not_sent", "accepted"]
    assert [leg["account"] for leg in row["legs"]] == [first.title, second.title]
    assert len(simulator.smseco.accepted) == 1


async def test_an_account_that_is_gone_is_told_and_the_others_go_on(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
) -> None:
    """Removed or disabled; and it is forgotten once it is back."""
    first = await add_account(simulator.etech_keys)
    second = await add_account(simulator.smseco)
    third = await add_account(simulator.devcodesms)
    relay = await add_relay(first, second, third)

    await hass.config_entries.async_set_disabled_by(
        first.entry_id, ConfigEntryDisabler.USER
    )
    await hass.config_entries.async_remove(second.entry_id)
    await hass.async_block_till_done()

    assert _told(hass) == {first.title, second.title}
    answer = await send(hass, relay, message="Citerne vide", target=["Maman"])
    assert answer["results"][0]["gateway"] == "devcodesms"

    await hass.config_entries.async_set_disabled_by(first.entry_id, None)
    await hass.async_block_till_done()
    assert _told(hass) == {second.title}

    await hass.config_entries.async_remove(relay.entry_id)
    await hass.async_block_till_done()
    assert _told(hass) == set()


def _told(hass: HomeAssistant) -> set[str]:
    """Return which accounts are told to be missing."""
    return {
        issue.translation_placeholders["account"]
        for (_, issue_id), issue in ir.async_get(hass).issues.items()
        if issue_id.startswith("relay_account_gone") and issue.translation_placeholders
    }
