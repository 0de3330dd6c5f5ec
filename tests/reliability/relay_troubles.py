"""What can go wrong at the accounts of a relay."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from custom_components.passerelle_sms.gateways.errors import (
    DuplicateMessageError,
    InvalidRecipientError,
    MessageTooLongError,
    RecipientBlockedError,
    RejectedError,
)

from .troubles import ACCOUNTS, FAULTS, REFUSALS, Trouble


class Kind(Enum):
    """What a trouble says about a message."""

    NOT_LEFT = auto()
    """It provably has not left, or the account was refused: the next account sends it."""
    REFUSED = auto()
    """This gateway refuses it: another one may take it."""
    UNWANTED = auto()
    """Its recipient wants nothing, or has it: nobody may send it."""
    DOUBT = auto()
    """It may have left."""


class Event(Enum):
    """What happens in the house, and not at the gateway."""

    CAPPED = "the first account's stop for runaway automations is reached"
    FULL_DISK = "the first account's disk is full"
    FULL_DISK_AFTER = "the first account's disk is full once the message has left"
    AWAY = "the first account is disabled"
    POWER_CUT = "the power fails, at any moment"
    STOP = "Home Assistant is restarted, at any moment"
    ALONE = "the first account is reloaded, at any moment"


class During(Enum):
    """What happens while a message is in doubt."""

    AHEAD = "the clock is set a day ahead"
    BACK = "the clock is set a day back"
    REMOVED = "the account is disabled, for good"
    RELOADED = "the account is reloaded"
    RESTORED = "the account's journal is put back as it was before"
    RESTORED_RELAY = "the relay's journal is put back as it was then"
    POWER_CUT = "the power fails"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayTrouble:
    """Something that goes wrong at one account of a relay."""

    words: str
    kind: Kind
    at_gateway: Trouble | None = None
    refusal: RejectedError | None = None
    """What the gateway answers to each message."""
    by_rule: bool = False
    """Whether it is known without asking the gateway."""
    event: Event | None = None
    during: During | None = None

    @property
    def is_for_good(self) -> bool:
        """Whether its account can't take the message as long as that lives."""
        return self.at_gateway is not None and self.at_gateway.is_for_good

    @property
    def is_at_any_moment(self) -> bool:
        """Whether it happens at one moment after the other."""
        return self.event in {Event.POWER_CUT, Event.STOP, Event.ALONE}


def _of(trouble: Trouble) -> RelayTrouble:
    is_in_doubt = trouble.outcome == "unknown"
    return RelayTrouble(
        words=trouble.words,
        kind=Kind.DOUBT if is_in_doubt else Kind.NOT_LEFT,
        at_gateway=trouble,
    )


_BY_WORDS: Final[Mapping[str, Trouble]] = {
    trouble.words: trouble for trouble in (*FAULTS, *REFUSALS, *ACCOUNTS)
}
NOT_TAKEN: Final = _BY_WORDS["connection closed, message not taken"]
TAKEN: Final = _BY_WORDS["connection closed, message taken"]

NUMBER_REFUSED: Final = RelayTrouble(
    words="the number is refused by the gateway's rules",
    kind=Kind.REFUSED,
    refusal=InvalidRecipientError(),
    by_rule=True,
)
OPTED_OUT: Final = RelayTrouble(
    words="the recipient has opted out",
    kind=Kind.UNWANTED,
    refusal=RecipientBlockedError(),
)
ANSWERS: Final = (
    NUMBER_REFUSED,
    RelayTrouble(
        words="the gateway refuses the number",
        kind=Kind.REFUSED,
        refusal=InvalidRecipientError(),
    ),
    RelayTrouble(
        words="the gateway refuses the text",
        kind=Kind.REFUSED,
        refusal=MessageTooLongError(),
    ),
    RelayTrouble(
        words="the gateway refuses the message, without a reason",
        kind=Kind.REFUSED,
        refusal=RejectedError(),
    ),
    OPTED_OUT,
    RelayTrouble(
        words="the gateway has the message already",
        kind=Kind.UNWANTED,
        refusal=DuplicateMessageError(),
    ),
)
_MOMENTS: Final = (Event.POWER_CUT, Event.STOP, Event.ALONE)
EVENTS: Final = tuple(
    RelayTrouble(
        words=event.value,
        kind=Kind.DOUBT
        if event is Event.POWER_CUT or event is Event.FULL_DISK_AFTER
        else Kind.NOT_LEFT,
        event=event,
    )
    for event in Event
)
DURING: Final = tuple(
    RelayTrouble(
        words=f"{trouble.words}; in doubt, {during.value}",
        kind=Kind.DOUBT,
        at_gateway=trouble,
        during=during,
    )
    for during in During
    for trouble in (NOT_TAKEN, TAKEN)
)
AT_GATEWAY: Final = tuple(map(_of, FAULTS))
OF_ACCOUNT: Final = tuple(map(_of, REFUSALS))
OF_BALANCE: Final = tuple(map(_of, ACCOUNTS))

RATE_LIMITED: Final = _of(_BY_WORDS["HTTP 429, message not taken"])
UNPAID: Final = _of(_BY_WORDS["no credit, mended within the hour"])
WRONG_CREDENTIALS: Final = _of(_BY_WORDS["wrong credentials, not mended"])
DOUBT_NOT_TAKEN: Final = _of(NOT_TAKEN)
DOUBT_TAKEN: Final = _of(TAKEN)
KINDS: Final = (
    RATE_LIMITED,
    UNPAID,
    WRONG_CREDENTIALS,
    NUMBER_REFUSED,
    OPTED_OUT,
    DOUBT_NOT_TAKEN,
    DOUBT_TAKEN,
)
"""Some of each kind: what goes wrong at the second account as well."""
