"""What all actions about an account have in common."""

from typing import Final

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.actions.common import translated
from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.entries.account import ACCOUNTS
from custom_components.passerelle_sms.gateways.errors import IpNotAllowedError
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_get_translations
from tests.actions.calls import ACTIONS, FIELDS, answers, call
from tests.conftest import MAMAN, AccountMaker, RelayMaker
from tests.messages import confirm_refusal
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

EACH = pytest.mark.parametrize("action", FIELDS)
CHANGES: Final = {
    "create_account",
    "delete_account",
    "transfer_credits",
    "add_group",
    "rename_group",
    "delete_group",
    "add_contact",
    "update_contact",
    "delete_contact",
    "activate_stop",
    "deactivate_stop",
}
ADDRESS_BOOK: Final = {
    "add_group",
    "rename_group",
    "delete_group",
    "add_contact",
    "update_contact",
    "delete_contact",
}


def able_gateway(action: str) -> str:
    """Return the name of the one gateway whose document describes an action."""
    if action in ADDRESS_BOOK:
        return "123-SMS.net"
    return {"get_senders": "SMSECO", "get_transactions": "ETECH KEYS"}.get(
        action, "Envoyer SMS Pro"
    )


def test_each_action_is_tried_here() -> None:
    """With fields that it takes."""
    assert ACTIONS.keys() == FIELDS.keys()


@EACH
async def test_a_gateway_that_cannot_names_those_that_can(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, action: str
) -> None:
    """And is not even asked."""
    entry = await add_account(simulator.devcodesms)
    asked = len(simulator.devcodesms.requests)

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, action, **FIELDS[action])

    assert raised.value.translation_key == "ability_missing"
    assert str(raised.value) == (
        "DevCodeSMS cannot do this. Use an account at a gateway that can: "
        f"{able_gateway(action)}"
    )
    assert len(simulator.devcodesms.requests) == asked


@pytest.mark.parametrize("action", [*FIELDS, "check_numbers"])
async def test_a_relay_names_its_accounts_where_one_is_needed(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
    action: str,
) -> None:
    """Nobody can know which of them is meant; none is asked."""
    accounts = [
        await add_account(simulator.smseco, title="Bureau"),
        await add_account(simulator.etech_keys, title="Maison"),
    ]
    relay = await add_relay(*accounts)
    asked = len(simulator.smseco.requests) + len(simulator.etech_keys.requests)
    fields = FIELDS.get(action, {"target": ["Maman"]})

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, relay, action, **fields)

    assert raised.value.translation_key == "needs_account"
    assert str(raised.value) == (
        "Relais is a relay, and only an account can do this. "
        "Choose one of its accounts: Bureau, Maison"
    )
    assert asked == (
        len(simulator.smseco.requests) + len(simulator.etech_keys.requests)
    )


async def test_a_relay_whose_accounts_are_all_gone(
    hass: HomeAssistant, simulator: Simulator, add_relay: RelayMaker
) -> None:
    """It has nothing to name."""
    relay = await add_relay(MockConfigEntry(domain=DOMAIN))

    with pytest.raises(ServiceValidationError, match="its accounts: —"):
        await call(hass, relay, "get_senders")


async def test_a_relay_can_what_one_of_its_accounts_can(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
) -> None:
    """Else it names itself, and the gateways that can."""
    first = await add_account(simulator.smseco)
    unable = await add_relay(first)
    able = await add_relay(
        first, await add_account(simulator.envoyer_sms_pro), title="Autre"
    )

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, unable, "get_replies")

    assert raised.value.translation_key == "ability_missing"
    assert str(raised.value) == (
        "Relais cannot do this. Use an account at a gateway that can: Envoyer SMS Pro"
    )
    assert (await call(hass, able, "get_replies"))["replies"] == []


@EACH
async def test_what_changes_something_need_not_be_asked_for_an_answer(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, action: str
) -> None:
    """What only asks makes no sense without."""
    await add_account(simulator.devcodesms)

    expected = SupportsResponse.OPTIONAL if action in CHANGES else SupportsResponse.ONLY
    assert answers(hass, action) is expected


async def test_names_the_missing_account(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """One that is disabled can't be asked."""
    entry = await add_account(simulator.smseco)
    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )

    with pytest.raises(ServiceValidationError, match="not loaded"):
        await call(hass, entry, "get_senders")


async def test_an_account_that_is_unloaded_can_be_asked(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """As in the middle of a reload."""
    entry = await add_account(simulator.smseco)
    await hass.config_entries.async_unload(entry.entry_id)

    assert await call(hass, entry, "get_senders")


async def test_an_account_that_is_just_being_removed(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It has ended, and its entry is still there: the caller is told."""
    entry = await add_account(simulator.smseco)
    account = hass.data[ACCOUNTS].pop(entry.entry_id)

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "get_senders")

    assert raised.value.translation_key == "account_not_loaded"
    hass.data[ACCOUNTS][entry.entry_id] = account


@pytest.mark.parametrize(
    ("fault", "reads", "changes"),
    [
        (Fault.CUT_AFTER, "no_usable_answer", "outcome_unknown"),
        (Fault.ERROR_500, "no_usable_answer", "outcome_unknown"),
        (Fault.HTML, "no_usable_answer", "outcome_unknown"),
        (Fault.RATE_LIMITED, "action_rate_limited", "action_rate_limited"),
    ],
)
async def test_an_answer_that_tells_nothing(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    fault: Fault,
    reads: str,
    changes: str,
) -> None:
    """What was only asked for has changed nothing; what was to change may have."""
    entry = await add_account(simulator.envoyer_sms_pro)
    simulator.envoyer_sms_pro.fail(fault)

    with pytest.raises(HomeAssistantError) as asked:
        await call(hass, entry, "get_stop_status", recipient="Maman")
    with pytest.raises(HomeAssistantError) as changed:
        await call(hass, entry, "activate_stop", recipient="Maman")

    assert asked.value.translation_key == reads
    assert changed.value.translation_key == changes
    for error in (asked.value, changed.value):
        assert not isinstance(error, ServiceValidationError)
        assert "{" not in str(error)
        assert MAMAN[1:] not in str(error)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "it may have happened all the same. Look at https://"),
        ("fr", "cela a pu se faire quand même. Regardez sur https://"),
    ],
)
async def test_errors_speak_the_language_of_the_house(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    language: str,
    sentence: str,
) -> None:
    """And say where to look."""
    hass.config.language = language
    entry = await add_account(simulator.sms123)
    simulator.sms123.fail(Fault.CUT_AFTER, operation="add_group")

    with pytest.raises(HomeAssistantError) as raised:
        await call(hass, entry, "add_group", name="Famille")

    assert sentence in await in_words(hass, raised.value)
    assert simulator.sms123.asked("add_group") == 1


async def in_words(hass: HomeAssistant, error: HomeAssistantError) -> str:
    """Return an error as the language of the house says it."""
    translations = await async_get_translations(
        hass, hass.config.language, "exceptions", {DOMAIN}
    )
    key = f"component.{DOMAIN}.exceptions.{error.translation_key}.message"
    return translations[key].format(**error.translation_placeholders or {})


async def test_a_gateway_that_cannot_be_reached(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Nothing waits and is tried again, as a message would be."""
    entry = await add_account(simulator.sms123, url="http://127.0.0.1:9/")

    with pytest.raises(HomeAssistantError) as raised:
        await call(hass, entry, "add_group", name="Famille")

    assert raised.value.translation_key == "action_cannot_connect"
    assert "Nothing was done" in str(raised.value)


async def test_dead_credentials_ask_the_user(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The flow that asks for the secret opens, and no secret is in the error."""
    entry = await add_account(simulator.smseco)
    simulator.smseco.password = "another"

    with pytest.raises(HomeAssistantError) as raised:
        await call(hass, entry, "get_senders")
    flow = await confirm_refusal(hass, entry)

    assert raised.value.translation_key == "invalid_auth"
    assert not isinstance(raised.value, ServiceValidationError)
    assert entry.data["password"] not in str(raised.value)
    assert flow["context"]["source"] == "reauth"


async def test_a_forbidden_address_is_a_repair(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """As it is when the balance is asked for."""
    entry = await add_account(simulator.sms123)

    with pytest.raises(HomeAssistantError), translated(entry.runtime_data):
        raise IpNotAllowedError(code="96")

    [issue] = ir.async_get(hass).issues.values()
    assert issue.translation_key == "ip_not_allowed"
