"""A message and its submissions as rows of the journal's file, and back.

All of it blocks, and may raise `sqlite3.Error`. Text comes as bytes from the file, since
what is no UTF-8 must fail in our hands and not in the cursor's.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
import json
import sqlite3

from ...gateways.model.message import Encoding
from ...gateways.outcome import Outcome
from ..model.record import Kind, MessageRecord, OnUnknown
from ..model.submission import (
    Notice,
    RowKey,
    Stage,
    SubmissionRecord,
    Submissions,
    read_row_key,
)
from ..recipients.address_book import Recipient
from ..text.splitting import TooLong
from .joined_rows import read_joined, write_joined
from .message_json import header_to_json, options_from_json, parts_from_json
from .state_json import state_from_json, state_to_json
from .values import (
    UNREADABLE,
    DamagedError,
    length,
    microseconds,
    moment,
    span,
    to_text,
)

# A message keeps the run that has dated it, and an attempt too, until they are dated
# anew; also one that had joined another before it went its own way.
_WRITE = """
    INSERT INTO message (
        message_id, run, created, time_to_live, send_at, urgent, header
    ) VALUES (
        :message_id,
        coalesce((SELECT run FROM joined WHERE message_id = :message_id), :run),
        :created, :time_to_live, :send_at, :urgent, :header
    )
    ON CONFLICT (message_id) DO UPDATE SET
        run = CASE WHEN created = excluded.created THEN run ELSE excluded.run END,
        created = excluded.created, time_to_live = excluded.time_to_live,
        send_at = excluded.send_at, urgent = excluded.urgent, header = excluded.header
"""
_WRITE_COLUMNS = """
    UPDATE message SET
        run = CASE WHEN created = :created THEN run ELSE :run END, created = :created,
        time_to_live = :time_to_live, send_at = :send_at, urgent = :urgent
    WHERE message_id = :message_id
"""
_COLUMNS = """
    SELECT EXISTS (SELECT 1 FROM joined WHERE leader = message.message_id),
        created, time_to_live, send_at, urgent
    FROM message WHERE message_id = ?
"""
_WRITE_SUBMISSION = """
    INSERT INTO submission (
        message_id, number, position, outcome, stage, run, attempted, period, awaited,
        notice, state
    ) VALUES (
        :message_id, :number, :position, :outcome, :stage, :run, :attempted, :period,
        :awaited, :notice, :state
    )
    ON CONFLICT (message_id, number) DO UPDATE SET
        position = :position,
        outcome = :outcome, stage = :stage,
        run = CASE WHEN attempted IS :attempted THEN run ELSE :run END,
        attempted = :attempted, period = :period, awaited = :awaited, notice = :notice,
        state = :state
"""
_UPDATE_SUBMISSION = """
    UPDATE submission SET
        outcome = :outcome, stage = :stage,
        run = CASE WHEN attempted IS :attempted THEN run ELSE :run END,
        attempted = :attempted, period = :period, awaited = :awaited, notice = :notice,
        state = :state
    WHERE message_id = :message_id AND number = :number
"""
_KEYS = "SELECT number FROM submission WHERE message_id = ?"
_REMOVE_SUBMISSION = "DELETE FROM submission WHERE message_id = ? AND number = ?"

_MESSAGE = """
    SELECT message_id, created, time_to_live, send_at, urgent, header,
        EXISTS (SELECT 1 FROM joined WHERE leader = message.message_id)
    FROM message WHERE rowid = ?
"""
_SUBMISSIONS = """
    SELECT position, number, outcome, stage, attempted, period, awaited, notice, state
    FROM submission WHERE message_id = ?
"""


def check_moments(record: MessageRecord, changed: Iterable[SubmissionRecord]) -> None:
    """Raise `TypeError` if a moment that is sorted by has no time zone."""
    _columns(record)
    for submission in changed:
        _or_none(submission.attempted)


def write_message(
    connection: sqlite3.Connection,
    record: MessageRecord,
    keys: Iterable[RowKey] | None,
    run: int,
) -> None:
    """Write a message: its submissions with `keys`, or all of it with `None`."""
    columns = _columns(record)
    values = {"message_id": record.message_id, "run": run, **columns}
    found = connection.execute(_COLUMNS, (record.message_id,)).fetchone()
    had_joined, *stored = found or (False,)
    if not stored or keys is None:
        header = to_text(header_to_json(record))
        connection.execute(_WRITE, {**values, "header": header})
    # To write what is there already would write its indexes again.
    elif stored != [*columns.values()]:
        connection.execute(_WRITE_COLUMNS, values)
    if had_joined or record.joined:
        write_joined(connection, record, run)
    if not stored or keys is None:
        _write_all_submissions(connection, record, run)
        return
    rows = [
        _submission_values(record.message_id, record.find(key), run) for key in keys
    ]
    updated = connection.executemany(_UPDATE_SUBMISSION, rows).rowcount if rows else 0
    if updated < len(rows):
        # One of them has no row yet.
        _write_all_submissions(connection, record, run)


def _write_all_submissions(
    connection: sqlite3.Connection, record: MessageRecord, run: int
) -> None:
    keys = {submission.key for submission in record.submissions}
    stored = connection.execute(_KEYS, (record.message_id,)).fetchall()
    connection.executemany(
        _REMOVE_SUBMISSION,
        (
            (record.message_id, key.decode())
            for (key,) in stored
            if key.decode() not in keys
        ),
    )
    connection.executemany(
        _WRITE_SUBMISSION,
        (
            {
                **_submission_values(record.message_id, submission, run),
                "position": position,
            }
            for position, submission in enumerate(record.submissions)
        ),
    )


def _columns(record: MessageRecord) -> dict[str, int | None]:
    """Return what a message is looked up by, or may become, in the order of `_COLUMNS`."""
    return {
        "created": microseconds(record.created),
        "time_to_live": length(record.time_to_live),
        "send_at": _or_none(record.options.send_at),
        "urgent": int(record.urgent),
    }


def _submission_values(
    message_id: str, submission: SubmissionRecord, run: int
) -> Mapping[str, str | int | None]:
    return {
        "message_id": message_id,
        "number": submission.key,
        "outcome": submission.outcome,
        "stage": submission.stage,
        "run": run,
        "attempted": _or_none(submission.attempted),
        "period": submission.period,
        "awaited": int(submission.is_awaited),
        "notice": submission.notice,
        "state": to_text(state_to_json(submission)),
    }


def _too_long(stored: str | None) -> TooLong | None:
    return None if stored is None else TooLong(stored)


def _or_none(when: datetime | None) -> int | None:
    return None if when is None else microseconds(when)


def read_message(connection: sqlite3.Connection, rowid: int) -> MessageRecord:
    """Return the message of a row; raises `DamagedError`."""
    [row] = connection.execute(_MESSAGE, (rowid,)).fetchall()
    message_id, created, time_to_live, send_at, urgent, header, has_joined = row
    try:
        stored = json.loads(header)
        record = MessageRecord(
            message_id=message_id.decode(),
            kind=Kind(stored["kind"]),
            created=moment(created),
            time_to_live=span(time_to_live),
            text=stored["text"],
            sender=stored["sender"],
            encoding=Encoding(stored["encoding"]),
            segments=stored["segments"],
            on_unknown=OnUnknown(stored["on_unknown"]),
            urgent=bool(urgent),
            options=options_from_json(
                stored["options"], None if send_at is None else moment(send_at)
            ),
            is_kept=stored.get("is_kept", False),
            parts=parts_from_json(stored),
            relay=stored.get("relay"),
            relay_message=stored.get("relay_message"),
            too_long=_too_long(stored.get("too_long")),
            submissions=_read_submissions(connection, message_id.decode()),
            joined=read_joined(connection, message_id.decode()) if has_joined else (),
        )
        if record.expires < record.created:
            raise DamagedError
    except UNREADABLE:
        # Not even as the cause: it would quote the message.
        raise DamagedError("malformed record") from None
    return record


def _read_submissions(connection: sqlite3.Connection, message_id: str) -> Submissions:
    rows = connection.execute(_SUBMISSIONS, (message_id,)).fetchall()
    rows.sort()
    if not rows or [position for position, *_ in rows] != [*range(len(rows))]:
        raise DamagedError("a submission is missing")
    return Submissions(_read_submission(*row) for _, *row in rows)


def _read_submission(
    number: bytes,
    outcome: bytes,
    stage: bytes,
    attempted: int | None,
    period: int | None,
    awaited: int,
    notice: bytes | None,
    state: bytes,
) -> SubmissionRecord:
    stored = json.loads(state)
    digits, part = read_row_key(number.decode())
    submission = SubmissionRecord(
        recipient=Recipient(number=digits, name=stored.get("name")),
        part=part,
        outcome=Outcome(outcome.decode()),
        stage=Stage(stage.decode()),
        attempted=None if attempted is None else moment(attempted),
        period=period,
        notice=None if notice is None else Notice(notice.decode()),
        **state_from_json(stored),
    )
    if submission.is_awaited != bool(awaited):
        raise DamagedError("awaited")
    return submission
