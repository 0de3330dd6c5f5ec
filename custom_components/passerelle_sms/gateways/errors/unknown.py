"""It may have left: never repeated blindly."""

from .base import UnknownOutcomeError


class NoAnswerError(UnknownOutcomeError):
    """The request was written and no whole answer came back."""

    key = "no_answer"


class GatewayBrokenError(UnknownOutcomeError):
    """The gateway answered with an error of its own (HTTP 5xx, "technical error")."""

    key = "gateway_broken"


class UnreadableAnswerError(UnknownOutcomeError):
    """The gateway's answer is none that its document describes."""

    key = "unexpected_response"


class TakenAsMessageError(UnreadableAnswerError):
    """What was to cancel a message was taken as one more message.

    Repeated, it would be taken once more.
    """

    key = "taken_as_message"
