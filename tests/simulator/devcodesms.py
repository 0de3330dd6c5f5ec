"""DevCodeSMS, as "API-SMS DOCUMENTATION" describes it."""

from collections.abc import Mapping
import json
import re
from typing import ClassVar, Final, override
import uuid

from aiohttp import web

from .gateway import Operation, SimulatedGateway
from .segments import billed_segments

FORBIDDEN: Final = "Pas d’autorisation"
KEY_MISSING: Final = "Erreur de validation pour api_key manquant"
FIELD_MISSING: Final = "Erreur de validation pour champ manquant"
INVALID_NUMBER: Final = "Numéro de téléphone invalide"
NO_CREDIT: Final = "Solde insuffisant"
SOME_FAILED: Final = "Certain message n’ont pas été envoyé"
UNREACHABLE: Final = "Destinataire injoignable"

_NUMBER = re.compile(r"\+?\d{9,15}")

type Fields = Mapping[str, object]


class SimulatedDevCodeSms(SimulatedGateway):
    """DevCodeSMS: JSON, with a row for every number."""

    key: ClassVar[str] = "devcodesms"

    def __init__(self) -> None:
        """Open an account; every habit is as the document prints it."""
        super().__init__()
        self.bought = 1000
        """SMS bought since the account was opened."""
        self.balance_forms = {"get_json"}
        """How it takes the question for the balance: `get_json`, `post_json`,
        `post_form`, `get_query`."""
        self.other_form_status = 406
        """What it answers to a form that it doesn't take."""
        self.unreachable: set[str] = set()
        """The numbers that it refuses, each in its own row."""
        self.success_as_text = False
        """Write `success` as text."""
        self.errors_inside_200 = False
        """Answer a refusal with HTTP 200."""
        self.spaced_numbers = False
        """Write `mobileno` with spaces."""

    @override
    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(
                name="send",
                methods=("GET", "POST"),
                path="Send_sms_dev",
                handler=self._send,
            ),
            Operation(
                name="balance",
                methods=("GET", "POST"),
                path="Solde_sms_dev",
                handler=self._balance,
            ),
        )

    async def _send(self, request: web.Request) -> web.Response:
        _, fields = await _read(request)
        if refusal := self._refuse_key(fields):
            return refusal
        sender, text = fields.get("sender"), fields.get("message")
        phone = fields.get("phone")
        numbers = phone if isinstance(phone, list) else [phone]
        if not (sender and text and phone):
            return self._refuse(400, FIELD_MISSING)
        if not all(_NUMBER.fullmatch(str(number)) for number in numbers):
            return self._refuse(400, INVALID_NUMBER)
        segments = billed_segments(str(text))
        reachable = [number for number in numbers if number not in self.unreachable]
        if segments * len(reachable) > self.credits:
            return self._refuse(400, NO_CREDIT)
        rows = [
            self._row(str(number), str(text), str(sender), segments)
            for number in numbers
        ]
        return self._answer_rows(rows, complete=len(reachable) == len(numbers))

    def _row(
        self, number: str, text: str, sender: str, segments: int
    ) -> dict[str, object]:
        """Take a message, or not, and return what to say about it."""
        submission_id = f"brk.ocm.{_identifier(self.next_number())}"
        failed = number in self.unreachable
        if not failed:
            self.take(
                recipient=number,
                text=text,
                sender=sender,
                submission_id=submission_id,
                segments=segments,
            )
        return {
            "status": "error" if failed else "success",
            "smsclientid": f"brk.ocm.{self.next_number():023x}",
            "messageid": None if failed else submission_id,
            "mobileno": _with_spaces(number) if self.spaced_numbers else number,
            "errorcode": "1010" if failed else None,
            "errordescription": UNREACHABLE if failed else None,
            "total_sms_unit": 0 if failed else segments,
            "balance": int(self.credits),
        }

    def _answer_rows(
        self, rows: list[dict[str, object]], *, complete: bool
    ) -> web.Response:
        answered = "success" if complete else "error"
        return self._answer(
            200,
            success=complete,
            msg="Tous les messages ont été envoyés avec succès"
            if complete
            else SOME_FAILED,
            details=[
                {
                    "responsecode": int(complete),
                    "responsedescription": answered,
                    "responsemessage": answered,
                    "sms": rows,
                }
            ],
        )

    async def _balance(self, request: web.Request) -> web.Response:
        form, fields = await _read(request)
        if form not in self.balance_forms:
            return web.Response(status=self.other_form_status)
        if refusal := self._refuse_key(fields):
            return refusal
        return self._answer(
            200,
            success=True,
            msg="Données renvoyés avec succès.",
            data={
                "qty_acheter": self.bought,
                "qty_envoye": sum(taken.segments for taken in self.accepted),
                "solde": int(self.credits),
            },
        )

    def _refuse_key(self, fields: Fields) -> web.Response | None:
        if not fields.get("api_key"):
            return self._refuse(401, KEY_MISSING)
        if fields["api_key"] != self.api_key:
            return self._refuse(401, FORBIDDEN)
        return None

    def _refuse(self, status: int, msg: str) -> web.Response:
        return self._answer(status, success=False, msg=msg, details=[])

    def _answer(
        self, status: int, *, success: bool, msg: str, **more: object
    ) -> web.Response:
        return web.json_response(
            {
                "success": str(success).lower() if self.success_as_text else success,
                "status": status,
                "code": "success" if success else "error",
                "title": "Réussite" if success else "Erreur",
                "msg": msg,
                **more,
            },
            status=200 if self.errors_inside_200 else status,
        )


async def _read(request: web.Request) -> tuple[str, Fields]:
    """Return the form of a request and what it holds."""
    method = request.method.lower()
    if request.query:
        return f"{method}_query", dict(request.query)
    if request.content_type == "application/json":
        fields = json.loads(await request.text())
        return f"{method}_json", fields if isinstance(fields, dict) else {}
    return f"{method}_form", dict(await request.post())


def _identifier(number: int) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, str(number))


def _with_spaces(number: str) -> str:
    """Return `+237699128531` as `+237 699 128 531`."""
    return " ".join((number[:4], number[4:7], number[7:10], number[10:]))
