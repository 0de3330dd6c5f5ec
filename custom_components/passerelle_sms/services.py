"""The actions."""

from datetime import datetime
from typing import Final, cast

import probatio

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv, service
from homeassistant.util import dt as dt_util

from .account import AccountConfigEntry, address_book
from .const import (
    ATTR_CONFIG_ENTRY_ID,
    ATTR_ENCODING,
    ATTR_LIMIT,
    ATTR_MESSAGE,
    ATTR_OUTCOME,
    ATTR_RECIPIENT,
    ATTR_SINCE,
    ATTR_TARGET,
    ATTR_TITLE,
    ATTR_UNTIL,
    DOMAIN,
)
from .exceptions import refusal
from .gateways.errors import RejectedError
from .gateways.outcome import Outcome
from .messaging.encoding import EncodingChoice
from .messaging.journal import JournalQuery
from .messaging.recipients import UnusableTarget
from .sending import (
    OPTION_FIELDS,
    async_answer,
    async_history_row,
    async_send,
    async_send_or_raise,
    to_message,
)

SERVICE_SEND_SMS = "send_sms"
SERVICE_PREVIEW_SMS = "preview_sms"
SERVICE_GET_MESSAGES = "get_messages"

DEFAULT_LIMIT: Final = 50
LARGEST_LIMIT: Final = 500

TEXT_FIELDS = {
    probatio.Required(ATTR_CONFIG_ENTRY_ID): cv.string,
    probatio.Required(ATTR_MESSAGE): cv.string,
    probatio.Optional(ATTR_TITLE): cv.string,
}
SEND_SMS_SCHEMA = probatio.Schema(
    {
        **TEXT_FIELDS,
        probatio.Optional(ATTR_TARGET): probatio.All(cv.ensure_list, [cv.string]),
        **OPTION_FIELDS,
    }
)
PREVIEW_SMS_SCHEMA = probatio.Schema(
    {**TEXT_FIELDS, probatio.Optional(ATTR_ENCODING): probatio.Coerce(EncodingChoice)}
)
GET_MESSAGES_SCHEMA = probatio.Schema(
    {
        probatio.Required(ATTR_CONFIG_ENTRY_ID): cv.string,
        probatio.Optional(ATTR_RECIPIENT): cv.string,
        probatio.Optional(ATTR_OUTCOME): probatio.Coerce(Outcome),
        probatio.Optional(ATTR_SINCE): cv.datetime,
        probatio.Optional(ATTR_UNTIL): cv.datetime,
        probatio.Optional(ATTR_LIMIT, default=DEFAULT_LIMIT): probatio.All(
            probatio.Coerce(int), probatio.Range(min=1, max=LARGEST_LIMIT)
        ),
    }
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN,
        SERVICE_SEND_SMS,
        _async_send_sms,
        schema=SEND_SMS_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )
    hass.services.async_register(
        DOMAIN,
        SERVICE_PREVIEW_SMS,
        _async_preview_sms,
        schema=PREVIEW_SMS_SCHEMA,
        supports_response=SupportsResponse.ONLY,
    )
    # Whoever may send learns what became of that. What the whole house was told, and
    # the numbers of all, are not for every guest; automations have no user and may.
    service.async_register_admin_service(
        hass,
        DOMAIN,
        SERVICE_GET_MESSAGES,
        _async_get_messages,
        schema=GET_MESSAGES_SCHEMA,
        supports_response=SupportsResponse.ONLY,
    )


async def _async_send_sms(call: ServiceCall) -> ServiceResponse:
    """Send a message; a caller who wants no answer hears of a failure all the same."""
    entry = _entry(call)
    message = to_message(call.data)
    if not call.return_response:
        await async_send_or_raise(call.hass, entry, message)
        return None
    report = await async_send(call.hass, entry, message)
    return await async_answer(call.hass, report, entry.runtime_data.gateway)


async def _async_preview_sms(call: ServiceCall) -> ServiceResponse:
    """Tell what a message would take, without sending anything."""
    account = _entry(call).runtime_data
    try:
        preview = account.messenger.preview(to_message(call.data))
    except RejectedError as error:
        raise refusal(error, account.gateway) from error
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
    entry = _entry(call)
    account = entry.runtime_data
    try:
        number = _number(entry, call.data.get(ATTR_RECIPIENT))
        records = await account.journal.find(
            JournalQuery(
                number=number,
                outcome=call.data.get(ATTR_OUTCOME),
                since=_moment(call.data.get(ATTR_SINCE)),
                until=_moment(call.data.get(ATTR_UNTIL)),
                limit=call.data[ATTR_LIMIT],
            )
        )
    except RejectedError as error:
        raise refusal(error, account.gateway) from error
    return {
        "messages": [
            await async_history_row(call.hass, record, account.gateway)
            for record in records
        ]
    }


def _number(entry: AccountConfigEntry, recipient: str | None) -> str | None:
    """Return the number that a name or a number means; raises `RejectedError`."""
    if recipient is None:
        return None
    [meant] = address_book(entry).resolve((recipient,))
    if isinstance(meant, UnusableTarget):
        raise meant.error
    return meant.number


def _moment(written: datetime | None) -> datetime | None:
    """Return a time as the journal knows it; without a zone it is the house's own."""
    return None if written is None else dt_util.as_utc(written)


def _entry(call: ServiceCall) -> AccountConfigEntry:
    """Return the account that a call names; raises when it isn't there or not loaded."""
    return cast(
        "AccountConfigEntry",
        service.async_get_config_entry(
            call.hass, DOMAIN, call.data[ATTR_CONFIG_ENTRY_ID]
        ),
    )
