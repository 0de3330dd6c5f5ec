"""What is measured, and how often."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
import json
from typing import Any, Final, Self

GATEWAYS: Final = {
    # These take one recipient a request.
    "etech_keys": "ETECH KEYS",
    "sms123": "123-SMS.net",
    # And these take many.
    "smseco": "SMSECO",
    "envoyer_sms_pro": "Envoyer SMS Pro",
}
"""The gateways of the benchmark, with their names."""

# Through these a single alert is compared with others. Envoyer SMS Pro answers a
# hundred requests an hour, which is not enough.
ALERT_GATEWAYS: Final = ("etech_keys", "sms123", "smseco")
# Through this one with a long journal, and with many awaited deliveries.
JOURNAL_GATEWAY: Final = "etech_keys"

# The gateways of a relay of all of them, in its order: each takes some of the countries.
RELAY_GATEWAYS: Final = (
    "smseco",
    "envoyer_sms_pro",
    "devcodesms",
    "etech_keys",
    "sms123",
)

IDLE: Final = "idle"
BARE_POST: Final = "post"
CLICKSEND: Final = "clicksend"
RELAY: Final = "relay"


class Section(StrEnum):
    """A table of the document."""

    ALERT = "alert"
    JOURNAL = "journal"
    AWAITED = "awaited"
    RECIPIENTS = "recipients"
    RELAY = "relay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing that is measured several times: a row of a table."""

    section: Section
    subject: str
    """A gateway, a relay, or what they are compared with."""
    size: int = 1
    """Recipients; messages in the journal; awaited deliveries."""

    @property
    def key(self) -> str:
        """What tells it from all others, as a path."""
        return f"{self.section}/{self.subject}/{self.size}"


RELAY_ALERT: Final = Case(section=Section.RELAY, subject=RELAY)
"""One alert, through a relay of the gateways that are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured."""

    rounds: int
    """How often each way to send an alert takes its turn."""
    runs: int
    """How often a message to several recipients is sent, if there is time."""
    seconds_per_case: float
    """When this time is over, a message to several recipients is not sent again."""
    recipients: tuple[int, ...]
    journal: int
    """Messages in the long journal."""
    awaited: int
    """Deliveries that are awaited."""

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the plan that `to_json` has written."""
        values: Mapping[str, Any] = json.loads(text)
        return cls(**{**values, "recipients": tuple(values["recipients"])})

    def to_json(self) -> str:
        """Return the plan as text for another process."""
        return json.dumps(asdict(self))

    def counting(self) -> Self:
        """Return what is enough to count the syncs, which hardly vary."""
        return replace(self, rounds=min(self.rounds, 8), runs=1)

    def alert_cases(self) -> list[Case]:
        """Return what takes turns, one after the other: all send one alert."""
        compared = (IDLE, BARE_POST, CLICKSEND, *ALERT_GATEWAYS)
        return [
            *(Case(section=Section.ALERT, subject=subject) for subject in compared),
            Case(section=Section.JOURNAL, subject=JOURNAL_GATEWAY, size=self.journal),
            Case(section=Section.AWAITED, subject=JOURNAL_GATEWAY, size=self.awaited),
            RELAY_ALERT,
        ]

    def recipient_cases(self) -> list[Case]:
        """Return the messages to several recipients."""
        return [
            Case(section=Section.RECIPIENTS, subject=gateway, size=size)
            for gateway in GATEWAYS
            for size in self.recipients
        ]

    def relay_case(self) -> Case:
        """Return the message to the most recipients, through a relay of all gateways."""
        return Case(section=Section.RELAY, subject=RELAY, size=max(self.recipients))


CORE: Final = Plan(
    rounds=30,
    runs=5,
    seconds_per_case=5,
    recipients=(1, 10, 100, 1000),
    journal=10_000,
    awaited=1000,
)
