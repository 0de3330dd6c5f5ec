"""What some gateways tell of a message after they have taken it.

Each is a class that a gateway inherits besides `Gateway`; callers ask `isinstance`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, override

from ..model.delivery import DeliveryReport, Replies, Sent, SentMessage
from ..model.message import Cancellation, Scheduled, Sms, Submission


class TracksDelivery(ABC):
    """The gateway can be asked where a submission is."""

    @abstractmethod
    def delivery_requests(self, sent: Sequence[Sent]) -> tuple[tuple[Sent, ...], ...]:
        """Return the submissions in groups: one request tells about each group.

        Those that cannot be asked about, for want of an id, are in none.
        """

    @abstractmethod
    async def delivery(self, sent: Sequence[Sent]) -> tuple[DeliveryReport, ...]:
        """Ask once, about one group of `delivery_requests`.

        The answer may leave some out, and may tell about others. One without news is
        empty: it is no error that a message hasn't been sent yet.

        Raises:
            UnknownMessageError: the gateway will never know more about the group.
            GatewayError: of the kind that says why there is no answer.

        """


class TellsDeliveryOnce(TracksDelivery):
    """What the gateway has told about a delivery it never tells again.

    So whoever asks keeps the answer before anything else happens, and only one may ask.
    """

    @abstractmethod
    async def new_deliveries(self) -> tuple[DeliveryReport, ...]:
        """Ask for everything that is new in the account, whoever sent it."""


class PushesDelivery(ABC):
    """The gateway calls when it knows more about a delivery.

    Nothing proves that it is the gateway who calls: a report counts only for what was
    sent, to that number, and settles a doubt only if it knows the id.
    """

    pushed_by: ClassVar[Literal["GET", "POST"]]
    """The method of a call; what it says is the query of a GET, the body of a POST."""

    def tells_of(self, sms: Sms, submission: Submission) -> bool:
        """Return whether the gateway will call about what it has accepted of a message."""
        return True

    @abstractmethod
    def read_pushed(self, said: str) -> tuple[PushedReport, ...]:
        """Return what a call says, a report for each of its rows.

        Raises:
            InvalidRequestError: it isn't a call as the gateway makes it, and is answered
                as none.

        """

    @abstractmethod
    def answer_pushed(
        self, pushed: Sequence[PushedReport], taken: Sequence[bool]
    ) -> PushedAnswer:
        """Return what the gateway wants to hear: which of the rows were taken."""

    @abstractmethod
    def id_key(self, submission_id: str) -> str:
        """Return what an id is compared by, however the gateway writes it.

        An id in a call is the one from the answer to a message if both are compared by
        the same; an empty result is the same as no other.
        """


class PushesDeliveryOnRequest(PushesDelivery):
    """The gateway calls only about messages that ask for it.

    It knows the address from a person at the gateway, and doesn't tell whether it does,
    so the user tells: until then no message asks.
    """

    delivery_reports: bool = False
    """Whether messages ask for it."""
    declaration: ClassVar[str]
    """What to ask the gateway's support for, in its own words."""
    address_proof: ClassVar[PushedAnswer]
    """What the address must answer to a call that says nothing, before it is taken."""

    @override
    def tells_of(self, sms: Sms, submission: Submission) -> bool:
        """Return whether the gateway will call about what it has accepted of a message."""
        return self.delivery_reports


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedReport:
    """A row of a call: what it says, and as it came."""

    report: DeliveryReport | None
    """`None` if it says nothing about a delivery."""
    row: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedAnswer:
    """The answer to a call."""

    body: str = field(repr=False)
    content_type: str


class ListsSentMessages(ABC):
    """The gateway lists what the account sent lately, whoever sent it.

    A message in the list was sent. One that isn't may have been sent all the same: what
    can't be understood without doubt is left out.
    """

    @abstractmethod
    async def sent_messages(self, count: int) -> tuple[SentMessage, ...]:
        """Ask for the last `count` entries, and return the messages among them.

        Raises:
            InvalidOptionError: so many cannot be asked for.

        """


class CancelsMessages(ABC):
    """A message that was scheduled may be taken back."""

    @abstractmethod
    def cancel_requests(self, scheduled: Scheduled) -> tuple[Scheduled, ...]:
        """Return what one request each cancels.

        Submissions of one id are taken back together, whether all are asked for or not.
        """

    @abstractmethod
    async def cancel(self, scheduled: Scheduled) -> Cancellation:
        """Cancel one part of `cancel_requests`.

        What returns is cancelled for good: nobody gets it.

        Raises:
            AlreadyCancelledError: it was cancelled before: nobody gets it.
            NotCancellableError: it is being sent, or was; a gateway that knows no id
                says the same of what it never had, or has cancelled.
            UnknownMessageError: there is nothing of that id; or no id is known.
            TakenAsMessageError: one more message was taken instead, and the first one
                stands. It must not be repeated, nor tried with another message: what
                this gateway was asked for is not how it cancels.
            RejectedError: of another kind: refused, for what the error says; it stands.
            NotSentError: nothing was asked: it stands, and may be cancelled again.
            UnknownOutcomeError: of another kind: it stands or not. Where cancelling is
                known to work it may be tried again: a second time does no harm.

        """


class CancelsByContent(CancelsMessages):
    """What was scheduled is known by its whole request, and by no id.

    By number, text, sender, options and hour. So one whose answer was lost can be taken
    back too, as `Scheduled` without an id. If two are alike, nobody knows which is meant.
    """


class ReceivesReplies(ABC):
    """A message may be answered (`allow_replies`), and the answers be asked for."""

    @abstractmethod
    async def replies(self, submission_id: str, *, offset: int = 0) -> Replies:
        """Ask for one page of the answers to a message, from number `offset` on.

        Raises:
            NoRepliesError: it was sent without `allow_replies`.
            UnknownMessageError: there is no such message.
            MessageNotReadyError: it hasn't been sent yet.

        """
