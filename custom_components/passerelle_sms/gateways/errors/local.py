"""Refused by this house itself, before a gateway heard of it."""

from ..outcome import Outcome
from .base import NotSentError, RejectedError, Scope


class HourlyCapError(RejectedError):
    """The account has sent all the segments that an hour may hold."""

    key = "hourly_cap"
    scope = Scope.LOCAL


class DailyCapError(RejectedError):
    """The account has sent all the segments that a day may hold."""

    key = "daily_cap"
    scope = Scope.LOCAL


class IdenticalMessageError(RejectedError):
    """The same text went to the same number a moment ago: once is enough."""

    key = "identical_message"
    scope = Scope.LOCAL


class EarlierPartFailedError(RejectedError):
    """A part before this one was not accepted: the rest of the text would say nothing."""

    key = "earlier_part_failed"
    scope = Scope.LOCAL
    outcome = Outcome.NOT_SENT


class OutboxFullError(RejectedError):
    """Too many messages are waiting already."""

    key = "outbox_full"
    scope = Scope.LOCAL


class NotStoredError(RejectedError):
    """The message could not be written down, so it was not sent either."""

    key = "not_stored"
    scope = Scope.LOCAL


class NewerJournalError(NotStoredError):
    """The journal was written by a newer version, so that this one leaves it alone."""

    key = "journal_newer"


class RelayWithoutAccountsError(RejectedError):
    """All accounts of the relay are disabled or removed."""

    key = "relay_without_accounts"
    scope = Scope.LOCAL


class NothingBeginsError(NotSentError):
    """The account begins nothing now: it pauses, or the house stops."""

    key = "nothing_begins"
    scope = Scope.LOCAL


class RelayedMessageError(RejectedError):
    """The message is a relay's, which alone may take it back."""

    key = "relayed_message"
    scope = Scope.LOCAL
