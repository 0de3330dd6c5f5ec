"""DevCodeSMS, Cameroon ("API-SMS DOCUMENTATION").

Every recipient of a message has a row of his own in the answer, and his row decides
about him. What an answer says as a whole is in `client`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import batched
from typing import Final, Literal, override

from yarl import URL

from ..abilities.delivery import PushedReport, PushesDelivery
from ..abilities.options import PersonalisesMessages
from ..errors import (
    AuthenticationError,
    GatewayError,
    RejectedError,
    UnreadableAnswerError,
)
from ..model.account import Balance
from ..model.limits import Limits
from ..model.message import SendResult, Sms, Submission
from ..outcome import Outcome
from ..wire.decoding import to_decimal, to_int
from ..wire.transport import Answer, Json
from .codes import kind_of, says_missing, says_some_not_sent
from .delivery import answer_call, bare_id, read_call
from .responses import (
    DevCodeSmsClient,
    JsonAnswer,
    Row,
    cost_of,
    objects,
    read_rows,
    rows_by_number,
    strongest,
)

type _Form = tuple[str, Literal["json", "form", "query"]]

_HEADERS: Final = {"Accept": "application/json"}
# Section 2.2.1 prints the first; the others are in use. The query comes last, as
# servers write it into their logs.
_BALANCE_FORMS: Final[tuple[_Form, ...]] = (
    ("GET", "json"),
    ("POST", "json"),
    ("POST", "form"),
    ("GET", "query"),
)
# What a server says that doesn't take a question in this form.
_FORM_REFUSED: Final = frozenset({400, 404, 405, 406, 411, 415, 501})
# How many go out together to see how the gateway reads a list of texts.
_TRIAL: Final = 2


class DevCodeSms(DevCodeSmsClient, PushesDelivery, PersonalisesMessages):
    """One account at DevCodeSMS."""

    key = "devcodesms"
    name = "DevCodeSMS"
    region = "CM"
    site = "https://devcodesms.com/"
    default_url = URL("https://devcodesms.com/developpeur/")
    credential_fields = ("api_key",)
    identity_fields = ("api_key",)
    # The document sets no bound.
    limits = Limits(recipients_per_request=100)

    _balance_form: _Form | None = None
    """The form that the gateway answered last."""
    _pairs_texts: bool | None = None
    """Whether it sends each text of a list to its own number, as far as it showed."""

    @override
    async def balance(self) -> Balance:
        """Ask for the balance (section 2.2), in the form that the gateway understands."""
        errors: list[GatewayError] = []
        # The form that worked goes first; the others keep their order.
        for form in sorted(_BALANCE_FORMS, key=lambda form: form != self._balance_form):
            answer = await self._ask_balance(form)
            try:
                balance = self._read_balance(answer)
            except GatewayError as error:
                if not _is_about_the_form(answer, error):
                    raise
                errors.append(error)
            else:
                self._balance_form = form
                return balance
        raise errors[0]

    @override
    async def send(self, sms: Sms) -> SendResult:
        """Hand over a message; a mail merge with care until the gateway is known.

        Section 2.1.1 takes a list of texts beside the list of numbers, and doesn't say
        how they belong together. It is read as pairs, the first text for the first
        number. A gateway that sent every text to every number would show it in its
        rows: so two recipients go first, and the others all together only when each of
        those two has got one message. Otherwise everybody is sent to alone.
        """
        if not self._is_merged(sms):
            return await super().send(sms)
        # For everybody, before anything is sent to the first.
        self.check(sms)
        results: list[SendResult] = []
        left = sms.recipients
        if self._pairs_texts is None:
            tried, left = left[:_TRIAL], left[_TRIAL:]
            results.append(await super().send(replace(sms, recipients=tried)))
        size = self.limits.recipients_per_request if self._pairs_texts else 1
        send = super().send
        results += await asyncio.gather(
            *(
                send(replace(sms, recipients=group))
                for group in batched(left, size, strict=False)
            )
        )
        return SendResult.joined(results)

    @override
    def read_pushed(self, body: str) -> tuple[PushedReport, ...]:
        """Return what a call with delivery reports says (section 2.3.1)."""
        return read_call(body, self._redact)

    @override
    def answer_pushed(
        self, pushed: Sequence[PushedReport], taken: Sequence[bool]
    ) -> Json:
        """Return the call's own list, with the code of each row (2.3, "Réponse")."""
        return answer_call(pushed, taken)

    @override
    def id_key(self, submission_id: str) -> str:
        """Return an id without what only some of this gateway's answers write."""
        return bare_id(submission_id)

    @override
    def local_number(self, recipient: str) -> str:
        """Return the number with its plus, as in every example of a JSON body."""
        return recipient

    @override
    async def _send_batch(self, sms: Sms, numbers: Sequence[str]) -> SendResult:
        """Send one text to all numbers, or to each his own (section 2.1)."""
        texts = [self.text_for(sms, recipient) for recipient in sms.recipients]
        is_merged = self._is_merged(sms)
        answer = await self._transport.request(
            "POST",
            "Send_sms_dev",
            json={
                "api_key": self.credentials.api_key,
                "sender": sms.sender,
                "phone": numbers[0] if len(numbers) == 1 else list(numbers),
                "message": texts if is_merged else texts[0],
            },
            headers=_HEADERS,
            uses_reserve=True,
        )
        reply = self._read(answer)
        rows = read_rows(reply.content)
        if not rows:
            raise self._error_for_all(answer, reply, numbers)
        by_number = rows_by_number(numbers, rows)
        if is_merged:
            self._learn(by_number)
        balances = [row.balance for row in rows if row.balance is not None]
        return SendResult(
            submissions=tuple(
                self._submission(answer, recipient, by_number[number], text)
                for recipient, number, text in zip(
                    sms.recipients, numbers, texts, strict=True
                )
            ),
            remaining=min(balances, default=None),
        )

    def _is_merged(self, sms: Sms) -> bool:
        """Return whether the recipients read different texts."""
        return len({self.text_for(sms, each) for each in sms.recipients}) > 1

    def _learn(self, by_number: Mapping[str, Sequence[Row]]) -> None:
        """Remember how the gateway read a list of texts, if its rows show it."""
        taken = {
            sum(row.accepted is True for row in rows) for rows in by_number.values()
        }
        if max(taken) > 1:
            self._pairs_texts = False
        elif taken == {1}:
            self._pairs_texts = True

    async def _ask_balance(self, form: _Form) -> Answer:
        method, place = form
        login = {"api_key": self.credentials.api_key}
        return await self._transport.request(
            method,
            "Solde_sms_dev",
            json=login if place == "json" else None,
            form=login if place == "form" else None,
            query=login if place == "query" else None,
            headers=_HEADERS,
        )

    def _read_balance(self, answer: Answer) -> Balance:
        reply = self._read(answer)
        if not reply.success:
            raise self._refusal(answer, reply)
        for data in objects(reply.content.get("data")):
            if (credits_left := to_decimal(data.get("solde"))) is not None:
                return Balance(
                    credits=credits_left,
                    purchased=to_int(data.get("qty_acheter")),
                    sent=to_int(data.get("qty_envoye")),
                )
        raise self._unreadable(answer)

    def _error_for_all(
        self, answer: Answer, reply: JsonAnswer, numbers: Sequence[str]
    ) -> GatewayError:
        """Return what an answer without rows means for everybody it was about."""
        # "Some were not sent" of several: then some were, and nobody knows which.
        some = len(numbers) > 1 and says_some_not_sent(reply.words)
        if reply.success or some:
            return self._unreadable(answer)
        return self._refusal(answer, reply)

    def _submission(
        self, answer: Answer, recipient: str, rows: Sequence[Row], text: str
    ) -> Submission:
        """Return what the rows of one recipient say about his message."""
        row = strongest(rows)
        if row is not None and row.accepted:
            return Submission(
                recipient=recipient,
                outcome=Outcome.ACCEPTED,
                submission_id=row.submission_id,
                segments=self.measure(text).segments,
                # More than one row: the gateway sent him more than his own text.
                cost=cost_of(rows),
            )
        error = self._row_error(answer, row)
        return Submission(
            recipient=recipient,
            outcome=error.outcome,
            submission_id=row.submission_id if row else None,
            error=error,
        )

    def _row_error(self, answer: Answer, row: Row | None) -> GatewayError:
        if row is None or row.accepted is None:
            return self._unreadable(answer)
        kind = kind_of(row.error_words) or RejectedError
        return kind(
            code=self._shown(row.error_code) or None,
            words=self._shown(row.error_words),
            reference=row.submission_id,
        )


def _is_about_the_form(answer: Answer, error: GatewayError) -> bool:
    """Return whether another form of the same question may be understood."""
    if isinstance(error, AuthenticationError):
        # The key was there: it is missing only to a server that didn't look there.
        return says_missing(error.words or "")
    return answer.status in _FORM_REFUSED or isinstance(error, UnreadableAnswerError)
