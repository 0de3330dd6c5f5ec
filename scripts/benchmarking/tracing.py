"""Counts the syncs that the kernel was asked for, with strace.

What is measured asks the kernel for paths that do not exist, before and after; so the
syncs in between are found in the one list of calls that strace writes for all threads.
"""

from collections import defaultdict
from collections.abc import Iterable
import os
from pathlib import Path
import re
import shutil
import subprocess
from typing import Final

# Nobody has such a folder, so that no other call names it.
_MARKS: Final = "/no/such/benchmark"
_BEGIN: Final = "begin"
_END: Final = "end"

_SYNCS: Final = (
    "fsync",
    "fdatasync",
    "msync",
    "sync",
    "sync_file_range",
    "syncfs",
)
# Which of the calls asks for a path depends on the processor; `?`: if there is one.
_ASKING: Final = ("?access", "?faccessat", "?faccessat2")

_MARK: Final = re.compile(rf'access\w*\(.*"{_MARKS}/(?P<key>[^"]+)/(?P<what>\w+)"')
# A call that another thread interrupted in the list has a second line, `<... resumed>`.
_SYNC: Final = re.compile(rf"^(?:\d+ +)?(?:{'|'.join(_SYNCS)})\(")


def mark_begin(key: str) -> None:
    """Leave a mark in the list of calls: what belongs to `key` begins."""
    os.access(f"{_MARKS}/{key}/{_BEGIN}", os.F_OK)


def mark_end(key: str) -> None:
    """Leave a mark in the list of calls: what belongs to `key` is over."""
    os.access(f"{_MARKS}/{key}/{_END}", os.F_OK)


def command(trace: Path) -> tuple[str, ...]:
    """Return what runs another command and writes its syncs to the file `trace`."""
    return (
        "strace",
        "--follow-forks",
        # Only the calls that are listed are slowed down.
        "--seccomp-bpf",
        "--quiet=all",
        f"--output={trace}",
        "--signal=none",
        f"--trace={','.join((*_SYNCS, *_ASKING))}",
    )


def is_available() -> bool:
    """Return whether strace is there, and may be used here."""
    if shutil.which("strace") is None:
        return False
    tried = subprocess.run(
        [*command(Path(os.devnull)), "true"], capture_output=True, check=False
    )
    return tried.returncode == 0


def count_syncs(trace: Iterable[str]) -> dict[str, list[int]]:
    """Return how many syncs were asked for between the marks of each key.

    One key may come several times, and then has several counts.
    """
    counts: defaultdict[str, list[int]] = defaultdict(list)
    begun: dict[str, int] = {}
    for line in trace:
        if mark := _MARK.search(line):
            key = mark["key"]
            if mark["what"] == _BEGIN:
                begun[key] = 0
            elif key in begun:
                counts[key].append(begun.pop(key))
        elif _SYNC.match(line):
            for key in begun:
                begun[key] += 1
    return dict(counts)
