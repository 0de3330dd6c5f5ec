"""The actions."""

from typing import cast

import probatio

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv, service

from .account import AccountConfigEntry
from .const import (
    ATTR_CONFIG_ENTRY_ID,
    ATTR_ENCODING,
    ATTR_MESSAGE,
    ATTR_TARGET,
    ATTR_TITLE,
    DOMAIN,
)
from .exceptions import refusal
from .gateways.errors import RejectedError
from .messaging.encoding import EncodingChoice
from .sending import (
    OPTION_FIELDS,
    async_answer,
    async_send,
    async_send_or_raise,
    to_message,
)

SERVICE_SEND_SMS = "send_sms"
SERVICE_PREVIEW_SMS = "preview_sms"

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


async def _async_send_sms(call: ServiceCall) -> ServiceResponse:
    """Send a message; a caller who wants no answer hears of a failure all the same."""
    entry = _entry(call)
    message = to_message(call.data)
    if not call.return_response:
        await async_send_or_raise(call.hass, entry, message)
        return None
    report = await async_send(entry, message)
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


def _entry(call: ServiceCall) -> AccountConfigEntry:
    """Return the account that a call names; raises when it isn't there or not loaded."""
    return cast(
        "AccountConfigEntry",
        service.async_get_config_entry(
            call.hass, DOMAIN, call.data[ATTR_CONFIG_ENTRY_ID]
        ),
    )
