"""Finds the objects in an answer of SMSECO's that is cut, spoiled or too long."""

from collections.abc import Iterator
from itertools import islice
import json
import re
from typing import Final

from ..wire.charset import valid_unicode
from ..wire.json_document import Object
from ..wire.noise import unescape
from .responses import read_sending_id

# `"statut":"56"`, `"statut":56,` or `<statut>56</statut>`. A number that nothing follows
# may have been cut itself.
_FIELD: Final = re.compile(
    r'"(?P<name>[a-z]{1,30})"\s*+:\s*+'
    r'(?:"(?P<text>(?:[^"\\]|(?-i:\\(?:u[0-9A-Fa-f]{4}|["/\\bfnrt])))*+)"'
    r"|(?P<number>-?[0-9]{1,60}+)(?=[\s,}\]]))"
    r"|<\s*+(?P<tag>[a-z]{1,30})\s*+>(?P<content>[^<]*+)</\s*+(?P=tag)\s*+>",
    re.IGNORECASE,
)
# What ends an object between two fields: a brace; in XML any tag but an empty one.
_END: Final = re.compile(r"[{}]|<(?![^<>/]*+/>)")
# Each takes its time. 2000 reports of section III-3-2 have fewer.
_MOST_FIELDS: Final = 16_000


def read_pieces(text: str) -> Iterator[Object]:
    """Yield the objects that have nothing else inside, as far as they go.

    Those without a `msgfid` belong to the request whose id stands before them.
    """
    piece: Object = {}
    end = 0
    for found in islice(_FIELD.finditer(text), _MOST_FIELDS):
        if _END.search(text, end, found.start()):
            yield piece
            piece = {"msgfid": read_sending_id(piece)}
        end = found.end()
        piece[(found["name"] or found["tag"]).lower()] = _value(found)
    yield piece


def read_only_id(text: str) -> Object:
    """Return the id of a request with which an answer that can't be read begins."""
    ids = map(read_sending_id, islice(read_pieces(text), 100))
    return {"msgfid": next(filter(None, ids), None)}


def _value(found: re.Match[str]) -> str:
    if (text := found["text"]) is None:
        return found["number"] or unescape(found["content"].strip())
    escaped = "\\" in text
    return valid_unicode(json.loads(f'"{text}"', strict=False)) if escaped else text
