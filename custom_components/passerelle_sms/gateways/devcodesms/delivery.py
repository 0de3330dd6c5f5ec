"""The delivery reports that DevCodeSMS sends by itself (section 2.3).

Whoever knows the address may call, so nothing is believed about the form of a call.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
import json
import re
from typing import Final

from ..abilities.delivery import PushedAnswer, PushedReport
from ..answer_reader import EXCERPT
from ..errors import InvalidRequestError
from ..model.delivery import DeliveryReport, DeliveryStatus
from ..wire.decoding import digits_of, to_text
from ..wire.json_document import items_of, read_json
from ..wire.times import DOUALA, read_time
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
_DELIVERED: Final = frozenset({"delivrd", "delivered", "1"})
_UNDELIVERED: Final = frozenset(
    {"undeliv", "undelivered", "undeliverable", "expired", "deleted"}
    | {"rejectd", "rejected", "failed", "0"}
)
# "1", "DELIVRD", or one after the other.
_STATUS: Final = re.compile(
    r"[^a-z0-9-]*+(?:([01])(?![0-9])(?:[^a-z0-9]*+([a-z]+))?|([a-z]+))"
)
_MOST_ROWS: Final = 500
_ID_PREFIX: Final = "brk.ocm."


def read_call(body: str, redact: Callable[[str], str]) -> tuple[PushedReport, ...]:
    """Return the rows of a call, each with what it says about a delivery.

    Raises:
        InvalidRequestError: it isn't of the document's form, or too long.

    """
    rows = _rows(read_json(body))
    if len(rows) > _MOST_ROWS:
        raise InvalidRequestError
    objects = [row if isinstance(row, dict) else {} for row in rows]
    return tuple(PushedReport(report=_report(row, redact), row=row) for row in objects)


def answer_call(pushed: Sequence[PushedReport], taken: Sequence[bool]) -> PushedAnswer:
    """Return the list of a call, with the code 1 for what was taken and 0 for the rest.

    "Changer le statut en 1 si succès ou 0 si échec": of the two fields that may be
    meant, the code is the one that holds 1 or 0.
    """
    rows = [
        _answered(one.row, code=int(is_taken))
        for one, is_taken in zip(pushed, taken, strict=True)
    ]
    return PushedAnswer(body=json.dumps({_LIST: rows}), content_type="application/json")


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
    if not isinstance(content, dict | list):
        raise InvalidRequestError
    return items_of(content)


def _report(row: Fields, redact: Callable[[str], str]) -> DeliveryReport | None:
    """Return what a row says, or `None` if it names no message or no state."""
    fields = _by_name(row)
    submission_id = _text(fields, "messageid")[:EXCERPT]
    number = digits_of(_text(fields, "mobileno"))
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
    """Return what the status means, or the code where there is no status."""
    read = _STATUS.match((word or code).casefold())
    told = {part for part in read.groups() if part} if read else {""}
    if told <= _DELIVERED:
        return DeliveryStatus.DELIVERED
    # What contradicts itself settles nothing, nor does what nobody knows.
    return (
        DeliveryStatus.UNDELIVERED if told <= _UNDELIVERED else DeliveryStatus.PENDING
    )


def _time(fields: Fields) -> datetime | None:
    times = (read_time(_text(fields, name), DOUALA) for name in _TIMES)
    return next(filter(None, times), None)


def _answered(row: Fields, *, code: int) -> dict[str, Json]:
    """Return the document's own fields of a row, by the names that they came with."""
    answered: dict[str, Json] = {
        name: code if _folded(name) in _CODES else _echo(value)
        for name, value in row.items()
        if _folded(name) in _FIELDS
    }
    if not any(_folded(name) in _CODES for name in answered):
        answered[_CODE] = code
    return answered


def _echo(value: object) -> Json:
    if isinstance(value, str):
        return value[:EXCERPT]
    return value if isinstance(value, int) else None


def _by_name(row: Fields) -> dict[str, object]:
    return {_folded(name): value for name, value in row.items()}


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()


def _text(fields: Fields, *names: str) -> str:
    """Return the first of these fields that holds a text or a whole number."""
    return next(filter(None, (to_text(fields.get(name)) for name in names)), "")
