"""What a relay lacks, told where Home Assistant tells what only the user can mend."""

from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from .issues import RELAY_ACCOUNT_GONE, issue_id_of

# Where the user reconfigures a relay.
_ENTRIES: Final = f"homeassistant://config/integrations/integration/{DOMAIN}"
# In the place of the title of an account that is removed.
_NO_TITLE: Final = "—"


@callback
def async_tell_relay_account_gone(
    hass: HomeAssistant, relay: ConfigEntry, account_id: str, title: str | None
) -> None:
    """Tell that an account of a relay is removed or disabled.

    `title` is what the account was called; with `None`, what an issue of before tells.
    """
    issue_id = issue_id_of(RELAY_ACCOUNT_GONE, relay, account_id)
    title = title or _told_title(hass, issue_id)
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        learn_more_url=_ENTRIES,
        translation_key=RELAY_ACCOUNT_GONE,
        translation_placeholders={
            "relay": relay.title,
            "account": title or _NO_TITLE,
        },
    )


@callback
def _told_title(hass: HomeAssistant, issue_id: str) -> str | None:
    """Return the title that an issue has told while there was one."""
    told = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    placeholders = None if told is None else told.translation_placeholders
    return None if placeholders is None else placeholders["account"]
