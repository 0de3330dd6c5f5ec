"""What every gateway makes of an answer: what it proves, and what may be shown of it."""

from dataclasses import replace
from typing import Final

from .claim import Claim, HttpStatus, Verdict, weigh
from .errors import (
    AuthenticationError,
    GatewayBrokenError,
    GatewayError,
    InsufficientCreditError,
    InvalidRequestError,
    NotAllowedError,
    OperationUnknownError,
    RateLimitedError,
    UnknownOutcomeError,
    UnreadableAnswerError,
)
from .model.message import Submission
from .outcome import Outcome
from .wire.redaction import Redactor
from .wire.transport import Answer

# Enough of an answer to understand it, not enough to be a burden.
EXCERPT: Final = 500
STATUS_ERRORS: Final[dict[int, type[GatewayError]]] = {
    401: AuthenticationError,
    402: InsufficientCreditError,
    403: NotAllowedError,
    404: OperationUnknownError,
    405: OperationUnknownError,
    415: OperationUnknownError,
    429: RateLimitedError,
}
"""What HTTP statuses mean that say more than that something was refused."""


class AnswerReader:
    """Weighs what the answers of one account claim."""

    def __init__(self, redact: Redactor) -> None:
        """Show nothing of an answer that `redact` has not seen."""
        self._redact: Final = redact
        self._unread: Answer | None = None

    @property
    def last_unreadable(self) -> str | None:
        """The last answer that made no sense, redacted and cut, for a report."""
        if self._unread is None:
            return None
        return f"HTTP {self._unread.status}: {self._shown(self._unread.text)}"

    def _shown(self, words: str) -> str:
        """Return words of the gateway's, or of the user's, as others may read them."""
        # Redacted first: what is cut through is no longer recognised.
        return self._redact(words)[:EXCERPT]

    def _unreadable(
        self, answer: Answer, reference: str | None = None
    ) -> UnknownOutcomeError:
        """Return the error for an answer that proves nothing, and keep an excerpt.

        `reference` is the id that it gave the message all the same.
        """
        kind = GatewayBrokenError if answer.status >= 500 else UnreadableAnswerError
        error = kind(code=f"HTTP {answer.status}", reference=reference)
        self._keep_excerpt(answer)
        return error

    def _keep_excerpt(self, answer: Answer) -> None:
        # Redacted when somebody looks: one answer may be about many recipients.
        self._unread = answer

    def _error_of(self, answer: Answer, claim: Claim) -> GatewayError | None:
        """Return why a claim doesn't prove an acceptance; `None` if it does."""
        status = HttpStatus.of(answer.status)
        is_silent = status is HttpStatus.REFUSED and answer.is_silent
        verdict = weigh(claim, status, is_silent=is_silent)
        if verdict is Verdict.ACCEPTED:
            return None
        if verdict is Verdict.UNKNOWN:
            return self._unreadable(answer, claim.submission_id)
        error = claim.refusal
        if verdict is Verdict.REFUSED_BY_STATUS or error is None:
            error = self._refusal_by_status(answer)
        if error.outcome is Outcome.UNKNOWN or type(error) is InvalidRequestError:
            self._keep_excerpt(answer)
        return error

    def _refusal_by_status(
        self, answer: Answer, words: str | None = None
    ) -> GatewayError:
        """Return what an HTTP status of 4xx means when the body gives no reason.

        `words` are those of the body, as they may be shown.
        """
        code = f"HTTP {answer.status}"
        if answer.status == 429:
            return RateLimitedError(code=code, words=words, wait=answer.retry_after)
        error = STATUS_ERRORS.get(answer.status, InvalidRequestError)
        return error(code=code, words=words)

    def _granted[T](
        self, answer: Answer, value: T | None, refusal: GatewayError | None = None
    ) -> T:
        """Return what was asked for, if the answer grants it.

        `value` is what it tells, `None` if nothing that was asked for; `refusal` is what
        it says that this was refused for.

        Raises:
            GatewayError: it doesn't, or its parts contradict each other.

        """
        claim = Claim(is_accepted=value is not None, refusal=refusal)
        error = self._error_of(answer, claim)
        if value is None or error is not None:
            raise error or self._unreadable(answer)
        return value

    def _submission(
        self, answer: Answer, recipient: str, claim: Claim, segments: int
    ) -> Submission:
        """Return what an answer's claim makes of the message to one recipient.

        `segments` is what it takes, if it was accepted.
        """
        error = self._error_of(answer, claim)
        if error is not None:
            failed = Submission.failed(recipient, error)
            if error.outcome is not Outcome.UNKNOWN:
                return failed
            return replace(failed, sending_id=claim.sending_id)
        return Submission(
            recipient=recipient,
            outcome=Outcome.ACCEPTED,
            submission_id=claim.submission_id,
            sending_id=claim.sending_id,
            segments=segments,
            # Nobody is paid for a message: less than nothing is a misprint.
            cost=None if (claim.cost or 0) < 0 else claim.cost,
        )
