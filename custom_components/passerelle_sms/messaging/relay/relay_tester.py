"""Finds out whether one of a relay's accounts would take a message, by their rules alone."""

from ...gateways.model.message import Submission
from ...gateways.outcome import Outcome
from ..model.record import MessageRecord
from ..model.transitions import apply_final_result


class RelayTester:
    """Tests the messages of a relay: nothing is asked, counted or kept."""

    async def test(self, record: MessageRecord) -> MessageRecord:
        """Return a message with those whom an account could take as tested."""
        return record.updated(
            apply_final_result(
                row,
                Submission(
                    recipient=row.recipient.number,
                    outcome=Outcome.NOT_SENT,
                    segments=row.segments,
                ),
            )
            for row in record.submissions
            if row.is_waiting
        )
