"""What SQLite's log holds: whole, cut short, or damaged."""

from contextlib import closing
from functools import cache
from io import BytesIO
from pathlib import Path
import sqlite3
from tempfile import TemporaryDirectory

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.messaging.journal.private_file import log_of
from custom_components.passerelle_sms.messaging.journal.write_ahead_log import (
    LogContent,
    LogState,
    read_log,
)

HEADER, FRAME = 32, 24 + 512
COMMITS = 6


@cache
def real_log() -> tuple[bytes, tuple[int, ...]]:
    """Return a log as SQLite writes it, and where each of its commits ends."""
    ends = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "database"
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA page_size = 512")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            connection.execute("CREATE TABLE text (text TEXT)")
            ends.append(log_of(path).stat().st_size)
            for size in range(COMMITS):
                connection.execute(
                    "INSERT INTO text VALUES (?)", (f"{size}" * 400 * size,)
                )
                ends.append(log_of(path).stat().st_size)
            return log_of(path).read_bytes(), tuple(ends)


def state_of(log: bytes) -> LogState:
    """Return how a log is."""
    return read_log(BytesIO(log)).state


def test_what_sqlite_has_written_is_intact() -> None:
    """To its last byte."""
    log, ends = real_log()

    assert len(log) > HEADER + COMMITS * FRAME
    assert read_log(BytesIO(log)) == LogContent(state=LogState.INTACT, size=ends[-1])


@pytest.mark.parametrize("size", [0, HEADER])
def test_a_log_without_a_frame_is_intact(size: int) -> None:
    """Nothing was confirmed in it."""
    assert state_of(real_log()[0][:size]) is LogState.INTACT


@given(st.data())
def test_a_log_cut_anywhere_ends_at_its_last_commit(data: st.DataObject) -> None:
    """As a crash cuts it; what lies behind that commit nobody was told of."""
    log, ends = real_log()
    size = data.draw(st.integers(0, len(log)))

    found = read_log(BytesIO(log[:size]))

    first = HEADER if size >= HEADER else 0
    assert found.size == max([first, *(end for end in ends if end <= size)])
    whole = LogState.INTACT if found.size == size else LogState.INTERRUPTED
    assert found.state is whole


@given(st.data(), st.integers(1, 255))
def test_any_other_byte_is_damage(data: st.DataObject, flip: int) -> None:
    """In the header or in a frame; what was committed before it is still told."""
    log, ends = real_log()
    place = data.draw(st.integers(0, len(log) - 1))
    broken = bytearray(log)
    broken[place] ^= flip

    found = read_log(BytesIO(broken))

    assert found.state is LogState.DAMAGED
    first = HEADER if place >= HEADER else 0
    assert found.size == max([first, *(end for end in ends if end <= place)])


@pytest.mark.parametrize("place", range(24))
def test_any_other_byte_before_a_page_is_damage(place: int) -> None:
    """Of the first frame, and of the last: the checksum alone does not cover them all."""
    log, _ = real_log()
    for frame in (HEADER, len(log) - FRAME):
        broken = bytearray(log)
        broken[frame + place] ^= 1

        assert state_of(bytes(broken)) is LogState.DAMAGED


@given(st.binary(min_size=1, max_size=2 * FRAME))
def test_what_lies_behind_the_last_frame_is_damage(more: bytes) -> None:
    """If there is room in it for a frame; less than that is one cut short."""
    cut_short = len(more) < FRAME
    log, ends = real_log()

    found = read_log(BytesIO(log + more))

    expected = LogState.INTERRUPTED if cut_short else LogState.DAMAGED
    assert found == LogContent(state=expected, size=ends[-1])


def test_a_frame_of_an_earlier_log_is_damage() -> None:
    """Nothing of it can be left where the log is cut at each checkpoint."""
    log, _ = real_log()

    assert state_of(log + log[HEADER : HEADER + FRAME]) is LogState.DAMAGED


def test_a_header_alone_that_is_none_was_cut_short() -> None:
    """It is on disk before the first frame is written."""
    assert state_of(b"\0" * HEADER) is LogState.INTERRUPTED
    assert state_of(b"\0" * (HEADER + 1)) is LogState.DAMAGED


def header_of_the_other_order() -> bytes:
    """Return the header of a log as a machine writes it whose bytes stand that way."""
    numbers = [0x377F0683, 3007000, 4096, 0, 1, 2]
    first = second = 0
    for one, other in zip(numbers[::2], numbers[1::2], strict=True):
        first = (first + one + second) % 2**32
        second = (second + other + first) % 2**32
    return b"".join(number.to_bytes(4) for number in [*numbers, first, second])


def test_reads_the_numbers_of_the_other_order() -> None:
    """A machine whose bytes stand the other way round adds up other pairs."""
    header = header_of_the_other_order()

    assert read_log(BytesIO(header)) == LogContent(state=LogState.INTACT, size=HEADER)
    assert state_of(header[:-1] + b"\0" + b"x") is LogState.DAMAGED
