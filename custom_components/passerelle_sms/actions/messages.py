"""Messages: sent, weighed beforehand, taken back, and looked up."""

from datetime import timedelta
from typing import Final

import probatio

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse

from ..const import (
    ATTR_ENCODING,
    ATTR_LIMIT,
    ATTR_MESSAGE_ID,
    ATTR_OUTCOME,
    ATTR_RECIPIENT,
    ATTR_SINCE,
    ATTR_TAG,
    ATTR_TOO_LONG,
    ATTR_UNTIL,
    ATTR_WAIT_FOR_DELIVERY,
)
from ..gateways.abilities.delivery import CancelsMessages
from ..gateways.errors import NotCancellableError
from ..gateways.outcome import Outcome
from ..messaging.journal.journal import JournalQuery
from ..messaging.text.encoding import EncodingChoice
from ..messaging.text.splitting import TooLong
from ..presentation.formatting import plain
from .common import LIMIT, Action, channel_of, check_able, numbers_of, translated
from .guests import async_is_guest
from .message_fields import OPTION_FIELDS, TARGET_FIELD, TEXT_FIELDS, to_message
from .responses import async_answer, async_message_response
from .sending import async_send, async_send_or_raise
from .values import choice, moment, name, word


async def _async_send_sms(call: ServiceCall) -> ServiceResponse:
    """Send a message; a caller who wants no answer hears of a failure all the same."""
    channel = channel_of(call)
    is_guest = await async_is_guest(call.hass, call.context)
    message = to_message(call.data, by_guest=is_guest)
    wait = call.data.get(ATTR_WAIT_FOR_DELIVERY, timedelta())
    if not call.return_response:
        await async_send_or_raise(call.hass, channel, message, wait)
        return None
    report = await async_send(call.hass, channel, message, wait)
    answer = await async_answer(call.hass, report, channel.facts, for_guest=is_guest)
    if not channel.store.is_stored(report.message_id):
        answer["stored"] = False
    return answer


async def _async_preview_sms(call: ServiceCall) -> ServiceResponse:
    """Tell what a message would take, without sending anything."""
    channel = channel_of(call)
    is_guest = await async_is_guest(call.hass, call.context)
    with translated(channel, for_guest=is_guest):
        preview = channel.messenger.preview(to_message(call.data, by_guest=is_guest))
    return {
        "text": preview.text,
        "encoding": preview.encoding.value,
        "characters": len(preview.text),
        "units": preview.units,
        "segments": preview.segments,
        "messages": len(preview.parts),
        "parts": [
            {"text": part.text, "segments": part.segments} for part in preview.parts
        ],
        "outside": list(preview.outside),
        "economical_segments": preview.economical_segments,
        "saved_segments": preview.saved_segments,
    }


async def _async_get_messages(call: ServiceCall) -> ServiceResponse:
    """Return what became of messages, the newest first."""
    channel = channel_of(call)
    tag = call.data.get(ATTR_TAG)
    with translated(channel):
        if tag is not None:
            channel.check_tag(tag)
        records = await channel.journal.find(
            JournalQuery(
                numbers=numbers_of(channel, call.data.get(ATTR_RECIPIENT)),
                outcome=call.data.get(ATTR_OUTCOME),
                tag=tag,
                since=call.data.get(ATTR_SINCE),
                until=call.data.get(ATTR_UNTIL),
                limit=call.data[ATTR_LIMIT],
            )
        )
    return {
        "messages": [
            await async_message_response(call.hass, record, channel.facts)
            for record in records
        ]
    }


async def _async_cancel_sms(call: ServiceCall) -> ServiceResponse:
    """Take a message back that has not been sent yet; tell what became of it."""
    channel = channel_of(call)
    is_guest = await async_is_guest(call.hass, call.context)
    with translated(channel, changes=True, for_guest=is_guest):
        try:
            cancelled = await channel.canceller.cancel(call.data[ATTR_MESSAGE_ID])
        except NotCancellableError:
            record = await channel.store.get(call.data[ATTR_MESSAGE_ID])
            if record is not None and record.is_scheduled:
                # It may wait at a gateway that takes nothing back.
                check_able(channel, CancelsMessages)
            raise
    back = cancelled.credits_back
    return {
        "credits_back": None if back is None else plain(back),
        **await async_message_response(
            call.hass, cancelled.record, channel.facts, for_guest=is_guest
        ),
    }


# Whoever may send learns what became of that; what the whole house was told, and the
# numbers of all, are not for a guest.
ACTIONS: Final = (
    Action(
        name="send_sms",
        handler=_async_send_sms,
        fields={**TEXT_FIELDS, **TARGET_FIELD, **OPTION_FIELDS},
        for_everybody=True,
    ),
    Action(
        name="preview_sms",
        handler=_async_preview_sms,
        fields={
            **TEXT_FIELDS,
            probatio.Optional(ATTR_ENCODING): choice(EncodingChoice),
            probatio.Optional(ATTR_TOO_LONG): choice(TooLong),
        },
        answers=SupportsResponse.ONLY,
        for_everybody=True,
    ),
    Action(
        name="get_messages",
        handler=_async_get_messages,
        fields={
            probatio.Optional(ATTR_RECIPIENT): name,
            probatio.Optional(ATTR_OUTCOME): choice(Outcome),
            probatio.Optional(ATTR_SINCE): moment,
            probatio.Optional(ATTR_UNTIL): moment,
            probatio.Optional(ATTR_TAG): word,
            **LIMIT,
        },
        answers=SupportsResponse.ONLY,
    ),
    Action(
        name="cancel_sms",
        handler=_async_cancel_sms,
        fields={probatio.Required(ATTR_MESSAGE_ID): word},
        for_everybody=True,
    ),
)
