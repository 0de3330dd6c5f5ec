"""What a message is checked against and measured by before it is taken in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ...gateways.errors import RejectedError
from ...gateways.model.message import Encoding, Sms
from ...gateways.model.segments import Measure
from ..model.parts import Parts
from ..model.record import OnUnknown
from ..model.submission import Submissions
from ..recipients.address_book import Recipient
from ..runtime.turns import Steps
from ..text.encoding import EncodingChoice, Preview
from ..text.splitting import TooLong


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A message as it would be sent, and what it takes."""

    sms: Sms = field(repr=False)
    parts: Parts
    submissions: Submissions = field(repr=False)
    segments: int
    """For the recipient for whom it takes most."""
    encoding: Encoding
    is_kept: bool
    """Whether it is to be kept here until its hour."""
    too_long: TooLong | None = None
    """What becomes of it where it is too long later on; `None` once that is settled."""
    refused: Mapping[str, RejectedError] = field(default_factory=dict, repr=False)
    """Whom it can't be sent to, by number; never everybody."""


class MessageRules(Protocol):
    """The rules of an account's gateway, or those of all accounts of a relay."""

    @property
    def key(self) -> str:
        """The key of the gateway, or what stands in its place before one is chosen."""

    def check_on_unknown(self, chosen: OnUnknown) -> None:
        """Raise `NextNeedsRelayError` if there is no next account for what is unknown."""
        # A relay has one.
        return

    def measure(self, sms: Sms) -> Measure:
        """Return what a message takes with its options, for whom it takes most."""

    def take(
        self, sms: Sms, recipients: Sequence[Recipient], too_long: TooLong
    ) -> Steps[Taken]:
        """Return a message as it would be sent to these recipients.

        Raises:
            RejectedError: it breaks a rule for everybody.

        """

    def preview(self, text: str, choice: EncodingChoice, too_long: TooLong) -> Preview:
        """Return what a text would take, and the messages in which it would be sent."""
