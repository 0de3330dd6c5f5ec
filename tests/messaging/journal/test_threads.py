"""Who is at the journal's file, in whichever thread, is there alone."""

from pathlib import Path
import sqlite3
import threading

from custom_components.passerelle_sms.messaging.journal.opening import open_file, reopen


def test_a_file_is_closed_once_nobody_is_at_it(tmp_path: Path) -> None:
    """Home Assistant's stop may end who waits for a thread, and not the thread."""
    file, _ = open_file(tmp_path / "journal")
    asked, may_answer = threading.Event(), threading.Event()
    answers: list[int] = []

    def question(connection: sqlite3.Connection) -> None:
        asked.set()
        assert may_answer.wait(10)
        answers.append(connection.execute("SELECT 1").fetchone()[0])

    asking = threading.Thread(target=file.read, args=(question,))
    asking.start()
    assert asked.wait(10)
    reopened = threading.Event()

    def open_again() -> None:
        reopen(file)[0].close()
        reopened.set()

    opening = threading.Thread(target=open_again)
    opening.start()

    assert not reopened.wait(0.05)
    may_answer.set()
    for thread in (asking, opening):
        thread.join(10)
    assert answers == [1]
    assert reopened.is_set()
