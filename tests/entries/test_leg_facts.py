"""What sentences say of the accounts of a relay."""

import pytest

from custom_components.passerelle_sms.entries.leg_facts import (
    async_gateway_of,
    async_told_by,
)
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.messaging.model.failure import Failure
from custom_components.passerelle_sms.presentation.gateway_facts import KnownGateway
from homeassistant.core import HomeAssistant
from tests.conftest import AccountMaker, RelayMaker
from tests.messages import send
from tests.relays import failed_at
from tests.simulator import AccountRefusal, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

NO_CREDIT = Failure(key="insufficient_credit", code="82")


async def test_an_account_is_named_so_that_it_can_be_told_from_others(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """By its title, with its gateway where that doesn't say which."""
    first = await add_account(simulator.etech_keys, title="Premier", sender="CITERNE")
    second = await add_account(simulator.smseco, title="SMSECO 2")
    third = await add_account(simulator.devcodesms)

    names = []
    for account in (first, second, third):
        facts = async_told_by(hass, [failed_at(account, NO_CREDIT)], NO_CREDIT)
        assert facts is not None
        gateway = account.runtime_data.gateway
        assert (facts.key, facts.site, facts.sender_rule, facts.limits) == (
            gateway.key,
            gateway.site,
            gateway.sender_rule,
            gateway.limits,
        )
        assert facts.sender == gateway.sender
        names.append(facts.name)

    assert names == ["Premier (ETECH KEYS)", "SMSECO 2", third.title]


async def test_the_account_that_is_waited_for_is_named(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Also once it is gone; what only another version knew is the relay's own."""
    account = await add_account(simulator.etech_keys, title="Premier")
    details = {"account": account.entry_id, "gateway_key": "etech_keys"}
    waits = Failure(key="no_account_available", details=details)

    there = async_told_by(hass, [], waits)
    await hass.config_entries.async_remove(account.entry_id)
    gone = async_told_by(hass, [], waits)

    assert there is not None
    assert there.name == "Premier (ETECH KEYS)"
    assert gone == KnownGateway.of(GATEWAYS["etech_keys"])
    assert async_gateway_of(hass, failed_at(account, NO_CREDIT)) == gone
    for told in ({}, {**details, "gateway_key": "of_tomorrow"}):
        unknown = Failure(key="no_account_available", details=told)
        assert async_told_by(hass, [], unknown) is None
    assert async_told_by(hass, [], None) is None


async def test_while_a_message_waits_it_is_told_who_refuses_it_and_what_to_do(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
) -> None:
    """Not that the relay has no credit, which it never has."""
    first = await add_account(simulator.etech_keys, title="Premier")
    second = await add_account(simulator.smseco, title="Second")
    relay = await add_relay(first, second)
    for simulated in (simulator.etech_keys, simulator.smseco):
        simulated.refusal = AccountRefusal.NO_CREDIT

    answer = await send(hass, relay)

    [row] = answer["results"]
    assert row["outcome"] == "queued"
    message = row["error"]["message"]
    assert "Not enough credit at Premier (ETECH KEYS)" in message
    assert message.endswith("Top up at https://sms.etech-keys.com/.")
