"""What is done with several tables of the journal's file at once.

All of it blocks, and may raise `sqlite3.Error`.
"""

from datetime import datetime
import sqlite3

from . import messages, replies


def prune(connection: sqlite3.Connection, before: datetime, keep: int) -> int:
    """Delete what is old or too much; return how many messages that were."""
    replies.prune_replies(connection, before)
    return messages.prune_messages(connection, before, keep)
