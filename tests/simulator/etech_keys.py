"""ETECH KEYS, as "Documentation API ETECH KEYS" describes it."""

from datetime import timedelta, timezone
from html import escape
from typing import ClassVar, Final, override

from aiohttp import web

from .gateway import Acceptance, Operation, SimulatedGateway
from .refusals import AccountRefusal
from .segments import billed_segments

# The number that goes with a label, as one source tells it. Others tell otherwise.
_NUMBERS: Final = {"DELIVERED": "2", "UNDELIVERED": "5"}
_ON_ITS_WAY: Final = "1"
_COLUMNS: Final = ("Identifiant", "Emetteur", "Destinataire", "Message", "SMS", "Date")
_CAMEROON: Final = "+237"
_DOUALA: Final = timezone(timedelta(hours=1))


class SimulatedEtechKeys(SimulatedGateway):
    """ETECH KEYS: GET, and a sentence for an answer."""

    key: ClassVar[str] = "etech_keys"
    refusals = frozenset({AccountRefusal.NO_CREDIT, AccountRefusal.WRONG_CREDENTIALS})

    def __init__(self) -> None:
        """Open an account in which no message has arrived yet."""
        super().__init__()
        self.label = "PENDING"
        """What it says of a delivery, where `labels` doesn't say otherwise."""
        self.labels: dict[str, str] = {}
        """What it says of single deliveries, by the id of the submission."""

    @override
    def local_number(self, recipient: str) -> str:
        return super().local_number(recipient.removeprefix(_CAMEROON))

    @override
    def international(self, recipient: str) -> str:
        if len(recipient) == 9:
            return f"{_CAMEROON}{recipient}"
        return super().international(recipient)

    @override
    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(
                name="send", methods=("GET", "POST"), path="api.php", handler=self._send
            ),
            Operation(
                name="balance",
                methods=("GET", "POST"),
                path="api_credit.php",
                handler=self._balance,
            ),
            Operation(
                name="transactions",
                methods=("GET", "POST"),
                path="api_transaction.php",
                handler=self._transactions,
            ),
            Operation(
                name="delivery",
                methods=("GET", "POST"),
                path="api_dlr.php",
                handler=self._delivery,
            ),
        )

    async def _send(self, request: web.Request) -> web.Response:
        query = request.query
        if not self._is_known(request):
            return _sentence("Mot de passe incorrect")
        recipient, text = query.get("destinataire", ""), query.get("message", "")
        is_number = recipient.isdigit() and len(recipient) >= 9
        if not is_number or not self.is_served(recipient):
            return _sentence("destinataire incorrect")
        submission_id = f"1{self.username}{recipient}{self.next_number():06}"
        if not self.take(
            recipient=recipient,
            text=text,
            sender=query.get("sender_id", ""),
            submission_id=submission_id,
            segments=billed_segments(text),
        ):
            return _sentence("Solde insuffisant")
        return _sentence(submission_id)

    async def _balance(self, request: web.Request) -> web.Response:
        if not self._is_known(request):
            return _sentence("Mot de passe incorrect")
        return _sentence(str(self.credits))

    async def _transactions(self, request: web.Request) -> web.Response:
        """Show the last messages, whoever sent them, the newest first.

        The document shows no form.
        """
        if not self._is_known(request):
            return _sentence("Mot de passe incorrect")
        sent = sorted(self.accepted + self.sent_elsewhere, key=lambda taken: taken.at)
        last = sent[::-1][: int(request.query["qte"])]
        lines = [_line("th", _COLUMNS), *(_line("td", _cells(taken)) for taken in last)]
        return _sentence(f"<table>{''.join(lines)}</table>")

    async def _delivery(self, request: web.Request) -> web.Response:
        """Say where a message is: who knows its id needs no password (section C)."""
        query = request.query
        known = (query.get("login"), query.get("destinataire"), query.get("id"))
        for taken in self.accepted:
            if known == (self.username, taken.recipient, taken.submission_id):
                label = self.labels.get(taken.submission_id, self.label)
                return web.json_response(
                    {
                        "id": taken.submission_id,
                        "etat_sms": _NUMBERS.get(label, _ON_ITS_WAY),
                        "Libelle_sms": label,
                    }
                )
        return _sentence("")

    def _is_known(self, request: web.Request) -> bool:
        return (
            self.refusal is not AccountRefusal.WRONG_CREDENTIALS
            and request.query.get("login") == self.username
            and request.query.get("password") == self.password
        )


def _sentence(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html")


def _cells(taken: Acceptance) -> tuple[str, ...]:
    return (
        taken.submission_id,
        taken.sender,
        taken.recipient,
        taken.text,
        str(taken.segments),
        f"{taken.at.astimezone(_DOUALA):%d/%m/%Y %H:%M:%S}",
    )


def _line(tag: str, cells: tuple[str, ...]) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"
