"""Which account an entry is, and which others are the same one.

Some gateways take several logins for one account and tell which it is. Two entries of one
account would each believe to be alone with it, and read what is told only once.
"""

from collections.abc import Sequence

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..const import CONF_GATEWAY, CONF_TOLD_ACCOUNT_ID, DOMAIN
from .settings import unique_id


@callback
def async_learn(hass: HomeAssistant, entry: ConfigEntry, told_id: str) -> bool:
    """Keep which account an entry is, as its gateway has told; return if that is news.

    It becomes the entry's unique id, unless another entry of the account has that.
    """
    known = entry.data.get(CONF_TOLD_ACCOUNT_ID)
    is_there = hass.config_entries.async_get_entry(entry.entry_id) is not None
    if not told_id or known not in {None, told_id} or not is_there:
        return False
    data = {**entry.data, CONF_TOLD_ACCOUNT_ID: told_id}
    new_id = unique_id(data)
    if hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, new_id) is not None:
        new_id = entry.unique_id or new_id
    return hass.config_entries.async_update_entry(entry, data=data, unique_id=new_id)


@callback
def async_same_account(hass: HomeAssistant, entry: ConfigEntry) -> list[ConfigEntry]:
    """Return all enabled entries of an entry's account, that which reads for all first.

    That is the one whose unique id is the account's.
    """
    told_id = entry.data.get(CONF_TOLD_ACCOUNT_ID)
    enabled = hass.config_entries.async_entries(DOMAIN, include_disabled=False)
    same = [
        other
        for other in enabled
        if told_id
        and other.data[CONF_GATEWAY] == entry.data[CONF_GATEWAY]
        and other.data.get(CONF_TOLD_ACCOUNT_ID) == told_id
    ]
    return _reader_first(same) if entry in same else [entry]


def _reader_first(entries: Sequence[ConfigEntry]) -> list[ConfigEntry]:
    return sorted(
        entries,
        key=lambda entry: (
            entry.unique_id != unique_id(entry.data),
            entry.created_at,
            entry.entry_id,
        ),
    )
