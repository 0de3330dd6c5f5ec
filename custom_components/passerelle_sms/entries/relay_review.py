"""Lets relays and switches hear that an account has come, gone, changed or works again."""

from collections.abc import Callable
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)

from ..const import DOMAIN

_SIGNAL: Final = f"{DOMAIN}_accounts_changed"
_WORKS: Final = f"{DOMAIN}_account_works"


@callback
def async_review_relays(hass: HomeAssistant) -> None:
    """Let relays see anew which of their accounts are there, and how these do.

    What waits at a relay is tried at once: an account may take it now.
    """
    async_dispatcher_send(hass, _SIGNAL)


@callback
def async_listen_to_accounts(
    hass: HomeAssistant, listener: Callable[[], None]
) -> Callable[[], None]:
    """Call `listener` whenever an account has come, gone or changed; return what ends that."""
    return async_dispatcher_connect(hass, _SIGNAL, listener)


@callback
def async_tell_account_works(hass: HomeAssistant) -> None:
    """Tell that an account can be reached again, or is refused no longer."""
    async_dispatcher_send(hass, _WORKS)


@callback
def async_listen_to_working_accounts(
    hass: HomeAssistant, listener: Callable[[], None]
) -> Callable[[], None]:
    """Call `listener` whenever an account works again; return what ends that."""
    return async_dispatcher_connect(hass, _WORKS, listener)
