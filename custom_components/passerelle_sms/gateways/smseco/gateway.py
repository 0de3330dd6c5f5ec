"""SMSECO, Côte d'Ivoire and Burkina Faso ("Paramètre de configuration de l'API SMSECO V 2.0").

One request takes many recipients, and its answer tells which of them were valid.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
import logging
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
)
from ..gateway import Gateway
from ..model.account import Balance
from ..model.delivery import DeliveryReport, Sent
from ..model.limits import Limits
from ..model.mail_merge import fields_of
from ..model.message import Encoding, SendResult, Sms
from ..outcome import Outcome
from ..wire.decoding import to_credits
from ..wire.document import read_document
from ..wire.json_document import Object
from ..wire.noise import visible
from ..wire.purpose import Purpose
from ..wire.transport import Answer, Json
from .codes import ERRORS
from .delivery import group, read_reports, write_question
from .pieces import read_only_id
from .requests import OWN_OPTIONS, write_message, write_recipients, write_request
from .responses import (
    answer_in,
    read_balance,
    read_claims,
    read_senders,
    read_statut,
    read_words,
)

_LOGGER = logging.getLogger(__name__)

# Section I-1: 30 characters at most; the characters are those that travel unharmed.
_REFERENCE: Final = re.compile(r"[A-Za-z0-9-]{1,30}")

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
    other_countries = frozenset({"BF"})
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
        return await self._ask("json/getbalance/", read_balance)

    @override
    async def senders(self) -> tuple[str, ...]:
        """Ask for the registered senders (section IV-2)."""
        return await self._ask("json/getsenders/", read_senders)

    @override
    def check(self, sms: Sms) -> None:
        """Raise `RejectedError` if the text, the sender or the reference breaks a rule."""
        super().check(sms)
        if sms.reference is not None:
            _check_reference(sms.reference)

    @override
    def may_split(self, sms: Sms) -> bool:
        """Return whether several messages can say the same: not what is no text."""
        own = sms.options.own
        return own.get("binary") is not True and "udhdata" not in own

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
    def _group_of(self, sms: Sms, recipient: str) -> Hashable:
        """Return what those have in common who may share a request.

        The gateway merges, but `unicode` is a request's, so that is one encoding. A value
        that holds a field would be merged, too: that text is written out.
        """
        text = sms.text_to(recipient)
        if not sms.options.personalisation or fields_of(text):
            return text
        return sms.template_of(recipient), self.measure(text).encoding

    @override
    def _merges(self, sms: Sms) -> bool:
        """Return whether the gateway is to merge: what it makes must hold no field."""
        return not fields_of(sms.text_to(sms.recipients[0]))

    @override
    async def _send_batch(self, sms: Sms, numbers: Sequence[str]) -> SendResult:
        """Send to as many recipients as there are (sections I-3 and II-2)."""
        text = self.text_for(sms, sms.recipients[0])
        is_ucs2 = self.measure(text).encoding is Encoding.UCS2
        answer = await self._post(
            "json/sendsms/",
            {
                "message": write_message(sms, is_ucs2=is_ucs2),
                "destinataires": write_recipients(sms, numbers),
            },
            purpose=sms.purpose,
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
        """Return what became of each recipient; raises `OperationUnknownError`."""
        fields = answer_in(read_document(answer.text)) or read_only_id(answer.text)
        claims = read_claims(fields, numbers, sms.reference, self._refusal(fields))
        submissions = tuple(
            self._submission(answer, recipient, claim, self._segments(sms, recipient))
            for recipient, claim in zip(sms.recipients, claims, strict=True)
        )
        if isinstance(error := submissions[0].error, OperationUnknownError):
            raise error
        is_taken = any(one.outcome is Outcome.ACCEPTED for one in submissions)
        solde = to_credits(fields.get("solde")) if is_taken else None
        return SendResult(submissions=submissions, remaining=solde)

    def _segments(self, sms: Sms, recipient: str) -> int:
        # The check of a number has no text, and is no message.
        return self.measure(self.text_for(sms, recipient)).segments if sms.text else 0

    def _read_deliveries(self, answer: Answer) -> tuple[DeliveryReport, ...]:
        """Return the reports: what can be read now is never told again."""
        document = read_document(answer.text)
        reports, is_all = read_reports(answer.text, document, self._words)
        if reports and not is_all:
            self._keep_excerpt(answer)
            _LOGGER.warning(
                "Delivery reports of %s could not be read, or were too many", self.name
            )
        if reports:
            return reports
        fields = answer_in(document)
        nothing = () if is_all and read_statut(fields) == 0 else None
        try:
            return self._granted(answer, nothing, self._refusal(fields))
        except NothingNewError:
            return ()

    def _refusal(self, fields: Object) -> RejectedError | None:
        """Return the refusal that an answer is: a code below 0."""
        code = read_statut(fields)
        if code is None or code >= 0:
            return None
        words = self._words(read_words(fields))
        return ERRORS.get(code, RejectedError)(code=str(code), words=words)

    def _words(self, text: str) -> str:
        """Return the gateway's words, fit to be shown."""
        # First, as a secret may hold what looks like a tag; and last, as a character may
        # have been written as an entity.
        return self._shown(visible(self._shown(text)))

    async def _ask[T](self, address: str, read: Callable[[Object], T | None]) -> T:
        """Return what the gateway tells about the account: 0 says so (section IV)."""
        answer = await self._post(address, {})
        fields = answer_in(read_document(answer.text))
        told = read(fields) if read_statut(fields) == 0 else None
        return self._granted(answer, told, self._refusal(fields))

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
        self,
        address: str,
        request: Mapping[str, Json],
        *,
        purpose: Purpose = Purpose.QUESTION,
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
            purpose=purpose,
        )


def _check_reference(reference: str) -> None:
    """Raise `InvalidRequestError` for an id of ours that the gateway wouldn't keep."""
    if not _REFERENCE.fullmatch(reference):
        raise InvalidRequestError(parameter="msgid")
