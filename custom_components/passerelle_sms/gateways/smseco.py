"""SMSECO, Côte d'Ivoire ("Paramètre de configuration de l'API SMSECO V 2.0").

One request takes many recipients, and its answer tells which of them were valid.
"""

from collections.abc import Sequence
from dataclasses import replace
import re
from typing import Final, override

from yarl import URL

from .decoding import plain_text
from .errors import (
    AccountInactiveError,
    AuthenticationError,
    EmptyMessageError,
    EmptyTargetError,
    GatewayError,
    InsufficientCreditError,
    InvalidRecipientError,
    InvalidRequestError,
    InvalidScheduleError,
    NotAllowedError,
    NothingNewError,
    OperationUnknownError,
    RejectedError,
    SenderNotRegisteredError,
    UnreadableAnswerError,
)
from .gateway import EXCERPT, Gateway, Limits
from .models import Balance, Encoding, SendResult, Sms, Submission
from .outcome import Outcome
from .smseco_json import Reply, Row, match_rows, read_date, read_reply, write_request
from .transport import Answer, Json

# Section I-1, "Codes d'erreur". A code that isn't among them is a refusal all the same.
_ERRORS: Final[dict[int, type[RejectedError]]] = {
    -1: InvalidRequestError,
    -2: AuthenticationError,
    -3: AuthenticationError,
    -4: AuthenticationError,
    -5: EmptyMessageError,
    -6: InsufficientCreditError,
    -7: EmptyTargetError,
    -8: SenderNotRegisteredError,
    -9: InvalidRecipientError,
    -10: InvalidRequestError,
    -11: NotAllowedError,
    -12: AccountInactiveError,
    -13: InvalidScheduleError,
    -14: OperationUnknownError,
    -15: NothingNewError,
}
# Section I-1: 30 characters at most; the characters are those that travel unharmed.
_REFERENCE: Final = re.compile(r"[A-Za-z0-9-]{1,30}")
_BACKSLASHES: Final = re.compile(r"\\+")


class SmsEco(Gateway):
    """One account at SMSECO."""

    key = "smseco"
    name = "SMSECO"
    region = "CI"
    site = "http://www.smseco.com/"
    # The document knows no https.
    default_url = URL("http://www.smseco.com/api/")
    limits = Limits(recipients_per_request=100)

    @override
    async def balance(self) -> Balance:
        """Ask for the credits, the day they lapse and the consumption (section IV-1)."""
        answer = await self._post("getbalance", {"compte": self._login()})
        reply = self._read(answer)
        self._check_status(answer)
        if reply is None or reply.statut != 0:
            raise self._unreadable(answer)
        if (credits_left := reply.number("credits")) is None:
            raise self._unreadable(answer)
        return Balance(
            credits=credits_left,
            expires=read_date(reply.fields.get("expire")),
            consumption=reply.number("cumul"),
        )

    @override
    def check(self, sms: Sms) -> None:
        """Raise `RejectedError` if the text, the sender or the reference breaks a rule."""
        super().check(sms)
        if sms.reference is not None and not _REFERENCE.fullmatch(sms.reference):
            raise InvalidRequestError(parameter="msgid")

    @override
    async def _send_batch(self, sms: Sms, numbers: Sequence[str]) -> SendResult:
        """Send to as many recipients as there are (section I-3)."""
        answer = await self._post(
            "sendsms",
            {
                "compte": self._login(),
                "message": self._message(sms),
                "destinataires": [{"numero": number} for number in numbers],
            },
        )
        reply = self._read(answer)
        if reply is None or not _claims_success(reply, sms) or answer.status >= 500:
            self._check_status(answer)
            raise self._unreadable(answer)
        if answer.status >= 300:
            # The body says yes and the status says no: neither proves anything.
            raise self._unreadable(answer)
        return SendResult(
            submissions=self._submissions(answer, reply, sms, numbers),
            remaining=reply.number("solde"),
        )

    def _message(self, sms: Sms) -> dict[str, Json]:
        """Return the message, with the switches as the sample of section II-2 has them."""
        is_ucs2 = self.measure(sms.text).encoding is Encoding.UCS2
        message: dict[str, Json] = {
            "expediteur": sms.sender or "",
            "msg": sms.text,
            "flash": 0,
            "unicode": int(is_ucs2),
            "binaire": 0,
        }
        if sms.reference is not None:
            message["msgid"] = sms.reference
        return message

    def _submissions(
        self, answer: Answer, reply: Reply, sms: Sms, numbers: Sequence[str]
    ) -> tuple[Submission, ...]:
        """Return what a success means for each recipient."""
        rows, all_read = match_rows(reply.rows(), numbers)
        valid = reply.valid_recipients()
        unnamed: GatewayError | None
        if valid == len(numbers) and not (rows and all_read):
            # All were valid: the answer only doesn't name them, or not readably.
            unnamed = None
        elif rows and all_read and len(rows) >= valid:
            # It names all that were valid, so the others were not.
            unnamed = InvalidRecipientError()
        else:
            unnamed = self._unreadable(answer)
        return tuple(
            self._submission(reply, sms, recipient, rows.get(number), unnamed)
            for recipient, number in zip(sms.recipients, numbers, strict=True)
        )

    def _submission(
        self,
        reply: Reply,
        sms: Sms,
        recipient: str,
        row: Row | None,
        unnamed: GatewayError | None,
    ) -> Submission:
        """Return one recipient's part, from its own `row` or as one `unnamed`."""
        server_id = reply.server_id(sent=sms.reference)
        if row is None and unnamed is not None:
            may_have_left = unnamed.outcome is Outcome.UNKNOWN
            return Submission(
                recipient=recipient,
                outcome=unnamed.outcome,
                submission_id=server_id if may_have_left else None,
                error=unnamed,
            )
        row = row or Row()
        # What the whole request cost is what its only recipient cost.
        total = reply.number("credits") if len(sms.recipients) == 1 else None
        return Submission(
            recipient=recipient,
            outcome=Outcome.ACCEPTED,
            submission_id=row.submission_id or server_id,
            segments=self.measure(sms.text).segments,
            cost=total if row.cost is None else row.cost,
        )

    def _read(self, answer: Answer) -> Reply | None:
        """Return the answer, or `None` when the document knows none like it.

        Raises:
            RejectedError: it is a refusal, whatever its HTTP status.
            UnreadableAnswerError: it is a refusal that names messages all the same.

        """
        reply = read_reply(answer.text)
        if reply is None or reply.statut >= 0:
            return reply
        if reply.names_messages():
            raise self._unreadable(answer)
        error = _ERRORS.get(reply.statut, RejectedError)
        words = plain_text(self._redact(reply.words))[:EXCERPT]
        raise error(code=str(reply.statut), words=words)

    @override
    def _unreadable(self, answer: Answer) -> UnreadableAnswerError:
        # Our own request inside the answer is escaped twice: with one backslash at a
        # time, the password in it is recognised.
        text = _BACKSLASHES.sub(r"\\", answer.text)
        return super()._unreadable(replace(answer, text=text))

    async def _post(self, operation: str, request: dict[str, Json]) -> Answer:
        return await self._transport.request(
            "POST",
            f"json/{operation}/",
            body=write_request(request),
            headers={"Accept": "application/json", "Content-Type": "application/json"},
        )

    def _login(self) -> dict[str, str]:
        return {
            "login": self.credentials.username,
            "password": self.credentials.password,
        }


def _claims_success(reply: Reply, sms: Sms) -> bool:
    """Return whether an answer without an error says that something was taken.

    A count does, if it can be one of these recipients; so does what only a message that
    was taken has. An HTTP status that a server repeats as `status` does not.
    """
    return (
        0 < reply.statut <= len(sms.recipients)
        or reply.server_id(sent=sms.reference) is not None
        or (reply.number("credits") or 0) > 0
        or reply.names_messages()
    )
