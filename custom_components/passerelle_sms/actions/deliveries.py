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
from ..entries.account import Account
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
    able,
    account_of,
    async_unanswered,
    number_of,
    translated,
)
from .guests import async_check_admin, async_is_guest, recipient_by_name
from .responses import delivery_row
from .values import name


async def _async_get_delivery(call: ServiceCall) -> ServiceResponse:
    """Ask where a message is, or for all news of the account; tell what is known."""
    account = account_of(call)
    able(account, TracksDelivery, PushesDelivery)
    message_id = call.data.get(ATTR_MESSAGE_ID)
    if message_id is None:
        # All that the house was told.
        await async_check_admin(call)
        return await _async_tell_all(call, account)
    if await async_is_guest(call.hass, call.context):
        return await _async_tell_guest(call, account, message_id)
    recipient = call.data.get(ATTR_RECIPIENT)
    with translated(account):
        number = None if recipient is None else number_of(account, recipient)
        asked = await _async_find(account, message_id)
        error = await _async_ask(account, asked.kept_id, number)
        record = await account.store.get(message_id)
    return {
        "deliveries": [] if record is None else _rows(record, number),
        "error": await _async_error(call.hass, account, error),
    }


async def _async_tell_guest(
    call: ServiceCall, account: Account, message_id: str
) -> ServiceResponse:
    """Tell a guest what is known of a message, for all of its recipients or one by name.

    The gateway isn't asked: what a question takes, an alert may lack.
    """
    name = call.data.get(ATTR_RECIPIENT)
    book = account.settings.address_book
    meant = None if name is None else recipient_by_name(book, name)
    with translated(account, for_guest=True):
        record = await _async_find(account, message_id)
    return {
        "deliveries": [
            _row(record, submission, for_guest=True)
            for submission in record.wholes
            # What went to a mere number is nobody's.
            if meant is None
            or (
                submission.recipient.name
                and submission.recipient.number == meant.number
            )
        ],
        "error": None,
    }


async def _async_find(account: Account, message_id: str) -> MessageRecord:
    """Return a message; raises `UnknownMessageError`."""
    record = await account.store.get(message_id)
    if record is None:
        raise UnknownMessageError
    return record


async def _async_tell_all(call: ServiceCall, account: Account) -> ServiceResponse:
    limit = call.data[ATTR_LIMIT]
    recipient = call.data.get(ATTR_RECIPIENT)
    error: GatewayError | None = None
    with translated(account):
        number = None if recipient is None else number_of(account, recipient)
        try:
            await account.tracker.ask_for_all()
        except GatewayError as failure:
            error = failure
        records = await account.journal.find(JournalQuery(number=number, limit=limit))
        others = [] if number else await account.journal.reports(limit=limit)
    return {
        "deliveries": [row for record in records for row in _rows(record, number)],
        "others": [_other(stored) for stored in others],
        "error": await _async_error(call.hass, account, error),
    }


async def _async_ask(
    account: Account, message_id: str, number: str | None
) -> GatewayError | None:
    """Ask the gateway; return why it doesn't tell: what it told before still stands."""
    try:
        await account.tracker.ask_about(message_id, number)
    except GatewayError as error:
        return error
    return None


async def _async_error(
    hass: HomeAssistant, account: Account, error: GatewayError | None
) -> str | None:
    if error is None:
        return None
    return await async_unanswered(hass, account, error)


def _rows(record: MessageRecord, number: str | None) -> JsonArrayType:
    """Return where a message is, for all of its recipients or one."""
    return [
        _row(record, submission)
        for submission in record.wholes
        if number in {None, submission.recipient.number}
    ]


def _row(
    record: MessageRecord, submission: SubmissionRecord, *, for_guest: bool = False
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
            probatio.Optional(ATTR_MESSAGE_ID): name,
            probatio.Optional(ATTR_RECIPIENT): name,
            **LIMIT,
        },
        answers=SupportsResponse.ONLY,
        for_everybody=True,
    ),
)
