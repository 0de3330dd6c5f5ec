"""What a person or an automation asks to send."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from ...gateways.model.options import SmsOptions
from ..recipients.address_book import Target
from ..text.encoding import EncodingChoice
from ..text.splitting import TooLong
from .record import OnUnknown

DEFAULT_TIME_TO_LIVE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it was asked for: nothing in it has been checked yet."""

    text: str = field(repr=False)
    title: str | None = field(default=None, repr=False)
    targets: tuple[Target, ...] | None = field(default=None, repr=False)
    """Names of recipients or groups, or numbers, as written; `None` is everybody known."""
    by_guest: bool = False
    """Whether a user asks who is no administrator: no number is named for him."""
    sender: str | None = field(default=None, repr=False)
    encoding: EncodingChoice | None = None
    """How far the text may be changed to save segments; the account's own when `None`."""
    too_long: TooLong | None = None
    """What becomes of a text that is too long; the account's own when `None`."""
    time_to_live: timedelta = DEFAULT_TIME_TO_LIVE
    """How long it is worth sending."""
    on_unknown: OnUnknown = OnUnknown.HOLD
    urgent: bool = False
    """Whether it passes the stop for runaway automations, but for the daily cap."""
    options: SmsOptions = SmsOptions()
    """All but `personalisation`, which is known by number there."""
    message_id: str | None = None
    """Under which id it is kept, if that is known before; one of its own when `None`."""
    personalisation: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict, repr=False
    )
    """What stands for each `{field}` of the text, by recipient's name or number."""
