"""What an answer of DevCodeSMS says as a whole.

It is a JSON object. `success` decides, then `code`, then the HTTP status; a refusal also
comes inside HTTP 200. `msg` only tells which refusal it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

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
from ..model.delivery import find_number
from ..wire.decoding import digits_of, parse_object, to_decimal, to_int, to_text
from ..wire.transport import Answer
from .codes import kind_of

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
        if kind is RateLimitedError:
            return RateLimitedError(code=code, words=words, wait=answer.retry_after)
        return kind(code=code, words=words)


# The document prints "success" and "error"; the others mean the same.
_YES: Final = frozenset({"true", "success"})
_NO: Final = frozenset({"false", "error", "erreur", "fail", "failed", "failure"})
# What stands in `errorcode` when there is no error.
_NO_ERROR: Final = frozenset({"", "0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What the answer says about one number."""

    accepted: bool | None
    """`None` when it says neither yes nor no."""
    digits: str
    """Of the number, however it was written."""
    submission_id: str | None
    cost: Decimal | None
    balance: Decimal | None
    error_code: str
    error_words: str


def read_rows(content: Mapping[str, object]) -> list[Row]:
    """Return every row of an answer, `details[].sms[]`."""
    return [
        _read_row(sms)
        for detail in objects(content.get("details"))
        for sms in objects(detail.get("sms"))
    ]


def rows_by_number(numbers: Sequence[str], rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the rows that speak of each number, and of no other one."""
    if len(numbers) == len(rows) == 1:
        # Whatever it says about the number, it can be about nobody else.
        return {numbers[0]: list(rows)}
    found: dict[str, list[Row]] = {number: [] for number in numbers}
    for row in rows:
        if (number := find_number(row.digits, numbers)) is not None:
            found[number].append(row)
    return found


def cost_of(rows: Sequence[Row]) -> Decimal | None:
    """Return what all rows that took a message cost, where they tell."""
    costs = [row.cost for row in rows if row.accepted and row.cost is not None]
    return sum(costs, Decimal(0)) if costs else None


def strongest(rows: Sequence[Row]) -> Row | None:
    """Return the row that counts among those about one number.

    One that took the message outweighs one that says nothing, and that one a refusal:
    what was taken must not be sent again.
    """
    for accepted in (True, None, False):
        for row in rows:
            if row.accepted is accepted:
                return row
    return None


def verdict(value: object) -> bool | None:
    """Return what `success`, `code` or a row's `status` says, if it says anything."""
    word = str(value).strip().casefold()
    if word in _YES:
        return True
    return False if word in _NO else None


def objects(value: object) -> list[Mapping[str, object]]:
    """Return the objects of a list, or the one that stands where a list is due."""
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, dict)]


def _read_row(sms: Mapping[str, object]) -> Row:
    code = to_text(sms.get("errorcode"))
    return Row(
        accepted=verdict(sms.get("status")) if code in _NO_ERROR else False,
        digits=digits_of(to_text(sms.get("mobileno"))),
        submission_id=to_text(sms.get("messageid")) or None,
        cost=to_decimal(sms.get("total_sms_unit")),
        balance=to_decimal(sms.get("balance")),
        error_code=code,
        error_words=to_text(sms.get("errordescription")),
    )
