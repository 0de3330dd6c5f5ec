"""Lets relays hear that an account has come, gone or changed."""

from collections.abc import Callable
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)

from ..const import DOMAIN

_SIGNAL: Final = f"{DOMAIN}_accounts_changed"


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
