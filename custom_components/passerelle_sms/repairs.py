"""What the user can do about an issue."""

from collections.abc import Mapping
from typing import Any, cast

from homeassistant.components.repairs import (
    ConfirmRepairFlow,
    RepairsFlow,
    RepairsFlowResult,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .entries.account import AccountConfigEntry
from .gateways.errors import NotStoredError
from .messaging.model.record import Choice


async def async_create_fix_flow(
    hass: HomeAssistant,
    issue_id: str,
    data: dict[str, str | int | float | None] | None,
) -> RepairsFlow:
    """Return the flow for an issue: a message to decide about, or a notice to read."""
    if data is None:
        return ConfirmRepairFlow()
    return UnknownOutcomeFlow(str(data["entry_id"]), str(data["message_id"]))


class UnknownOutcomeFlow(RepairsFlow):
    """Asks what to do with a message that may have left."""

    def __init__(self, entry_id: str, message_id: str) -> None:
        """Ask about a message of the account `entry_id`."""
        self._entry_id = entry_id
        self._message_id = message_id

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Show the choices."""
        return self.async_show_menu(
            step_id="init",
            menu_options=[choice.value for choice in Choice],
            description_placeholders=self._placeholders,
        )

    async def async_step_sent(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Take it for accepted."""
        return await self._async_resolve(Choice.SENT)

    async def async_step_resend(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Send it again."""
        return await self._async_resolve(Choice.RESEND)

    async def async_step_drop(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Leave it as it is."""
        return await self._async_resolve(Choice.DROP)

    async def _async_resolve(self, choice: Choice) -> RepairsFlowResult:
        entry = cast(
            "AccountConfigEntry | None",
            self.hass.config_entries.async_get_entry(self._entry_id),
        )
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        try:
            await entry.runtime_data.messenger.resolve(self._message_id, choice)
        except NotStoredError:
            return self.async_abort(reason="not_stored")
        return self.async_create_entry(data={})

    @property
    def _placeholders(self) -> Mapping[str, str]:
        issue = ir.async_get(self.hass).async_get_issue(self.handler, self.issue_id)
        return (issue and issue.translation_placeholders) or {}
