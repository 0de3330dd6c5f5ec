"""What is done with several tables of the journal's file at once.

All of it blocks, and may raise `sqlite3.Error`.
"""

from datetime import datetime, timedelta
import sqlite3

from . import messages, notes, replies, reports


def redate(connection: sqlite3.Connection, by: timedelta) -> None:
    """Date what this run has dated `by` later, and the past too if the clock went back."""
    messages.redate(connection, by)
    notes.redate_balance_change(connection, by)


def prune(connection: sqlite3.Connection, before: datetime, keep: int) -> int:
    """Delete what is old or too much; return how many messages that were."""
    reports.prune_reports(connection)
    replies.prune_replies(connection, before)
    return messages.prune_messages(connection, before, keep)
