"""What SQLite's write-ahead log holds, looked at before SQLite does.

SQLite takes a log to end at its last sound commit, and says nothing of what lies behind:
a single broken byte takes back everything that was confirmed later. Since our log is cut
to nothing at each checkpoint, nothing old can lie behind what is valid: whatever can't be
read there was confirmed once, or is what a crash has cut short.

The format is described at https://sqlite.org/fileformat2.html#walformat
"""

from dataclasses import dataclass
from enum import StrEnum
import struct
from typing import BinaryIO, Final

_HEADER = struct.Struct(">8I")
_FRAME = struct.Struct(">6I")
_CHECKSUMMED_OF_HEADER = 24
_CHECKSUMMED_OF_FRAME = 8
_FORMAT = 3007000
# How the pairs are written that the checksum adds up, by the number the log begins with.
_PAIRS: Final = {0x377F0682: struct.Struct("<2I"), 0x377F0683: struct.Struct(">2I")}
_PAGE_SIZES: Final = {2**power for power in range(9, 17)}

type _Checksum = tuple[int, int]


class LogState(StrEnum):
    """Whether everything is there that was confirmed."""

    INTACT = "intact"
    INTERRUPTED = "interrupted"
    """Behind the last commit lies the beginning of one that nobody was told of."""
    DAMAGED = "damaged"
    """Something can't be read, and may have been confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogContent:
    """What a log holds."""

    state: LogState
    size: int
    """Bytes up to the end of the last commit that can be read."""


def read_log(log: BinaryIO) -> LogContent:
    """Return what a log holds, read from its beginning a frame at a time."""
    header = log.read(_HEADER.size)
    if len(header) < _HEADER.size:
        state = LogState.INTERRUPTED if header else LogState.INTACT
        return LogContent(state=state, size=0)
    magic, version, page_size, _, *salts, first, second = _HEADER.unpack(header)
    pairs = _PAIRS.get(magic)
    if pairs is None or version != _FORMAT or page_size not in _PAGE_SIZES:
        return _without_header(log)
    checksum = _add_up(pairs, header[:_CHECKSUMMED_OF_HEADER], (0, 0))
    if checksum != (first, second):
        return _without_header(log)
    return _read_frames(log, page_size, pairs, salts, checksum)


def _without_header(log: BinaryIO) -> LogContent:
    # The header is synced before the first frame is written.
    state = LogState.DAMAGED if log.read(1) else LogState.INTERRUPTED
    return LogContent(state=state, size=0)


def _read_frames(
    log: BinaryIO,
    page_size: int,
    pairs: struct.Struct,
    salts: list[int],
    checksum: _Checksum,
) -> LogContent:
    frame_size = _FRAME.size + page_size
    committed = position = _HEADER.size
    while frame := log.read(frame_size):
        if len(frame) < frame_size:
            return LogContent(state=LogState.INTERRUPTED, size=committed)
        _, pages, *own_salts, first, second = _FRAME.unpack_from(frame)
        checksum = _add_up(pairs, frame[:_CHECKSUMMED_OF_FRAME], checksum)
        checksum = _add_up(pairs, frame[_FRAME.size :], checksum)
        if own_salts != salts or checksum != (first, second):
            return LogContent(state=LogState.DAMAGED, size=committed)
        position += frame_size
        if pages:
            # Only the last frame of a commit tells how many pages the file has now.
            committed = position
    is_whole = committed == position
    state = LogState.INTACT if is_whole else LogState.INTERRUPTED
    return LogContent(state=state, size=committed)


def _add_up(pairs: struct.Struct, content: bytes, checksum: _Checksum) -> _Checksum:
    first, second = checksum
    for one, other in pairs.iter_unpack(content):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second
