"""DevCodeSMS, Cameroon ("API-SMS DOCUMENTATION").

An answer is a JSON object. `success` decides, then `code`, then the HTTP status; a
refusal also comes inside HTTP 200. `msg` only tells which refusal it is. Below that
every recipient has a row of his own, and his row decides about him.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, override
import unicodedata

from yarl import URL

from .decoding import parse_json, to_decimal, to_int
from .devcodesms_rows import (
    Row,
    objects,
    read_rows,
    rows_by_number,
    strongest,
    text_of,
    verdict,
)
from .errors import (
    AuthenticationError,
    GatewayBrokenError,
    GatewayError,
    InsufficientCreditError,
    InvalidRecipientError,
    InvalidRequestError,
    NotAllowedError,
    OperationUnknownError,
    RateLimitedError,
    RejectedError,
    UnreadableAnswerError,
)
from .gateway import Gateway, Limits
from .models import Balance, SendResult, Sms, Submission
from .outcome import Outcome
from .transport import Answer

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
_STATUS_REFUSALS: Final[dict[int, type[GatewayError]]] = {
    400: InvalidRequestError,
    403: NotAllowedError,
    404: OperationUnknownError,
    405: OperationUnknownError,
    415: OperationUnknownError,
    429: RateLimitedError,
}
# Sections 2.1.2 and 2.2.2, "Valeur des messages", folded; in the order to look for them.
_SENTENCES: Final[dict[str, type[RejectedError]]] = {
    "pas d'autorisation": AuthenticationError,
    "api_key": AuthenticationError,
    "solde insuffisant": InsufficientCreditError,
    "numero de telephone invalide": InvalidRecipientError,
    "erreur de validation": InvalidRequestError,
}
_FIELD_MISSING: Final = "manquant"
_SOME_NOT_SENT: Final = "n'ont pas ete envoye"


class DevCodeSms(Gateway):
    """One account at DevCodeSMS."""

    key = "devcodesms"
    name = "DevCodeSMS"
    region = "CM"
    site = "https://devcodesms.com/"
    default_url = URL("https://devcodesms.com/developpeur/")
    credential_fields = ("api_key",)
    identity_fields = ("api_key",)
    limits = Limits(recipients_per_request=100)

    _balance_form: _Form | None = None
    """The form that the gateway answered last."""

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
    def local_number(self, recipient: str) -> str:
        """Return the number with its plus, as in every example of a JSON body."""
        return recipient

    @override
    async def _send_batch(self, sms: Sms, numbers: Sequence[str]) -> SendResult:
        """Send one text to all numbers (section 2.1)."""
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
        )
        reply = self._read(answer)
        rows = read_rows(reply.content)
        if not rows:
            raise self._error_for_all(answer, reply, numbers)
        by_number = rows_by_number(numbers, rows)
        segments = self.measure(sms.text).segments
        balances = [row.balance for row in rows if row.balance is not None]
        return SendResult(
            submissions=tuple(
                self._submission(answer, recipient, by_number[number], segments)
                for recipient, number in zip(sms.recipients, numbers, strict=True)
            ),
            remaining=min(balances, default=None),
        )

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

    def _read(self, answer: Answer) -> _Reply:
        """Return an answer that says yes or no; raise what any other one means."""
        content = _parse(answer.text)
        if content is None:
            self._check_status(answer)
            raise self._unreadable(answer)
        is_fine = 200 <= answer.status < 300
        success = verdict(content.get("success"))
        if success is None:
            success = verdict(content.get("code"))
        if success is None and not is_fine:
            self._check_status(answer)
        status = to_int(content.get("status"))
        # Its status 500 is an error on its side, which the message may have outlived.
        # Inside HTTP 500 only a plain refusal is believed.
        if (status or answer.status) >= 500 or (answer.status >= 500 and success):
            self._unreadable(answer)
            broken = f"HTTP {answer.status}" if answer.status >= 500 else str(status)
            raise GatewayBrokenError(code=broken)
        if success and not is_fine:
            raise self._unreadable(answer)
        return _Reply(
            success=success is not False,
            status=status,
            words=text_of(content.get("msg")),
            content=content,
        )

    def _error_for_all(
        self, answer: Answer, reply: _Reply, numbers: Sequence[str]
    ) -> GatewayError:
        """Return what an answer without rows means for everybody it was about."""
        # "Some were not sent" of several: then some were, and nobody knows which.
        some = len(numbers) > 1 and _SOME_NOT_SENT in _fold(reply.words)
        if reply.success or some:
            return self._unreadable(answer)
        return self._refusal(answer, reply)

    def _refusal(self, answer: Answer, reply: _Reply) -> GatewayError:
        """Return which refusal it is: that it is one has been decided."""
        code = str(reply.status or f"HTTP {answer.status}")
        words = self._redact(reply.words)
        if 401 in {answer.status, reply.status}:
            return AuthenticationError(code=code, words=words)
        kind = (
            _kind(reply.words)
            or _STATUS_REFUSALS.get(answer.status)
            or _STATUS_REFUSALS.get(reply.status or 0, RejectedError)
        )
        return kind(code=code, words=words)

    def _submission(
        self, answer: Answer, recipient: str, rows: Sequence[Row], segments: int
    ) -> Submission:
        """Return what the rows of one recipient say about his message."""
        row = strongest(rows)
        if row is not None and row.accepted:
            return Submission(
                recipient=recipient,
                outcome=Outcome.ACCEPTED,
                submission_id=row.submission_id,
                segments=segments,
                cost=row.cost,
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
        kind = _kind(row.error_words) or RejectedError
        return kind(
            code=self._redact(row.error_code) or None,
            words=self._redact(row.error_words),
            reference=row.submission_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """An answer as a whole."""

    success: bool
    status: int | None
    """As its body tells."""
    words: str
    content: Mapping[str, object]


def _parse(text: str) -> Mapping[str, object] | None:
    """Return the JSON object, or `None` when the text is none."""
    content = parse_json(text)
    return content if isinstance(content, dict) else None


def _is_about_the_form(answer: Answer, error: GatewayError) -> bool:
    """Return whether another form of the same question may be understood."""
    if isinstance(error, AuthenticationError):
        # The key was there: it is missing only to a server that didn't look there.
        return _FIELD_MISSING in _fold(error.words or "")
    return answer.status in _FORM_REFUSED or isinstance(error, UnreadableAnswerError)


def _kind(words: str) -> type[RejectedError] | None:
    folded = _fold(words)
    for sentence, kind in _SENTENCES.items():
        if sentence in folded:
            return kind
    return None


def _fold(words: str) -> str:
    """Return words without case, accents and the differences of apostrophes."""
    letters = unicodedata.normalize("NFKD", words.replace("’", "'"))
    plain = "".join(c for c in letters if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())
