"""What the user can do about an issue."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from homeassistant.components.repairs import (
    ConfirmRepairFlow,
    RepairsFlow,
    RepairsFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .entries.channel import Channel
from .entries.channels import async_get_channel
from .gateways.errors import NotStoredError
from .messaging.model.record import Choice, MessageRecord
from .messaging.model.submission import Notice, SubmissionRecord
from .presentation.exceptions import async_explain, async_outcome
from .presentation.formatting import local_time

MOST_SHOWN: Final = 20
"""How many messages one repair shows."""


async def async_create_fix_flow(
    hass: HomeAssistant,
    issue_id: str,
    data: dict[str, str | int | float | None] | None,
) -> RepairsFlow:
    """Return the flow for an issue: a choice to make, or a notice to read."""
    if data is None:
        return ConfirmRepairFlow()
    entry_id = str(data["entry_id"])
    if "message_id" in data:
        return UnknownOutcomeFlow(entry_id, str(data["message_id"]))
    return NotLeftFlow(entry_id)


class UnknownOutcomeFlow(RepairsFlow):
    """Asks what to do with a message that may have left."""

    def __init__(self, entry_id: str, message_id: str) -> None:
        """Ask about a message of the account or relay `entry_id`."""
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
        channel = async_get_channel(self.hass, self._entry_id)
        if channel is None:
            return self.async_abort(reason="not_loaded")
        try:
            await channel.outbox.resolve(self._message_id, choice)
        except NotStoredError:
            return self.async_abort(reason="not_stored")
        return self.async_create_entry(data={})

    @property
    def _placeholders(self) -> Mapping[str, str]:
        issue = ir.async_get(self.hass).async_get_issue(self.handler, self.issue_id)
        return (issue and issue.translation_placeholders) or {}


class NotLeftFlow(RepairsFlow):
    """Shows which messages did not leave, and notes that they were read."""

    def __init__(self, entry_id: str) -> None:
        """Show those of the account or relay `entry_id`."""
        self._entry_id = entry_id
        self._shown: list[MessageRecord] = []

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Show what did not leave: only administrators see this, and so the texts."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Note that it was read."""
        channel = async_get_channel(self.hass, self._entry_id)
        if channel is None:
            return self.async_abort(reason="not_loaded")
        try:
            if user_input is not None:
                await channel.announcer.acknowledge(self._shown)
                return self.async_create_entry(data={})
            self._shown = await channel.announcer.not_left()
        except NotStoredError:
            return self.async_abort(reason="not_stored")
        return self.async_show_form(
            step_id="confirm",
            data_schema=probatio.Schema({}),
            description_placeholders={
                "account": channel.entry.title,
                "messages": await self._async_list(channel, self._shown),
            },
        )

    async def _async_list(self, channel: Channel, messages: list[MessageRecord]) -> str:
        """Return the messages as a list, the newest first."""
        lines = [
            f"- {local_time(record.created)}: «{record.text}» "
            f"({await self._async_reasons(channel, record)})"
            for record in reversed(messages[-MOST_SHOWN:])
        ]
        if len(messages) > MOST_SHOWN:
            lines.append(f"- … (+{len(messages) - MOST_SHOWN})")
        return "\n".join(lines)

    async def _async_reasons(self, channel: Channel, record: MessageRecord) -> str:
        """Return for whom a message did not leave, and why."""
        return ", ".join(
            [
                f"{submission.recipient.label}: "
                f"{await self._async_reason(channel, submission)}"
                for submission in record.submissions
                if submission.notice is Notice.UNACKNOWLEDGED
            ]
        )

    async def _async_reason(
        self, channel: Channel, submission: SubmissionRecord
    ) -> str:
        outcome = await async_outcome(self.hass, submission.outcome)
        if submission.failure is None:
            return outcome
        told_by = channel.facts_for(submission)
        reason = await async_explain(self.hass, submission.failure, told_by)
        return f"{outcome}: {reason}"
