"""SMSECO's requests: `JSON=` and JSON, as its servers may read it."""

from datetime import datetime
from enum import Enum, auto
import json
import re
from urllib.parse import parse_qsl, unquote_plus

type Object = dict[str, object]

_FIELD = re.compile(r"\{(\w+)\}")


class BodyReading(Enum):
    """How a server reads `JSON={…}`: the document doesn't say."""

    RAW = auto()
    FORM = auto()
    """As form fields, apart at `&` and at `;`."""
    URL_DECODED = auto()


def read_body(body: str, reading: BodyReading) -> Object | None:
    """Return the object in `JSON={…}` as a server of this kind sees it, or `None`."""
    match reading:
        case BodyReading.RAW:
            name, _, value = body.partition("=")
        case BodyReading.FORM:
            fields = parse_qsl(body.replace(";", "&"), keep_blank_values=True)
            name, value = "JSON", dict(fields).get("JSON", "")
        case BodyReading.URL_DECODED:
            name, _, value = unquote_plus(body).partition("=")
    try:
        asked = json.loads(value) if name == "JSON" else None
    except ValueError:
        return None
    return asked if isinstance(asked, dict) else None


def object_in(asked: Object | None, name: str) -> Object:
    """Return a part of a request, empty if it isn't there."""
    part = (asked or {}).get(name)
    return part if isinstance(part, dict) else {}


def read_recipients(asked: Object | None) -> dict[str, Object]:
    """Return what each reads, by number (section I-1: one more of the same is filtered)."""
    listed = (asked or {}).get("destinataires")
    if not isinstance(listed, list):
        return {}
    read: dict[str, Object] = {}
    for item in listed:
        if isinstance(item, dict) and item.get("numero"):
            read.setdefault(str(item["numero"]), object_in(item, "datas"))
    return read


def fill_in(text: str, datas: Object, *, merges_values: bool) -> str:
    """Return the text for one recipient (section II)."""
    if not merges_values:
        return _FIELD.sub(lambda field: str(datas.get(field[1], field[0])), text)
    for name, value in datas.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def send_at(message: Object) -> datetime | None:
    """Return when to send, AAAA-MM-JJ HH:MM (section I-2) in Abidjan, which is UTC."""
    text = str(message.get("datesend"))
    try:
        time = datetime.strptime(f"{text}+0000", "%Y-%m-%d %H:%M%z")
    except ValueError:
        return None
    return time if len(text) == len("AAAA-MM-JJ HH:MM") else None


def is_valid(number: str) -> bool:
    """Return whether a message can be sent to a number."""
    return number.isdigit() and len(number) >= 8
