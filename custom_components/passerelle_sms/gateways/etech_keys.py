"""ETECH KEYS, Cameroon ("Documentation API ETECH KEYS").

HTTP 200 proves nothing here: the outcome is the text of the answer.
"""

from collections.abc import Sequence
from decimal import Decimal
import re
from typing import Final, override

from yarl import URL

from .decoding import parse_json, plain_text, to_decimal
from .errors import (
    AuthenticationError,
    GatewayError,
    InsufficientCreditError,
    InvalidRecipientError,
    RejectedError,
)
from .gateway import Gateway
from .models import Balance, Encoding, SendResult, Sms, Submission
from .outcome import Outcome
from .transport import Answer

# Section A, "Valeur de Retour": what each sentence means, in the order to look for it.
_REFUSALS: Final[dict[str, type[RejectedError]]] = {
    "solde insuffisant": InsufficientCreditError,
    "mot de passe incorrect": AuthenticationError,
    "destinataire incorrect": InvalidRecipientError,
}
# Section A.1: `1`, the login, the recipient and random digits.
_ID: Final = re.compile(r"\d{15,}")
# Section A.2: the same after the word "error". Nothing else that holds the word is a
# refusal: a PHP error page does too, and the message behind it may have left.
_FAILED: Final = re.compile(r"error\W*(\d*)")
_CAMEROON: Final = "+237"


class EtechKeys(Gateway):
    """One account at ETECH KEYS."""

    key = "etech_keys"
    name = "ETECH KEYS"
    region = "CM"
    site = "https://sms.etech-keys.com/"
    default_url = URL("https://sms.etech-keys.com/ss/")

    @override
    async def balance(self) -> Balance:
        """Ask for the credit (section D)."""
        answer = await self._transport.request(
            "GET", "api_credit.php", query=self._login()
        )
        self._check_status(answer)
        text = plain_text(answer.text)
        if (credits_left := _parse_credit(text)) is not None:
            return Balance(credits=credits_left)
        raise self._refusal(text) or self._unreadable(answer)

    @override
    def local_number(self, recipient: str) -> str:
        """Return nine digits for Cameroon, as in every example, all digits otherwise."""
        return recipient.removeprefix(_CAMEROON).removeprefix("+")

    @override
    async def _send_batch(self, sms: Sms, numbers: Sequence[str]) -> SendResult:
        """Send to one recipient (section A)."""
        measured = self.measure(sms.text)
        query = {
            **self._login(),
            "sender_id": sms.sender or "",
            "destinataire": numbers[0],
            "message": sms.text,
        }
        if measured.encoding is Encoding.UCS2:
            # Not in the document; without it the accents outside GSM-7 are lost.
            query["unicode"] = "1"
        answer = await self._transport.request("GET", "api.php", query=query)
        self._check_status(answer)
        return SendResult(
            submissions=(
                Submission(
                    recipient=sms.recipients[0],
                    outcome=Outcome.ACCEPTED,
                    submission_id=self._accepted_id(answer),
                    segments=measured.segments,
                ),
            )
        )

    def _accepted_id(self, answer: Answer) -> str:
        """Return the id of an accepted message.

        A string: its 24 digits or so overflow an integer elsewhere. Nothing in it is
        checked, as the login in the document's own id isn't that of its request.
        """
        text = plain_text(answer.text)
        if error := self._refusal(text):
            raise error
        if _ID.fullmatch(text):
            return text
        raise self._unreadable(answer)

    def _refusal(self, text: str) -> GatewayError | None:
        folded = text.casefold()
        if failed := _FAILED.fullmatch(folded):
            return RejectedError(words="error", reference=failed[1] or None)
        for sentence, error in _REFUSALS.items():
            if sentence in folded:
                return error(words=self._redact(text))
        return None

    def _login(self) -> dict[str, str]:
        return {
            "login": self.credentials.username,
            "password": self.credentials.password,
        }


def _parse_credit(text: str) -> Decimal | None:
    """Return the credit from a bare number, or from JSON, as seen in use."""
    if (number := to_decimal(text)) is not None:
        return number
    answer = parse_json(text)
    if not isinstance(answer, dict):
        return None
    return to_decimal(answer.get("solde", answer.get("balance")))
