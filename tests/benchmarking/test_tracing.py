"""Counting syncs in the list of calls."""

from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from scripts.benchmarking import tracing
from scripts.benchmarking.tracing import command, count_syncs, is_available

BEGIN = 'access("/no/such/benchmark/{}/begin", F_OK) = -1 ENOENT (No such file)'
END = 'access("/no/such/benchmark/{}/end", F_OK) = -1 ENOENT (No such file)'


def test_counts_the_syncs_between_the_marks() -> None:
    """What comes before and after belongs to nobody."""
    trace = [
        "17 fsync(3) = 0",
        f"17 {BEGIN.format('alert/smseco/1')}",
        "19 fdatasync(8) = 0",
        "19 fsync(9)                       = -1 EIO (Input/output error)",
        f"17 {END.format('alert/smseco/1')}",
        "19 fdatasync(8) = 0",
    ]
    assert count_syncs(trace) == {"alert/smseco/1": [2]}


def test_counts_a_call_in_two_lines_once() -> None:
    """Another thread's call may stand between a call and its answer."""
    trace = [
        f"17 {BEGIN.format('a/b/1')}",
        "19 fdatasync(8 <unfinished ...>",
        '17 access("/etc/hosts", R_OK) = 0',
        "19 <... fdatasync resumed>) = 0",
        f"17 {END.format('a/b/1')}",
    ]
    assert count_syncs(trace) == {"a/b/1": [1]}


def test_reads_marks_of_other_processors() -> None:
    """Where there is no `access`, `faccessat` is called instead."""
    trace = [
        '7 faccessat(AT_FDCWD, "/no/such/benchmark/a/b/1/begin", F_OK) = -1 ENOENT',
        "7 msync(0x7f0000, 4096, MS_SYNC) = 0",
        '7 faccessat2(AT_FDCWD, "/no/such/benchmark/a/b/1/end", F_OK, 0) = -1 ENOENT',
    ]
    assert count_syncs(trace) == {"a/b/1": [1]}


def test_ignores_what_never_ended() -> None:
    """It has no count, as it isn't known where it would have ended."""
    assert count_syncs([f"17 {BEGIN.format('a/b/1')}", "17 fsync(3) = 0"]) == {}


def test_ignores_an_end_without_a_beginning() -> None:
    """The list may begin in the middle."""
    assert count_syncs(["17 fsync(3) = 0", f"17 {END.format('a/b/1')}"]) == {}


@given(st.lists(st.integers(min_value=0, max_value=5), min_size=1, max_size=8))
def test_counts_each_time_by_itself(counts: list[int]) -> None:
    """One case that is measured several times has several counts, in their order."""
    trace = [
        line
        for count in counts
        for line in (
            BEGIN.format("a/b/1"),
            *["fsync(3) = 0"] * count,
            END.format("a/b/1"),
        )
    ]
    assert count_syncs(trace) == {"a/b/1": counts}


def test_is_not_available_without_strace(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where it is not installed, nothing is tried."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not is_available()


def test_is_not_available_where_it_is_not_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is there, and ends with an error."""
    monkeypatch.setattr("shutil.which", lambda name: name)
    monkeypatch.setattr(tracing, "command", lambda trace: ("false",))
    assert not is_available()


def test_writes_into_the_file_that_was_asked_for(tmp_path: Path) -> None:
    """So that nothing of it stands in Home Assistant's log."""
    assert f"--output={tmp_path / 'trace'}" in command(tmp_path / "trace")
