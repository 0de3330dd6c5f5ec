"""123-SMS.net, France ("API CLIENT 123-SMS.NET", 16/12/2024).

The gateway is asked in the form that its document describes. Public clients use an older
one; it is tried only when the first answer proves that nothing was done.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import Enum, auto
from typing import Final, override

import aiohttp
from yarl import URL

from .abilities import RefusesDuplicates, SellsLongMessages
from .errors import GatewayError, MessageTooLongError, OperationUnknownError
from .gateway import Gateway, SenderRule
from .models import Balance, Credentials, SendResult, Sms, Submission
from .outcome import Outcome
from .sms123_answers import read_balance_answer, read_send_answer
from .sms123_codes import Acceptance, Refusal
from .transport import Answer, Timeouts

# "The format of the data is wrong": nothing was done.
_MALFORMED: Final = "-1"
# What the older form calls differently.
_SCRIPT_NAMES: Final = {"senderid": "sender"}


class _Form(Enum):
    """How the gateway is asked, in the order to try."""

    DOCUMENTED = auto()
    """JSON to `api/…`."""
    SCRIPT = auto()
    """A form to a PHP script, as the vendor's own examples do."""


@dataclass(slots=True, kw_only=True)
class _Operation[Result]:
    """What the gateway can be asked for, and the form that it is known to answer."""

    paths: Mapping[_Form, str]
    read: Callable[[str], Result | Refusal | None]
    form: _Form | None = None
    probing: asyncio.Lock = field(default_factory=asyncio.Lock)


class Sms123(Gateway, SellsLongMessages, RefusesDuplicates):
    """One account at 123-SMS.net."""

    key = "sms123"
    name = "123-SMS.net"
    region = "FR"
    site = "https://www.123-sms.net/"
    default_url = URL("https://www.123-sms.net/")
    credential_fields = ("username", "api_key")
    identity_fields = ("username",)
    sender_rule = SenderRule(required=False, longest=11)
    # "Envoi de SMS", code 91.
    duplicate_window = timedelta(hours=24)

    def __init__(
        self,
        session: aiohttp.ClientSession,
        credentials: Credentials,
        *,
        url: URL | None = None,
        sender: str | None = None,
        timeouts: Timeouts = Timeouts(),
    ) -> None:
        """Prepare a client that doesn't know yet which form the gateway answers."""
        super().__init__(
            session, credentials, url=url, sender=sender, timeouts=timeouts
        )
        self._sending: Final = _Operation[Acceptance](
            paths={_Form.DOCUMENTED: "api/send/", _Form.SCRIPT: "http.php"},
            read=read_send_answer,
        )
        self._balance: Final = _Operation[Decimal](
            paths={_Form.DOCUMENTED: "api/solde/", _Form.SCRIPT: "solde_comptes.php"},
            read=read_balance_answer,
        )

    @override
    async def balance(self) -> Balance:
        """Ask for the balance ("Consultation du solde")."""
        return Balance(credits=await self._ask(self._balance, {}))

    @override
    def check(self, sms: Sms) -> None:
        """Raise `RejectedError` if the text or the sender breaks the gateway's rules.

        More than one segment is an option of the account ("Envoi de SMS", `message`).
        """
        segments = self.measure(sms.text).segments
        if segments > 1 and not self.long_messages:
            raise MessageTooLongError(segments=str(segments), maximum="1")
        super().check(sms)

    @override
    async def _send_batch(self, sms: Sms, numbers: Sequence[str]) -> SendResult:
        """Send to one recipient ("Envoi de SMS")."""
        parameters = {"numero": numbers[0], "message": sms.text}
        if sms.sender:
            parameters["senderid"] = sms.sender
        acceptance = await self._ask(self._sending, parameters)
        return SendResult(
            submissions=(
                Submission(
                    recipient=sms.recipients[0],
                    outcome=Outcome.ACCEPTED,
                    submission_id=acceptance.reference,
                    segments=self.measure(sms.text).segments,
                ),
            )
        )

    async def _ask[Result](
        self, operation: _Operation[Result], parameters: Mapping[str, str]
    ) -> Result:
        """Ask in the form that the gateway is known to answer, or find out which."""
        reply = await self._ask_known(operation, parameters)
        if reply is None:
            reply = await self._ask_first(operation, parameters)
        if isinstance(reply, Refusal):
            raise reply.error()
        return reply

    async def _ask_known[Result](
        self, operation: _Operation[Result], parameters: Mapping[str, str]
    ) -> Result | Refusal | None:
        """Ask in the known form; `None` if none is known, or the address is gone."""
        form = operation.form
        if form is None:
            return None
        try:
            return await self._exchange(operation, form, parameters)
        except OperationUnknownError:
            # Nothing was done. Whoever came here first has perhaps found another form.
            if operation.form is form:
                operation.form = None
            return None

    async def _ask_first[Result](
        self, operation: _Operation[Result], parameters: Mapping[str, str]
    ) -> Result | Refusal:
        """Find out which form the gateway answers, one request at a time.

        Fifty messages at once must not each look for it.
        """
        async with operation.probing:
            form = operation.form
            if form is None:
                return await self._probe(operation, parameters)
        return await self._exchange(operation, form, parameters)

    async def _probe[Result](
        self, operation: _Operation[Result], parameters: Mapping[str, str]
    ) -> Result | Refusal:
        """Ask in one form after the other, as long as nothing was done.

        If neither is answered the documented one was right, and the error is its own.
        """
        errors: list[GatewayError] = []
        for form in _Form:
            try:
                reply = await self._exchange(operation, form, parameters)
            except OperationUnknownError as error:
                errors.append(error)
                continue
            if isinstance(reply, Refusal) and reply.code == _MALFORMED:
                errors.append(reply.error())
                continue
            operation.form = form
            return reply
        raise errors[0]

    async def _exchange[Result](
        self, operation: _Operation[Result], form: _Form, parameters: Mapping[str, str]
    ) -> Result | Refusal:
        """Send one request in one form, and read its answer.

        The document leaves a choice of two pairs of names for the credentials: these
        are the pair that both forms know.

        Raises:
            OperationUnknownError: HTTP 404, 405, 415 or code -3: nothing was done.
            GatewayError: of the kind that says why there is no readable answer.

        """
        values = {
            "email": self.credentials.username,
            "pass": self.credentials.api_key,
            **parameters,
        }
        path = operation.paths[form]
        if form is _Form.DOCUMENTED:
            answer = await self._transport.request(
                "POST", path, json=values, headers={"Accept": "application/json"}
            )
        else:
            renamed = {_SCRIPT_NAMES.get(name, name): values[name] for name in values}
            answer = await self._transport.request("POST", path, form=renamed)
        reply = self._read(operation, answer)
        if isinstance(reply, Refusal) and reply.error_type is OperationUnknownError:
            raise reply.error()
        return reply

    def _read[Result](
        self, operation: _Operation[Result], answer: Answer
    ) -> Result | Refusal:
        """Return what an answer says, if its HTTP status doesn't say otherwise.

        A refusal may come with any 4xx, an acceptance or a balance only with a 2xx:
        "accepted" and "not found" together prove nothing, least of all that nothing
        was sent.
        """
        reply = operation.read(answer.text)
        if reply is not None:
            refused = isinstance(reply, Refusal) and 400 <= answer.status < 500
            if refused or 200 <= answer.status < 300:
                return reply
        if not isinstance(reply, Acceptance):
            self._check_status(answer)
        raise self._unreadable(answer)
