"""What the tests of who keeps messages share."""

from datetime import datetime, timedelta
import itertools
from typing import Any

from custom_components.passerelle_sms.messaging.dead_man_switch.standing import Standing
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.messaging.harness import ACCOUNT, MessagingHarness

FRIEND = Recipient(number="+33612345678", name="Maman")
OTHER = Recipient(number="+33698765432")
DELAY = timedelta(hours=1)

_numbers = itertools.count(1)


def standing(
    harness: MessagingHarness,
    *recipients: Recipient,
    after: timedelta = DELAY,
    at: datetime | None = None,
    **fields: Any,
) -> Standing:
    """Return a message that is to be kept, with a text of its own."""
    number = next(_numbers)
    now = harness.clock.now()
    return Standing(
        number=number,
        account=ACCOUNT,
        recipients=recipients or (FRIEND,),
        text=f"Maison muette {number}",
        since=now,
        fires_at=at or now + after,
        **fields,
    )
