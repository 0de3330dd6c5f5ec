"""ETECH KEYS, as "Documentation API ETECH KEYS" describes it."""

from typing import ClassVar, override

from aiohttp import web

from .gateway import Operation, SimulatedGateway
from .segments import billed_segments


class SimulatedEtechKeys(SimulatedGateway):
    """ETECH KEYS: GET, and a sentence for an answer."""

    key: ClassVar[str] = "etech_keys"

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
        )

    async def _send(self, request: web.Request) -> web.Response:
        query = request.query
        if not self._is_known(request):
            return _sentence("Mot de passe incorrect")
        recipient, text = query.get("destinataire", ""), query.get("message", "")
        if not recipient.isdigit() or len(recipient) < 9:
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

    def _is_known(self, request: web.Request) -> bool:
        return (
            request.query.get("login") == self.username
            and request.query.get("password") == self.password
        )


def _sentence(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html")
