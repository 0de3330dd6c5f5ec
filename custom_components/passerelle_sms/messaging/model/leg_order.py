"""What a relay asks of one of its accounts: one attempt to send a message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from ...gateways.model.message import Sms
from ..recipients.address_book import Recipient
from ..text.splitting import TooLong
from .record import OnUnknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Remainder:
    """What is left to be sent of a text that another account has split and begun."""

    texts: tuple[str, ...] = field(repr=False)
    """All parts of it, with their numbers in them."""
    first: int
    """The first part that is still to be sent, from 1 on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegOrder:
    """One attempt to send a message to some of its recipients."""

    message_id: str
    """Under which id the account is to keep it; on the relay's disk already."""
    relay: str
    """The relay's config entry."""
    relay_message: str
    """The relay's message that this is an attempt of."""
    sms: Sms = field(repr=False)
    """The text as the relay has written it, to leave at once."""
    recipients: tuple[Recipient, ...] = field(repr=False)
    """Those of `sms`, in the same order, each number once."""
    too_long: TooLong
    time_to_live: timedelta
    """How long it is still worth sending, from now on."""
    on_unknown: OnUnknown
    """Only says whether it leaves although no disk takes it: it is never sent again."""
    urgent: bool
    remainders: Mapping[str, Remainder] = field(default_factory=dict, repr=False)
    """Who has had the beginning of the text already, by number."""
