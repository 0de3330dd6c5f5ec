"""The delivery reports that DevCodeSMS sends by itself (section 2.3).

Whoever knows the address may call, so nothing is believed about the form of a call.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
import re
from typing import Final

from ..abilities.delivery import PushedReport
from ..errors import InvalidRequestError
from ..gateway import EXCERPT
from ..model.delivery import DeliveryReport, DeliveryStatus
from ..wire.decoding import digits_of, parse_json, to_text
from ..wire.times import DOUALA, parse_time
from ..wire.transport import Json

type Fields = Mapping[str, object]

_LIST: Final = "dlrlist"
# The document writes the first, its answer to a message (2.1.2) the second.
_CODE: Final = "reponsecode"
_CODES: Final = frozenset({_CODE, "responsecode"})
_DESCRIPTIONS: Final = ("reponsedescription", "responsedescription")
# The latest step that a report tells of comes first.
_TIMES: Final = ("deliverytime", "senttime", "submittime")
# Section 2.3.1, in full; what else a row holds is nobody's business.
_FIELDS: Final = frozenset(
    {*_CODES, *_DESCRIPTIONS, *_TIMES, "status", "messageid", "mobileno"}
)
# "Error Code and Description/status" prints the first of each; the others are the words
# of SMPP, which those two come from. Every other word is of something still to come.
_STATES: Final = {
    "delivrd": DeliveryStatus.DELIVERED,
    "delivered": DeliveryStatus.DELIVERED,
    "undeliv": DeliveryStatus.UNDELIVERED,
    "undelivered": DeliveryStatus.UNDELIVERED,
    "undeliverable": DeliveryStatus.UNDELIVERED,
    "expired": DeliveryStatus.UNDELIVERED,
    "deleted": DeliveryStatus.UNDELIVERED,
    "rejectd": DeliveryStatus.UNDELIVERED,
    "rejected": DeliveryStatus.UNDELIVERED,
    "failed": DeliveryStatus.UNDELIVERED,
}
_CODE_STATES: Final = {
    "1": DeliveryStatus.DELIVERED,
    "0": DeliveryStatus.UNDELIVERED,
}
_FIRST_WORD: Final = re.compile(r"[a-z]*")
_MOST_ROWS: Final = 500
# No number is longer, with whatever stands before it. Its end tells it from others.
_LONGEST_NUMBER: Final = 20
# Outside of these years a time is a mistake, and one that some calendars can't hold.
_YEARS: Final = range(2000, 2200)
# What every reader of JSON takes for the number that was written.
_LARGEST: Final = 2**53
_ID_PREFIX: Final = "brk.ocm."


def read_call(body: str, redact: Callable[[str], str]) -> tuple[PushedReport, ...]:
    """Return the rows of a call, each with what it says about a delivery.

    Raises:
        InvalidRequestError: it isn't of the document's form, or too long.

    """
    rows = _rows(parse_json(body))
    if len(rows) > _MOST_ROWS:
        raise InvalidRequestError
    return tuple(
        PushedReport(report=_report(_by_name(row), redact), row=row)
        if isinstance(row, dict)
        else PushedReport(report=None, row={})
        for row in rows
    )


def answer_call(pushed: Sequence[PushedReport], taken: Sequence[bool]) -> Json:
    """Return the list of a call, with the code 1 for what was taken and 0 for the rest.

    "Changer le statut en 1 si succès ou 0 si échec": of the two fields that may be
    meant, the code is the one that holds 1 or 0.
    """
    return {
        _LIST: [
            _answered(one.row, code=int(is_taken))
            for one, is_taken in zip(pushed, taken, strict=True)
        ]
    }


def bare_id(submission_id: str) -> str:
    """Return an id without prefix and dashes.

    The document prints an id with both in 2.1.2, and one with neither in 2.3.1.
    """
    written = submission_id.strip().casefold()
    return written.removeprefix(_ID_PREFIX).replace("-", "")


def _rows(content: object) -> Sequence[object]:
    """Return the rows: a list or a single one, in `dlrlist` or without it."""
    if isinstance(content, dict):
        fields = _by_name(content)
        if _LIST in fields:
            content = fields[_LIST]
        elif not fields.keys() & {"messageid", "mobileno"}:
            raise InvalidRequestError
    if isinstance(content, dict):
        return (content,)
    if isinstance(content, list):
        return content
    raise InvalidRequestError


def _report(fields: Fields, redact: Callable[[str], str]) -> DeliveryReport | None:
    """Return what a row says, or `None` if it names no message or no state."""
    submission_id = _text(fields, "messageid")[:EXCERPT]
    number = digits_of(_text(fields, "mobileno"))[-_LONGEST_NUMBER:]
    word, code = _text(fields, "status"), _text(fields, *sorted(_CODES))
    if not (submission_id or number) or not (word or code):
        return None
    return DeliveryReport(
        submission_id=submission_id or None,
        recipient=number,
        status=_status(word, code),
        code=redact(code)[:EXCERPT] or None,
        words=redact(word or _text(fields, *_DESCRIPTIONS))[:EXCERPT] or None,
        at=_time(fields),
    )


def _status(word: str, code: str) -> DeliveryStatus:
    """Return what the word means, or the code where there is no word."""
    if not word:
        return _CODE_STATES.get(code, DeliveryStatus.PENDING)
    first = _FIRST_WORD.match(word.casefold())
    return _STATES.get(first[0] if first else "", DeliveryStatus.PENDING)


def _time(fields: Fields) -> datetime | None:
    for name in _TIMES:
        time = parse_time(_text(fields, name), DOUALA)
        if time is not None and time.year in _YEARS:
            return time
    return None


def _answered(row: Fields, *, code: int) -> dict[str, Json]:
    """Return the document's own fields of a row, by the names that they came with."""
    answered: dict[str, Json] = {
        name: code if name.casefold() in _CODES else _echo(value)
        for name, value in row.items()
        if name.casefold() in _FIELDS
    }
    if not any(name.casefold() in _CODES for name in answered):
        answered[_CODE] = code
    return answered


def _echo(value: object) -> Json:
    if isinstance(value, str):
        return _whole(value)[:EXCERPT]
    if isinstance(value, int) and abs(value) < _LARGEST:
        return value
    return None


def _by_name(row: Fields) -> dict[str, object]:
    return {name.casefold(): value for name, value in row.items()}


def _text(fields: Fields, *names: str) -> str:
    """Return the first of these fields that holds a text or a whole number."""
    texts = (to_text(fields.get(name)) for name in names)
    return _whole(next(filter(None, texts), ""))


def _whole(text: str) -> str:
    """Return a text that can be stored: half a surrogate pair can't."""
    return text.encode("utf-8", "replace").decode()
