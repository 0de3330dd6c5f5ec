"""What the user is told of dead man's switches where Home Assistant tells such things."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.errors import InsufficientCreditError
from custom_components.passerelle_sms.messaging.dead_man_switch.standing import (
    Fired,
    Standing,
)
from custom_components.passerelle_sms.messaging.model.failure import Failure
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from custom_components.passerelle_sms.presentation.gateway_facts import (
    GatewayFacts,
    KnownGateway,
)
from custom_components.passerelle_sms.presentation.issues import (
    SWITCH_NOT_CANCELLED,
    SWITCH_REFUSED,
    SWITCH_SENT_EARLY,
    async_forget_issue,
    async_forget_issues,
)
from custom_components.passerelle_sms.presentation.switch_issues import (
    async_forget_what_is_over,
    async_tell_not_cancelled,
    async_tell_switch_fired,
    async_tell_switch_refused,
    async_tell_switch_sent_early,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from tests.presentation.test_issues import issue_ids

HOUR: Final = datetime(2026, 12, 24, 17, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
SWITCH: Final = "01M7W4EX1X0000000000000001"
NAME: Final = "Maison muette"
TO_MAMAN: Final = Recipient(number="+33612345678", name="Maman")
NAMELESS: Final = Recipient(number="+33698765432")
STANDING: Final = Standing(
    number=1,
    account="01M7W4EX1X0000000000000002",
    recipients=(TO_MAMAN, NAMELESS),
    text="Plus de nouvelles",
    since=HOUR - timedelta(hours=1),
    fires_at=HOUR,
)


@pytest.fixture
async def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Return the entry of an account, which is not set up."""
    await hass.config.async_set_time_zone("Africa/Douala")
    entry = MockConfigEntry(domain=DOMAIN, title="Compte", data={})
    entry.add_to_hass(hass)
    return entry


def facts(key: str = "envoyer_sms_pro") -> GatewayFacts:
    """Return what is known of a gateway."""
    return KnownGateway.of(GATEWAYS[key])


def only_issue(hass: HomeAssistant) -> ir.IssueEntry:
    """Return the issue that is told."""
    [issue] = ir.async_get(hass).issues.values()
    return issue


async def test_what_has_fired_stays_until_it_is_read(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """With whom it has told, by name or by a hidden number."""
    fired = Fired(since=HOUR, until=HOUR + 90 * MINUTE, recipients=(TO_MAMAN, NAMELESS))

    async_tell_switch_fired(hass, entry, SWITCH, NAME, fired)

    issue = only_issue(hass)
    assert issue.issue_id == f"dead_man_switch_fired_{entry.entry_id}_{SWITCH}"
    assert issue.is_fixable
    assert issue.is_persistent
    # A form that only wants to be read.
    assert issue.data is None
    assert issue.translation_placeholders == {
        "account": "Compte",
        "switch": NAME,
        "since": "2026-12-24 18:00",
        "until": "2026-12-24 19:30",
        "count": "2",
        "recipients": "Maman, ***32",
    }
    async_forget_issues(hass, entry)
    assert issue_ids(hass) == set()


async def test_what_may_be_sent_outlives_its_entry(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """By hour, recipients and gateway, until its last hour is over."""
    later = replace(
        STANDING, number=2, recipients=(TO_MAMAN,), fires_at=HOUR + 5 * MINUTE
    )
    messages = [(STANDING, facts()), (later, facts("sms123"))]

    async_tell_not_cancelled(hass, entry, SWITCH, NAME, messages)
    async_forget_issues(hass, entry)

    issue = only_issue(hass)
    assert issue.is_persistent
    assert not issue.is_fixable
    assert issue.severity is ir.IssueSeverity.ERROR
    assert issue.learn_more_url == facts().site
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["messages"].splitlines() == [
        f"- 2026-12-24 18:00: Maman, ***32 ([Envoyer SMS Pro]({facts().site}))",
        f"- 2026-12-24 18:05: Maman ([123-SMS.net]({facts('sms123').site}))",
    ]
    async_forget_what_is_over(hass, HOUR + 5 * MINUTE)
    assert issue_ids(hass) == {issue.issue_id}
    async_forget_what_is_over(hass, HOUR + 6 * MINUTE)
    assert issue_ids(hass) == set()


async def test_what_was_taken_back_is_forgotten(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """Of one switch; that of another stays. One without a site is named all the same."""
    relay = replace(facts_of_relay(), name="Relais")
    for switch_id in (SWITCH, "01M7W4EX1X0000000000000009"):
        async_tell_not_cancelled(hass, entry, switch_id, NAME, [(STANDING, relay)])

    async_forget_issue(hass, entry, SWITCH_NOT_CANCELLED, SWITCH)

    issue = only_issue(hass)
    assert issue.issue_id.endswith("9")
    assert issue.learn_more_url is None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["messages"].endswith("***32 (Relais)")


def facts_of_relay() -> KnownGateway:
    """Return what is known of a relay: it has no site."""
    return replace(KnownGateway.of(GATEWAYS["sms123"]), site="")


@pytest.mark.parametrize("words", [None, "SECRET"])
async def test_why_a_gateway_refuses_is_told(
    hass: HomeAssistant, entry: MockConfigEntry, words: str | None
) -> None:
    """Not in its own words."""
    failure = Failure.of(InsufficientCreditError(code="82", words=words))

    await async_tell_switch_refused(hass, entry, SWITCH, NAME, facts(), failure)

    issue = only_issue(hass)
    assert issue.translation_key == "dead_man_switch_refused"
    told = issue.translation_placeholders
    assert told is not None
    assert told["reason"].startswith(" ")
    assert "credit" in told["reason"]
    assert "SECRET" not in str(told)
    async_forget_issue(hass, entry, SWITCH_SENT_EARLY, SWITCH)
    assert issue_ids(hass) == {issue.issue_id}
    async_forget_issue(hass, entry, SWITCH_REFUSED, SWITCH)
    assert issue_ids(hass) == set()


async def test_a_refusal_without_a_reason(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """The sentence goes on without one."""
    await async_tell_switch_refused(hass, entry, SWITCH, NAME, facts(), None)

    told = only_issue(hass).translation_placeholders
    assert told is not None
    assert told["reason"] == ""


async def test_what_was_sent_early(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """By which gateway."""
    async_tell_switch_sent_early(hass, entry, SWITCH, NAME, facts())

    issue = only_issue(hass)
    assert issue.translation_key == "dead_man_switch_sent_early"
    assert issue.translation_placeholders == {
        "account": "Compte",
        "switch": NAME,
        "gateway": "Envoyer SMS Pro",
        "site": "https://www.envoyersmspro.com/",
    }
    async_forget_issue(hass, entry, SWITCH_SENT_EARLY, SWITCH)
    assert issue_ids(hass) == set()
