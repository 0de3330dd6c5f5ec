"""What a user can hand on without a second thought."""

from decimal import Decimal
import json
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.passerelle_sms.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.failure import Failure
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.conftest import MAMAN, PAPA, AccountMaker, RelayMaker
from tests.groups import add_group
from tests.messages import send
from tests.passing_time import quiet
from tests.relays import delivered_by, failed_at, leg_at, message, relay_entry, relayed
from tests.simulator import Fault, Simulator
from tests.switches import add_switch

STRANGER = "+237699128531"


@pytest.mark.parametrize("key", GATEWAYS)
async def test_no_secret_and_no_number(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
    key: str,
) -> None:
    """Even when the gateway's last answer was nothing but secrets and numbers."""
    simulated = simulator.gateways[key]
    entry = await add_account(simulated)
    await add_group(hass, entry, "Famille", "Maman", "Papa")
    answer = await send(hass, entry, message="Texte intime", target=["Maman", STRANGER])
    await hass.async_block_till_done(wait_background_tasks=True)
    secrets = [simulated.username, simulated.password, simulated.api_key, MAMAN, PAPA]
    for _ in range(6):
        simulated.answer_next("<p>Bonjour " + " ; ".join(secrets) + "</p>")
    await entry.runtime_data.coordinator.async_refresh()
    assert await async_setup_component(hass, "diagnostics", {})

    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    text = json.dumps(told)
    for secret in [*secrets, MAMAN[4:], PAPA[4:], STRANGER[4:], "intime"]:
        if secret in secrets[:3] and secret not in json.dumps(dict(entry.data)):
            continue
        assert secret not in text
    whole: dict[str, Any] = json.loads(text)
    assert "Maman" not in text
    assert "Famille" not in text
    for row in answer["results"]:
        # Where a gateway tells an id, it may hold the number. A short one is also found
        # within a moment's microseconds.
        told_id = row["submission_id"]
        assert told_id is None or not re.search(
            rf"(?<!\w){re.escape(told_id)}(?!\w)", text
        )
    assert whole["guard"] == {"segments_last_hour": 2, "segments_last_day": 2}
    assert whole["ledger"]["is_alone"] is True
    assert whole["ledger"]["muted_since"] is None
    assert whole["pending_messages"] == 0
    [message] = whole["last_messages"]
    assert message["segments"] == 1
    first, second = message["submissions"]
    assert first == second | {"attempted": first["attempted"]}
    assert first["outcome"] == "accepted"
    assert first["stage"] == "closed"
    assert first["failure"] is None
    assert first["attempts"] == 1
    assert whole["account"]["gateway"] == key
    assert whole["account"]["recipients"] == 2
    assert whole["account"]["groups"] == 1
    assert "Bonjour" in whole["last_unreadable_answer"]
    assert whole["last_poll"]["successful"] is False
    assert whole["last_poll"]["error"]


async def test_an_account_s_own_id_is_not_told(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
) -> None:
    """It may be what one logs in with."""
    simulator.smseco.account_id = "CI-31827"
    entry = await add_account(simulator.smseco)
    assert entry.data["told_account_id"] == "CI-31827"
    assert await async_setup_component(hass, "diagnostics", {})

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert told["balance"]["credits"] == "1000"
    assert "31827" not in json.dumps(told)


async def test_what_the_balance_proves(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
) -> None:
    """And why it may prove nothing; by tariff, and neither by number nor by message."""
    entry = await add_account(simulator.etech_keys, options={"alone": False})
    before = simulator.etech_keys.credits
    await send(hass, entry, target=["Maman"])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await async_setup_component(hass, "diagnostics", {})

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert told["ledger"] == {
        "credits": str(before - 1),
        "period": entry.runtime_data.ledger.books.period,
        "is_disturbed": False,
        "muted_since": None,
        "is_alone": False,
        "prices": {"237": {"credits": "1", "confirmed": True}},
    }


async def test_a_balance_that_proves_nothing(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Somebody else has spent what was to be proof."""
    entry = await add_account(simulator.etech_keys)
    await send(hass, entry, target=["Maman"])
    await hass.async_block_till_done(wait_background_tasks=True)
    simulator.etech_keys.credits -= 3
    await entry.runtime_data.coordinator.async_refresh()
    entry.runtime_data.ledger.disturb()
    assert await async_setup_component(hass, "diagnostics", {})

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert told["ledger"]["muted_since"] == dt_util.utcnow().isoformat()
    assert told["ledger"]["is_disturbed"] is True


async def test_before_a_balance_was_told(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
) -> None:
    """Nothing is known, and nothing is learnt."""
    simulator.etech_keys.fail(Fault.CUT_BEFORE, operation="balance")
    entry = await add_account(simulator.etech_keys)
    assert await async_setup_component(hass, "diagnostics", {})

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert told["ledger"]["credits"] is None
    assert told["ledger"]["prices"] == {}


async def test_a_gateway_that_is_there_again(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
) -> None:
    """What was wrong before is wrong no more."""
    entry = await add_account(simulator.etech_keys)
    simulator.etech_keys.fail(Fault.CUT_BEFORE, times=1)
    await entry.runtime_data.coordinator.async_refresh()
    await entry.runtime_data.coordinator.async_refresh()
    assert await async_setup_component(hass, "diagnostics", {})

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert told["last_poll"] == {"successful": True, "error": None}


async def test_only_the_last_messages(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
) -> None:
    """Twenty of them, the newest first, with what is still open."""
    entry = await add_account(simulator.etech_keys)
    for number in range(21):
        await send(hass, entry, message=f"Message {number}")
    simulator.etech_keys.fail(Fault.RATE_LIMITED, operation="send")
    await send(hass, entry, message="Le dernier", urgent=True)
    assert await async_setup_component(hass, "diagnostics", {})

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert len(told["last_messages"]) == 20
    assert told["last_messages"][0]["urgent"] is True
    assert told["last_messages"][0]["submissions"][0]["outcome"] == "queued"
    assert told["last_messages"][0]["submissions"][0]["failure"] == "rate_limited"
    assert told["pending_messages"] == 1


async def test_a_journal_that_cannot_be_read(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
) -> None:
    """That is worth telling too."""
    entry = await add_account(simulator.etech_keys)
    await entry.runtime_data.journal.close()
    assert await async_setup_component(hass, "diagnostics", {})

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert told["last_messages"] == "not stored: the journal is closed"


NO_CREDIT = Failure(key="insufficient_credit", code="82", words=f"Solde 0 {MAMAN}")


async def test_a_relay_tells_its_accounts_and_the_legs_of_its_messages(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """By the place of each account in its order: no title, number, text or id."""
    first = await add_account(simulator.etech_keys, title="Premier")
    second = await add_account(simulator.smseco, title="Second")
    gone = await add_account(simulator.devcodesms, title="Disparu")
    former = await add_account(simulator.envoyer_sms_pro, title="Autrefois")
    relay = relay_entry(hass, first, second, gone)
    accounts = [*relay.data["accounts"], "01M7W4EX1X"]
    hass.config_entries.async_update_entry(
        relay, data={**relay.data, "accounts": accounts}
    )
    hass.config_entries.async_update_entry(relay, options={"deliver_within": 5})
    # Of what is told a relay has the same as an account.
    relay.runtime_data = former.runtime_data
    sent = relayed(
        leg_at(former, is_passed_on=True, failure=Failure(key="no_answer")),
        failed_at(first, NO_CREDIT, parts=("Citerne", "vide"), parts_sent=1),
        delivered_by(second, segments=1),
    )
    await former.runtime_data.store.add(message([sent]))
    simulator.etech_keys.credits = Decimal(0)
    async with quiet(hass):
        await send(hass, first)
    await hass.config_entries.async_set_disabled_by(
        gone.entry_id, ConfigEntryDisabler.USER
    )

    told = await async_get_config_entry_diagnostics(hass, relay)

    text = json.dumps(told)
    ids = [one.entry_id for one in (first, second, gone, former, relay)]
    titles = ["Premier", "Second", "Disparu", "Autrefois", "Relais"]
    private = ["Citerne", "Maman", "Solde", MAMAN[4:], "77-1", "88-2"]
    for secret in [*ids, *titles, *private, sent.legs[0].message_id]:
        assert secret not in text
    assert told["relay"] == {
        "country": "CM",
        "recipients": 0,
        "groups": 0,
        "options": {"deliver_within": 5},
    }
    [resting, working, disabled, removed] = told["accounts"]
    assert resting["rest"]["reason"] == "insufficient_credit"
    assert working == {
        "gateway": "smseco",
        "enabled": True,
        "set_up": True,
        "rest": None,
    }
    assert disabled == {
        "gateway": "devcodesms",
        "enabled": False,
        "set_up": False,
        "rest": None,
    }
    # Nobody knows even its gateway any more.
    assert removed == {**disabled, "gateway": None}
    assert told["guard"] == {"segments_last_hour": 0, "segments_last_day": 0}
    assert told["pending_messages"] == 0
    assert told["planned_messages"] == 0
    assert told["awaited_deliveries"] == 0
    [[submission]] = [one["submissions"] for one in told["last_messages"]]
    passed_on, refused, arrived = submission["legs"]
    assert passed_on == {
        "account": None,
        "gateway": "envoyer_sms_pro",
        "after": 60.0,
        "outcome": "unknown",
        "is_open": True,
        "is_passed_on": True,
        "failure": "no_answer",
        "segments": None,
        "parts": 0,
        "parts_sent": 0,
        "delivery": None,
        "delivery_code": None,
    }
    assert refused["account"] == 1
    assert refused["failure"] == "insufficient_credit"
    assert (refused["parts"], refused["parts_sent"]) == (2, 1)
    assert arrived["account"] == 2
    assert arrived["outcome"] == Outcome.ACCEPTED.value
    assert arrived["delivery"] == "delivered"


async def test_an_account_tells_no_legs(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It hands nothing on."""
    entry = await add_account(simulator.smseco)
    await send(hass, entry)

    told = await async_get_config_entry_diagnostics(hass, entry)

    assert "legs" not in told["last_messages"][0]["submissions"][0]


async def test_a_dead_man_s_switch(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
) -> None:
    """How it stands and where, without whom it tells what."""
    unable = await add_account(simulator.etech_keys)
    able = await add_account(simulator.envoyer_sms_pro)
    relay = await add_relay(unable, able)
    await add_switch(hass, relay, "Maman", "Papa", name="Grotte", message_back="Ouf")
    assert await async_setup_component(hass, "diagnostics", {})

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, relay)

    [switch] = told["dead_man_switches"]
    [standing] = switch.pop("standing")
    assert standing == {
        "account": 2,
        "number": 1,
        "recipients": 2,
        "since": standing["since"],
        "fires_at": switch["fires_at"],
        "is_sure": True,
        "was_cancelled": False,
        "must_stay": False,
        "failure": None,
        "is_announced": False,
    }
    assert switch == {
        "delay": 3600,
        "recipients": 2,
        "message_back": True,
        "is_armed": True,
        "fires_at": switch["fires_at"],
        "last_renewed": switch["last_renewed"],
        "problems": [],
        "last_number": 1,
        "refused": 0,
        "failure": None,
        "was_sent_early": False,
        "restored_until": None,
    }
    text = json.dumps(told)
    [message_id] = simulator.envoyer_sms_pro.messages
    assert not re.search(rf"(?<!\w){message_id}(?!\w)", text)
    for secret in (MAMAN[4:], PAPA[4:], "Maman", "Grotte", "Ouf", "nouvelles"):
        assert secret not in text


async def test_what_is_wrong_with_a_switch(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: Simulator,
    add_account: AccountMaker,
) -> None:
    """By the keys of errors, never in a gateway's words."""
    simulator.envoyer_sms_pro.credits = Decimal(0)
    entry = await add_account(simulator.envoyer_sms_pro)
    await add_switch(hass, entry)
    assert await async_setup_component(hass, "diagnostics", {})

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    [switch] = told["dead_man_switches"]
    assert switch["problems"] == [
        {"reason": "refused", "failure": "insufficient_credit", "until": None}
    ]
    assert (switch["refused"], switch["failure"]) == (1, "insufficient_credit")
    assert switch["standing"] == []
