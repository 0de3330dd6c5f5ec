"""What became of accepted messages: asked now, and as it was told before."""

from typing import Final

import probatio

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
)
from homeassistant.util.json import JsonArrayType, JsonObjectType

from ..const import ATTR_LIMIT, ATTR_MESSAGE_ID, ATTR_RECIPIENT
from ..entries.channel import Channel
from ..entries.kinds import is_relay
from ..gateways.abilities.delivery import PushesDelivery, TracksDelivery
from ..gateways.errors import GatewayError, UnknownMessageError
from ..messaging.journal.journal import JournalQuery
from ..messaging.journal.reports import StoredReport
from ..messaging.model.record import MessageRecord
from ..messaging.model.submission import SubmissionRecord
from ..presentation.formatting import local_iso
from .common import (
    LIMIT,
    Action,
    async_unanswered,
    channel_of,
    check_able,
    numbers_of,
    translated,
)
from .guests import async_check_admin, async_is_guest, numbers_by_name
from .leg_rows import async_legs
from .outcome_rows import delivery_row
from .values import name, word


async def _async_get_delivery(call: ServiceCall) -> ServiceResponse:
    """Ask where a message is, or for all news; tell what is known."""
    channel = channel_of(call)
    check_able(channel, TracksDelivery, PushesDelivery)
    message_id = call.data.get(ATTR_MESSAGE_ID)
    if message_id is None:
        # All that the house was told.
        await async_check_admin(call)
        return await _async_tell_all(call, channel)
    if await async_is_guest(call.hass, call.context):
        return await _async_tell_guest(call, channel, message_id)
    with translated(channel):
        numbers = numbers_of(channel, call.data.get(ATTR_RECIPIENT))
        asked = await _async_find(channel, message_id)
        error = await _async_ask(channel, asked, numbers)
        record = await channel.store.get(message_id)
    return {
        "deliveries": []
        if record is None
        else await _async_rows(call.hass, channel, record, numbers),
        "error": await _async_error(call.hass, channel, error),
    }


async def _async_tell_guest(
    call: ServiceCall, channel: Channel, message_id: str
) -> ServiceResponse:
    """Tell a guest what is known of a message, for all of its recipients or some by name.

    The gateway isn't asked: what a question takes, an alert may lack.
    """
    name = call.data.get(ATTR_RECIPIENT)
    book = channel.settings.address_book
    with translated(channel, for_guest=True):
        meant = None if name is None else numbers_by_name(book, name)
        record = await _async_find(channel, message_id)
    return {
        "deliveries": [
            await _async_row(call.hass, channel, record, submission, for_guest=True)
            for submission in record.wholes
            # What went to a mere number is nobody's.
            if meant is None
            or (submission.recipient.name and submission.recipient.number in meant)
        ],
        "error": None,
    }


async def _async_find(channel: Channel, message_id: str) -> MessageRecord:
    """Return a message; raises `UnknownMessageError`."""
    record = await channel.store.get(message_id)
    if record is None:
        raise UnknownMessageError
    return record


async def _async_tell_all(call: ServiceCall, channel: Channel) -> ServiceResponse:
    limit = call.data[ATTR_LIMIT]
    error: GatewayError | None = None
    with translated(channel):
        numbers = numbers_of(channel, call.data.get(ATTR_RECIPIENT))
        try:
            await channel.tracker.ask_for_all()
        except GatewayError as failure:
            error = failure
        records = await channel.journal.find(JournalQuery(numbers=numbers, limit=limit))
        others = [] if numbers else await channel.journal.reports(limit=limit)
    return {
        "deliveries": [
            row
            for record in records
            for row in await _async_rows(call.hass, channel, record, numbers)
        ],
        "others": [_other(stored) for stored in others],
        "error": await _async_error(call.hass, channel, error),
    }


async def _async_ask(
    channel: Channel, record: MessageRecord, numbers: frozenset[str] | None
) -> GatewayError | None:
    """Ask the gateway; return why it doesn't tell: what it told before still stands.

    Where all its recipients are meant, no request is made for one of them alone.
    """
    sent_to = dict.fromkeys(row.recipient.number for row in record.submissions)
    wanted: list[str | None] = [None]
    if numbers is not None and not numbers.issuperset(sent_to):
        wanted = [number for number in sent_to if number in numbers]
    try:
        for number in wanted:
            await channel.tracker.ask_about(record.kept_id, number)
    except GatewayError as error:
        return error
    return None


async def _async_error(
    hass: HomeAssistant, channel: Channel, error: GatewayError | None
) -> str | None:
    if error is None:
        return None
    return await async_unanswered(hass, channel, error)


async def _async_rows(
    hass: HomeAssistant,
    channel: Channel,
    record: MessageRecord,
    numbers: frozenset[str] | None,
) -> JsonArrayType:
    """Return where a message is, for all of its recipients or some."""
    return [
        await _async_row(hass, channel, record, submission)
        for submission in record.wholes
        if numbers is None or submission.recipient.number in numbers
    ]


async def _async_row(
    hass: HomeAssistant,
    channel: Channel,
    record: MessageRecord,
    submission: SubmissionRecord,
    *,
    for_guest: bool = False,
) -> JsonObjectType:
    """Return where a message is for one recipient.

    A guest may have the id from an event, and learns neither a number nor the gateway's
    id.
    """
    recipient = submission.recipient
    rows = record.rows_of(recipient.number)
    parts: JsonArrayType = [
        {
            "part": row.part,
            "outcome": row.outcome.value,
            "submission_id": None if for_guest else row.submission_id,
            "delivery": delivery_row(row.delivery, for_guest=for_guest),
        }
        for row in rows
    ]
    return {
        "message_id": record.message_id,
        "kind": record.kind.value,
        "recipient": recipient.public_label if for_guest else recipient.label,
        "outcome": submission.outcome.value,
        "submission_id": None if for_guest else submission.submission_id,
        "delivery": delivery_row(submission.delivery, for_guest=for_guest),
        **({"parts": parts} if len(rows) > 1 else {}),
        **(
            await async_legs(hass, record, submission.legs, for_guest=for_guest)
            if is_relay(channel.entry.data)
            else {}
        ),
    }


def _other(stored: StoredReport) -> JsonObjectType:
    """Return a report about something that this house didn't send."""
    report = stored.report
    return {
        "submission_id": report.submission_id,
        "recipient": report.recipient,
        "status": report.status.value,
        "at": local_iso(report.at),
        "billed": report.is_billed,
        "gateway_code": report.code,
        "gateway_message": report.words,
    }


ACTIONS: Final = (
    Action(
        name="get_delivery",
        handler=_async_get_delivery,
        fields={
            probatio.Optional(ATTR_MESSAGE_ID): word,
            probatio.Optional(ATTR_RECIPIENT): name,
            **LIMIT,
        },
        answers=SupportsResponse.ONLY,
        for_everybody=True,
    ),
)
