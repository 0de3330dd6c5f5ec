"""DevCodeSMS, Cameroon ("API-SMS DOCUMENTATION").

Every recipient of a message has a row of his own in the answer, and his row decides
about him.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final, Literal, override

from yarl import URL

from ..abilities.delivery import PushedAnswer, PushedReport, PushesDelivery
from ..claim import Claim
from ..errors import (
    AuthenticationError,
    GatewayError,
    InvalidRecipientError,
    InvalidRequestError,
    NotSentError,
    RateLimitedError,
    RejectedError,
    Scope,
    UnreadableAnswerError,
)
from ..gateway import Gateway
from ..model.account import Balance
from ..model.limits import Limits
from ..model.message import SendResult, Sms
from ..outcome import Outcome
from .delivery import answer_call, bare_id, read_call
from .responses import UNCLEAR, Reply, Told, read_reply

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
# After that, no other form of the question is begun.
_PATIENCE: Final = timedelta(minutes=1)


class DevCodeSms(Gateway, PushesDelivery):
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
    # Section 2.3.
    pushed_by = "POST"

    _balance_form: _Form | None = None
    """The form that the gateway answered last."""
    _known_balance: Balance | None = None
    """What the account should hold: as told, less what was taken since."""

    @override
    async def balance(self) -> Balance:
        """Ask for the balance (section 2.2), in the form that the gateway understands.

        As long as none has worked, all are tried whatever the answer, as the question
        does no harm: a server may answer a GET with a body by anything, or not at all.
        """
        errors: list[GatewayError] = []
        begun = self._elapsed()
        # The form that worked goes first; the others keep their order.
        for form in sorted(_BALANCE_FORMS, key=lambda form: form != self._balance_form):
            if self._elapsed() - begun > _PATIENCE:
                break
            try:
                balance = await self._ask_balance(form)
            except GatewayError as error:
                is_decided = form == self._balance_form and not _is_about_the_form(
                    error
                )
                if is_decided or isinstance(error, NotSentError):
                    raise
                errors.append(error)
            else:
                self._balance_form, self._known_balance = form, balance
                return balance
        # What is wrong with the key, or else the account, tells most.
        raise min(
            errors,
            key=lambda e: (
                type(e) is not AuthenticationError,
                e.scope != Scope.ACCOUNT,
            ),
        )

    @override
    async def send(self, sms: Sms) -> SendResult:
        """Hand over a message; to each alone where one wrong number stopped them all."""
        send = super().send
        result = await send(sms)
        alone = [
            replace(sms, recipients=(each.recipient,))
            for each in result.submissions
            if each.outcome is Outcome.NOT_SENT
            and isinstance(each.error, InvalidRecipientError)
        ]
        joined = SendResult.joined([result, *await asyncio.gather(*map(send, alone))])
        # Each recipient's last: that of his own request.
        told = {submission.recipient: submission for submission in joined.submissions}
        return replace(joined, submissions=tuple(told.values()))

    @override
    def read_pushed(self, said: str) -> tuple[PushedReport, ...]:
        """Return what a call with delivery reports says (section 2.3.1)."""
        return read_call(said, self._redact)

    @override
    def answer_pushed(
        self, pushed: Sequence[PushedReport], taken: Sequence[bool]
    ) -> PushedAnswer:
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
        """Send one text to all numbers (section 2.1).

        Section 2.1.1 takes a list of texts, too, and doesn't say which of them is sent
        to which of the numbers: read wrongly, people would see each other's.
        """
        before = self._known_balance
        answer = await self._transport.request(
            "POST",
            "Send_sms_dev",
            json={
                "api_key": self.credentials.api_key,
                "sender": sms.sender,
                "phone": numbers[0] if len(numbers) == 1 else list(numbers),
                "message": sms.text,
            },
            headers=_HEADERS,
            purpose=sms.purpose,
        )
        reply = read_reply(answer, numbers)
        segments = self.measure(sms.text).segments
        claims = [self._claim(reply, reply.by_number[number]) for number in numbers]
        submissions = [
            self._submission(reply.answer, recipient, claim, segments)
            for recipient, claim in zip(sms.recipients, claims, strict=True)
        ]
        is_of_all = isinstance(submissions[0].error, InvalidRecipientError)
        if is_of_all and len(numbers) > 1 and not reply.has_rows:
            # One is wrong: which, and what became of the others?
            if not await self._is_unmoved(before):
                raise self._unreadable(answer)
            submissions = [replace(s, outcome=Outcome.NOT_SENT) for s in submissions]
        accepted = [
            reply.by_number[number]
            for number, submission in zip(numbers, submissions, strict=True)
            if submission.outcome is Outcome.ACCEPTED
        ]
        self._charge(sum((told.cost or Decimal(0) for told in accepted), Decimal(0)))
        # What a refusal tells of the credit is not believed.
        balances = [told.balance for told in accepted if told.balance is not None]
        return SendResult(
            submissions=tuple(submissions), remaining=min(balances, default=None)
        )

    def _charge(self, cost: Decimal) -> None:
        """Take what was accepted from what the account should hold."""
        known = self._known_balance
        if known is not None and known.sent is not None:
            left, sent = known.credits - cost, known.sent + int(cost)
            self._known_balance = replace(known, credits=left, sent=sent)

    async def _is_unmoved(self, before: Balance | None) -> bool:
        """Return whether the account provably sent nothing since.

        `qty_envoye` counts what was sent, by whomever: if it stands where it stood, and
        so does all else, then no part of the message has left.
        """
        if before is None or before.sent is None:
            return False
        try:
            return await self.balance() == before
        except GatewayError:
            return False

    def _claim(self, reply: Reply, told: Told) -> Claim:
        """Return what an answer claims about the message to one number, or as a whole."""
        refusal: GatewayError | None = None
        if False in told.said:
            refusal = (told.kind or RejectedError)(
                code=self._shown(told.code) or None,
                words=self._shown(told.words),
                reference=told.submission_id,
            )
        if isinstance(refusal, RateLimitedError):
            refusal.wait = reply.answer.retry_after
        return Claim(
            is_accepted=True in told.said,
            refusal=refusal,
            is_readable=reply.whole.said != UNCLEAR,
            submission_id=told.submission_id,
            cost=told.cost,
        )

    async def _ask_balance(self, form: _Form) -> Balance:
        method, place = form
        login = {"api_key": self.credentials.api_key}
        answer = await self._transport.request(
            method,
            "Solde_sms_dev",
            json=login if place == "json" else None,
            form=login if place == "form" else None,
            query=login if place == "query" else None,
            headers=_HEADERS,
        )
        reply = read_reply(answer)
        claim = self._claim(reply, reply.whole)
        if not claim.is_readable:
            raise self._unreadable(reply.answer)
        return self._granted(reply.answer, reply.balance, claim.refusal)


def _is_about_the_form(error: GatewayError) -> bool:
    """Return whether another form of the same question may be understood."""
    # The key is missing only to a server that doesn't look where it was.
    return "manquant" in (error.words or "").casefold() or isinstance(
        error, InvalidRequestError | UnreadableAnswerError
    )
