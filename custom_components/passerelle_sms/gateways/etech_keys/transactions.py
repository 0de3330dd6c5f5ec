"""The rows in ETECH KEYS' list of transactions (section B).

The document prints no answer and nobody shows one, so every usual form of a table is
read, and a table only: nothing is guessed into the rest.
"""

from collections.abc import Iterable, Mapping, Sequence
import csv
import json
import re
from typing import Final

from ..wire.json_document import as_object, items_of, read_json
from ..wire.noise import is_page, unescape, without_notices, without_tags

type Rows = tuple[Mapping[str, str], ...]

# The document asks for 100 and names no bound.
MOST_ROWS: Final = 1000
# An object that has one of these is no list, whatever else it holds.
_ERRORS: Final = ("error", "erreur")
# Some may be empty.
_MOST_LINES: Final = 4 * MOST_ROWS
_MOST_COLUMNS: Final = 100
# Ten segments hold less.
_LONGEST_CELL: Final = 2000
_BREAK: Final = re.compile(r"<br\b[^<>]*+>", re.IGNORECASE)
_ROW: Final = re.compile(r"</?(?:tr|table)\b[^<>]*+>", re.IGNORECASE)
_CELL: Final = re.compile(r"<t[dh]\b[^<>]*+>", re.IGNORECASE)
# Stands for the beginning of a cell: no text holds it.
_CELL_MARK: Final = "\ue000"
# What may stand between the cells of a line, and the fewest cells that make a table: a
# sentence holds a comma, too.
_SEPARATORS: Final = {_CELL_MARK: 2, ";": 2, "|": 2, "\t": 2, ",": 3}


def read_rows(body: str) -> Rows:
    """Return the rows of a list in JSON, a table in HTML or lines of cells; else none.

    Columns without names are called "1", "2" and so on. No more than `MOST_ROWS`.
    """
    return _rows_in_json(body) or _rows_in_lines(_lines(body))


def _rows_in_json(body: str) -> Rows:
    """Return the objects of a list, or of the first list that an object holds."""
    content = read_json(body)
    values = content.values() if isinstance(content, dict) else ()
    if any((as_object(content) or {}).get(name) for name in _ERRORS):
        return ()
    for candidate in (content, *values):
        if rows := [item for item in _listed(candidate) if isinstance(item, dict)]:
            return tuple(
                {name: _cell(value) for name, value in row.items()}
                for row in rows[:MOST_ROWS]
            )
    return ()


def _listed(value: object) -> Sequence[object]:
    """Return the items of a list of PHP's; an object that is none has no items."""
    items = items_of(value)
    return () if len(items) == 1 and items[0] is value else items


def _lines(body: str) -> list[str]:
    """Return the lines of a text, or of the tables of a page."""
    text = without_notices(body)
    if not _CELL.search(text):
        return [] if is_page(text) else _split(_BREAK.sub("\n", text))
    marked = _ROW.sub("\n", _CELL.sub(_CELL_MARK, " ".join(text.split())))
    # What stands outside of the cells is no part of a table.
    lines = map(str.strip, _split(marked))
    return [line[1:] for line in lines if line.startswith(_CELL_MARK)]


def _split(text: str) -> list[str]:
    return without_tags(text).replace("\r", "\n").split("\n", _MOST_LINES)[:_MOST_LINES]


def _rows_in_lines(lines: Sequence[str]) -> Rows:
    first = next(filter(str.strip, lines), "")
    for separator, fewest in _SEPARATORS.items():
        most = max((line.count(separator) for line in lines), default=0)
        if separator not in first or most > _MOST_COLUMNS:
            continue
        try:
            rows = _named(csv.reader(lines, delimiter=separator), fewest)
        except csv.Error:
            continue
        if rows:
            return rows[:MOST_ROWS]
    return ()


def _named(lines: Iterable[Sequence[str]], fewest: int) -> Rows:
    """Return lines of as many cells each as rows with names; none if they differ."""
    table = [cells for line in lines if any(cells := [_trimmed(cell) for cell in line])]
    if not table or len({len(cells) for cells in table}) > 1 or len(table[0]) < fewest:
        return ()
    names = table[0]
    if _is_header(names):
        del table[0]
    else:
        names = [str(number) for number, _ in enumerate(names, start=1)]
    return tuple(
        dict(zip(names, map(unescape, cells), strict=True))
        for cells in table[:MOST_ROWS]
    )


def _trimmed(cell: str) -> str:
    return unescape(" ".join(cell[:_LONGEST_CELL].split()))


def _is_header(cells: Sequence[str]) -> bool:
    """Return whether these are names: no transaction is without a digit."""
    return len(set(cells)) == len(cells) and all(
        cell and not any(map(str.isdigit, cell)) for cell in cells
    )


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    return json.dumps(value, ensure_ascii=False, default=float)
