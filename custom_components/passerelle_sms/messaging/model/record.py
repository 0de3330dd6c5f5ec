"""A message as the outbox and the journal keep it: everything, to the last attempt."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from ...gateways.model.message import Encoding, Sms
from ...gateways.model.options import SmsOptions
from .submission import Stage, SubmissionRecord, Submissions

LONGEST_LIFE: Final = timedelta(hours=24)
"""A message that nobody has taken for a day is no alert any more."""
OLDEST_OPEN: Final = LONGEST_LIFE + timedelta(hours=1)
"""How long ago a message may have been created that is still being sent."""


class OnUnknown(StrEnum):
    """What to do with a message whose outcome no evidence settles."""

    HOLD = "hold"
    """Ask the user: it may have arrived."""
    RESEND = "resend"
    """Send it again: rather twice than never."""


class Choice(StrEnum):
    """What the user decides of a message that no evidence has settled."""

    SENT = "sent"
    RESEND = "resend"
    DROP = "drop"


class Kind(StrEnum):
    """What was asked of the gateway."""

    MESSAGE = "message"
    """To send a text."""
    NUMBER_CHECK = "number_check"
    """To find out whether numbers can be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """One more caller who asked for a message that still waited: it is sent once."""

    message_id: str
    created: datetime
    time_to_live: timedelta
    """How long it is worth sending, as far as `LONGEST_LIFE` of the first one allows."""

    @property
    def expires(self) -> datetime:
        """When it is old news."""
        return self.created + self.time_to_live

    def dated(self, by: timedelta) -> Self:
        """Return it with its moment `by` later."""
        return replace(self, created=self.created + by)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecord:
    """A message and what became of it for each recipient."""

    message_id: str
    created: datetime
    time_to_live: timedelta
    """How long it is worth sending."""
    text: str = field(repr=False)
    """As it goes to the gateway."""
    sender: str | None = field(repr=False)
    encoding: Encoding
    segments: int
    """For each recipient, by our own count."""
    on_unknown: OnUnknown = OnUnknown.HOLD
    urgent: bool = False
    kind: Kind = Kind.MESSAGE
    options: SmsOptions = SmsOptions()
    submissions: Submissions = field(default_factory=Submissions)
    joined: tuple[Joined, ...] = ()
    """Who has asked for the same while it waited, oldest first."""
    leader: str | None = None
    """The id of the message that this one has joined; of what is kept it is `None`."""

    @property
    def kept_id(self) -> str:
        """The id under which it is kept, and sent."""
        return self.leader or self.message_id

    @property
    def joined_ids(self) -> tuple[str, ...]:
        """The ids of the other callers' messages that are sent with it."""
        return tuple(joined.message_id for joined in self.joined)

    @property
    def expires(self) -> datetime:
        """When it is old news: what has not left by then stays at home.

        Until the hour that it is planned for it is none, and after that it has its whole
        life; but nothing waits for a gateway longer than `LONGEST_LIFE`. Where others
        have joined, it is none until it is none for all of them.
        """
        own = self.created + self.time_to_live
        expires = max([own, *(joined.expires for joined in self.joined)])
        if self.options.send_at is None:
            return expires
        planned = self.options.send_at + self.time_to_live
        return max(expires, min(planned, self.created + LONGEST_LIFE))

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.submissions.at_stage(Stage.CLOSED) == len(self.submissions)

    @property
    def is_held(self) -> bool:
        """Whether the user has to choose for at least one recipient."""
        return self.submissions.at_stage(Stage.HELD) > 0

    @property
    def is_open(self) -> bool:
        """Whether the outbox still has the next move for at least one recipient."""
        return self.submissions.at_stage(Stage.OPEN) > 0

    def find(self, number: str) -> SubmissionRecord:
        """Return the submission for a number; raises `KeyError`."""
        return self.submissions.find(number)

    def updated(self, changed: Iterable[SubmissionRecord]) -> Self:
        """Return the message with these submissions in the place of the old ones."""
        return replace(self, submissions=self.submissions.replaced(changed))

    def dated(self, by: timedelta) -> Self:
        """Return the message with its moments `by` later; its planned hour stays."""
        return replace(
            self,
            created=self.created + by,
            joined=tuple(joined.dated(by) for joined in self.joined),
            submissions=self.submissions.replaced(
                replace(submission, attempted=submission.attempted + by)
                for submission in self.submissions
                if submission.attempted is not None
            ),
        )


def planned_for(record: MessageRecord, submission: SubmissionRecord) -> datetime | None:
    """Return when the gateway is to send a submission; `None` if that was at once."""
    return None if submission.sent_at_once else record.options.send_at


def leaves_unstored(record: MessageRecord, now: datetime) -> bool:
    """Return whether a message is to be sent although it can't be written down.

    Not what a gateway is to keep for later: that can wait for room, and if a crash made us
    forget it, nobody could take it back, and its charge might come at any time.
    """
    is_for_now = record.options.send_at is None or record.options.send_at <= now
    return record.urgent and record.on_unknown is OnUnknown.RESEND and is_for_now


def sms_for(record: MessageRecord, numbers: tuple[str, ...], now: datetime) -> Sms:
    """Return a message as it is handed over now, to some of its recipients.

    What is late for its hour leaves at once.
    """
    options = record.options
    if options.send_at is not None and options.send_at <= now:
        options = replace(options, send_at=None)
    return Sms(
        text=record.text,
        recipients=numbers,
        sender=record.sender,
        reference=record.message_id,
        options=options,
    )
