"""What people answered."""

from typing import Final

import probatio

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.util.json import JsonObjectType

from ..const import ATTR_LIMIT, ATTR_MESSAGE_ID
from ..entries.channel import Channel
from ..gateways.abilities.delivery import ReceivesReplies
from ..gateways.errors import GatewayError, RejectedError, UnknownMessageError
from ..messaging.journal.replies import StoredReply
from ..messaging.recipients.address_book import Recipient
from ..presentation.formatting import local_iso
from .common import LIMIT, Action, async_unanswered, channel_of, check_able, translated
from .values import name


async def _async_get_replies(call: ServiceCall) -> ServiceResponse:
    """Ask for the answers to a message; tell all that there are, the newest first."""
    channel = channel_of(call)
    check_able(channel, ReceivesReplies)
    message_id = call.data.get(ATTR_MESSAGE_ID)
    error: str | None = None
    with translated(channel):
        if message_id is not None:
            record = await channel.store.get(message_id)
            if record is None:
                raise UnknownMessageError
            message_id = record.kept_id
            try:
                await channel.replies.ask_about(message_id)
            except RejectedError:
                raise
            except GatewayError as failure:
                error = await async_unanswered(call.hass, channel, failure)
        replies = await channel.journal.replies(message_id, limit=call.data[ATTR_LIMIT])
    return {"replies": [_row(channel, reply) for reply in replies], "error": error}


def _row(channel: Channel, reply: StoredReply) -> JsonObjectType:
    meant = channel.settings.address_book.by_number(reply.number)
    known = meant.name if isinstance(meant, Recipient) else None
    return {
        "message_id": reply.message_id,
        "recipient": known or reply.number,
        "known": known is not None,
        "text": reply.text,
        "at": local_iso(reply.at),
    }


ACTIONS: Final = (
    Action(
        name="get_replies",
        handler=_async_get_replies,
        fields={probatio.Optional(ATTR_MESSAGE_ID): name, **LIMIT},
        answers=SupportsResponse.ONLY,
    ),
)
