"""How 123-SMS.net is asked, and how it answers."""

from collections.abc import Mapping
from enum import Enum, auto
import json
from typing import Final

from aiohttp import web

type Parameters = Mapping[str, str]


class AnswerStyle(Enum):
    """The form of the answers, which the document leaves open."""

    BARE = auto()
    """`80`, as plain text."""
    JSON_NUMBER = auto()
    JSON_STRING = auto()
    JSON_OBJECT = auto()
    JSON_LIST = auto()
    XML = auto()
    GLUED = auto()
    """`8012345`: the code and the message's reference; bare without a reference."""
    NAMED = auto()
    """`80refaccuse=12345`; bare without a reference."""
    JSON_NAMED = auto()
    """`{"code": "80", "refaccuse": "12345"}`."""
    PAGE = auto()
    """`<html><body>80</body></html>`."""
    SENTENCE = auto()
    """`80 - Succès`, in Latin-1 without saying so; a balance alone."""
    NOTICE = auto()
    """What PHP warns of, and then `80`."""

    @property
    def tells_references(self) -> bool:
        """Whether an acceptance tells the message's reference."""
        return self in {self.GLUED, self.NAMED, self.JSON_NAMED}


_SUCCESSES: Final = {"80", "81", "92", "94", "507", "509", "514", "516"}
_TEXTS: Final = {
    AnswerStyle.BARE: "{code}",
    AnswerStyle.GLUED: "{code}{reference}",
    AnswerStyle.NAMED: "{code}refaccuse={reference}",
    AnswerStyle.PAGE: "<html><body>{code}</body></html>",
    AnswerStyle.SENTENCE: "{code} - {kind}",
    AnswerStyle.NOTICE: "<br />\n<b>Warning</b>:  Undefined array key in "
    "<b>/www/http.php</b> on line <b>82</b><br />\n{code}",
    AnswerStyle.XML: '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<sms><{name}>{code}</{name}></sms>",
}


class ReferenceStyle(Enum):
    """Where an answer says the reference of a message that asked for a receipt."""

    GLUED = auto()
    """`8012345`."""
    NAMED = auto()
    """`80refaccuse=12345`."""
    JSON = auto()
    XML = auto()
    NONE = auto()
    """Nowhere."""


def referenced(style: ReferenceStyle, code: str, reference: str) -> web.Response | None:
    """Return an answer that holds a code and a reference; `None` to leave that out."""
    match style:
        case ReferenceStyle.GLUED:
            return web.Response(text=code + reference)
        case ReferenceStyle.NAMED:
            return web.Response(text=f"{code}refaccuse={reference}")
        case ReferenceStyle.JSON:
            return web.json_response({"code": int(code), "refaccuse": reference})
        case ReferenceStyle.XML:
            return web.Response(
                text=f"<sms><code>{code}</code><refaccuse>{reference}</refaccuse></sms>",
                content_type="application/xml",
            )
        case ReferenceStyle.NONE:
            return None


def styled(style: AnswerStyle, code: str, reference: str, name: str) -> web.Response:
    """Return an answer that holds a code, or a balance, in one of the forms."""
    if text := _TEXTS.get(style):
        is_bare = (style is AnswerStyle.NAMED and not reference) or (
            style is AnswerStyle.SENTENCE and name != "code"
        )
        text = _TEXTS[AnswerStyle.BARE] if is_bare else text
        written = text.format(
            code=code, reference=reference, name=name, kind=_kind(code)
        )
        return web.Response(body=written.encode("latin-1"), content_type="text/html")
    match style:
        case AnswerStyle.JSON_NUMBER if not code.startswith("E"):
            return web.json_response(json.loads(code))
        case AnswerStyle.JSON_OBJECT:
            return web.json_response({"sms": {name: code}})
        case AnswerStyle.JSON_NAMED:
            return web.json_response({name: code, "refaccuse": reference or None})
        case AnswerStyle.JSON_LIST:
            return web.json_response([code])
    return web.json_response(code)


async def json_parameters(request: web.Request) -> dict[str, str] | None:
    """Return the parameters of the documented form, or `None` if they aren't JSON."""
    if request.content_type != "application/json":
        return None
    try:
        parameters = await request.json()
    except ValueError:
        return None
    return parameters if isinstance(parameters, dict) else None


async def form_parameters(request: web.Request) -> dict[str, str]:
    """Return the parameters of the older form."""
    return {
        name: value
        for name, value in (await request.post()).items()
        if isinstance(value, str)
    }


def read_login(parameters: Parameters) -> tuple[str, str]:
    """Return the credentials from one of the two pairs of names; a mix is none."""
    if "user" in parameters:
        return parameters["user"], parameters.get("cleAPI", "")
    return parameters.get("email", ""), parameters.get("pass", "")


def _kind(code: str) -> str:
    if code in _SUCCESSES:
        return "Succès"
    return "Info" if code == "101" else "Erreur"
