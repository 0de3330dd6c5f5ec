"""A relay from its first set-up until it is disabled, removed or stopped."""

import asyncio
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.entries.account import Account
from custom_components.passerelle_sms.entries.relay import RELAYS, Relay
from custom_components.passerelle_sms.gateways.abilities.delivery import (
    ReceivesReplies,
    TracksDelivery,
)
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.errors import (
    CannotConnectError,
    InvalidOptionError,
    InvalidRecipientError,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.guard.guard import GuardLimits
from custom_components.passerelle_sms.messaging.model.failure import Failure
from custom_components.passerelle_sms.messaging.model.leg import Leg
from custom_components.passerelle_sms.messaging.model.submission import SubmissionRecord
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from custom_components.passerelle_sms.messaging.text.splitting import TooLong
from custom_components.passerelle_sms.presentation.gateway_facts import KnownGateway
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.util import dt as dt_util
from tests.actions.calls import call
from tests.conftest import (
    MAMAN,
    AccountMaker,
    RelayMaker,
    journal_of,
    state_of,
    warnings_logged,
)
from tests.entries.test_account import age, leave_a_file
from tests.messages import Heard, send, until_settled
from tests.passing_time import pass_time
from tests.restarts import restart_account, start_account, stop_account
from tests.simulator import Fault, Simulator
from tests.test_init import notify_services
from tests.test_repairs import flows

pytestmark = pytest.mark.usefixtures("socket_enabled")

SERVICES = {"relais", "relais_maman", "relais_papa"}


def relay_of(entry: MockConfigEntry) -> Relay:
    """Return the relay of an entry."""
    relay = entry.runtime_data
    assert isinstance(relay, Relay)
    return relay


def titles(entry: MockConfigEntry) -> list[str]:
    """Return which accounts a relay sends through, in their order."""
    return [account.entry.title for account in relay_of(entry).accounts]


@pytest.fixture
async def accounts(
    simulator: Simulator, add_account: AccountMaker
) -> tuple[MockConfigEntry, MockConfigEntry]:
    """Return two accounts."""
    return (
        await add_account(simulator.etech_keys, options={"segments_per_hour": 7}),
        await add_account(simulator.smseco),
    )


@pytest.fixture
async def relay(
    accounts: tuple[MockConfigEntry, MockConfigEntry], add_relay: RelayMaker
) -> MockConfigEntry:
    """Return a relay of them."""
    return await add_relay(*accounts)


# --- every way to send -----------------------------------------------------------------


async def test_it_sends_in_every_way_that_an_account_does(
    hass: HomeAssistant, simulator: Simulator, relay: MockConfigEntry
) -> None:
    """By the action, by its services, and by the entities of its recipients."""
    answer = await send(hass, relay)
    assert answer["results"][0]["outcome"] == "accepted"
    entities = er.async_get(hass).entities.get_entries_for_config_entry_id(
        relay.entry_id
    )
    [papa] = [e.entity_id for e in entities if e.entity_id.startswith("notify.papa")]
    for name, fields in (
        ("relais", {"target": ["Maman"]}),
        ("relais_papa", {}),
        ("send_message", {"entity_id": papa}),
    ):
        await hass.services.async_call(
            "notify", name, {"message": f"Citerne: {name}", **fields}, blocking=True
        )

    assert len(simulator.etech_keys.accepted) == 4
    assert simulator.smseco.accepted == []
    assert state_of(hass, "sensor.relais_segments_sent") == "4"
    assert state_of(hass, "sensor.relais_pending_messages") == "0"


async def test_its_services_and_devices_are_its_own(
    hass: HomeAssistant, relay: MockConfigEntry
) -> None:
    """They bear its title, and its device names no gateway."""
    assert notify_services(hass) >= {*SERVICES, "etech_keys", "smseco"}
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), relay.entry_id)
    by_name = {device.name: device for device in devices}

    assert by_name.keys() == {"Relais", "Maman", "Papa"}
    assert {device.manufacturer for device in devices} == {"Passerelle SMS"}
    assert by_name["Relais"].configuration_url is None
    assert by_name["Maman"].via_device_id == by_name["Relais"].id


async def test_what_it_previews_finds_and_takes_back(
    hass: HomeAssistant, relay: MockConfigEntry
) -> None:
    """As an account does."""
    preview = await call(hass, relay, "preview_sms", message="Citerne vide")
    later = dt_util.utcnow() + timedelta(hours=1)
    sent = await send(hass, relay, tag="citerne", send_at=later)
    [found] = (await call(hass, relay, "get_messages", tag="citerne"))["messages"]
    back = await call(hass, relay, "cancel_sms", message_id=sent["message_id"])
    told = await call(hass, relay, "get_delivery", message_id=sent["message_id"])

    assert preview["segments"] == 1
    assert found["message_id"] == sent["message_id"]
    assert back["results"][0]["outcome"] == "not_sent"
    assert [row["outcome"] for row in told["deliveries"]] == ["not_sent"]


async def test_what_is_refused_is_told_of_the_relay(
    hass: HomeAssistant, relay: MockConfigEntry
) -> None:
    """On the bus by its title, and by whom it was for."""
    heard = Heard(hass)
    with pytest.raises(ServiceValidationError):
        await send(hass, relay, target=["Personne"])

    [told] = heard.all
    assert told["config_entry_id"] == relay.entry_id
    assert told["account"] == "Relais"
    assert told["type"] == "refused"


# --- its accounts ------------------------------------------------------------------


async def test_it_is_there_before_its_accounts(
    hass: HomeAssistant,
    simulator: Simulator,
    accounts: tuple[MockConfigEntry, MockConfigEntry],
    add_relay: RelayMaker,
) -> None:
    """It sends as soon as the first of them is there."""
    for account in accounts:
        await stop_account(hass, account)
    relay = await add_relay(*accounts)
    assert relay.state is ConfigEntryState.LOADED
    assert titles(relay) == []

    await start_account(hass, accounts[1])
    await send(hass, relay)

    assert titles(relay) == ["SMSECO"]
    assert len(simulator.smseco.accepted) == 1
    assert simulator.etech_keys.accepted == []


async def test_an_alert_while_its_accounts_are_being_opened(
    hass: HomeAssistant,
    simulator: Simulator,
    accounts: tuple[MockConfigEntry, MockConfigEntry],
    relay: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As when Home Assistant starts: it is taken in, and sent once."""
    entries = (relay, *accounts)
    for entry in entries:
        await stop_account(hass, entry)
    go_on, start = asyncio.Event(), Account.start

    async def start_slowly(account: Account) -> None:
        await go_on.wait()
        await start(account)

    monkeypatch.setattr(Account, "start", start_slowly)
    setting_up = [
        asyncio.create_task(hass.config_entries.async_setup(entry.entry_id))
        for entry in entries
    ]
    while relay.state is not ConfigEntryState.LOADED:
        await asyncio.sleep(0)
    assert titles(relay) == ["ETECH KEYS", "SMSECO"]
    answer = await send(hass, relay)
    assert answer["results"][0]["outcome"] in {"accepted", "queued"}
    go_on.set()
    assert all(await asyncio.gather(*setting_up))
    await until_settled(relay)

    # By whichever account was open first.
    taken = (*simulator.etech_keys.accepted, *simulator.smseco.accepted)
    assert len(taken) == 1
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_it_goes_by_the_accounts_that_are_there(
    hass: HomeAssistant,
    accounts: tuple[MockConfigEntry, MockConfigEntry],
    relay: MockConfigEntry,
) -> None:
    """In their order, through a reload, without those that are disabled or removed."""
    first, second = (account.title for account in accounts)
    assert titles(relay) == [first, second]
    assert await hass.config_entries.async_reload(accounts[0].entry_id)
    assert titles(relay) == [first, second]

    await hass.config_entries.async_set_disabled_by(
        accounts[0].entry_id, ConfigEntryDisabler.USER
    )
    assert titles(relay) == [second]
    await hass.config_entries.async_set_disabled_by(accounts[0].entry_id, None)
    assert titles(relay) == [first, second]
    await hass.config_entries.async_remove(accounts[1].entry_id)
    assert titles(relay) == [first]
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_it_sends_through_the_first_account_that_is_there(
    hass: HomeAssistant,
    simulator: Simulator,
    accounts: tuple[MockConfigEntry, MockConfigEntry],
    relay: MockConfigEntry,
) -> None:
    """Also once that one is disabled or enabled, or their order changed; no reload."""
    loaded = relay.runtime_data

    async def used(text: str) -> list[int]:
        await send(hass, relay, message=text)
        return [len(one.accepted) for one in (simulator.etech_keys, simulator.smseco)]

    assert await used("Citerne vide") == [1, 0]
    await hass.config_entries.async_set_disabled_by(
        accounts[0].entry_id, ConfigEntryDisabler.USER
    )
    assert await used("Citerne à moitié") == [1, 1]
    await hass.config_entries.async_set_disabled_by(accounts[0].entry_id, None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await used("Citerne pleine") == [2, 1]
    order = [account.entry_id for account in reversed(accounts)]
    hass.config_entries.async_update_entry(
        relay, data={**relay.data, "accounts": order}
    )
    await hass.async_block_till_done()
    assert await used("Pompe en marche") == [2, 2]
    assert relay.runtime_data is loaded


async def test_its_caps_are_its_first_accounts_until_it_has_its_own(
    hass: HomeAssistant,
    accounts: tuple[MockConfigEntry, MockConfigEntry],
    relay: MockConfigEntry,
) -> None:
    """Whatever is changed counts at once."""
    assert relay_of(relay).guard.limits.segments_per_hour == 7

    hass.config_entries.async_update_entry(
        accounts[0], options={"segments_per_hour": 8, "too_long": "cut"}
    )
    await hass.async_block_till_done()
    assert relay_of(relay).guard.limits.segments_per_hour == 8
    assert relay_of(relay).messenger.writing.too_long is TooLong.CUT

    hass.config_entries.async_update_entry(
        relay, options={"segments_per_hour": 9, "deliver_within": 20}
    )
    await hass.async_block_till_done()
    assert relay_of(relay).guard.limits.segments_per_hour == 9
    assert relay_of(relay).messenger.writing.too_long is TooLong.CUT
    assert relay_of(relay).tracker.deliver_within == timedelta(minutes=20)
    assert accounts[0].runtime_data.guard.limits.segments_per_hour == 8


async def test_its_caps_while_no_account_is_left(
    hass: HomeAssistant, add_relay: RelayMaker
) -> None:
    """They are what an account has that says nothing."""
    relay = await add_relay(MockConfigEntry(domain=DOMAIN))

    assert relay_of(relay).guard.limits == GuardLimits()
    assert relay_of(relay).facts.name == "Relais"
    assert not relay_of(relay).can(TracksDelivery)


async def test_its_events_are_those_of_its_accounts(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    relay: MockConfigEntry,
) -> None:
    """One that none of them tells of is there once an account is that does."""
    assert hass.states.get("event.relais_delivery") is not None
    assert hass.states.get("event.relais_reply") is None
    third = await add_account(simulator.envoyer_sms_pro)

    ids = [*relay.data["accounts"], third.entry_id]
    hass.config_entries.async_update_entry(relay, data={**relay.data, "accounts": ids})
    await hass.async_block_till_done()

    assert hass.states.get("event.relais_reply") is not None
    assert relay_of(relay).can(ReceivesReplies)


# --- what sentences say of it ------------------------------------------------------


def row(*legs: Leg, failure: Failure) -> SubmissionRecord:
    """Return what became of a message for Maman."""
    return SubmissionRecord(
        recipient=Recipient(number=MAMAN), failure=failure, legs=legs
    )


def leg(account: str, failure: Failure | None = None) -> Leg:
    """Return a leg that was refused, or not."""
    return Leg(
        account=account,
        gateway="smseco",
        message_id="01M7W4EX1X0000000000000001",
        journal="a",
        after=timedelta(),
        outcome=Outcome.REJECTED,
        failure=failure,
    )


async def test_who_is_named_with_an_error(
    accounts: tuple[MockConfigEntry, MockConfigEntry], relay: MockConfigEntry
) -> None:
    """The gateway of the leg that failed so, and where there is none, the relay."""
    refused = Failure.of(InvalidRecipientError())
    away = Failure.of(CannotConnectError())
    first, second = (account.entry_id for account in accounts)
    facts_for = relay_of(relay).facts_for

    told_by = facts_for(row(leg(second, refused), leg(first, away), failure=refused))
    assert accounts[1].title in told_by.name
    assert told_by.site == accounts[1].runtime_data.gateway.site
    gone = facts_for(row(leg("gone", refused), failure=refused))
    assert gone == KnownGateway.of(GATEWAYS["smseco"])
    for known in (row(failure=away), row(leg(second, refused), failure=away)):
        assert facts_for(known).name == "Relais"
        assert facts_for(known).site == ""


async def test_its_sentences_tell_its_first_accounts_rules(
    accounts: tuple[MockConfigEntry, MockConfigEntry], relay: MockConfigEntry
) -> None:
    """Most that is refused, the first account has refused."""
    gateway = accounts[0].runtime_data.gateway

    assert relay_of(relay).facts.sender_rule == gateway.sender_rule
    assert relay_of(relay).facts.limits == gateway.limits


async def test_a_tag_that_no_message_can_have(relay: MockConfigEntry) -> None:
    """It is refused before the journal is searched for it."""
    relay_of(relay).check_tag("citerne")
    with pytest.raises(InvalidOptionError):
        relay_of(relay).check_tag("é" * 1000)


# --- its end -------------------------------------------------------------------------


async def test_it_reloads_and_goes_without_a_trace(
    hass: HomeAssistant,
    accounts: tuple[MockConfigEntry, MockConfigEntry],
    relay: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No service, entity, device, file or warning is left of it; its accounts stay."""
    loaded = relay.runtime_data
    assert await hass.config_entries.async_reload(relay.entry_id)
    await hass.async_block_till_done()
    assert relay.runtime_data is loaded
    await send(hass, relay)

    await hass.config_entries.async_remove(relay.entry_id)
    await hass.async_block_till_done()

    assert not notify_services(hass) & SERVICES
    assert hass.data[RELAYS] == {}
    assert not er.async_entries_for_config_entry(er.async_get(hass), relay.entry_id)
    assert not dr.async_entries_for_config_entry(dr.async_get(hass), relay.entry_id)
    assert not [state for state in hass.states.async_entity_ids() if "relais" in state]
    path = journal_of(hass, relay)
    assert [*path.parent.glob(f"{path.name}*")] == []
    answer = await send(hass, accounts[0], message="Citerne pleine")
    assert answer["results"][0]["outcome"] == "accepted"
    assert warnings_logged(caplog) == []


async def test_its_issues_go_with_it(
    hass: HomeAssistant,
    simulator: Simulator,
    relay: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Of what did not leave a repair tells, which names the relay and the gateway."""
    for simulated in (simulator.etech_keys, simulator.smseco):
        simulated.fail(Fault.RATE_LIMITED)
    assert (await send(hass, relay))["results"][0]["outcome"] == "queued"
    await pass_time(hass, freezer, timedelta(hours=1, minutes=1))
    issue_id = f"not_left_{relay.entry_id}"
    while not (issue := ir.async_get(hass).async_get_issue(DOMAIN, issue_id)):
        await asyncio.sleep(0)
    assert issue.translation_placeholders == {"account": "Relais", "count": "1"}
    manager = await flows(hass)
    form = await manager.async_init(DOMAIN, context={"issue_id": issue_id})
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["account"] == "Relais"
    assert "Citerne vide" in form["description_placeholders"]["messages"]

    await hass.config_entries.async_remove(relay.entry_id)

    assert not ir.async_get(hass).async_get_issue(DOMAIN, issue_id)


async def test_a_relay_that_is_disabled_and_enabled(
    hass: HomeAssistant,
    simulator: Simulator,
    relay: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """All of it ends meanwhile; its journal stays."""
    sent = await send(hass, relay)
    await hass.config_entries.async_set_disabled_by(
        relay.entry_id, ConfigEntryDisabler.USER
    )
    assert not notify_services(hass) & SERVICES
    assert hass.data[RELAYS] == {}
    with pytest.raises(ServiceValidationError, match="not loaded"):
        await send(hass, relay)

    await hass.config_entries.async_set_disabled_by(relay.entry_id, None)

    assert notify_services(hass) >= SERVICES
    [known] = (await call(hass, relay, "get_messages"))["messages"]
    assert known["message_id"] == sent["message_id"]
    assert warnings_logged(caplog) == []


async def test_a_relay_that_ends_and_begins_again(
    hass: HomeAssistant,
    simulator: Simulator,
    accounts: tuple[MockConfigEntry, MockConfigEntry],
    relay: MockConfigEntry,
) -> None:
    """What waited goes on once an account works, and what was counted counts."""
    for simulated in (simulator.etech_keys, simulator.smseco):
        simulated.fail(Fault.RATE_LIMITED, operation="send")
    assert (await send(hass, relay))["results"][0]["outcome"] == "queued"
    simulator.etech_keys.heal()
    simulator.smseco.heal()

    await restart_account(hass, relay)
    await accounts[0].runtime_data.coordinator.async_refresh()
    await until_settled(relay)

    accepted = [*simulator.etech_keys.accepted, *simulator.smseco.accepted]
    assert len(accepted) == 1
    assert relay_of(relay).guard.segments_last_hour == 1


async def test_a_disabled_relay_that_is_removed_before_anything_was_set_up(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    """Its file goes all the same."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        data={"gateway": "relay", "name": "Relais", "accounts": [], "country": "CM"},
        disabled_by=ConfigEntryDisabler.USER,
    )
    entry.add_to_hass(hass)
    path = journal_of(hass, entry)
    leave_a_file(path)

    await hass.config_entries.async_remove(entry.entry_id)

    assert not path.exists()
    assert warnings_logged(caplog) == []


async def test_a_journal_that_a_newer_version_wrote(
    hass: HomeAssistant, relay: MockConfigEntry
) -> None:
    """The set-up fails with a clear sentence, and nothing of the relay is there."""
    await stop_account(hass, relay)
    age(journal_of(hass, relay), 1)

    assert not await hass.config_entries.async_setup(relay.entry_id)
    await hass.async_block_till_done()

    assert relay.state is ConfigEntryState.SETUP_ERROR
    assert relay.error_reason_translation_key == "journal_newer"
    assert not notify_services(hass) & SERVICES
    assert hass.data[RELAYS] == {}


async def test_a_relay_that_is_just_being_removed(
    hass: HomeAssistant, relay: MockConfigEntry
) -> None:
    """Its service and its entry are still there: whoever calls is told."""
    loaded = hass.data[RELAYS].pop(relay.entry_id)

    with pytest.raises(ServiceValidationError) as by_service:
        await hass.services.async_call(
            "notify", "relais", {"message": "Citerne vide"}, blocking=True
        )
    with pytest.raises(ServiceValidationError) as by_action:
        await send(hass, relay)

    assert by_service.value.translation_key == "account_not_loaded"
    assert by_action.value.translation_key == "account_not_loaded"
    hass.data[RELAYS][relay.entry_id] = loaded
