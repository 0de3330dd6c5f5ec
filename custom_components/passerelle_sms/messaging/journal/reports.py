"""Delivery reports that a gateway tells only once, in the journal's file.

They are written down before anything is made of them. All of it blocks, and may raise
`sqlite3.Error`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
import json
import sqlite3
from typing import Any, Final

from ...gateways.model.delivery import DeliveryReport, DeliveryStatus
from .values import microseconds, moment, read_rows, to_text

REPORTS_KEPT: Final = 100_000
"""How many reports the file holds at most, the newest ones."""

_KEEP = "INSERT INTO report (heard, report) VALUES (?, ?) RETURNING report_id"
_APPLY = "UPDATE report SET applied = 1, message_id = ? WHERE report_id = ?"

# In the order in which they were heard, whatever the clock said.
_UNAPPLIED = """
    SELECT report_id, heard, message_id, report FROM report
    WHERE applied = 0 ORDER BY report_id
"""
_OF_NOBODY = """
    SELECT report_id, heard, message_id, report FROM report
    WHERE applied = 1 AND message_id IS NULL ORDER BY report_id DESC LIMIT ?
"""
# By their numbers, which come in order: it costs the same however many there are.
_TRIM = "DELETE FROM report WHERE report_id <= (SELECT max(report_id) FROM report) - ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReport:
    """A delivery report that is on disk."""

    report_id: int
    heard: datetime
    report: DeliveryReport
    message_id: str | None
    """The message of ours that it is about, once that has been looked for."""


def keep_reports(
    connection: sqlite3.Connection,
    reports: Sequence[DeliveryReport],
    heard: datetime,
    keep: int = REPORTS_KEPT,
) -> list[StoredReport]:
    """Write down what was heard, and delete the oldest of what is too many."""
    kept = [_keep(connection, report, heard) for report in reports]
    connection.execute(_TRIM, (keep,))
    return kept


def unapplied_reports(connection: sqlite3.Connection) -> list[StoredReport]:
    """Return the reports that nothing was made of yet, oldest first."""
    return read_rows(connection.execute(_UNAPPLIED).fetchall(), _read)


def apply_reports(
    connection: sqlite3.Connection, ids: Mapping[int, str | None]
) -> None:
    """Note which message each report is about, or that it is about none of ours."""
    connection.executemany(
        _APPLY, ((message_id, report_id) for report_id, message_id in ids.items())
    )


def unmatched_reports(connection: sqlite3.Connection, limit: int) -> list[StoredReport]:
    """Return the reports that are about no message of ours, newest first."""
    return read_rows(connection.execute(_OF_NOBODY, (limit,)).fetchall(), _read)


def _keep(
    connection: sqlite3.Connection, report: DeliveryReport, heard: datetime
) -> StoredReport:
    values = microseconds(heard), to_text(_to_json(report))
    [[report_id]] = connection.execute(_KEEP, values).fetchall()
    return StoredReport(
        report_id=report_id, heard=heard, report=report, message_id=None
    )


def _read(
    report_id: int, heard: int, message_id: bytes | None, stored: bytes
) -> StoredReport:
    return StoredReport(
        report_id=report_id,
        heard=moment(heard),
        report=_from_json(json.loads(stored)),
        message_id=None if message_id is None else message_id.decode(),
    )


def _to_json(report: DeliveryReport) -> dict[str, Any]:
    return {
        "submission_id": report.submission_id,
        "sending_id": report.sending_id,
        "recipient": report.recipient,
        "status": report.status.value,
        "code": report.code,
        "words": report.words,
        "at": report.at and report.at.isoformat(),
        "is_billed": report.is_billed,
    }


def _from_json(stored: Mapping[str, Any]) -> DeliveryReport:
    at = stored["at"]
    return DeliveryReport(
        submission_id=stored["submission_id"],
        sending_id=stored["sending_id"],
        recipient=stored["recipient"],
        status=DeliveryStatus(stored["status"]),
        code=stored["code"],
        words=stored["words"],
        at=None if at is None else datetime.fromisoformat(at),
        is_billed=stored["is_billed"],
    )
