"""Filling a journal before its account is set up."""

from pathlib import Path

from custom_components.passerelle_sms.messaging.journal.journal import JournalQuery
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR
from scripts.benchmarking.accounts import new_entry, numbers
from scripts.benchmarking.journals import fill_with_awaited, fill_with_closed, opened

DATA = {"gateway": "etech_keys", "country": "CM"}


def make_storage(hass: HomeAssistant) -> None:
    """Make the folder that Home Assistant keeps its files in."""
    Path(hass.config.path(STORAGE_DIR)).mkdir(parents=True, exist_ok=True)


async def test_fills_it_with_what_is_over(hass: HomeAssistant) -> None:
    """Nothing of it is to be heard of, or counts for a cap."""
    make_storage(hass)
    entry = new_entry("Maison", DATA)
    await fill_with_closed(hass, entry, numbers(DATA, 40))

    async with opened(hass, entry) as journal:
        assert len(await journal.find(JournalQuery(limit=100))) == 40
        assert await journal.not_closed() == []
        assert await journal.with_pending_delivery() == []


async def test_fills_it_with_what_is_awaited(hass: HomeAssistant) -> None:
    """Each message has gone to another number."""
    make_storage(hass)
    entry = new_entry("Maison", DATA)
    await fill_with_awaited(hass, entry, numbers(DATA, 40))

    async with opened(hass, entry) as journal:
        awaited = await journal.with_pending_delivery()
    found = [one.recipient.number for record in awaited for one in record.submissions]
    assert sorted(found) == numbers(DATA, 40)
