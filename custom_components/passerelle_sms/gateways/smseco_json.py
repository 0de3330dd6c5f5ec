"""SMSECO's JSON: how its requests are written and its answers read.

Its document prints the same field in several spellings ("Paramètre de configuration de
l'API SMSECO V 2.0", sections I-1, I-3, III-3 and IV-2), so names are looked up in lower
case and under all of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
import json
import re
from typing import Final

from .decoding import parse_json, to_decimal, to_int
from .transport import Json

# Servers read the body as it is, as a form, or URL-decoded. These characters mean
# something in one of the three, so they stay inside JSON's own escapes.
_ESCAPED: Final = str.maketrans({c: f"\\u{ord(c):04x}" for c in "%&+=#;"})

_ISO_DATE: Final = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?=[T ]|$)")
_FRENCH_DATE: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?=[T ]|$)")

# The documented codes have two digits; what is far below is no code of this gateway.
_LOWEST_CODE: Final = -999
# Burkina Faso's numbers, the shortest: less of a number would fit too many.
_SHORTEST_NUMBER: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What an answer tells of one recipient (section I-1, "Messages (sms)")."""

    destination: str = field(default="", repr=False)
    """Digits only, however the server writes the number; empty when it doesn't."""
    submission_id: str | None = field(default=None, repr=False)
    """`smsfid`."""
    cost: Decimal | None = None
    """Credits taken for this recipient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer that can be read, whatever was asked."""

    statut: int
    """Below 0 the code of an error; else 0, or the number of valid recipients."""
    words: str = field(repr=False)
    """The server's explanation, as it came: it may hold anything."""
    fields: Mapping[str, object] = field(repr=False)
    """All of it, by names in lower case."""

    def number(self, name: str) -> Decimal | None:
        """Return the number in the field `name`, or `None`."""
        return to_decimal(self.fields.get(name))

    def rows(self) -> list[Row]:
        """Return what is told of each recipient: nothing, if there is no list.

        A list of one may come as that one; an empty list as null, "" or {}.
        """
        told = self.fields.get("messages")
        items = told if isinstance(told, list) else [told]
        return [_row(item) for item in items if item]

    def names_messages(self) -> bool:
        """Return whether the list tells of any message that was taken."""
        return any(row.destination or row.submission_id for row in self.rows())

    def server_id(self, *, sent: str | None) -> str | None:
        """Return the server's id of the request, or `None`.

        It is `msgfid` (section I-1), printed `msgid` in section I-3, which is also the
        name of our own id: one that equals `sent` is only an echo.
        """
        ids = (identifier(self.fields.get(name)) for name in ("msgfid", "msgid"))
        return next((found for found in ids if found not in {None, sent}), None)

    def valid_recipients(self) -> int:
        """Return how many recipients were valid, as a success tells.

        Without a count, a success says no more than that there was one.
        """
        if self.statut > 0:
            return self.statut
        told = to_int(self.fields.get("destinataires"))
        return 1 if told is None else told


def write_request(request: Mapping[str, Json]) -> bytes:
    """Return the body of a request (section I-3): `JSON=` and the JSON, in ASCII.

    It says the same however the server reads it.
    """
    text = json.dumps(request, separators=(",", ":")).translate(_ESCAPED)
    return f"JSON={text}".encode("ascii")


def read_reply(text: str) -> Reply | None:
    """Return an answer as the document describes it, or `None` when it is another."""
    answer = parse_json(text.strip("\ufeff \t\r\n"))
    if not isinstance(answer, dict):
        return None
    fields = _lower(answer)
    statut = to_int(_first(fields, ("statut", "statur", "status")))
    if statut is None or statut < _LOWEST_CODE:
        return None
    words = _first(fields, ("texte", "text"))
    return Reply(
        statut=statut, words=words if isinstance(words, str) else "", fields=fields
    )


def match_rows(
    rows: Iterable[Row], numbers: Sequence[str]
) -> tuple[dict[str, Row], bool]:
    """Return the rows by our numbers, and whether every row is about one of them.

    The server may leave out a country code or add a prefix: then one number is the end
    of the other. A row that fits several numbers is about none for sure.
    """
    matched: dict[str, Row] = {}
    all_read = True
    for row in rows:
        if row.destination in numbers:
            fitting = [row.destination]
        else:
            fitting = [n for n in numbers if _same_end(n, row.destination)]
        if len(fitting) == 1:
            matched.setdefault(fitting[0], row)
        else:
            all_read = False
    return matched, all_read


def read_date(value: object) -> date | None:
    """Return the day of an ISO or a French date, with or without a time, or `None`."""
    text = value.strip() if isinstance(value, str) else ""
    if found := _ISO_DATE.match(text):
        year, month, day = map(int, found.groups())
    elif found := _FRENCH_DATE.match(text):
        day, month, year = map(int, found.groups())
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def identifier(value: object) -> str | None:
    """Return an id written as text or number; zeros alone, or nothing, are none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    return text if text.strip("0") else None


def _row(item: object) -> Row:
    fields = _lower(item) if isinstance(item, dict) else {}
    return Row(
        destination=re.sub(r"\D", "", identifier(fields.get("destination")) or ""),
        submission_id=identifier(fields.get("smsfid")),
        cost=to_decimal(fields.get("credits")),
    )


def _same_end(number: str, destination: str) -> bool:
    return min(len(number), len(destination)) >= _SHORTEST_NUMBER and (
        number.endswith(destination) or destination.endswith(number)
    )


def _lower(fields: Mapping[str, object]) -> dict[str, object]:
    return {name.lower(): value for name, value in fields.items()}


def _first(fields: Mapping[str, object], names: Iterable[str]) -> object:
    """Return the first of these fields that holds something."""
    return next((fields[n] for n in names if fields.get(n) not in (None, "")), None)
