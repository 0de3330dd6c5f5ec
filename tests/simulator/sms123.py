"""123-SMS.net, as "API CLIENT 123-SMS.NET" (16/12/2024) describes it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
import json
from typing import ClassVar, Final, override

from aiohttp import web

from .gateway import Operation, SimulatedGateway
from .segments import billed_segments

OVERSEAS: Final = ("262", "590", "594", "596")
STOP_MENTION: Final = "stop sms au 36177"
DAY: Final = timedelta(hours=24)


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


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class SimulatedSms123(SimulatedGateway):
    """123-SMS.net: POST, and a code for an answer."""

    key: ClassVar[str] = "sms123"

    def __init__(self) -> None:
        """Open an account that may send to mainland France from anywhere."""
        super().__init__()
        self.answer_style = AnswerStyle.BARE
        self.documented_api = True
        """Whether `api/…` is there; the PHP scripts always are."""
        self.clock = utc_now
        self.allowed_ip = True
        self.overseas_option = False
        self.stop_mention_needed = False
        """Whether a message with a sender of its own needs the STOP mention."""
        self.blocked: set[str] = set()
        self._last_sent: dict[tuple[str, str], datetime] = {}

    @override
    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(
                name="send",
                methods=("POST",),
                path="api/send/",
                handler=self._send_documented,
            ),
            Operation(
                name="send",
                methods=("POST",),
                path="http.php",
                handler=self._send_to_script,
            ),
            Operation(
                name="balance",
                methods=("POST",),
                path="api/solde/",
                handler=self._balance_documented,
            ),
            Operation(
                name="balance",
                methods=("POST",),
                path="solde_comptes.php",
                handler=self._balance_of_script,
            ),
        )

    async def _send_documented(self, request: web.Request) -> web.Response:
        if not self.documented_api:
            return web.Response(status=404)
        parameters = await _json_parameters(request)
        if parameters is None:
            return self._answer("-1")
        return self._send(parameters, parameters.get("senderid", ""))

    async def _send_to_script(self, request: web.Request) -> web.Response:
        parameters = await _form_parameters(request)
        return self._send(parameters, parameters.get("sender", ""))

    async def _balance_documented(self, request: web.Request) -> web.Response:
        if not self.documented_api:
            return web.Response(status=404)
        parameters = await _json_parameters(request)
        if parameters is None:
            return self._answer("-1")
        return self._balance(parameters)

    async def _balance_of_script(self, request: web.Request) -> web.Response:
        return self._balance(await _form_parameters(request))

    def _send(self, parameters: Mapping[str, str], sender: str) -> web.Response:
        recipient, text = parameters.get("numero", ""), parameters.get("message", "")
        refusal = (
            self._refuse_login(parameters)
            or self._refuse_recipient(recipient)
            or self._refuse_message(recipient, text, sender)
        )
        if refusal is not None:
            return self._answer(refusal)
        submission_id = str(12344 + self.next_number())
        if not self.take(
            recipient=recipient,
            text=text,
            sender=sender,
            submission_id=submission_id,
            segments=billed_segments(text),
        ):
            return self._answer("83")
        self._last_sent[recipient, text] = self.clock()
        return self._answer("80", submission_id)

    def _refuse_login(self, parameters: Mapping[str, str]) -> str | None:
        username, secret = _login(parameters)
        if not username:
            return "87"
        if not secret:
            return "88"
        if (username, secret) != (self.username, self.api_key):
            return "82"
        return None if self.allowed_ip else "96"

    def _refuse_recipient(self, recipient: str) -> str | None:
        if not recipient:
            return "89"
        if not recipient.isdigit() or not 9 <= len(recipient) <= 15:
            return "84"
        if recipient in self.blocked:
            return "101"
        if recipient.startswith(OVERSEAS) and not self.overseas_option:
            return "93"
        return None

    def _refuse_message(self, recipient: str, text: str, sender: str) -> str | None:
        if not text:
            return "90"
        if len(sender) > 11:
            return "97"
        if sender and self.stop_mention_needed and STOP_MENTION not in text.casefold():
            return "102"
        last_sent = self._last_sent.get((recipient, text))
        if last_sent is not None and self.clock() - last_sent < DAY:
            return "91"
        return None

    def _balance(self, parameters: Mapping[str, str]) -> web.Response:
        username, secret = _login(parameters)
        if not username:
            return self._answer("E501")
        if not secret:
            return self._answer("E502")
        if (username, secret) != (self.username, self.api_key):
            return self._answer("E505")
        return self._answer(str(self.credits), name="solde")

    def _answer(
        self, code: str, reference: str = "", *, name: str = "code"
    ) -> web.Response:
        """Return a code, or a balance, in the form that is set."""
        match self.answer_style:
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


async def _json_parameters(request: web.Request) -> dict[str, str] | None:
    """Return the parameters of the documented form, or `None` if they aren't JSON."""
    if request.content_type != "application/json":
        return None
    try:
        parameters = await request.json()
    except ValueError:
        return None
    return parameters if isinstance(parameters, dict) else None


async def _form_parameters(request: web.Request) -> dict[str, str]:
    return {
        name: value
        for name, value in (await request.post()).items()
        if isinstance(value, str)
    }


def _login(parameters: Mapping[str, str]) -> tuple[str, str]:
    """Return the credentials from one of the two pairs of names; a mix is none."""
    if "user" in parameters:
        return parameters["user"], parameters.get("cleAPI", "")
    return parameters.get("email", ""), parameters.get("pass", "")


def _json(value: object) -> web.Response:
    return web.json_response(value)
