"""Keeps the journals whole while a backup copies them."""

import asyncio
from collections.abc import Awaitable
import logging

from homeassistant.core import HomeAssistant

from .entries.account import ACCOUNTS
from .entries.journal_keeper import IS_BACKING_UP
from .gateways.errors import NotStoredError

_LOGGER = logging.getLogger(__name__)


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Mark every journal and leave its file alone: a copy of it must know that it is one."""
    hass.data[IS_BACKING_UP] = True
    accounts = hass.data[ACCOUNTS].values()
    await asyncio.gather(*(_try(one.journal.begin_backup()) for one in accounts))


async def async_post_backup(hass: HomeAssistant) -> None:
    """Take the marks away, and go on as before."""
    hass.data[IS_BACKING_UP] = False
    accounts = hass.data[ACCOUNTS].values()
    await asyncio.gather(*(_try(one.journal.end_backup()) for one in accounts))


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
