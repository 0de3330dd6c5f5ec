"""SMSECO's delivery reports: asked for in groups, and told only once (section III).

So every object with a state, and an id or a number, is a report, wherever it stands.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

from ..model.delivery import DeliveryReport, DeliveryStatus, Sent
from ..wire.json_document import Object
from ..wire.times import ABIDJAN, read_time
from ..wire.transport import Json
from .codes import STATES
from .pieces import read_pieces
from .responses import (
    find_rows,
    is_row,
    read_id,
    read_number,
    read_sending_id,
    read_statut,
    read_words,
)

# No house has so many at once. Each takes its time, and its place in the journal.
MOST_REPORTS: Final = 2000


def group(sent: Sequence[Sent]) -> tuple[tuple[Sent, ...], ...]:
    """Return the submissions by the request that sent them, else one by one."""
    groups: defaultdict[tuple[str, bool], list[Sent]] = defaultdict(list)
    for one in sent:
        if known := one.sending_id or one.submission_id:
            groups[known, known == one.sending_id].append(one)
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
    text: str, document: object, show: Callable[[str], str]
) -> tuple[tuple[DeliveryReport, ...], bool]:
    """Return the reports of an answer (section III-3-2), and if that is all there is.

    `document` is the answer as a whole, if it is one; `show` makes the gateway's words
    fit to be shown.
    """
    rows = find_rows(document) or [*filter(is_row, read_pieces(text))]
    # Most rows say the same.
    show = cache(show)
    told = [report for row in rows[:MOST_REPORTS] if (report := _report(row, show))]
    return tuple(told), document is not None and len(told) == len(rows)


def _report(row: Object, show: Callable[[str], str]) -> DeliveryReport | None:
    """Return what a row tells, or `None` if it doesn't say what."""
    code = read_statut(row)
    if code is None or code < 0:
        return None
    # A state that the document doesn't know may still become one that it does.
    status, is_billed = STATES.get(code, (DeliveryStatus.PENDING, None))
    label, words = row.get("libelle"), read_words(row)
    said = dict.fromkeys([label, words] if isinstance(label, str) else [words])
    return DeliveryReport(
        submission_id=read_id(row, "smsfid", "smsid") or read_sending_id(row),
        sending_id=read_sending_id(row),
        recipient=read_number(row),
        status=status,
        code=show(str(code)),
        words=show(": ".join(filter(None, said))) or None,
        at=read_time(row.get("date"), ABIDJAN),
        is_billed=is_billed,
    )
