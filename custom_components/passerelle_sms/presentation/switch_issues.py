"""What only the user can mend about a dead man's switch, or has to know of it.

Every user can read it: recipients stand there by public labels.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..messaging.dead_man_switch.standing import Fired, Standing
from ..messaging.model.failure import Failure
from .exceptions import async_explain
from .formatting import local_hour, local_time
from .gateway_facts import GatewayFacts
from .issues import (
    SWITCH_FIRED,
    SWITCH_NOT_CANCELLED,
    SWITCH_REFUSED,
    SWITCH_SENT_EARLY,
    async_tell_issue,
)
from .switch_events import labels

_OVER: Final = "over"
"""Until when an issue matters, in its data."""


@callback
def async_tell_switch_fired(
    hass: HomeAssistant, entry: ConfigEntry, switch_id: str, name: str, fired: Fired
) -> None:
    """Tell how long the house was silent, and who was told.

    It stays until the user says that it has been read: nothing else would end it.
    """
    async_tell_issue(
        hass,
        entry,
        SWITCH_FIRED,
        switch_id,
        severity=ir.IssueSeverity.WARNING,
        is_fixable=True,
        is_persistent=True,
        switch=name,
        since=local_time(fired.since),
        until=local_time(fired.until),
        count=str(len(fired.recipients)),
        recipients=", ".join(labels(fired.recipients)),
    )


@callback
def async_tell_not_cancelled(
    hass: HomeAssistant,
    entry: ConfigEntry,
    switch_id: str,
    name: str,
    messages: Sequence[tuple[Standing, GatewayFacts]],
) -> None:
    """Tell what may still be sent, when, to whom and by which gateway.

    It outlives a restart, and the entry: the credentials may be gone by now.
    """
    _, first = messages[0]
    async_tell_issue(
        hass,
        entry,
        SWITCH_NOT_CANCELLED,
        switch_id,
        source=first,
        is_persistent=True,
        data={_OVER: max(message.sent_by for message, _ in messages).isoformat()},
        switch=name,
        messages="\n".join(_line(*message) for message in messages),
    )


@callback
def async_forget_what_is_over(hass: HomeAssistant, now: datetime) -> None:
    """Forget what could not be taken back and has been sent by now, if it stood."""
    for (domain, issue_id), issue in list(ir.async_get(hass).issues.items()):
        if domain != DOMAIN or not issue_id.startswith(SWITCH_NOT_CANCELLED):
            continue
        over = (issue.data or {}).get(_OVER)
        if over is not None and datetime.fromisoformat(str(over)) <= now:
            ir.async_delete_issue(hass, DOMAIN, issue_id)


async def async_tell_switch_refused(
    hass: HomeAssistant,
    entry: ConfigEntry,
    switch_id: str,
    name: str,
    gateway: GatewayFacts,
    failure: Failure | None,
) -> None:
    """Tell why nobody would be told: the gateway refuses to keep the message.

    Await this before the next `async_forget_issue`: the words for the reason
    may have to be read first.
    """
    reason = ""
    if failure is not None:
        told = await async_explain(hass, failure, gateway, for_everybody=True)
        reason = f" {told}"
    async_tell_issue(
        hass,
        entry,
        SWITCH_REFUSED,
        switch_id,
        source=gateway,
        switch=name,
        reason=reason,
    )


@callback
def async_tell_switch_sent_early(
    hass: HomeAssistant,
    entry: ConfigEntry,
    switch_id: str,
    name: str,
    gateway: GatewayFacts,
) -> None:
    """Tell that the gateway has sent a message before its hour."""
    async_tell_issue(
        hass, entry, SWITCH_SENT_EARLY, switch_id, source=gateway, switch=name
    )


def _line(message: Standing, gateway: GatewayFacts) -> str:
    """Return a line of the list of what may still be sent."""
    where = f"[{gateway.name}]({gateway.site})" if gateway.site else gateway.name
    told = ", ".join(labels(message.recipients))
    return f"- {local_hour(message.fires_at)}: {told} ({where})"
