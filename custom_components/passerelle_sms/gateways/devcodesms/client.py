"""What an answer of DevCodeSMS says as a whole.

It is a JSON object. `success` decides, then `code`, then the HTTP status; a refusal also
comes inside HTTP 200. `msg` only tells which refusal it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..decoding import parse_object, to_int, to_text
from ..errors import (
    AuthenticationError,
    GatewayBrokenError,
    GatewayError,
    InvalidRequestError,
    NotAllowedError,
    OperationUnknownError,
    RateLimitedError,
    RejectedError,
)
from ..gateway import Gateway
from ..transport import Answer
from .rows import verdict
from .words import kind_of

_STATUS_REFUSALS: Final[dict[int, type[GatewayError]]] = {
    400: InvalidRequestError,
    403: NotAllowedError,
    404: OperationUnknownError,
    405: OperationUnknownError,
    415: OperationUnknownError,
    429: RateLimitedError,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonAnswer:
    """An answer as a whole."""

    success: bool
    status: int | None
    """As its body tells."""
    words: str
    content: Mapping[str, object]


class DevCodeSmsClient(Gateway):
    """What all operations of DevCodeSMS have in common."""

    def _read(self, answer: Answer) -> JsonAnswer:
        """Return an answer that says yes or no; raise what any other one means."""
        content = parse_object(answer.text)
        if content is None:
            self._check_status(answer)
            raise self._unreadable(answer)
        is_fine = 200 <= answer.status < 300
        success = verdict(content.get("success"))
        if success is None:
            success = verdict(content.get("code"))
        if success is None and not is_fine:
            self._check_status(answer)
        status = to_int(content.get("status"))
        # Its status 500 is an error on its side, which the message may have outlived.
        # Inside HTTP 500 only a plain refusal is believed.
        if (status or answer.status) >= 500 or (answer.status >= 500 and success):
            self._unreadable(answer)
            broken = f"HTTP {answer.status}" if answer.status >= 500 else str(status)
            raise GatewayBrokenError(code=broken)
        if success and not is_fine:
            raise self._unreadable(answer)
        return JsonAnswer(
            success=success is not False,
            status=status,
            words=to_text(content.get("msg")),
            content=content,
        )

    def _refusal(self, answer: Answer, reply: JsonAnswer) -> GatewayError:
        """Return which refusal it is: that it is one has been decided."""
        code = str(reply.status or f"HTTP {answer.status}")
        words = self._shown(reply.words)
        if 401 in {answer.status, reply.status}:
            return AuthenticationError(code=code, words=words)
        kind = (
            kind_of(reply.words)
            or _STATUS_REFUSALS.get(answer.status)
            or _STATUS_REFUSALS.get(reply.status or 0, RejectedError)
        )
        return kind(code=code, words=words)
