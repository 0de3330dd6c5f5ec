"""SMSECO's delivery reports: asked for in groups, and told only once (section III).

So what can be read of an answer is kept, whatever else is in it.
"""

from collections.abc import Callable, Mapping, Sequence
import re
from typing import Final

from ..model.delivery import DeliveryReport, DeliveryStatus, Sent
from ..wire.decoding import digits_of, parse_json, to_int, to_text
from ..wire.transport import Json
from .codes import STATES
from .responses import STATUT, TEXTE, as_object, first, identifier, listed, read_object
from .times import read_time

type _Row = tuple[str | None, Mapping[str, object]]
"""`msgfid`, and what is told of one recipient."""

# What has nothing else inside: a row is such an object.
_PIECE: Final = re.compile(r"\{[^{}]*\}")


def group(sent: Sequence[Sent]) -> tuple[tuple[Sent, ...], ...]:
    """Return the submissions by the request that sent them, else one by one."""
    groups: dict[tuple[str | None, str | None], list[Sent]] = {}
    for one in sent:
        if one.sending_id is not None:
            groups.setdefault((one.sending_id, None), []).append(one)
        elif one.submission_id is not None:
            groups.setdefault((None, one.submission_id), []).append(one)
    return tuple(map(tuple, groups.values()))


def write_question(sent: Sequence[Sent]) -> dict[str, Json]:
    """Return what asks about one group (section III-3-1)."""
    question: dict[str, Json] = {}
    if (sending_id := sent[0].sending_id) is not None:
        question["msgfid"] = sending_id
    if len(sent) == 1 and sent[0].submission_id not in {None, sending_id}:
        question["smsfid"] = sent[0].submission_id
    return question


def read_reports(
    text: str, clean: Callable[[str], str]
) -> tuple[list[DeliveryReport], bool]:
    """Return the reports of an answer (section III-3-2), and if that is all there is.

    `clean` makes the gateway's words fit to be shown.
    """
    answer = read_object(text)
    rows = _rows_in_pieces(text) if answer is None else _rows(answer)
    told = [
        report
        for sending_id, row in rows
        if (report := _report(row, sending_id, clean))
    ]
    return told, answer is not None and len(told) == len(rows)


def _rows(answer: Mapping[str, object]) -> list[_Row]:
    """Return the rows of all messages; one that has no list of them is an empty row."""
    rows: list[_Row] = []
    for message in listed(answer.get("messages"), "message"):
        sending = as_object(message)
        items = listed(sending["dlrs"], "dlr") if "dlrs" in sending else [None]
        sending_id = identifier(sending.get("msgfid"))
        rows.extend((sending_id, as_object(item)) for item in items)
    return rows


def _rows_in_pieces(text: str) -> list[_Row]:
    """Return the rows that are whole in a text that isn't: cut short, or amid others."""
    return [(None, as_object(parse_json(piece))) for piece in _PIECE.findall(text)]


def _report(
    row: Mapping[str, object], sending_id: str | None, clean: Callable[[str], str]
) -> DeliveryReport | None:
    """Return what a row tells, or `None` if it says not what, or not about whom."""
    code = to_int(first(row, STATUT))
    submission_id = identifier(row.get("smsfid")) or sending_id
    recipient = digits_of(to_text(row.get("destination")))
    if code is None or not (submission_id or recipient):
        return None
    # A state that the document doesn't know may still become one that it does.
    status, is_billed = STATES.get(code, (DeliveryStatus.PENDING, None))
    words = (row.get("libelle"), first(row, TEXTE))
    said = dict.fromkeys(word for word in words if isinstance(word, str) and word)
    return DeliveryReport(
        submission_id=submission_id,
        sending_id=sending_id,
        recipient=recipient,
        status=status,
        code=str(code),
        words=clean(": ".join(said)) or None,
        at=read_time(row.get("date")),
        is_billed=is_billed,
    )
