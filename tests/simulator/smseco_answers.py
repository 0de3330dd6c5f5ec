"""SMSECO's answers, in every form that its document may be understood to describe."""

from collections.abc import Callable, Sequence
from enum import Enum, auto
import json
from xml.sax.saxutils import escape

from aiohttp import web

from .smseco_request import Object

_ITEMS = {"messages": "sms", "dlrs": "dlr", "senders": "sender"}
_NOTICE = "<br />\n<b>Notice</b>:  Undefined index: msgid in <b>/api.php</b> on line <b>12</b><br />\n"


class AnswerForm(Enum):
    """How an answer to a JSON request is written."""

    PRINTED = auto()
    """As in sections I-3-1 and III-3-2."""
    NUMBERED = auto()
    """Lists as PHP writes those with gaps: as objects by number."""
    WRAPPED = auto()
    """Under `REPONSE`, as in XML."""
    XML = auto()
    """As in sections I-1-1 and III-1: JSON's `getdlrs` is printed at XML's address."""
    AFTER_NOTICE = auto()
    """As printed, after a notice of PHP's."""


class ReportShape(Enum):
    """Where the reports of a delivery stand."""

    PRINTED = auto()
    """In `dlrs`, in `messages`."""
    FLAT = auto()
    """In `messages`, each with the id of its request."""
    AT_THE_TOP = auto()
    """In `dlrs`, at the top."""
    WITHOUT_SMSFID = auto()
    """As printed, but only the request and the number tell what they are about."""


def write_answer(fields: Object, form: AnswerForm) -> web.Response:
    """Return an answer of these fields."""
    if form is AnswerForm.XML:
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n{_xml("REPONSE", fields)}'
        return web.Response(text=text, content_type="text/xml")
    told: object = fields
    if form is AnswerForm.NUMBERED:
        told = _numbered(fields)
    elif form is AnswerForm.WRAPPED:
        told = {"REPONSE": fields}
    before = _NOTICE if form is AnswerForm.AFTER_NOTICE else ""
    return web.Response(
        text=f"{before}{json.dumps(told)}", content_type="application/json"
    )


def shape_reports(
    read: Sequence[tuple[str, Sequence[Object]]],
    shape: ReportShape,
    listed: Callable[[Sequence[object]], object],
) -> Object:
    """Return the reports, under the name of what they are a list of."""
    if shape in {ReportShape.FLAT, ReportShape.AT_THE_TOP}:
        name = "messages" if shape is ReportShape.FLAT else "dlrs"
        rows = [{"msgfid": sent, **row} for sent, rows in read for row in rows]
        return {name: listed(rows)}
    left_out = {"smsfid"} if shape is ReportShape.WITHOUT_SMSFID else set()
    return {
        "messages": listed(
            [
                {
                    "msgfid": sending_id,
                    "dlrs": listed(
                        [
                            {k: v for k, v in row.items() if k not in left_out}
                            for row in rows
                        ]
                    ),
                }
                for sending_id, rows in read
            ]
        )
    }


def _numbered(value: object) -> object:
    if isinstance(value, dict):
        return {name: _numbered(held) for name, held in value.items()}
    if isinstance(value, list):
        return {str(number): _numbered(item) for number, item in enumerate(value, 1)}
    return value


def _xml(name: str, value: object) -> str:
    if isinstance(value, list):
        item = _ITEMS[name]
        if any(isinstance(one, dict) and "dlrs" in one for one in value):
            item = "message"
        inside = "".join(_xml(item, one) for one in value)
    elif isinstance(value, dict):
        inside = "".join(_xml(held, value[held]) for held in value)
    else:
        inside = "" if value is None else escape(str(value))
    return f"<{name}>{inside}</{name}>"
