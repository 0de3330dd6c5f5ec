"""What becomes of messages at Envoyer SMS Pro after they were handed over."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Final, override
from xml.etree.ElementTree import Element

from ..abilities.delivery import CancelsMessages, ReceivesReplies, TracksDelivery
from ..errors import MessageNotReadyError, UnknownMessageError
from ..model.delivery import DeliveryReport, DeliveryStatus, Replies, Reply, Sent
from ..model.message import Cancellation, Scheduled
from ..wire import times
from ..wire.decoding import to_decimal, to_int
from .client import EnvoyerSmsProClient
from .codes import invalid_offset
from .responses import digits_at, remaining, text_at

# "Les statuts de réception des SMS".
STATES: Final[Mapping[int, DeliveryStatus]] = {
    1: DeliveryStatus.DELIVERED,
    2: DeliveryStatus.UNDELIVERED,
    3: DeliveryStatus.PENDING,
    4: DeliveryStatus.PENDING,
    5: DeliveryStatus.OPTED_OUT,
}


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
        stats = answer.body.find("stats")
        if stats is None:
            raise self._unreadable(answer.answer)
        reports: list[DeliveryReport] = []
        for element in stats.findall("recipient"):
            if (report := _read_report(element, message_id, zone)) is None:
                raise self._unreadable(answer.answer)
            reports.append(report)
        return tuple(reports)

    @override
    def cancel_requests(self, scheduled: Scheduled) -> tuple[Scheduled, ...]:
        """Return everything: one id stands for all recipients."""
        return (scheduled,)

    @override
    async def cancel(self, scheduled: Scheduled) -> Cancellation:
        """Cancel a message ("Fonction annulation d'envoi de message programmé")."""
        message_id = _known(scheduled.submission_id)
        answer = await self._ask(
            "message/cancel", {"messageid": message_id}, uses_reserve=True
        )
        if text_at(answer.body, "message/message_id") != message_id:
            raise self._unreadable(answer.answer)
        return Cancellation(
            credits_back=to_decimal(text_at(answer.body, "message/recredited_sms")),
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
        total = to_int(text_at(answer.body, "responses/number_of_response"))
        if total is None:
            raise self._unreadable(answer.answer)
        replies: list[Reply] = []
        for element in answer.body.iterfind("responses/response"):
            if (reply := _read_reply(element, zone)) is None:
                raise self._unreadable(answer.answer)
            replies.append(reply)
        return Replies(total=total, replies=tuple(replies))


def _known(message_id: str | None) -> str:
    """Return an id that there is."""
    if not message_id:
        raise UnknownMessageError
    return message_id


def _read_report(
    element: Element, message_id: str, zone: tzinfo
) -> DeliveryReport | None:
    """Return what an answer says about one recipient; `None` if it says nothing."""
    number = digits_at(element, "mobile_number")
    status = to_int(text_at(element, "status_id"))
    if not number or status is None:
        return None
    return DeliveryReport(
        submission_id=message_id,
        recipient=number,
        status=STATES.get(status, DeliveryStatus.PENDING),
        code=str(status),
        at=times.parse_time(text_at(element, "delivered_date"), zone),
    )


def _read_reply(element: Element, zone: tzinfo) -> Reply | None:
    """Return one reply of an answer; `None` if nobody has sent it."""
    if not (number := digits_at(element, "mobile_number")):
        return None
    return Reply(
        sender=f"+{number}",
        text=text_at(element, "content"),
        at=times.parse_time(text_at(element, "date"), zone),
    )
