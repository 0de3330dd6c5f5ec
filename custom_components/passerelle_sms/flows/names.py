"""The names of recipients and groups in the forms: each is that of one only."""

from homeassistant.config_entries import ConfigEntry, ConfigSubentry

from ..entries.settings import recipient_name, recipients_and_groups
from ..messaging.recipients.names import is_name, name_key


def name_error(
    entry: ConfigEntry, name: str, changed: ConfigSubentry | None
) -> str | None:
    """Return what is wrong with a name that somebody gives to a recipient or a group.

    It is part of a service's name: two that differ only in accents would clash.
    """
    if not is_name(name):
        return "invalid_name"
    taken = {
        name_key(recipient_name(other))
        for other in recipients_and_groups(entry)
        if changed is None or other.subentry_id != changed.subentry_id
    }
    return "name_taken" if name_key(name) in taken else None
