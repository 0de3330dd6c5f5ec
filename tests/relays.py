"""What tests about relays have in common: their entries, and messages with legs."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.failure import (
    DeliveryState,
    Failure,
)
from custom_components.passerelle_sms.messaging.model.leg import Leg
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import (
    Stage,
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from homeassistant.core import HomeAssistant
from tests.conftest import MAMAN

CREATED: Final = datetime(2026, 12, 24, 17, tzinfo=UTC)
TO_MAMAN: Final = Recipient(number=MAMAN, name="Maman")


def relay_entry(
    hass: HomeAssistant, *accounts: MockConfigEntry, **data: Any
) -> MockConfigEntry:
    """Return the entry of a relay with these accounts; nothing is set up."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Relais",
        data={
            "gateway": "relay",
            "name": "Relais",
            "accounts": [account.entry_id for account in accounts],
            "country": "CM",
            **data,
        },
    )
    entry.add_to_hass(hass)
    return entry


def leg_at(account: MockConfigEntry, **fields: Any) -> Leg:
    """Return a leg at an account, handed over a minute after the message came."""
    leg = Leg(
        account=account.entry_id,
        gateway=account.data["gateway"],
        message_id="01M7W4EX1X0000000000000001",
        journal="a",
        after=timedelta(minutes=1),
    )
    return replace(leg, **fields)


def failed_at(account: MockConfigEntry, failure: Failure, **fields: Any) -> Leg:
    """Return a leg that an account has refused, with what only it knows."""
    told = {"outcome": Outcome.REJECTED, "submission_id": "77-1", **fields}
    return leg_at(account, failure=failure, is_open=False, is_passed_on=True, **told)


def delivered_by(account: MockConfigEntry, **fields: Any) -> Leg:
    """Return a leg that has arrived."""
    told = {
        "outcome": Outcome.ACCEPTED,
        "submission_id": "88-2",
        "cost": Decimal("1.5"),
        "delivery": DeliveryState(status=DeliveryStatus.DELIVERED, at=CREATED),
        **fields,
    }
    return leg_at(account, after=timedelta(minutes=2), is_open=False, **told)


def relayed(*legs: Leg, **fields: Any) -> SubmissionRecord:
    """Return what became of a relay's message for Maman."""
    told = {"outcome": Outcome.ACCEPTED, "stage": Stage.CLOSED, **fields}
    return SubmissionRecord(**{"recipient": TO_MAMAN, "legs": legs, **told})


def message(rows: Iterable[SubmissionRecord], **fields: Any) -> MessageRecord:
    """Return a relay's message."""
    record = MessageRecord(
        message_id="01M7W4EX1X0000000000000009",
        created=CREATED,
        time_to_live=timedelta(hours=1),
        text="Citerne vide",
        sender=None,
        encoding=Encoding.GSM7,
        segments=1,
        submissions=Submissions(rows),
    )
    return replace(record, **fields)
