"""What a gateway's own list of what it has sent proves."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from ...gateways.abilities.delivery import ListsSentMessages
from ...gateways.errors import GatewayError
from ...gateways.gateway import Gateway
from ...gateways.model.delivery import SentMessage, comparable_text
from ..journal.journal import Journal, JournalQuery
from ..model.record import OLDEST_OPEN, MessageRecord, text_sent
from ..model.submission import SubmissionRecord
from .books import Key

LISTED: Final = 100
"""How many of its last messages a gateway is asked for."""
CLOCK_DIFFERENCE: Final = timedelta(minutes=2)
"""How much a gateway's clock may differ from the house's."""


class SentListEvidence:
    """Finds submissions in doubt in the list of a gateway that keeps one."""

    def __init__(self, gateway: Gateway, journal: Journal) -> None:
        """Ask `gateway`, and compare with what `journal` knows."""
        self._gateway = gateway
        self._journal = journal

    async def proved_accepted(self, doubts: Mapping[Key, MessageRecord]) -> list[Key]:
        """Return which of these the gateway has sent.

        That something isn't in the list proves nothing, nor does a list that can't be
        read.
        """
        if not doubts or not isinstance(self._gateway, ListsSentMessages):
            return []
        try:
            listed = await self._gateway.sent_messages(LISTED)
            return [
                key
                for key, record in doubts.items()
                if await self._is_listed(record, record.find(key[1]), listed)
            ]
        except GatewayError:
            # Of the gateway or of the journal: there is other evidence.
            return []

    async def _is_listed(
        self,
        record: MessageRecord,
        submission: SubmissionRecord,
        listed: tuple[SentMessage, ...],
    ) -> bool:
        """Return whether the list holds more than the others of the same text explain."""
        number, attempted = submission.recipient.number, submission.attempted
        if attempted is None:
            return False
        since = attempted - CLOCK_DIFFERENCE
        text = text_sent(self._gateway, record, submission)
        times = sum(
            one.recipient == number
            and one.at is not None
            and one.at >= since
            and one.says(text)
            for one in listed
        )
        return times > 0 and times > await self._others(record, number, text)

    async def _others(self, record: MessageRecord, number: str, text: str) -> int:
        """Return how often others of the same text may have reached the same number."""
        since = record.created - OLDEST_OPEN
        query = JournalQuery(numbers=frozenset({number}), since=since, limit=1_000)
        return sum(
            row.attempts
            for other in await self._journal.find(query)
            for row in other.submissions
            if other.message_id != record.message_id
            and row.recipient.number == number
            and comparable_text(text_sent(self._gateway, other, row))
            == comparable_text(text)
        )
