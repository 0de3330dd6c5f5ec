"""Messages: sent, weighed beforehand, taken back, and looked up."""

from datetime import datetime, timedelta
from typing import Final

import probatio

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from ..const import (
    ATTR_ENCODING,
    ATTR_LIMIT,
    ATTR_MESSAGE,
    ATTR_MESSAGE_ID,
    ATTR_OUTCOME,
    ATTR_RECIPIENT,
    ATTR_SINCE,
    ATTR_TARGET,
    ATTR_TITLE,
    ATTR_UNTIL,
    ATTR_WAIT_FOR_DELIVERY,
)
from ..gateways.abilities.delivery import CancelsMessages
from ..gateways.errors import NotCancellableError
from ..gateways.outcome import Outcome
from ..messaging.journal.journal import JournalQuery
from ..messaging.text.encoding import EncodingChoice
from ..presentation.formatting import plain
from .common import LIMIT, Action, Fields, able, account_of, number_of, translated
from .guests import async_is_guest
from .message_fields import OPTION_FIELDS, to_message
from .responses import async_answer, async_message_response
from .sending import async_send, async_send_or_raise

_TEXT: Final[Fields] = {
    probatio.Required(ATTR_MESSAGE): cv.string,
    probatio.Optional(ATTR_TITLE): cv.string,
}


async def _async_send_sms(call: ServiceCall) -> ServiceResponse:
    """Send a message; a caller who wants no answer hears of a failure all the same."""
    account = account_of(call)
    is_guest = await async_is_guest(call.hass, call.context)
    message = to_message(call.data, by_guest=is_guest)
    wait = call.data.get(ATTR_WAIT_FOR_DELIVERY, timedelta())
    if not call.return_response:
        await async_send_or_raise(call.hass, account, message, wait)
        return None
    report = await async_send(call.hass, account, message, wait)
    answer = await async_answer(call.hass, report, account.gateway, for_guest=is_guest)
    if not account.store.is_stored(report.message_id):
        answer["stored"] = False
    return answer


async def _async_preview_sms(call: ServiceCall) -> ServiceResponse:
    """Tell what a message would take, without sending anything."""
    account = account_of(call)
    is_guest = await async_is_guest(call.hass, call.context)
    with translated(account, for_guest=is_guest):
        preview = account.messenger.preview(to_message(call.data, by_guest=is_guest))
    return {
        "text": preview.text,
        "encoding": preview.encoding.value,
        "characters": len(preview.text),
        "units": preview.units,
        "segments": preview.segments,
        "outside": list(preview.outside),
        "economical_segments": preview.economical_segments,
        "saved_segments": preview.saved_segments,
    }


async def _async_get_messages(call: ServiceCall) -> ServiceResponse:
    """Return what became of messages, the newest first."""
    account = account_of(call)
    recipient = call.data.get(ATTR_RECIPIENT)
    with translated(account):
        records = await account.journal.find(
            JournalQuery(
                number=None if recipient is None else number_of(account, recipient),
                outcome=call.data.get(ATTR_OUTCOME),
                since=_moment(call.data.get(ATTR_SINCE)),
                until=_moment(call.data.get(ATTR_UNTIL)),
                limit=call.data[ATTR_LIMIT],
            )
        )
    return {
        "messages": [
            await async_message_response(call.hass, record, account.gateway)
            for record in records
        ]
    }


async def _async_cancel_sms(call: ServiceCall) -> ServiceResponse:
    """Take a message back that has not been sent yet; tell what became of it."""
    account = account_of(call)
    is_guest = await async_is_guest(call.hass, call.context)
    with translated(account, changes=True, for_guest=is_guest):
        try:
            cancelled = await account.canceller.cancel(call.data[ATTR_MESSAGE_ID])
        except NotCancellableError:
            record = await account.store.get(call.data[ATTR_MESSAGE_ID])
            if record is not None and record.options.send_at is not None:
                # It may wait at a gateway that takes nothing back.
                able(account, CancelsMessages)
            raise
    back = cancelled.credits_back
    return {
        "credits_back": None if back is None else plain(back),
        **await async_message_response(
            call.hass, cancelled.record, account.gateway, for_guest=is_guest
        ),
    }


def _moment(written: datetime | None) -> datetime | None:
    """Return a time as the journal knows it; without a zone it is the house's own."""
    return None if written is None else dt_util.as_utc(written)


# Whoever may send learns what became of that; what the whole house was told, and the
# numbers of all, are not for a guest.
ACTIONS: Final = (
    Action(
        name="send_sms",
        handler=_async_send_sms,
        fields={
            **_TEXT,
            probatio.Optional(ATTR_TARGET): probatio.All(cv.ensure_list, [cv.string]),
            **OPTION_FIELDS,
        },
        for_everybody=True,
    ),
    Action(
        name="preview_sms",
        handler=_async_preview_sms,
        fields={
            **_TEXT,
            probatio.Optional(ATTR_ENCODING): probatio.Coerce(EncodingChoice),
        },
        answers=SupportsResponse.ONLY,
        for_everybody=True,
    ),
    Action(
        name="get_messages",
        handler=_async_get_messages,
        fields={
            probatio.Optional(ATTR_RECIPIENT): cv.string,
            probatio.Optional(ATTR_OUTCOME): probatio.Coerce(Outcome),
            probatio.Optional(ATTR_SINCE): cv.datetime,
            probatio.Optional(ATTR_UNTIL): cv.datetime,
            **LIMIT,
        },
        answers=SupportsResponse.ONLY,
    ),
    Action(
        name="cancel_sms",
        handler=_async_cancel_sms,
        fields={probatio.Required(ATTR_MESSAGE_ID): cv.string},
        for_everybody=True,
    ),
)
