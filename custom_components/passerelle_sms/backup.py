"""Keeps the journals whole while a backup copies them."""

import asyncio
from collections.abc import Awaitable
import logging

from homeassistant.core import HomeAssistant

from .entries.account import ACCOUNTS
from .entries.journal_keeper import IS_BACKING_UP
from .entries.relay import RELAYS
from .gateways.errors import NotStoredError
from .messaging.journal.journal import Journal

_LOGGER = logging.getLogger(__name__)


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Mark every journal and leave its file alone: a copy of it must know that it is one."""
    hass.data[IS_BACKING_UP] = True
    journals = _journals(hass)
    await asyncio.gather(*(_try(journal.begin_backup()) for journal in journals))


async def async_post_backup(hass: HomeAssistant) -> None:
    """Take the marks away, and go on as before."""
    hass.data[IS_BACKING_UP] = False
    journals = _journals(hass)
    await asyncio.gather(*(_try(journal.end_backup()) for journal in journals))


def _journals(hass: HomeAssistant) -> list[Journal]:
    channels = [*hass.data[ACCOUNTS].values(), *hass.data[RELAYS].values()]
    return [channel.journal for channel in channels]


async def _try(work: Awaitable[None]) -> None:
    """Let a journal that can't be written keep nobody from making a backup."""
    try:
        await work
    except NotStoredError as error:
        _LOGGER.warning(
            "A journal can't be marked for a backup (%s): "
            "what waits in that copy would be sent if it were restored",
            error,
        )
