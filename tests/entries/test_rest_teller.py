"""What automations and people hear while a gateway refuses an account."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.passerelle_sms.entries.rest_teller import RestTeller
from custom_components.passerelle_sms.gateways.errors import InsufficientCreditError
from custom_components.passerelle_sms.messaging.observers import AccountRefusal
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from tests.conftest import AccountMaker
from tests.messages import Heard, confirm_refusal, send, until_settled
from tests.passing_time import pass_time, quiet
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

HALF_A_MINUTE = timedelta(seconds=31)


def issue_of(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Return the issue about the account that is refused."""
    registry = ir.async_get(hass)
    return registry.async_get_issue(DOMAIN, f"account_refused_{entry.entry_id}")


async def send_all(
    hass: HomeAssistant, entry: MockConfigEntry, *texts: str
) -> list[str]:
    """Send messages one after the other, and return their outcomes."""
    outcomes = []
    for text in texts:
        async with quiet(hass):
            answer = await send(hass, entry, message=text)
        outcomes += [row["outcome"] for row in answer["results"]]
    return outcomes


async def test_one_event_and_an_issue_tell_of_it_until_it_works_again(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """However many messages wait; the notify services raise nothing."""
    entry = await add_account(simulator.etech_keys, title="Alarme")
    heard = Heard(hass)
    simulator.etech_keys.credits = Decimal(0)

    assert await send_all(hass, entry, "Un", "Deux", "Trois") == ["queued"] * 3
    async with quiet(hass):
        await hass.services.async_call(
            "notify", "alarme_papa", {"message": "Quatre"}, blocking=True
        )

    [told] = heard.all
    assert (told["type"], told["key"]) == ("refused", "insufficient_credit")
    assert told["outcome"] == "queued"
    assert told["recipients"] == ["Maman"]
    assert told["message_id"]
    issue = issue_of(hass, entry)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert "Not enough credit" in issue.translation_placeholders["reason"]
    assert simulator.etech_keys.asked("send") == 1

    simulator.etech_keys.credits = Decimal(1000)
    await pass_time(hass, freezer, HALF_A_MINUTE)
    await until_settled(entry)
    async with quiet(hass):
        pass

    assert len(simulator.etech_keys.accepted) == 4
    assert issue_of(hass, entry) is None
    assert heard.all == [told]
    simulator.etech_keys.credits = Decimal(0)
    await send_all(hass, entry, "Cinq")
    assert [event["key"] for event in heard.all] == ["insufficient_credit"] * 2


async def test_credentials_are_asked_for_once_the_balance_confirms_it(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
) -> None:
    """No issue beside it; and no longer once they work again."""
    entry = await add_account(simulator.etech_keys)
    heard = Heard(hass)
    password, simulator.etech_keys.password = simulator.etech_keys.password, "another"
    await send_all(hass, entry, "Un")

    flow = await confirm_refusal(hass, entry)

    assert flow["context"]["source"] == "reauth"
    assert issue_of(hass, entry) is None
    assert [event["key"] for event in heard.all] == ["invalid_auth"]
    assert simulator.etech_keys.asked("send") == 1
    simulator.etech_keys.password = password
    async with quiet(hass):
        await entry.runtime_data.coordinator.async_refresh()
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert len(simulator.etech_keys.accepted) == 1


async def test_credentials_are_not_asked_for_while_the_balance_is_told(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
) -> None:
    """The gateway's refusal was a whim: the message is tried once more, and leaves."""
    entry = await add_account(simulator.etech_keys)
    simulator.etech_keys.answer_next("mot de passe incorrect", operation="send")

    await send_all(hass, entry, "Un")
    await until_settled(entry)

    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert len(simulator.etech_keys.accepted) == 1


async def test_other_options_wake_an_account(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """What waits is tried at once; the same options change nothing."""
    entry = await add_account(simulator.etech_keys)
    simulator.etech_keys.credits = Decimal(0)
    await send_all(hass, entry, "Un")
    simulator.etech_keys.credits = Decimal(10)
    entry.runtime_data.async_apply()
    await hass.async_block_till_done()
    assert simulator.etech_keys.asked("send") == 1

    async with quiet(hass):
        hass.config_entries.async_update_entry(entry, options={"segments_per_hour": 50})
    await until_settled(entry)

    assert len(simulator.etech_keys.accepted) == 1


async def test_it_outlives_a_reload_and_ends_with_the_account(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Nobody is told of an account that is disabled."""
    entry = await add_account(simulator.etech_keys)
    simulator.etech_keys.credits = Decimal(0)
    await send_all(hass, entry, "Un")
    async with quiet(hass):
        assert await hass.config_entries.async_reload(entry.entry_id)
    assert simulator.etech_keys.asked("send") == 1
    assert issue_of(hass, entry) is not None

    async with quiet(hass):
        await hass.config_entries.async_set_disabled_by(
            entry.entry_id, ConfigEntryDisabler.USER
        )

    assert issue_of(hass, entry) is None


async def test_the_diagnostics_tell_why_it_rests(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Since when, and when the next probe is made."""
    entry = await add_account(simulator.etech_keys)
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["rest"] is None
    simulator.etech_keys.credits = Decimal(0)
    await send_all(hass, entry, "Un")

    told = await async_get_config_entry_diagnostics(hass, entry)

    assert told["rest"]["reason"] == "insufficient_credit"
    assert 0 < told["rest"]["next_probe_in"] <= 30
    assert told["rest"]["since"].endswith("+00:00")


async def test_a_loop_on_refused_messages_stays_within_the_caps(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """What the gateway has refused counts like what it has taken."""
    entry = await add_account(simulator.etech_keys, options={"segments_per_hour": 5})
    told = 0

    async def send_again(_event: object) -> None:
        nonlocal told
        told += 1
        if told < 50:
            simulator.etech_keys.answer_next("destinataire incorrect", operation="send")
            with suppress(ServiceValidationError):
                await send(hass, entry, message=f"Erreur {told}")

    hass.bus.async_listen("passerelle_sms_event", send_again)
    simulator.etech_keys.answer_next("destinataire incorrect", operation="send")
    await send(hass, entry)
    await hass.async_block_till_done()

    assert told == 50
    assert simulator.etech_keys.asked("send") == 5


async def test_what_was_told_before_is_shown_and_no_event_again(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Home Assistant may have been started anew since."""
    entry = await add_account(simulator.etech_keys)
    heard = Heard(hass)
    teller = RestTeller(hass, entry.runtime_data.coordinator)

    teller.async_tell(
        AccountRefusal(
            error=InsufficientCreditError(),
            message_id="message-1",
            recipients=(),
            is_news=False,
        )
    )
    await teller.finish()
    await hass.async_block_till_done()

    assert issue_of(hass, entry) is not None
    assert heard.all == []
