"""How 123-SMS.net is asked, and how it answers."""

from collections.abc import Mapping
from enum import Enum, auto
import json

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


def styled(style: AnswerStyle, code: str, reference: str, name: str) -> web.Response:
    """Return an answer that holds a code, or a balance, in one of the forms."""
    match style:
        case AnswerStyle.BARE:
            return web.Response(text=code)
        case AnswerStyle.GLUED:
            return web.Response(text=code + reference)
        case AnswerStyle.XML:
            return web.Response(
                text=f'<?xml version="1.0" encoding="UTF-8"?>\n'
                f"<sms><{name}>{code}</{name}></sms>",
                content_type="application/xml",
            )
        case AnswerStyle.JSON_NUMBER if not code.startswith("E"):
            return _json(json.loads(code))
        case AnswerStyle.JSON_NUMBER | AnswerStyle.JSON_STRING:
            return _json(code)
        case AnswerStyle.JSON_OBJECT:
            return _json({"sms": {name: code}})
        case AnswerStyle.JSON_LIST:
            return _json([code])


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


def _json(value: object) -> web.Response:
    return web.json_response(value)
