"""SMSECO, Côte d'Ivoire and Burkina Faso ("Paramètre de configuration de l'API SMSECO V 2.0").

One request takes many recipients, and its answer tells which of them were valid.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
import re
from typing import Final, override

from yarl import URL

from ..abilities.account import ChecksNumbers, ListsSenders
from ..abilities.delivery import TellsDeliveryOnce
from ..abilities.options import (
    PersonalisesMessages,
    SchedulesMessages,
    SendsFlash,
    TakesOwnOptions,
)
from ..errors import (
    InvalidRequestError,
    NothingNewError,
    OperationUnknownError,
    RejectedError,
    UnreadableAnswerError,
)
from ..gateway import Gateway
from ..model.account import Balance
from ..model.delivery import DeliveryReport, Sent
from ..model.limits import Limits
from ..model.message import Encoding, SendResult, Sms
from ..outcome import Outcome
from ..wire.decoding import plain_text
from ..wire.transport import Answer, Json
from .codes import ERRORS
from .delivery import group, read_reports, write_question
from .requests import OWN_OPTIONS, write_message, write_recipients
from .responses import (
    JsonAnswer,
    claims_success,
    read_answer,
    submissions,
    write_request,
)
from .times import read_date

# Section I-1: 30 characters at most; the characters are those that travel unharmed.
_REFERENCE: Final = re.compile(r"[A-Za-z0-9-]{1,30}")
_BACKSLASHES: Final = re.compile(r"\\+")

# Two operations have two addresses in the document, here the likelier one first.
# Section III-3 prints XML's for JSON, as no other section does.
_DELIVERY: Final = ("json/getdlrs/", "xml/getdlrs/")
# Section V-1 spells it as its title, sections V-2 and V-3 don't.
_NUMBER_CHECK: Final = ("json/sendhlr/", "json/sendhrl/")


class SmsEco(
    Gateway,
    TellsDeliveryOnce,
    ListsSenders,
    ChecksNumbers,
    SchedulesMessages,
    SendsFlash,
    PersonalisesMessages,
    TakesOwnOptions,
):
    """One account at SMSECO."""

    key = "smseco"
    name = "SMSECO"
    region = "CI"
    site = "http://www.smseco.com/"
    # The document knows no https.
    default_url = URL("http://www.smseco.com/api/")
    # The document sets no bound.
    limits = Limits(recipients_per_request=100)
    own_options = OWN_OPTIONS

    _empty_addresses: frozenset[str] = frozenset()
    """Those where the gateway had nothing, while their operation is at the other."""

    @override
    async def balance(self) -> Balance:
        """Ask for the credits, the day they lapse and the consumption (section IV-1)."""
        answer = await self._post("json/getbalance/", {})
        reply = self._read_fine(answer)
        if (credits_left := reply.number("credits")) is None:
            raise self._unreadable(answer)
        return Balance(
            credits=credits_left,
            expires=read_date(reply.fields.get("expire")),
            consumption=reply.number("cumul"),
        )

    @override
    async def senders(self) -> tuple[str, ...]:
        """Ask for the registered senders (section IV-2)."""
        answer = await self._post("json/getsenders/", {})
        reply = self._read_fine(answer)
        if "senders" not in reply.fields:
            raise self._unreadable(answer)
        return reply.senders()

    @override
    def check(self, sms: Sms) -> None:
        """Raise `RejectedError` if the text, the sender or the reference breaks a rule."""
        super().check(sms)
        if sms.reference is not None:
            _check_reference(sms.reference)

    @override
    async def check_numbers(
        self, recipients: Sequence[str], reference: str
    ) -> SendResult:
        """Have numbers checked (section V): only companies' accounts may.

        Raises:
            InvalidRequestError: the reference breaks the rule, so nothing was asked.

        """
        _check_reference(reference)
        return await self._in_batches(
            Sms(text="", recipients=tuple(recipients), reference=reference),
            self._check_batch,
        )

    @override
    def delivery_requests(self, sent: Sequence[Sent]) -> tuple[tuple[Sent, ...], ...]:
        """Return the submissions by the request that sent them."""
        return group(sent)

    @override
    async def delivery(self, sent: Sequence[Sent]) -> tuple[DeliveryReport, ...]:
        """Ask for what is new about one request, or one recipient (section III)."""
        return await self._ask_deliveries(write_question(sent))

    @override
    async def new_deliveries(self) -> tuple[DeliveryReport, ...]:
        """Ask for what is new in the whole account (section III)."""
        return await self._ask_deliveries({})

    @override
    async def _send_batch(self, sms: Sms, numbers: Sequence[str]) -> SendResult:
        """Send to as many recipients as there are (sections I-3 and II-2)."""
        texts = {self.text_for(sms, recipient) for recipient in sms.recipients}
        is_ucs2 = any(self.measure(text).encoding is Encoding.UCS2 for text in texts)
        answer = await self._post(
            "json/sendsms/",
            {
                "message": write_message(sms, is_ucs2=is_ucs2),
                "destinataires": write_recipients(sms, numbers),
            },
            uses_reserve=True,
        )
        return self._taken(answer, sms, numbers)

    async def _check_batch(self, sms: Sms, numbers: Sequence[str]) -> SendResult:
        """Have as many numbers checked as there are (section V-3)."""
        request: dict[str, Json] = {
            "message": {"msgid": sms.reference},
            "destinataires": write_recipients(sms, numbers),
        }
        return await self._post_either(
            _NUMBER_CHECK, request, lambda answer: self._taken(answer, sms, numbers)
        )

    async def _ask_deliveries(
        self, question: dict[str, Json]
    ) -> tuple[DeliveryReport, ...]:
        return await self._post_either(
            _DELIVERY, {"message": question}, self._read_deliveries
        )

    def _taken(self, answer: Answer, sms: Sms, numbers: Sequence[str]) -> SendResult:
        """Return what became of each recipient, or raise what became of all."""
        reply = self._read(answer)
        if reply is None or not claims_success(reply, sms) or answer.status >= 500:
            self._check_status(answer)
            raise self._unreadable(answer)
        if answer.status >= 300:
            # The body says yes and the status says no: neither proves anything.
            raise self._unreadable(answer)
        submission = submissions(reply, sms, numbers, lambda: self._unreadable(answer))
        return SendResult(
            submissions=tuple(
                replace(one, segments=self._segments(sms, one.recipient))
                if one.outcome is Outcome.ACCEPTED
                else one
                for one in submission
            ),
            remaining=reply.number("solde"),
        )

    def _segments(self, sms: Sms, recipient: str) -> int:
        # The check of a number has no text, and is no message.
        return self.measure(self.text_for(sms, recipient)).segments if sms.text else 0

    def _read_deliveries(self, answer: Answer) -> tuple[DeliveryReport, ...]:
        """Return the reports: what can be read now is never told again."""
        told, all_read = read_reports(answer.text, self._words)
        if not all_read:
            self._unreadable(answer)
        if told:
            return tuple(told)
        try:
            self._read_fine(answer)
        except NothingNewError:
            return ()
        if not all_read:
            raise self._unreadable(answer)
        return ()

    def _read_fine(self, answer: Answer) -> JsonAnswer:
        """Return an answer without an error; 0 says so (sections III-1 and IV)."""
        reply = self._read(answer)
        self._check_status(answer)
        if reply is None or reply.statut != 0:
            raise self._unreadable(answer)
        return reply

    def _read(self, answer: Answer) -> JsonAnswer | None:
        """Return the answer, or `None` when the document knows none like it.

        Raises:
            RejectedError: it is a refusal, whatever its HTTP status.
            UnreadableAnswerError: it is a refusal that names messages all the same.

        """
        reply = read_answer(answer.text)
        if reply is None or reply.statut >= 0:
            return reply
        if reply.names_messages():
            raise self._unreadable(answer)
        error = ERRORS.get(reply.statut, RejectedError)
        raise error(code=str(reply.statut), words=self._words(reply.words))

    def _words(self, text: str) -> str:
        """Return the gateway's words, fit to be shown."""
        # Redacted first: a secret may hold what looks like a tag.
        return plain_text(self._shown(text))

    @override
    def _unreadable(self, answer: Answer) -> UnreadableAnswerError:
        # Our own request inside the answer is escaped twice: with one backslash at a
        # time, the password in it is recognised.
        text = _BACKSLASHES.sub(r"\\", answer.text)
        return super()._unreadable(replace(answer, text=text))

    async def _post_either[T](
        self,
        addresses: Sequence[str],
        request: Mapping[str, Json],
        read: Callable[[Answer], T],
    ) -> T:
        """Post to the first address, and to the second if the gateway has nothing there.

        So nothing was done at the first. The one that worked goes first from then on.
        """
        first, second = sorted(addresses, key=lambda at: at in self._empty_addresses)
        try:
            return read(await self._post(first, request))
        except OperationUnknownError:
            result = read(await self._post(second, request))
        self._empty_addresses = self._empty_addresses - {second} | {first}
        return result

    async def _post(
        self, address: str, request: Mapping[str, Json], *, uses_reserve: bool = False
    ) -> Answer:
        """Post a request, with the account that it is about."""
        login = {
            "login": self.credentials.username,
            "password": self.credentials.password,
        }
        return await self._transport.request(
            "POST",
            address,
            body=write_request({"compte": login, **request}),
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            uses_reserve=uses_reserve,
        )


def _check_reference(reference: str) -> None:
    """Raise `InvalidRequestError` for an id of ours that the gateway wouldn't keep."""
    if not _REFERENCE.fullmatch(reference):
        raise InvalidRequestError(parameter="msgid")
