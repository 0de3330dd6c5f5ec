"""What a relay asks of an account, as tests hand it over."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from custom_components.passerelle_sms.gateways.model.message import Sms
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.leg_order import (
    LegOrder,
    Remainder,
)
from custom_components.passerelle_sms.messaging.model.obstacle import Obstacle
from custom_components.passerelle_sms.messaging.model.record import (
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from custom_components.passerelle_sms.messaging.text.splitting import TooLong
from tests.conftest import MAMAN

from .harness import HOUR, MessagingHarness
from .idle import until_idle

RELAY = "relay-1"


def order(
    message_id: str = "leg-1",
    *numbers: str,
    text: str = "Alerte",
    too_long: TooLong = TooLong.SPLIT,
    life: timedelta = HOUR,
    on_unknown: OnUnknown = OnUnknown.HOLD,
    urgent: bool = False,
    remainders: Mapping[str, Remainder] | None = None,
) -> LegOrder:
    """Return what a relay asks of an account: one attempt to send a text."""
    recipients = tuple(Recipient(number=number) for number in numbers or (MAMAN,))
    return LegOrder(
        message_id=message_id,
        relay=RELAY,
        relay_message="message-of-relay",
        sms=Sms(text=text, recipients=tuple(one.number for one in recipients)),
        recipients=recipients,
        too_long=too_long,
        time_to_live=life,
        on_unknown=on_unknown,
        urgent=urgent,
        remainders=remainders or {},
    )


async def take(
    harness: MessagingHarness, asked: LegOrder | None = None, **options: Any
) -> MessageRecord:
    """Hand a message over to an account, and return it as the relay is told."""
    record = await harness.legs.take(asked or order(**options))
    await until_idle()
    return record


def obstacle(
    harness: MessagingHarness,
    number: str = MAMAN,
    *,
    text: str = "Alerte",
    too_long: TooLong = TooLong.SPLIT,
    urgent: bool = False,
    remainder: Remainder | None = None,
    **changes: Any,
) -> Obstacle | None:
    """Return what keeps an account from taking a text for a number."""
    sms = replace(Sms(text=text, recipients=(number,)), **changes)
    return harness.legs.obstacle(
        sms, Recipient(number=number), too_long, urgent=urgent, remainder=remainder
    )


def failures(record: MessageRecord) -> list[str | None]:
    """Return why each submission was not accepted."""
    return [
        None if row.failure is None else row.failure.key for row in record.submissions
    ]


def waits(record: MessageRecord) -> bool:
    """Return whether anything of a message waits for an attempt."""
    return any(row.outcome is Outcome.QUEUED for row in record.submissions)
