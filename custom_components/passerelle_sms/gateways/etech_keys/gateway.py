"""ETECH KEYS, Cameroon ("Documentation API ETECH KEYS").

HTTP 200 proves nothing here: the outcome is the text of the answer.
"""

from collections.abc import Sequence
from decimal import Decimal
import re
from typing import Final, override

from yarl import URL

from ..abilities.account import ListsTransactions
from ..abilities.delivery import ListsSentMessages, TracksDelivery
from ..errors import (
    AuthenticationError,
    GatewayError,
    InsufficientCreditError,
    InvalidOptionError,
    InvalidRecipientError,
    RejectedError,
)
from ..gateway import Gateway
from ..model.account import Balance, Transactions
from ..model.delivery import DeliveryReport, Sent, SentMessage
from ..model.message import Encoding, SendResult, Sms, Submission
from ..outcome import Outcome
from ..wire.decoding import folded, parse_object, plain_text, to_decimal
from ..wire.redaction import hide_numbers
from ..wire.transport import Answer
from .delivery import ID, read_json_state, read_text_state
from .sent_messages import read_sent_messages
from .transactions import Rows, read_rows

# Section A, "Valeur de Retour": what each sentence means, in the order to look for it.
_REFUSALS: Final[dict[str, type[RejectedError]]] = {
    "solde insuffisant": InsufficientCreditError,
    "mot de passe incorrect": AuthenticationError,
    "destinataire incorrect": InvalidRecipientError,
}
# Section A.2: the same after the word "error". Nothing else that holds the word is a
# refusal: a PHP error page does too, and the message behind it may have left.
_FAILED: Final = re.compile(r"error\W*(\d*)")
_CAMEROON: Final = "+237"
# The document asks for 100 and names no bound.
_MOST_TRANSACTIONS: Final = 1000


class EtechKeys(Gateway, TracksDelivery, ListsTransactions, ListsSentMessages):
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
    async def transactions(self, count: int) -> Transactions:
        """Ask for the last transactions, 1000 at most (section B).

        The rows are for the account's owner: they keep the numbers of the recipients,
        and lose the credentials. The text loses both.

        Raises:
            InvalidOptionError: so many cannot be asked for.

        """
        answer, rows = await self._list_transactions(count)
        return Transactions(
            rows=tuple(
                {name: self._without_credentials(cell) for name, cell in row.items()}
                for row in rows
            ),
            text=self._redact(answer.text),
        )

    @override
    async def sent_messages(self, count: int) -> tuple[SentMessage, ...]:
        """Ask for the last transactions, 1000 at most; return the messages among them.

        Only those to Cameroon: any other number may as well be something else.

        Raises:
            InvalidOptionError: so many cannot be asked for.

        """
        _, rows = await self._list_transactions(count)
        return read_sent_messages(
            rows, login=self.credentials.username, sender=self.sender
        )

    async def _list_transactions(self, count: int) -> tuple[Answer, Rows]:
        """Return the answer, and the rows in it as they came."""
        if not 1 <= count <= _MOST_TRANSACTIONS:
            raise InvalidOptionError(
                option="count", allowed=f"1 – {_MOST_TRANSACTIONS}"
            )
        answer = await self._transport.request(
            "GET", "api_transaction.php", query={**self._login(), "qte": str(count)}
        )
        self._check_status(answer)
        rows = read_rows(answer.text)
        # First the rows: a sentence inside one is about that transaction.
        if not rows and (error := self._refusal(plain_text(answer.text))):
            raise error
        return answer, rows[:_MOST_TRANSACTIONS]

    @override
    def delivery_requests(self, sent: Sequence[Sent]) -> tuple[tuple[Sent, ...], ...]:
        """Return each submission alone: a question is about one id."""
        return tuple((one,) for one in sent if one.submission_id)

    @override
    async def delivery(self, sent: Sequence[Sent]) -> tuple[DeliveryReport, ...]:
        """Ask where one submission is (section C): without the password."""
        [asked] = sent
        number, submission_id = self.local_number(asked.recipient), asked.submission_id
        answer = await self._transport.request(
            "GET",
            "api_dlr.php",
            query={
                "login": self.credentials.username,
                "destinataire": number,
                "id": submission_id or "",
            },
        )
        self._check_status(answer)
        state = read_json_state(answer.text)
        if state is None:
            if error := self._refusal(plain_text(answer.text)):
                raise error
            state = read_text_state(answer.text)
        if state is None or state.submission_id not in {None, submission_id}:
            raise self._unreadable(answer)
        return (
            DeliveryReport(
                submission_id=submission_id,
                recipient=number,
                status=state.status,
                code=self._shown(state.code) or None,
                words=self._shown(state.label) or None,
            ),
        )

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
        answer = await self._transport.request(
            "GET", "api.php", query=query, uses_reserve=True
        )
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
        if ID.fullmatch(text):
            return text
        raise self._unreadable(answer)

    def _refusal(self, text: str) -> GatewayError | None:
        said = folded(text)
        if failed := _FAILED.fullmatch(said):
            return RejectedError(words="error", reference=failed[1] or None)
        for sentence, error in _REFUSALS.items():
            if sentence in said:
                return error(words=self._shown(text))
        return None

    def _without_credentials(self, cell: str) -> str:
        """Return a cell as it is; redacted, if it holds one of the credentials."""
        redacted = self._redact(cell)
        return cell if redacted == hide_numbers(cell) else redacted

    def _login(self) -> dict[str, str]:
        return {
            "login": self.credentials.username,
            "password": self.credentials.password,
        }


def _parse_credit(text: str) -> Decimal | None:
    """Return the credit from a bare number, or from JSON, as seen in use."""
    if (number := to_decimal(text)) is not None:
        return number
    answer = parse_object(text)
    if answer is None:
        return None
    return to_decimal(answer.get("solde", answer.get("balance")))
