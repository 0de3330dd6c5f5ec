"""Refused: a message, or a question about one."""

from ..outcome import Outcome
from .base import RejectedError, Scope


class InvalidRecipientError(RejectedError):
    """The number is not one the gateway can send to."""

    key = "invalid_recipient"
    scope = Scope.RECIPIENT


class NotANumberError(InvalidRecipientError):
    """What was given is neither a phone number nor the name of a recipient."""

    key = "not_a_number"


class OldIvorianNumberError(InvalidRecipientError):
    """An Ivorian number of eight digits: dead since 31 January 2021."""

    key = "old_ivorian_number"


class AmbiguousNumberError(InvalidRecipientError):
    """Digits without a plus that may be a number of two countries."""

    key = "ambiguous_number"


class RecipientBlockedError(RejectedError):
    """The recipient is blocked or opted out: nothing will be delivered."""

    key = "recipient_blocked"
    scope = Scope.RECIPIENT


class DuplicateMessageError(RejectedError):
    """The gateway already had this text for this number, and refuses it again."""

    key = "duplicate_message"


class InvalidMessageError(RejectedError):
    """The text cannot be sent."""

    key = "invalid_message"


class EmptyMessageError(InvalidMessageError):
    """There is no text."""

    key = "empty_message"


class EmptyTargetError(RejectedError):
    """There is nobody to send to."""

    key = "empty_target"


class EmptyGroupError(EmptyTargetError):
    """The group (`group`) has no recipients, or none any more."""

    key = "empty_group"


class TooManyTargetsError(RejectedError):
    """More targets are named than one message may have (`maximum`)."""

    key = "too_many_targets"


class MessageTooLongError(InvalidMessageError):
    """The text is longer than the gateway takes."""

    key = "message_too_long"


class InvalidSenderError(RejectedError):
    """The sender's name breaks the gateway's rule."""

    key = "invalid_sender"


class SenderNotRegisteredError(InvalidSenderError):
    """The sender's name must be registered at the gateway first."""

    key = "sender_not_registered"


class StopMentionRequiredError(InvalidSenderError):
    """The gateway wants its STOP mention in the text when the sender changes."""

    key = "stop_mention_required"


class InvalidScheduleError(RejectedError):
    """The time to send at is not one the gateway takes."""

    key = "invalid_schedule"


class ScheduleInPastError(InvalidScheduleError):
    """The time to send at is over."""

    key = "schedule_in_past"


class OptionNotSupportedError(RejectedError):
    """The gateway doesn't know an option of the message (`option`)."""

    key = "option_not_supported"


class InvalidOptionError(RejectedError):
    """The value of an option is none that the gateway takes (`option`, `allowed`)."""

    key = "invalid_option"


class MissingFieldError(RejectedError):
    """A recipient has no value for a field of the text (`field`)."""

    key = "missing_field"


class NextNeedsRelayError(RejectedError):
    """Only a relay has a next account that could send what may have left."""

    key = "next_needs_relay"


class UnknownMessageError(RejectedError):
    """The gateway knows no message of that id."""

    key = "unknown_message"


class MessageNotReadyError(RejectedError):
    """The message has not been sent yet, so there is nothing to tell about it."""

    key = "message_not_ready"


class NotCancellableError(RejectedError):
    """The message is being sent, was sent, or was cancelled before."""

    key = "not_cancellable"


class AlreadyCancelledError(NotCancellableError):
    """The message was cancelled before."""

    key = "already_cancelled"


class MessageCancelledError(RejectedError):
    """The message was cancelled before it was sent."""

    key = "cancelled"
    outcome = Outcome.NOT_SENT


class NoRepliesError(RejectedError):
    """The message was sent without asking for replies."""

    key = "no_replies"


class NothingNewError(RejectedError):
    """The gateway has nothing new to tell."""

    key = "nothing_new"
