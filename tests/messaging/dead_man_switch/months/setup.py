"""What a simulated month begins with, drawn from its seed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import random
from typing import Final

MOST_RENEWALS: Final = 260
"""So many, and the month ends: a delay of 15 minutes makes it but a day."""
MONTH: Final = timedelta(days=30)
# Those in which the clocks go back and forward are among them.
_BEGINS: Final = (
    datetime(2026, 10, 23, 9, 17, 31, tzinfo=UTC),
    datetime(2027, 3, 26, 20, 41, 3, tzinfo=UTC),
    datetime(2027, 1, 30, 23, 58, 59, tzinfo=UTC),
    datetime(2027, 6, 14, 11, 30, tzinfo=UTC),
)
_DELAYS: Final = tuple(
    timedelta(minutes=minutes) for minutes in (15, 20, 45, 60, 180, 240, 720, 1440)
)
_GATEWAYS: Final = (
    ("envoyer_sms_pro",),
    ("sms123",),
    ("envoyer_sms_pro",),
    ("sms123",),
    ("envoyer_sms_pro", "sms123"),
    ("sms123", "envoyer_sms_pro"),
)
NUMBERS: Final = ("+33612345601", "+33612345602", "+33612345603", "+33612345604")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The gateways, the plan, and the time of a month."""

    seed: int
    gateways: tuple[str, ...]
    """Their names, in the order of the relay; one for an account alone."""
    delay: timedelta
    recipients: int
    begin: datetime
    length: timedelta
    has_own_url: bool
    """Whether the time of the gateways isn't known, as something may stand between."""
    charges_when_sent: bool
    seconds_to_charge: int
    events: int
    """How many things happen."""


def draw(seed: int) -> Setup:
    """Return the setup of a month: the same for the same seed."""
    luck = random.Random(f"setup {seed}")
    delay = luck.choice(_DELAYS)
    recipients = luck.choice((1, 1, 2, 3))
    gateways = luck.choice(_GATEWAYS)
    lanes = recipients if "sms123" in gateways else 1
    length = min(MONTH, delay / 3 * (MOST_RENEWALS // lanes))
    return Setup(
        seed=seed,
        gateways=gateways,
        delay=delay,
        recipients=recipients,
        begin=luck.choice(_BEGINS),
        length=length,
        has_own_url=luck.random() < 0.4,
        charges_when_sent=luck.random() < 0.5,
        seconds_to_charge=luck.choice((0, 0, 60, 590)),
        events=luck.randint(4, 14),
    )
