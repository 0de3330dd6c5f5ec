"""Envoyer SMS Pro, France ("API SMS HTTP REST", version 2.10.0)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
import re
from typing import Final, override
from xml.etree.ElementTree import Element

from aiohttp import encode_basic_auth, hdrs
from yarl import URL

from .abilities import ListsAccounts
from .decoding import to_int
from .envoyer_sms_pro_reply import Reply, read_reply, remaining, request_limit, text_at
from .errors import (
    AuthenticationError,
    GatewayError,
    InvalidRecipientError,
    NotAllowedError,
    RateLimitedError,
)
from .gateway import EXCERPT, Gateway, Limits, SenderRule
from .models import Balance, SendResult, Sms, SubAccount, Submission
from .outcome import Outcome
from .redaction import HIDDEN
from .segments import GSM7_EXTENSION, Measure, measure

# "Détails sur le long SMS": 160 characters in one SMS, 306 in two, 459 in three.
_SINGLE: Final = 160
_PART: Final = 153


class EnvoyerSmsPro(Gateway, ListsAccounts):
    """One account at Envoyer SMS Pro, or one of several behind the same login."""

    key = "envoyer_sms_pro"
    name = "Envoyer SMS Pro"
    region = "FR"
    site = "https://www.envoyersmspro.com/"
    default_url = URL("https://www.envoyersmspro.com/api/")
    identity_fields = ("username", "account_id")
    # "Détails sur le nombre de destinataires" (POST) and "sur le long SMS". A hundred
    # requests an hour are allowed, so looks at the balance must be few.
    limits = Limits(
        recipients_per_request=1000,
        concurrency=2,
        segments=3,
        minimum_poll=timedelta(minutes=10),
    )
    # "Messages d'erreur", the four about the sendername: at least one letter, no accent.
    sender_rule = SenderRule(
        shortest=3, pattern=re.compile(r"[0-9 ]*[A-Za-z][A-Za-z0-9 ]*")
    )

    @override
    async def balance(self) -> Balance:
        """Ask for the credit ("Fonction SMS restant"), and for that of all accounts.

        The others are asked for only where the credentials name one of several.
        """
        reply = await self._ask("account/status")
        body = self._accepted(reply)
        if (credits_left := remaining(body)) is None:
            raise self._unreadable(reply.answer)
        return Balance(
            credits=credits_left,
            request_limit=request_limit(body),
            sub_accounts=(await self.accounts() if self.credentials.account_id else ()),
        )

    @override
    async def accounts(self) -> tuple[SubAccount, ...]:
        """Ask for all accounts ("Fonction liste des comptes")."""
        reply = await self._ask("account/getallaccounts")
        listed = self._accepted(reply).find("accounts")
        if listed is None:
            raise self._unreadable(reply.answer)
        accounts: list[SubAccount] = []
        for element in listed.findall("account"):
            account_id, credits_left = (
                text_at(element, "account_id"),
                remaining(element),
            )
            if not account_id or credits_left is None:
                raise self._unreadable(reply.answer)
            accounts.append(
                SubAccount(
                    account_id=account_id,
                    name=text_at(element, "account_name"),
                    credits=credits_left,
                    request_limit=request_limit(element),
                )
            )
        return tuple(accounts)

    @override
    def measure(self, text: str) -> Measure:
        """Return what `text` takes, as "Détails sur le nombre de caractères" counts.

        `units` are this gateway's characters: line breaks and special characters count
        two. Those outside GSM-7 are counted so as well; the document doesn't name any.
        """
        written = _with_line_feeds(text)
        measured = measure(written)
        double = {"\n", *GSM7_EXTENSION, *measured.outside}
        units = sum(2 if character in double else 1 for character in written)
        segments = 1 if units <= _SINGLE else -(-units // _PART)
        return replace(measured, units=units, segments=segments)

    @override
    async def _send_batch(self, sms: Sms, numbers: Sequence[str]) -> SendResult:
        """Send to a thousand recipients at most ("Fonction nouveau message").

        One number that the gateway finds wrong makes it refuse all of them. When it
        names the wrong ones, the others are handed to it again, without those, once.
        That is no repetition: the refusal proves that nothing was sent to anybody (to
        send all the same is an option, `allnumberallowed`, that is never set here).
        Whatever comes of that second request stands for the recipients in it.
        """
        reply = await self._submit(sms, numbers)
        wrong = reply.wrong_numbers
        if not wrong or not wrong < set(numbers):
            return self._sent(sms, reply)
        written = dict(zip(sms.recipients, numbers, strict=True))
        refusal = InvalidRecipientError(code=str(reply.error_id), words="Wrong numbers")
        refused = [
            Submission.failed(r, refusal) for r in written if written[r] in wrong
        ]
        others = [r for r in written if written[r] not in wrong]
        rest = replace(sms, recipients=tuple(others))
        try:
            result = self._sent(
                rest, await self._submit(rest, [written[r] for r in others])
            )
        except GatewayError as error:
            # Raised, it would stand for those who were refused before, too.
            result = SendResult(
                submissions=tuple(Submission.failed(r, error) for r in others)
            )
        return replace(result, submissions=(*refused, *result.submissions))

    async def _submit(self, sms: Sms, numbers: Sequence[str]) -> Reply:
        text = _with_line_feeds(sms.text)
        form = {
            "text": text,
            "recipients": ",".join(numbers),
            "sendername": sms.sender or "",
        }
        if self.measure(text).segments > 1:
            form["longmessageallowed"] = "1"
        return await self._ask("message/send", form)

    def _sent(self, sms: Sms, reply: Reply) -> SendResult:
        """Return the submissions of a success: one id stands for all recipients."""
        body = self._accepted(reply)
        if not (message_id := text_at(body, "message/message_id")):
            raise self._unreadable(reply.answer)
        segments = self.measure(sms.text).segments
        cost = _cost_of_each(
            to_int(text_at(body, "message/sms_sent")), len(sms.recipients)
        )
        return SendResult(
            submissions=tuple(
                Submission(
                    recipient=recipient,
                    outcome=Outcome.ACCEPTED,
                    submission_id=message_id,
                    segments=segments,
                    cost=cost,
                )
                for recipient in sms.recipients
            ),
            remaining=remaining(body),
        )

    async def _ask(self, path: str, form: Mapping[str, str] | None = None) -> Reply:
        """Send one request and return the success or the refusal that came back.

        Raises:
            GatewayError: the answer is neither; the HTTP status says what it is.

        """
        authorization = self._authorization()
        answer = await self._transport.request(
            "POST", path, form=form, headers={hdrs.AUTHORIZATION: authorization}
        )
        # From here on nobody sees the header that a debug page may show.
        text = answer.text.replace(authorization.removeprefix("Basic "), HIDDEN)
        reply = read_reply(replace(answer, text=text))
        self._check_reply(reply)
        return reply

    def _check_reply(self, reply: Reply) -> None:
        """Raise unless the reply is a success or a refusal ("HTTP Status Codes").

        A known `error_id` says more than the status around it. Without one, 400 is
        "over the limit of requests", for which no `error_id` is documented.
        """
        status = reply.answer.status
        if status == 401 or status >= 500:
            self._check_status(reply.answer)
        if reply.succeeded and status == 200:
            return
        if reply.refused and (status == 200 or (status >= 400 and reply.is_documented)):
            return
        if reply.status == "success":
            # It contradicts its own HTTP status, or brings an error: proof of nothing.
            raise self._unreadable(reply.answer)
        if status == 400:
            raise RateLimitedError(code="HTTP 400", words=self._words(reply))
        if status == 403:
            raise NotAllowedError(code="HTTP 403", words=self._words(reply))
        self._check_status(reply.answer)
        raise self._unreadable(reply.answer)

    def _accepted(self, reply: Reply) -> Element:
        """Return the body of a success, or raise what a refusal means."""
        if reply.error_id is None:
            return reply.body
        raise reply.error(code=str(reply.error_id), words=self._words(reply))

    def _words(self, reply: Reply) -> str | None:
        return self._redact(reply.message)[:EXCERPT] or None

    def _authorization(self) -> str:
        """Return the header of "Authentification", solution 1, the safest of the three.

        Raises:
            AuthenticationError: a colon ends the login in the header, so none holds one.

        """
        credentials = self.credentials
        if ":" in credentials.username:
            raise AuthenticationError
        password = credentials.password
        if credentials.account_id:
            password = f"{password}:{credentials.account_id}"
        return encode_basic_auth(credentials.username, password)


def _cost_of_each(sms_sent: int | None, recipients: int) -> Decimal | None:
    """Return what each recipient cost, where the total tells it without a rest."""
    if sms_sent is None or sms_sent % recipients:
        return None
    return Decimal(sms_sent // recipients)


def _with_line_feeds(text: str) -> str:
    r"""Return `text` with the one line break of the document, `\n`, sent as `%0A`."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
