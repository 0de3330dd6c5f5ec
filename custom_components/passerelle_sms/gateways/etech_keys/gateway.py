"""ETECH KEYS, Cameroon ("Documentation API ETECH KEYS").

HTTP 200 proves nothing here: the outcome is the text of the answer.
"""

from collections.abc import Sequence
from typing import Final, override

from yarl import URL

from ..abilities.account import ListsTransactions
from ..abilities.delivery import ListsSentMessages, TracksDelivery
from ..errors import InvalidOptionError
from ..gateway import Gateway
from ..model.account import Balance, Transactions
from ..model.delivery import DeliveryReport, Sent, SentMessage
from ..model.message import Encoding, SendResult, Sms
from ..wire.transport import Answer
from .delivery import read_json_state, read_text_state
from .responses import ID, read_claim, read_credit, read_refusal
from .sent_messages import read_sent_messages
from .transactions import MOST_ROWS, Rows, read_rows

_CAMEROON: Final = "+237"


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
        credits_left = self._granted(
            answer, read_credit(answer.text), read_refusal(answer.text, self._shown)
        )
        return Balance(credits=credits_left)

    @override
    async def transactions(self, count: int) -> Transactions:
        """Ask for the last transactions, 1000 at most (section B).

        The rows are for the account's owner: they keep the numbers of the recipients
        and the ids, and lose the credentials. The text loses all of them.

        Raises:
            InvalidOptionError: so many cannot be asked for.

        """
        answer, rows = await self._list_transactions(count)
        return Transactions(
            rows=tuple(
                {
                    self._without_credentials(name): self._without_credentials(cell)
                    for name, cell in row.items()
                }
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
        if not 1 <= count <= MOST_ROWS:
            raise InvalidOptionError(option="count", allowed=f"1 – {MOST_ROWS}")
        answer = await self._transport.request(
            "GET", "api_transaction.php", query={**self._login(), "qte": str(count)}
        )
        rows = read_rows(answer.text)
        # First the rows: a sentence inside one is about that transaction.
        refusal = None if rows else read_refusal(answer.text, self._shown)
        told = self._granted(answer, None if refusal else rows, refusal)
        return answer, told

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
        state = read_json_state(answer.text)
        refusal = None if state else read_refusal(answer.text, self._shown)
        if state is None and refusal is None:
            state = read_text_state(answer.text)
        if state is not None and state.submission_id not in {None, submission_id}:
            state = None
        state = self._granted(answer, state, refusal)
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
            "GET", "api.php", query=query, purpose=sms.purpose
        )
        claim = read_claim(answer.text, self._shown)
        [recipient] = sms.recipients
        return SendResult(
            submissions=(self._submission(answer, recipient, claim, measured.segments),)
        )

    def _without_credentials(self, cell: str) -> str:
        """Return a cell, or a column's name, without the credentials.

        But for the login in an id (section A.1): without it the id is none.
        """
        is_id = ID.fullmatch(cell) and cell not in self._login().values()
        return cell if is_id else self._redact.without_secrets(cell)

    def _login(self) -> dict[str, str]:
        return {
            "login": self.credentials.username,
            "password": self.credentials.password,
        }
