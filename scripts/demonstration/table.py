"""The table of what was asked of the gateways, and what came of it."""

from collections.abc import Sequence
from itertools import starmap
from typing import Final

from .rows import Row

# The first column says whether a row is right.
_HEADINGS: Final = (
    "",
    "What",
    "Gateway",
    "Outcome",
    "Id",
    "Segments",
    "Balance",
    "What came of it",
)
# What is counted stands on the right.
_COUNTS: Final = frozenset({_HEADINGS.index("Segments")})
_RIGHT: Final = "✓"
_WRONG: Final = "✗"
_UNTOLD: Final = "—"
_LEGEND: Final = f"{_UNTOLD}  The gateway doesn't tell."
# The table is to fit into 120 columns; whole ids are in Home Assistant.
_LONGEST_ID: Final = 20


def render(rows: Sequence[Row]) -> str:
    """Return the rows as a table of text, and what is wrong under it."""
    lines = [_HEADINGS, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = "  ".join("─" * width for width in widths)
    heading, *body = (_line(cells, widths) for cells in lines)
    mistakes = [
        f"{_WRONG}  {row.what}, {row.gateway}: {mistake}"
        for row in rows
        for mistake in row.mistakes
    ]
    below = ("", *mistakes) if mistakes else ()
    return "\n".join((heading, rule, *body, "", _LEGEND, *below))


def _cells(row: Row) -> tuple[str, ...]:
    return (
        _RIGHT if row.is_right else _WRONG,
        row.what,
        row.gateway,
        row.outcome or _UNTOLD,
        _shortened(row.submission_id) or _UNTOLD,
        _UNTOLD if row.segments is None else str(row.segments),
        " → ".join(f"{balance:f}" for balance in row.balances) or _UNTOLD,
        row.came_of_it or _UNTOLD,
    )


def _shortened(submission_id: str) -> str:
    """Return an id, or its two ends if it is a long one."""
    if len(submission_id) <= _LONGEST_ID:
        return submission_id
    half = _LONGEST_ID // 2
    return f"{submission_id[:half]}…{submission_id[1 - half :]}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    def aligned(column: int, cell: str) -> str:
        width = widths[column]
        return cell.rjust(width) if column in _COUNTS else cell.ljust(width)

    return "  ".join(starmap(aligned, enumerate(cells))).rstrip()
