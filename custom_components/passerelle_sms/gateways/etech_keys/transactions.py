"""The rows in ETECH KEYS' list of transactions (section B).

The document prints no answer and nobody shows one, so every usual form of a table is
read, and a table only: nothing is guessed into the rest.
"""

from collections.abc import Iterable, Mapping, Sequence
import csv
from html.parser import HTMLParser
import json
import re
from typing import Final, override

from ..wire.decoding import parse_json, plain_text
from .delivery import is_page

type Rows = tuple[Mapping[str, str], ...]

_BREAK: Final = re.compile(r"<br\s*/?>", re.IGNORECASE)
# What may stand between the cells of a line, and the fewest cells that make a table: a
# sentence holds a comma, too.
_SEPARATORS: Final = {";": 2, "|": 2, "\t": 2, ",": 3}


def read_rows(body: str) -> Rows:
    """Return the rows of a list in JSON, a table in HTML or lines of cells; else none.

    Columns without names are called "1", "2" and so on.
    """
    return _rows_in_json(body) or _named(_html_lines(body)) or _rows_in_lines(body)


def _rows_in_json(body: str) -> Rows:
    """Return the objects of a list, or of the first list that an object holds."""
    content = parse_json(body)
    candidates = content.values() if isinstance(content, dict) else (content,)
    for candidate in candidates:
        if isinstance(candidate, list) and (
            rows := [item for item in candidate if isinstance(item, dict)]
        ):
            return tuple(
                {name: _cell(value) for name, value in row.items()} for row in rows
            )
    return ()


def _rows_in_lines(body: str) -> Rows:
    if is_page(body):
        return ()
    lines = plain_text(_BREAK.sub("\n", body)).splitlines()
    for separator, fewest in _SEPARATORS.items():
        try:
            rows = _named(csv.reader(lines, delimiter=separator), fewest=fewest)
        except csv.Error:
            continue
        if rows:
            return rows
    return ()


def _html_lines(body: str) -> list[list[str]]:
    reader = _TableReader()
    reader.feed(body)
    reader.close()
    return reader.lines


def _named(lines: Iterable[Sequence[str]], *, fewest: int = 2) -> Rows:
    """Return lines of as many cells each as rows with names; none if they differ."""
    table = [
        cells for line in lines if any(cells := [" ".join(c.split()) for c in line])
    ]
    if not table or len({len(cells) for cells in table}) > 1 or len(table[0]) < fewest:
        return ()
    names = table[0]
    if _is_header(names):
        del table[0]
    else:
        names = [str(number) for number, _ in enumerate(names, start=1)]
    return tuple(dict(zip(names, cells, strict=True)) for cells in table)


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
    return json.dumps(value, ensure_ascii=False)


class _TableReader(HTMLParser):
    """Collects the cells of all tables of a page, line by line."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[list[str]] = []
        self._is_inside = False
        """Whether a cell is open."""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr" or (tag in {"td", "th"} and not self.lines):
            self.lines.append([])
        if tag in {"td", "th"}:
            self.lines[-1].append("")
        if tag in {"td", "th", "tr", "table"}:
            self._is_inside = tag in {"td", "th"}

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th", "tr", "table"}:
            self._is_inside = False

    @override
    def handle_data(self, data: str) -> None:
        if self._is_inside:
            self.lines[-1][-1] += data
