"""The table of what became of the alerts."""

from collections.abc import Sequence
from itertools import starmap

from .alerts import Row

_HEADINGS = ("Gateway", "Outcome", "Id", "Segments", "Balance before", "after")
# What is counted stands on the right.
_COUNTS = frozenset({3, 4, 5})


def render(rows: Sequence[Row]) -> str:
    """Return the rows as a table of text, and the errors under it."""
    lines = [_HEADINGS, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = "  ".join("─" * width for width in widths)
    heading, *body = (_line(cells, widths) for cells in lines)
    errors = [f"{row.gateway}: {row.error}" for row in rows if row.error]
    return "\n".join((heading, rule, *body, *errors))


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.gateway,
        row.outcome if row.is_right else f"{row.outcome} (wrong)",
        row.submission_id or "—",
        "—" if row.segments is None else str(row.segments),
        f"{row.before:f}",
        f"{row.after:f}",
    )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    def aligned(column: int, cell: str) -> str:
        width = widths[column]
        return cell.rjust(width) if column in _COUNTS else cell.ljust(width)

    return "  ".join(starmap(aligned, enumerate(cells))).rstrip()
