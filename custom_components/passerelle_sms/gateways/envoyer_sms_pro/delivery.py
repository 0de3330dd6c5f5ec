"""What becomes of messages at Envoyer SMS Pro after they were handed over."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from itertools import islice
import re
from typing import Final, override
from xml.etree.ElementTree import Element

from ..abilities.delivery import CancelsMessages, ReceivesReplies, TracksDelivery
from ..errors import MessageNotReadyError, UnknownMessageError
from ..model.delivery import DeliveryReport, DeliveryStatus, Replies, Reply, Sent
from ..model.message import Cancellation, Scheduled
from ..wire import times
from ..wire.decoding import to_credits, to_int
from .client import EnvoyerSmsProClient
from .codes import invalid_offset
from .responses import number_of, remaining, text_at

# "Les statuts de réception des SMS".
STATES: Final[Mapping[int, DeliveryStatus]] = {
    1: DeliveryStatus.DELIVERED,
    2: DeliveryStatus.UNDELIVERED,
    3: DeliveryStatus.PENDING,
    4: DeliveryStatus.PENDING,
    5: DeliveryStatus.OPTED_OUT,
}
# Others may come; what has more digits is none.
_STATUSES: Final = range(100)
# "Fonction consultation des réponses".
_PAGE: Final = 50
_NUMBER: Final = re.compile(r"[-+ ().0-9]{8,32}")
_LENGTHS: Final = range(8, 16)
# No SMS is longer, and no name of a sender.
_LONGEST_TEXT: Final = 10_000
_LONGEST_NAME: Final = 32


class EnvoyerSmsProMessages(
    EnvoyerSmsProClient, TracksDelivery, CancelsMessages, ReceivesReplies
):
    """Follows messages by their ids: one stands for all recipients of a request."""

    @override
    def delivery_requests(self, sent: Sequence[Sent]) -> tuple[tuple[Sent, ...], ...]:
        """Return the submissions by their ids: one answer tells about all of one id."""
        groups: dict[str, list[Sent]] = {}
        for each in sent:
            if each.submission_id:
                groups.setdefault(each.submission_id, []).append(each)
        return tuple(map(tuple, groups.values()))

    @override
    async def delivery(self, sent: Sequence[Sent]) -> tuple[DeliveryReport, ...]:
        """Ask where a message is ("Fonction statistiques des messages").

        A status that the document doesn't know is none that it calls final.
        """
        message_id = _known(sent[0].submission_id)
        try:
            answer = await self._ask("message/stats", {"messageid": message_id})
        except MessageNotReadyError:
            return ()
        zone = await times.paris()
        most = self.limits.recipients_per_request
        rows = list(islice(answer.body.iter("recipient"), most))
        reports = [_read_report(row, message_id, zone) for row in rows]
        told = tuple(report for report in reports if report is not None)
        is_empty = not rows and answer.body.find(".//stats") is not None
        if not told and not is_empty:
            raise self._unreadable(answer.answer)
        return told

    @override
    def cancel_requests(self, scheduled: Scheduled) -> tuple[Scheduled, ...]:
        """Return everything: one id stands for all recipients."""
        return (scheduled,)

    @override
    async def cancel(self, scheduled: Scheduled) -> Cancellation:
        """Cancel a message ("Fonction annulation d'envoi de message programmé")."""
        message_id = _known(scheduled.submission_id)
        answer = await self._ask(
            "message/cancel", {"messageid": message_id}, purpose=scheduled.purpose
        )
        if text_at(answer.body, "message/message_id") != message_id:
            raise self._unreadable(answer.answer)
        return Cancellation(
            credits_back=to_credits(text_at(answer.body, "message/recredited_sms")),
            remaining=remaining(answer.body),
        )

    @override
    async def replies(self, submission_id: str, *, offset: int = 0) -> Replies:
        """Ask for fifty of the replies ("Fonction consultation des réponses")."""
        form = {"messageid": _known(submission_id)}
        if offset < 0:
            raise invalid_offset()
        if offset:
            form["offset"] = str(offset)
        answer = await self._ask("response/get", form)
        zone = await times.paris()
        if (responses := answer.body.find(".//responses")) is None:
            raise self._unreadable(answer.answer)
        # All of them: the next page begins behind as many.
        rows = islice(responses.iter("response"), _PAGE)
        replies = tuple(_read_reply(row, zone) for row in rows)
        total = to_int(text_at(responses, "number_of_response"))
        return Replies(total=max(total or 0, offset + len(replies)), replies=replies)


def _known(message_id: str | None) -> str:
    """Return an id that there is."""
    if not message_id:
        raise UnknownMessageError
    return message_id


def _read_report(
    element: Element, message_id: str, zone: tzinfo
) -> DeliveryReport | None:
    """Return what an answer says about one recipient; `None` if it says nothing."""
    number = number_of(text_at(element, "mobile_number"), code="")
    status = to_int(text_at(element, "status_id"))
    if len(number) not in _LENGTHS or status is None or status not in _STATUSES:
        return None
    return DeliveryReport(
        submission_id=message_id,
        recipient=number,
        status=STATES.get(status, DeliveryStatus.PENDING),
        code=str(status),
        at=times.read_time(text_at(element, "delivered_date"), zone),
    )


def _read_reply(element: Element, zone: tzinfo) -> Reply:
    """Return one reply of an answer, as far as it can be read; a name may have sent it."""
    sender = text_at(element, "mobile_number")
    is_number = _NUMBER.fullmatch(sender) is not None
    return Reply(
        sender=f"+{number_of(sender)}" if is_number else sender[:_LONGEST_NAME],
        text=text_at(element, "content")[:_LONGEST_TEXT],
        at=times.read_time(text_at(element, "date"), zone),
    )
