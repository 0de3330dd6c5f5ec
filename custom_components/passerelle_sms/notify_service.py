"""The services `notify.<account>` and `notify.<account>_<recipient>`.

Core's `alert` and many blueprints call only these, so they come and go with the account.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, override

import probatio

from homeassistant.components.notify import (
    ATTR_DATA,
    ATTR_MESSAGE,
    ATTR_TARGET,
    ATTR_TITLE,
    DOMAIN as NOTIFY_DOMAIN,
    BaseNotificationService,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import slugify

from .actions.message_fields import OPTION_FIELDS, to_message
from .actions.sending import async_send_or_raise
from .const import ATTR_WAIT_FOR_DELIVERY, DOMAIN
from .entries.account import AccountConfigEntry
from .entries.settings import recipients

DATA_SCHEMA = probatio.Schema(OPTION_FIELDS)


async def async_setup_notify_service(
    hass: HomeAssistant, entry: AccountConfigEntry
) -> None:
    """Register the notify services of an account until it is unloaded."""
    service = AccountNotificationService(entry)
    name = _free_name(hass, slugify(entry.title))
    await service.async_setup(hass, name, name)
    await service.async_register_services()
    entry.async_on_unload(service.async_unregister_services)


class AccountNotificationService(BaseNotificationService):
    """Sends through one account."""

    def __init__(self, entry: AccountConfigEntry) -> None:
        """Send through the account `entry`."""
        self._entry = entry

    @property
    @override
    def targets(self) -> Mapping[str, str]:
        """Return the recipients that get a service of their own."""
        names = [recipient.label for recipient in recipients(self._entry)]
        return {name: name for name in names}

    @override
    async def async_send_message(self, message: str, **kwargs: Any) -> None:
        """Send a message, and raise unless it is accepted or on its way to everybody.

        `kwargs` are those of every notify service: title, target and data, where data
        holds fields of `send_sms`.
        """
        options = _checked(kwargs.get(ATTR_DATA) or {})
        fields = {
            **options,
            ATTR_MESSAGE: message,
            ATTR_TITLE: kwargs.get(ATTR_TITLE),
            ATTR_TARGET: kwargs.get(ATTR_TARGET),
        }
        await async_send_or_raise(
            self.hass,
            self._entry,
            to_message(fields),
            options.get(ATTR_WAIT_FOR_DELIVERY, timedelta()),
        )


def _checked(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a message, or raise what is wrong with them."""
    try:
        checked: dict[str, Any] = DATA_SCHEMA(data)
    except probatio.Invalid as error:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="invalid_data",
            translation_placeholders={"reason": str(error)},
        ) from error
    return checked


def _free_name(hass: HomeAssistant, wanted: str) -> str:
    """Return the name wanted, or the first numbered one that no other service has."""
    name, number = wanted, 2
    while hass.services.has_service(NOTIFY_DOMAIN, name):
        name, number = f"{wanted}_{number}", number + 1
    return name
