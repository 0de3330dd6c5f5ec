"""SMSECO, as "Paramètre de configuration de l'API SMSECO V 2.0" describes it."""

from enum import Enum, auto
import json
from typing import ClassVar, Final, override
from urllib.parse import parse_qsl, unquote_plus

from aiohttp import web

from .gateway import Operation, SimulatedGateway
from .segments import billed_segments

type _Object = dict[str, object]

# Section I-1, "Codes d'erreur".
WORDS: Final = {
    -1: "XML invalide",
    -2: "Login non spécifié",
    -3: "Mot de passe non spécifié",
    -4: "Echec de l'Authentification",
    -5: "Aucun message spécifié",
    -6: "Pas assez de crédits ou crédits insuffisants",
    -7: "Aucun destinataire spécifié",
    -8: "Expéditeur non enregistré",
    -9: "Aucuns destinataires valides",
    -10: "La longueur de l'Id du message dépasse les 30 caractères autorisés",
    -11: "Envoi de sms non autorisé pour ce compte",
    -12: "Compte non actif dans le système",
    -13: "Heure d'envoi pour message différé incorrecte",
    -14: "Commande inconnue",
    -15: "Aucun statut sms disponible",
}


class BodyReading(Enum):
    """How a server reads `JSON={…}`: the document doesn't say."""

    RAW = auto()
    FORM = auto()
    """As form fields, apart at `&` and at `;`."""
    URL_DECODED = auto()


class NumberStyle(Enum):
    """How numbers are written in an answer."""

    AS_PRINTED = auto()
    """`statut` and a recipient's credits as numbers, the others as strings."""
    STRINGS = auto()
    NUMBERS = auto()


class SimulatedSmsEco(SimulatedGateway):
    """SMSECO: `JSON=` and JSON, and a count of the valid recipients for an answer."""

    key: ClassVar[str] = "smseco"

    def __init__(self) -> None:
        """Open an account whose credits lapse, at a server without quirks."""
        super().__init__()
        self.expires = "2027-12-31 23:59:59"
        self.body_reading = BodyReading.URL_DECODED
        self.number_style = NumberStyle.AS_PRINTED
        self.echoes_msgid = False
        """Give back the client's own id instead of the server's."""
        self.single_object = False
        """Write a list of one message as that message."""
        self.lists_messages = True
        """Tell the valid recipients one by one."""

    @override
    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(
                name="send",
                methods=("POST",),
                path="json/sendsms/",
                handler=self._send,
            ),
            Operation(
                name="balance",
                methods=("POST",),
                path="json/getbalance/",
                handler=self._balance,
            ),
        )

    async def _send(self, request: web.Request) -> web.Response:
        asked = read_body(await request.text(), self.body_reading)
        message = _object(asked, "message")
        numbers = _numbers(asked)
        if error := self._login_error(asked) or self._send_error(message, numbers):
            return self._answer(statut=error, texte=WORDS[error])
        text = str(message["msg"])
        segments = billed_segments(text)
        valid = [number for number in numbers if _is_valid(number)]
        if segments * len(valid) > self.credits:
            return self._answer(statut=-6, texte=WORDS[-6])
        rows = [
            self._row(number, text, str(message["expediteur"]), segments)
            for number in valid
        ]
        if self.echoes_msgid:
            ids: _Object = {"msgid": message.get("msgid", "")}
        else:
            ids = {"msgfid": self._new_id()}
        return self._answer(
            **ids,
            statut=len(valid),
            texte="Envoi effectué",
            destinataires=self._number(len(valid), printed=str),
            sms=self._number(segments * len(valid), printed=str),
            credits=self._number(segments * len(valid), printed=str),
            solde=self._number(int(self.credits), printed=str),
            messages=self._listed(rows),
        )

    async def _balance(self, request: web.Request) -> web.Response:
        asked = read_body(await request.text(), self.body_reading)
        if error := self._login_error(asked):
            return self._answer(accountid="", statut=error, texte=WORDS[error])
        consumption = sum(acceptance.segments for acceptance in self.accepted)
        return self._answer(
            accountid="3182",
            statut=0,
            texte="Requête traitée avec succès",
            credits=self._number(int(self.credits), printed=str),
            expire=self.expires,
            cumul=self._number(consumption, printed=str),
        )

    def _login_error(self, asked: _Object | None) -> int:
        """Return the code of what is wrong with the account's part, or 0."""
        account = _object(asked, "compte")
        if not account:
            return -1
        if not account.get("login"):
            return -2
        if not account.get("password"):
            return -3
        known = {"login": self.username, "password": self.password}
        return 0 if account == known else -4

    def _send_error(self, message: _Object, numbers: list[str]) -> int:
        """Return the code of what is wrong with the message, or 0."""
        if not message.get("msg"):
            return -5
        if not numbers:
            return -7
        if message.get("expediteur") not in self.senders:
            return -8
        if not any(_is_valid(number) for number in numbers):
            return -9
        if len(str(message.get("msgid", ""))) > 30:
            return -10
        return 0

    def _row(self, number: str, text: str, sender: str, segments: int) -> _Object:
        """Take the message for one recipient, and return what is told about it."""
        submission_id = self._new_id()
        self.take(
            recipient=number,
            text=text,
            sender=sender,
            submission_id=submission_id,
            segments=segments,
        )
        return {
            "smsfid": submission_id,
            "destination": number,
            "credits": self._number(segments, printed=int),
        }

    def _listed(self, rows: list[_Object]) -> object:
        if not self.lists_messages:
            return None
        return rows[0] if self.single_object and len(rows) == 1 else rows

    def _new_id(self) -> str:
        """Return an id like those of section III-4."""
        number = self.next_number()
        return f"{0x55857BDB8D51B7 + number:014x}-{38880789 + number}"

    def _number(self, number: int, *, printed: type[int | str]) -> int | str:
        match self.number_style:
            case NumberStyle.AS_PRINTED:
                return printed(number)
            case NumberStyle.STRINGS:
                return str(number)
            case NumberStyle.NUMBERS:
                return number

    def _answer(self, *, statut: int, **fields: object) -> web.Response:
        return web.json_response(
            {"statut": self._number(statut, printed=int), **fields},
            content_type="application/json",
        )


def read_body(body: str, reading: BodyReading) -> _Object | None:
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


def _object(asked: _Object | None, name: str) -> _Object:
    part = (asked or {}).get(name)
    return part if isinstance(part, dict) else {}


def _numbers(asked: _Object | None) -> list[str]:
    """Return the recipients, each once (section I-1: the others are filtered)."""
    listed = (asked or {}).get("destinataires")
    if not isinstance(listed, list):
        return []
    numbers = (item.get("numero") for item in listed if isinstance(item, dict))
    return list(dict.fromkeys(str(number) for number in numbers if number))


def _is_valid(number: str) -> bool:
    return number.isdigit() and len(number) >= 8
