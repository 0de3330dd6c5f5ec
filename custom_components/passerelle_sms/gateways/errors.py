"""The one ladder of everything that can go wrong between us and a gateway.

The rung says what became of the message (`outcome`), so that nobody has to guess:

    GatewayError
    ├── NotSentError        provably never left: safe to try again
    ├── RejectedError       refused, by the gateway or by our own check: never repeated
    └── UnknownOutcomeError it may have left: never repeated blindly

`key` is the error's stable name: the translations, the answers of the actions and
the user's templates know it. The gateway's own code and words are kept beside it,
already redacted by whoever raises.
"""

from typing import ClassVar

from .outcome import Outcome


class GatewayError(Exception):
    """Something went wrong between us and a gateway."""

    key: ClassVar[str]
    outcome: ClassVar[Outcome]

    def __init__(
        self,
        *,
        code: str | None = None,
        words: str | None = None,
        reference: str | None = None,
        **details: str,
    ) -> None:
        """Keep the gateway's own code and words, and the details a sentence needs.

        `reference` is the id that the gateway gave the message all the same: it is not
        part of the exception's text. `words` and `details` are, so they must not hold a
        secret or a full phone number.
        """
        super().__init__(self._sentence(code, words, details))
        self.code = code
        self.words = words
        self.reference = reference
        self.details = details

    def _sentence(
        self, code: str | None, words: str | None, details: dict[str, str]
    ) -> str:
        parts = [self.key.replace("_", " ")]
        if code is not None:
            parts.append(f"code {code}")
        parts.extend(f"{name} {value}" for name, value in details.items())
        if words:
            parts.append(words)
        return ": ".join((parts[0], ", ".join(parts[1:]))) if parts[1:] else parts[0]


# --- never left ---------------------------------------------------------------


class NotSentError(GatewayError):
    """The message provably never reached the gateway, or was put off unread."""

    outcome = Outcome.NOT_SENT


class CannotConnectError(NotSentError):
    """The gateway's name, address or port cannot be reached."""

    key = "cannot_connect"


class TlsFailedError(NotSentError):
    """No secure connection: the certificate is wrong or TLS isn't spoken there."""

    key = "tls_failed"


class RateLimitedError(NotSentError):
    """Too many requests: the gateway did not look at this one."""

    key = "rate_limited"


# --- refused ------------------------------------------------------------------


class RejectedError(GatewayError):
    """The gateway, or our own check, said no."""

    key = "rejected"
    outcome = Outcome.REJECTED


class AuthenticationError(RejectedError):
    """The credentials are wrong, or missing."""

    key = "invalid_auth"


class AccountInactiveError(RejectedError):
    """The account exists but is not active."""

    key = "account_inactive"


class IpNotAllowedError(RejectedError):
    """The gateway does not take requests from this house's IP address."""

    key = "ip_not_allowed"


class NotAllowedError(RejectedError):
    """The account may not do this."""

    key = "not_allowed"


class OverseasOptionMissingError(NotAllowedError):
    """Sending to the French overseas departments is an option that is off."""

    key = "overseas_option_missing"


class InsufficientCreditError(RejectedError):
    """Not enough credit left."""

    key = "insufficient_credit"


class InvalidRequestError(RejectedError):
    """The gateway did not understand the request, or lacks a parameter."""

    key = "invalid_request"


class OperationUnknownError(InvalidRequestError):
    """The gateway has no such operation at that address, so nothing was done."""

    key = "operation_unknown"


class InvalidRecipientError(RejectedError):
    """The number is not one the gateway can send to."""

    key = "invalid_recipient"


class NotANumberError(InvalidRecipientError):
    """What was given is neither a phone number nor the name of a recipient."""

    key = "not_a_number"


class OldIvorianNumberError(InvalidRecipientError):
    """An Ivorian number of eight digits: dead since 31 January 2021."""

    key = "old_ivorian_number"


class RecipientBlockedError(RejectedError):
    """The recipient is blocked or opted out: nothing will be delivered."""

    key = "recipient_blocked"


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


class UnknownMessageError(RejectedError):
    """The gateway knows no message of that id."""

    key = "unknown_message"


class MessageNotReadyError(RejectedError):
    """The message has not been sent yet, so there is nothing to tell about it."""

    key = "message_not_ready"


class NotCancellableError(RejectedError):
    """The message is being sent, was sent, or was cancelled before."""

    key = "not_cancellable"


class NoRepliesError(RejectedError):
    """The message was sent without asking for replies."""

    key = "no_replies"


class NothingNewError(RejectedError):
    """The gateway has nothing new to tell."""

    key = "nothing_new"


class HourlyCapError(RejectedError):
    """The account has sent all the segments that an hour may hold."""

    key = "hourly_cap"


class DailyCapError(RejectedError):
    """The account has sent all the segments that a day may hold."""

    key = "daily_cap"


class IdenticalMessageError(RejectedError):
    """The same text went to the same number a moment ago: once is enough."""

    key = "identical_message"


class OutboxFullError(RejectedError):
    """Too many messages are waiting already."""

    key = "outbox_full"


class NotStoredError(RejectedError):
    """The message could not be written down, so it was not sent either."""

    key = "not_stored"


# --- may have left ------------------------------------------------------------


class UnknownOutcomeError(GatewayError):
    """The request was written; what became of it is not known."""

    outcome = Outcome.UNKNOWN


class NoAnswerError(UnknownOutcomeError):
    """The request was written and no whole answer came back."""

    key = "no_answer"


class GatewayBrokenError(UnknownOutcomeError):
    """The gateway answered with an error of its own (HTTP 5xx, "technical error")."""

    key = "gateway_broken"


class UnreadableAnswerError(UnknownOutcomeError):
    """The gateway's answer is none that its document describes."""

    key = "unexpected_response"
