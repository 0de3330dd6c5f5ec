"""What only the user can mend."""

import pytest

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.gateways.errors import (
    GatewayError,
    InsufficientCreditError,
    SenderNotRegisteredError,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.failure import Failure
from custom_components.passerelle_sms.messaging.model.submission import Stage
from custom_components.passerelle_sms.presentation.issues import (
    ACCOUNT_REFUSED,
    async_follow_held,
    async_forget_issue,
    async_tell_account_refused,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from tests.conftest import AccountMaker
from tests.relays import failed_at, leg_at, message, relay_entry, relayed
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


@pytest.mark.parametrize(
    ("language", "error", "reason"),
    [
        (
            "en",
            InsufficientCreditError(code="82"),
            "Not enough credit at 123-SMS.net (82). Top up at {site}.",
        ),
        (
            "fr",
            InsufficientCreditError(),
            "Plus assez de crédit chez 123-SMS.net. Rechargez sur {site}.",
        ),
        (
            "fr",
            SenderNotRegisteredError(words="inconnu"),
            (
                "L'expéditeur «\u00a0MAISON\u00a0» n'est pas enregistré chez 123-SMS.net. "
                "Enregistrez-le sur {site}."
            ),
        ),
    ],
    ids=["code", "no words", "words"],
)
async def test_a_refused_account_is_told_with_the_reason_until_it_is_taken(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    language: str,
    error: GatewayError,
    reason: str,
) -> None:
    """In the language of the house, with the gateway's code and without its words."""
    entry = await add_account(simulator.sms123)
    gateway = entry.runtime_data.gateway
    hass.config.language = language

    await async_tell_account_refused(hass, entry, gateway, Failure.of(error))

    issue_id = f"account_refused_{entry.entry_id}"
    assert issue_ids(hass) == {issue_id}
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert not issue.is_fixable
    assert issue.severity is ir.IssueSeverity.ERROR
    assert issue.learn_more_url == gateway.site
    assert issue.translation_placeholders == {
        "account": "123-SMS.net",
        "gateway": "123-SMS.net",
        "site": gateway.site,
        "reason": reason.format(site=gateway.site),
    }
    async_forget_issue(hass, entry, ACCOUNT_REFUSED)
    assert issue_ids(hass) == set()


async def test_another_reason_takes_the_place_of_the_first(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """An account is refused for one reason at a time."""
    entry = await add_account(simulator.sms123)
    gateway = entry.runtime_data.gateway
    for error in (InsufficientCreditError(), SenderNotRegisteredError()):
        await async_tell_account_refused(hass, entry, gateway, Failure.of(error))

    issue_id = f"account_refused_{entry.entry_id}"
    assert issue_ids(hass) == {issue_id}
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert "is not registered" in issue.translation_placeholders["reason"]


async def test_a_doubt_at_a_relay_tells_which_accounts_may_have_sent_it(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """That is where the user is to look; who has refused it, or is gone, knows nothing."""
    first = await add_account(simulator.etech_keys, title="Premier")
    second = await add_account(simulator.smseco, title="Second")
    third = await add_account(simulator.devcodesms, title="Parti")
    relay = relay_entry(hass, first, second, third)
    refused = failed_at(second, Failure(key="insufficient_credit"))
    held = {"outcome": Outcome.UNKNOWN, "stage": Stage.HELD}
    record = message([relayed(leg_at(third), leg_at(first), refused, **held)])
    await hass.config_entries.async_remove(third.entry_id)

    async_follow_held(hass, relay, record)

    [issue] = [
        issue
        for (_, issue_id), issue in ir.async_get(hass).issues.items()
        if issue_id.startswith("unknown_outcome")
    ]
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["account"] == "Relais (Premier)"
    assert issue.translation_placeholders["recipients"] == "Maman"
