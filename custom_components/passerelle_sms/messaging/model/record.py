"""A message as the outbox and the journal keep it: everything, to the last attempt."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from ...gateways.gateway import Gateway
from ...gateways.model.message import Encoding, Sms
from ...gateways.model.options import SmsOptions
from ..text.splitting import TooLong
from .parts import Parts, left_over, whole
from .submission import RowKey, Stage, SubmissionRecord, Submissions, row_key

LONGEST_LIFE: Final = timedelta(hours=24)
"""A message that nobody has taken for a day is no alert any more."""
OLDEST_OPEN: Final = LONGEST_LIFE + timedelta(hours=1)
"""How long ago a message may have been created that is still being sent."""


class OnUnknown(StrEnum):
    """What to do with a message whose outcome no evidence settles."""

    HOLD = "hold"
    """Ask the user: it may have arrived."""
    RESEND = "resend"
    """Send it again: rather twice than never. A relay does so once, by the next account."""
    NEXT = "next"
    """Let the next account send it at once, and the next one after that: relays only."""


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
    """As it goes to the gateway, or the whole of what its parts say."""
    sender: str | None = field(repr=False)
    encoding: Encoding
    segments: int
    """For the recipient who reads most, by our own count."""
    on_unknown: OnUnknown = OnUnknown.HOLD
    urgent: bool = False
    kind: Kind = Kind.MESSAGE
    options: SmsOptions = SmsOptions()
    is_kept: bool = False
    """Whether it is kept here until its hour, as its gateway sends nothing later."""
    parts: Parts = Parts()
    """What is sent of a text that is too long for one message."""
    too_long: TooLong | None = None
    """What becomes of a relay's text where it is too long for an account; else `None`."""
    submissions: Submissions = field(default_factory=Submissions)
    joined: tuple[Joined, ...] = ()
    """Who has asked for the same while it waited, oldest first."""
    leader: str | None = None
    """The id of the message that this one has joined; of what is kept it is `None`."""
    relay: str | None = None
    """The relay that sends it, by its config entry: one attempt of its message, which is
    never sent again by this account, and of which nobody is told here; else `None`."""
    relay_message: str | None = None
    """The relay's message that it is an attempt of."""

    @property
    def is_leg(self) -> bool:
        """Whether a relay sends it through this account: one attempt, and no more."""
        return self.relay is not None

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
        life; but nothing waits for a gateway longer than `LONGEST_LIFE`, unless it is
        kept here until then. Where others have joined, it is none until it is none for
        all of them.
        """
        own = self.created + self.time_to_live
        expires = max([own, *(joined.expires for joined in self.joined)])
        if self.options.send_at is None:
            return expires
        planned = self.options.send_at + self.time_to_live
        if not self.is_kept:
            planned = min(planned, self.created + LONGEST_LIFE)
        return max(expires, planned)

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.submissions.at_stage(Stage.CLOSED) == len(self.submissions)

    @property
    def is_held(self) -> bool:
        """Whether the user has to choose for at least one recipient."""
        return self.submissions.at_stage(Stage.HELD) > 0

    @property
    def is_planned(self) -> bool:
        """Whether it waits here for its hour, for at least one recipient."""
        return self.submissions.at_stage(Stage.PLANNED) > 0

    @property
    def is_open(self) -> bool:
        """Whether the outbox still has the next move for at least one recipient.

        It has none for what follows a part that the user has to choose for.
        """
        is_open = self.submissions.at_stage(Stage.OPEN) > 0
        if not is_open or not self.parts or not self.is_held:
            return is_open
        stuck = {r.recipient.number for r in self.submissions if r.stage is Stage.HELD}
        return any(
            row.stage is Stage.OPEN
            and (row.recipient.number not in stuck or row.is_unknown_open)
            for row in self.submissions
        )

    @property
    def is_scheduled(self) -> bool:
        """Whether its gateway is to keep it for later."""
        return self.options.send_at is not None and not self.is_kept

    def is_kept_beyond(self, now: datetime) -> bool:
        """Return whether it is kept here until an hour that is still to come."""
        send_at = self.options.send_at
        return self.is_kept and send_at is not None and send_at > now

    def find(self, key: RowKey) -> SubmissionRecord:
        """Return the submission with a key; raises `KeyError`."""
        return self.submissions.find(key)

    def rows_of(self, number: str) -> Sequence[SubmissionRecord]:
        """Return the parts for one recipient, in their order; raises `KeyError`.

        They may begin with a later one than the first: what came before it, another
        account has sent.
        """
        count = len(self.parts.of(number))
        keys = [row_key(number, part) for part in range(1, count + 1)]
        rows = [row for row in map(self.submissions.get, keys) if row is not None]
        return rows or [self.find(row_key(number))]

    def whole_for(self, number: str) -> SubmissionRecord:
        """Return what has become of all parts for one recipient; raises `KeyError`."""
        return whole(self.rows_of(number))

    @property
    def wholes(self) -> Sequence[SubmissionRecord]:
        """What has become of it for each recipient."""
        if not self.parts:
            return self.submissions
        return [self.whole_for(row.recipient.number) for row in self.first_rows]

    @property
    def first_rows(self) -> Sequence[SubmissionRecord]:
        """The first of what is sent here to each recipient, in their order."""
        return [row for row in self.submissions if self.before(row) is None]

    def before(self, submission: SubmissionRecord) -> SubmissionRecord | None:
        """Return the part before another one, if it is sent here."""
        if submission.part == 1:
            return None
        key = row_key(submission.recipient.number, submission.part - 1)
        return self.submissions.get(key)

    def segments_of(self, submission: SubmissionRecord) -> int:
        """Return what a submission takes: by the gateway's count, or else our own."""
        told = submission.segments
        return self.segments if told is None else told

    def updated(self, changed: Iterable[SubmissionRecord]) -> Self:
        """Return the message with these submissions in the place of the old ones.

        What follows a part that has ended otherwise than accepted stays at home.
        """
        rows = tuple(changed)
        submissions = self.submissions.replaced(rows)
        if self.parts:
            submissions = submissions.replaced(left_over(submissions, rows))
        return replace(self, submissions=submissions)

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
    is_at_once = submission.sent_at_once or not record.is_scheduled
    return None if is_at_once else record.options.send_at


def leaves_unstored(record: MessageRecord, now: datetime) -> bool:
    """Return whether a message is to be sent although it can't be written down.

    Not what a gateway is to keep for later: that can wait for room, and if a crash made us
    forget it, nobody could take it back, and its charge might come at any time.
    """
    is_for_now = record.options.send_at is None or record.options.send_at <= now
    return record.urgent and record.on_unknown is OnUnknown.RESEND and is_for_now


def text_to(record: MessageRecord, number: str) -> str:
    """Return what one recipient reads of all parts, but for what a gateway adds."""
    return Sms(text=record.text, recipients=(), options=record.options).text_to(number)


def text_of(record: MessageRecord, submission: SubmissionRecord) -> str:
    """Return what a recipient reads of one submission."""
    number = submission.recipient.number
    if parts := record.parts.of(number):
        return parts[submission.part - 1]
    return text_to(record, number)


def alike(record: MessageRecord, keys: Iterable[RowKey]) -> Iterable[Sequence[RowKey]]:
    """Return these submissions by what one request can say: one part of one text."""
    groups: dict[tuple[int, tuple[str, ...]], list[RowKey]] = {}
    for key in keys:
        row = record.find(key)
        kind = row.part, record.parts.of(row.recipient.number)
        groups.setdefault(kind, []).append(key)
    return groups.values()


def whole_sms(record: MessageRecord, keys: Sequence[RowKey]) -> Sms:
    """Return a message as it was asked for, to some of its recipients.

    Of a text that was split it is one part, filled in already, under an id of its own:
    reports about two parts must not be mistaken for each other.
    """
    rows = [*map(record.find, keys)]
    [part] = {row.part for row in rows}
    sms = Sms(
        text=record.text,
        recipients=tuple(row.recipient.number for row in rows),
        sender=record.sender,
        reference=record.message_id if part == 1 else f"{record.message_id}-{part}",
        options=record.options,
    )
    if not record.parts.of(rows[0].recipient.number):
        return sms
    return sms.saying(text_of(record, rows[0]))


def text_sent(gateway: Gateway, record: MessageRecord, row: SubmissionRecord) -> str:
    """Return what a gateway has sent of one submission, with all that it adds."""
    return gateway.text_for(whole_sms(record, [row.key]), row.recipient.number)


def sms_for(record: MessageRecord, keys: Sequence[RowKey], now: datetime) -> Sms:
    """Return a message as it is handed over now, to some of its recipients.

    What is late for its hour leaves at once, and so does what was kept here until then,
    wherever the clock was set meanwhile.
    """
    sms = whole_sms(record, keys)
    planned = sms.options.send_at
    if planned is None or (planned > now and not record.is_kept):
        return sms
    return replace(sms, options=replace(sms.options, send_at=None))
