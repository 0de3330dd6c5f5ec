"""What tests about groups have in common: to add one to an account or a relay."""

from types import MappingProxyType

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant


def subentry_of(entry: ConfigEntry, title: str) -> ConfigSubentry:
    """Return the recipient or group of a title."""
    [found] = [one for one in entry.subentries.values() if one.title == title]
    return found


async def add_group(
    hass: HomeAssistant, entry: ConfigEntry, name: str, *members: str
) -> ConfigSubentry:
    """Add a group of recipients, by their titles, as the user interface does."""
    ids = [subentry_of(entry, member).subentry_id for member in members]
    group = ConfigSubentry(
        data=MappingProxyType({"name": name, "recipients": ids}),
        subentry_type="group",
        title=name,
        unique_id=None,
    )
    hass.config_entries.async_add_subentry(entry, group)
    await hass.async_block_till_done()
    return group
