"""Fills an account's journal before the account is set up."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from custom_components.passerelle_sms.entries.factory import make_journal
from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.journal.journal import Journal
from custom_components.passerelle_sms.messaging.model.failure import DeliveryState
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import (
    Stage,
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

_HOUR: Final = timedelta(hours=1)
# Older than what the caps count, younger than what is deleted.
_OLDEST: Final = timedelta(days=80)
_YOUNGEST: Final = timedelta(days=2)


@asynccontextmanager
async def opened(hass: HomeAssistant, entry: ConfigEntry) -> AsyncIterator[Journal]:
    """Open the journal of an account that is not set up, and close it in the end."""
    journal = make_journal(hass, entry.entry_id)
    await journal.open()
    try:
        yield journal
    finally:
        await journal.close()


async def fill_with_closed(
    hass: HomeAssistant, entry: ConfigEntry, numbers: Sequence[str]
) -> None:
    """Write a message for each number that was delivered weeks ago."""
    step = (_OLDEST - _YOUNGEST) / max(1, len(numbers))
    await _fill(
        hass,
        entry,
        [
            _record(index, number, age=_OLDEST - index * step, delivery=None)
            for index, number in enumerate(numbers)
        ],
    )


async def fill_with_awaited(
    hass: HomeAssistant, entry: ConfigEntry, numbers: Sequence[str]
) -> None:
    """Write a message for each number, accepted just now, whose delivery is awaited."""
    await _fill(
        hass,
        entry,
        [
            _record(index, number, age=timedelta(), delivery=DeliveryState())
            for index, number in enumerate(numbers)
        ],
    )


async def _fill(
    hass: HomeAssistant, entry: ConfigEntry, records: Sequence[MessageRecord]
) -> None:
    async with opened(hass, entry) as journal:
        await asyncio.gather(*(journal.put(record) for record in records))


def _record(
    index: int, number: str, *, age: timedelta, delivery: DeliveryState | None
) -> MessageRecord:
    created = dt_util.utcnow() - age
    submission = SubmissionRecord(
        recipient=Recipient(number=number, name="Maman"),
        outcome=Outcome.ACCEPTED,
        stage=Stage.CLOSED,
        submission_id=f"{index:010}",
        segments=1,
        attempts=1,
        attempted=created,
        delivery=delivery,
    )
    return MessageRecord(
        message_id=f"01BENCH{index:019}",
        created=created,
        time_to_live=_HOUR,
        text=f"La citerne est à {index} litres.",
        sender="MAISON",
        encoding=Encoding.GSM7,
        segments=1,
        submissions=Submissions((submission,)),
    )
