"""DevCodeSMS, as "API-SMS DOCUMENTATION" describes it."""

from collections.abc import Iterable, Mapping
from datetime import timedelta, timezone
import json
import re
from typing import ClassVar, Final, override
import uuid

from aiohttp import web

from .credit import Amount
from .gateway import Acceptance, Operation, SimulatedGateway
from .refusals import AccountRefusal
from .segments import billed_segments

FORBIDDEN: Final = "Pas d’autorisation"
KEY_MISSING: Final = "Erreur de validation pour api_key manquant"
FIELD_MISSING: Final = "Erreur de validation pour champ manquant"
INVALID_NUMBER: Final = "Numéro de téléphone invalide"
NO_CREDIT: Final = "Solde insuffisant"
SOME_FAILED: Final = "Certain message n’ont pas été envoyé"
UNREACHABLE: Final = "Destinataire injoignable"

DELIVERED: Final = "DELIVRD"
UNDELIVERED: Final = "UNDELIV"

_NUMBER = re.compile(r"\+?\d{9,15}")
_ID_PREFIX: Final = "brk.ocm."
_DOUALA: Final = timezone(timedelta(hours=1))

type Fields = Mapping[str, object]


class SimulatedDevCodeSms(SimulatedGateway):
    """DevCodeSMS: JSON, with a row for every number."""

    key: ClassVar[str] = "devcodesms"
    refusals = frozenset({AccountRefusal.NO_CREDIT, AccountRefusal.WRONG_CREDENTIALS})

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
        self.success_as_number = False
        """Write `success` as 1 or 0."""
        self.errors_inside_200 = False
        """Answer a refusal with HTTP 200."""
        self.spaced_numbers = False
        """Write `mobileno` with spaces."""
        self.every_text_to_every_number = False
        """Send all texts of a list to each number, instead of each to its own."""
        self.invalid_numbers_in_rows = False
        """Refuse a wrong number in its own row, instead of all that came with it."""
        self.tells_rows = True
        """Tell what became of each number, and not only of the request."""
        self.no_error: object = None
        """What `errorcode` holds where there is no error."""
        self.zero_balance_of_failures = False
        """Write a `balance` of 0 into the row of a number that is refused."""
        self.bare_ids = False
        """Write the ids of delivery reports without prefix and dashes."""
        self.bare_ids_in_answers = False
        """Write the ids of answers without prefix and dashes."""
        self.status_as_number = False
        """Write the status of delivery reports as 1 or 0."""
        self.status_with_number = False
        """Write the number before the word of the status of delivery reports."""
        self.blanks_in_names = False
        """Write blanks around and in the names of delivery reports."""

    @override
    def top_up(self, amount: Amount) -> None:
        super().top_up(amount)
        self.bought += int(amount)

    def delivery_report(
        self, acceptances: Iterable[Acceptance], status: str = DELIVERED
    ) -> str:
        """Return the body of a call with the status of messages (section 2.3.1)."""
        return json.dumps(
            {"dlrlist": [self._report(taken, status) for taken in acceptances]}
        )

    def _report(self, taken: Acceptance, status: str) -> dict[str, object]:
        submission_id, number = taken.submission_id, taken.recipient
        delivered = status == DELIVERED
        now = self.now().astimezone(_DOUALA).strftime("%Y-%m-%d %H:%M:%S")
        told: object = status
        if self.status_as_number:
            told = int(delivered)
        elif self.status_with_number:
            told = f"{int(delivered)} {status}"
        report: dict[str, object] = {
            "reponsecode": int(delivered),
            "reponsedescription": "success" if delivered else "error",
            "messageid": _bare(submission_id) if self.bare_ids else submission_id,
            "mobileno": _with_spaces(number) if self.spaced_numbers else number,
            "status": told,
            "submittime": now,
            "senttime": now,
            "deliverytime": now,
        }
        if not self.blanks_in_names:
            return report
        return {f" {name[:7]} {name[7:]}": value for name, value in report.items()}

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
        if not (sender and text and phone):
            return self._refuse(400, FIELD_MISSING)
        numbers, texts = _listed(phone), _listed(text)
        wrong = {number for number in numbers if not _NUMBER.fullmatch(number)}
        if wrong and not self.invalid_numbers_in_rows:
            return self._refuse(400, INVALID_NUMBER)
        foreign = {number for number in numbers if not self.is_served(number)}
        failures = dict.fromkeys(self.unreachable, UNREACHABLE) | dict.fromkeys(
            wrong | foreign, INVALID_NUMBER
        )
        messages = self._addressed(numbers, texts)
        if not messages:
            return self._refuse(400, FIELD_MISSING)
        costs = [
            self.cost_of(number, billed_segments(text))
            for number, text in messages
            if number not in failures
        ]
        if not self.can_pay(sum(costs)):
            return self._refuse(400, NO_CREDIT)
        rows = [
            self._row(number, text, str(sender), failures.get(number))
            for number, text in messages
        ]
        return self._answer_rows(rows, complete=len(costs) == len(messages))

    def _addressed(self, numbers: list[str], texts: list[str]) -> list[tuple[str, str]]:
        """Return who is sent what; nothing if the lists don't belong together."""
        if len(texts) == 1 or self.every_text_to_every_number:
            return [(number, text) for number in numbers for text in texts]
        if len(texts) != len(numbers):
            return []
        return list(zip(numbers, texts, strict=True))

    def _row(
        self, number: str, text: str, sender: str, failure: str | None
    ) -> dict[str, object]:
        """Take a message, or not, and return what to say about it."""
        submission_id = f"{_ID_PREFIX}{_identifier(self.next_number())}"
        if self.bare_ids_in_answers:
            submission_id = _bare(submission_id)
        segments = billed_segments(text)
        if failure is None:
            self.take(
                recipient=number,
                text=text,
                sender=sender,
                submission_id=submission_id,
                segments=segments,
            )
        failed = failure is not None
        return {
            "status": "error" if failed else "success",
            "smsclientid": f"{_ID_PREFIX}{self.next_number():023x}",
            "messageid": None if failed else submission_id,
            "mobileno": _with_spaces(number) if self.spaced_numbers else number,
            "errorcode": "1010" if failed else self.no_error,
            "errordescription": failure,
            "total_sms_unit": 0 if failed else self.cost_of(number, segments),
            "balance": 0
            if failed and self.zero_balance_of_failures
            else int(self.credits),
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
            ]
            if self.tells_rows
            else [],
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
                "qty_envoye": int(self.consumption),
                "solde": int(self.credits),
            },
        )

    def _refuse_key(self, fields: Fields) -> web.Response | None:
        if not fields.get("api_key"):
            return self._refuse(401, KEY_MISSING)
        is_changed = self.refusal is AccountRefusal.WRONG_CREDENTIALS
        if is_changed or fields["api_key"] != self.api_key:
            return self._refuse(401, FORBIDDEN)
        return None

    def _refuse(self, status: int, msg: str) -> web.Response:
        return self._answer(status, success=False, msg=msg, details=[])

    def _answer(
        self, status: int, *, success: bool, msg: str, **more: object
    ) -> web.Response:
        told: object = success
        if self.success_as_text:
            told = str(success).lower()
        elif self.success_as_number:
            told = int(success)
        return web.json_response(
            {
                "success": told,
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


def _listed(value: object) -> list[str]:
    """Return what a field holds, alone or as a list."""
    return [str(item) for item in (value if isinstance(value, list) else [value])]


def _bare(submission_id: str) -> str:
    return submission_id.removeprefix(_ID_PREFIX).replace("-", "")


def _identifier(number: int) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, str(number))


def _with_spaces(number: str) -> str:
    """Return `+237699128531` as `+237 699 128 531`."""
    return " ".join((number[:4], number[4:7], number[7:10], number[10:]))
