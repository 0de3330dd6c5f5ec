"""Adds a group to an account or a relay: several of its recipients under one name."""

from collections.abc import Mapping
from typing import Any

import probatio

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from ..const import CONF_RECIPIENTS, SUBENTRY_RECIPIENT
from ..entries.settings import group_members, recipient_name
from ..messaging.recipients.names import tidied
from .forms import PLAIN, too_long
from .names import name_error


def group_form(names: Mapping[str, str]) -> probatio.Schema:
    """Return the form that chooses some recipients, whose `names` stand by their ids."""
    options = [
        SelectOptionDict(value=subentry_id, label=name)
        for subentry_id, name in names.items()
    ]
    return probatio.Schema(
        {
            probatio.Required(CONF_NAME): PLAIN,
            probatio.Required(CONF_RECIPIENTS): SelectSelector(
                SelectSelectorConfig(
                    options=options, multiple=True, mode=SelectSelectorMode.LIST
                )
            ),
        }
    )


class GroupFlow(ConfigSubentryFlow):
    """Adds a group, and changes it."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add a group."""
        if user_input is None:
            return self._show("user", {}, {})
        return self._take("user", user_input, None)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a group; a recipient who was removed is in it no more."""
        subentry = self._get_reconfigure_subentry()
        if user_input is None:
            members = group_members(self._get_entry(), subentry)
            known = {
                CONF_NAME: recipient_name(subentry),
                CONF_RECIPIENTS: [member.subentry_id for member in members],
            }
            return self._show("reconfigure", known, {})
        return self._take("reconfigure", user_input, subentry)

    @callback
    def _take(
        self, step: str, user_input: dict[str, Any], changed: ConfigSubentry | None
    ) -> SubentryFlowResult:
        """Take a filled-in form."""
        entry = self._get_entry()
        name = tidied(user_input[CONF_NAME])
        # Since the form was shown, a recipient may have been removed.
        names = {
            subentry_id: recipient_name(entry.subentries[subentry_id])
            for subentry_id in user_input[CONF_RECIPIENTS]
            if subentry_id in entry.subentries
        }
        errors = too_long({CONF_NAME: user_input[CONF_NAME]})
        if not errors and (wrong := name_error(entry, name, changed)) is not None:
            errors[CONF_NAME] = wrong
        if not names:
            errors[CONF_RECIPIENTS] = "nobody_chosen"
        if errors:
            return self._show(step, {**user_input, CONF_RECIPIENTS: [*names]}, errors)
        data = {CONF_NAME: name, CONF_RECIPIENTS: [*names]}
        told = {"recipients": ", ".join(names.values())}
        if self.source != SOURCE_RECONFIGURE:
            return self.async_create_entry(
                title=name, data=data, description_placeholders=told
            )
        subentry = self._get_reconfigure_subentry()
        self.hass.config_entries.async_update_subentry(
            entry, subentry, title=name, data=data
        )
        return self.async_abort(
            reason="reconfigure_successful", description_placeholders=told
        )

    @callback
    def _show(
        self, step: str, values: Mapping[str, Any], errors: dict[str, str]
    ) -> SubentryFlowResult:
        """Show the form, unless there is nobody who can be chosen."""
        recipients = self._get_entry().get_subentries_of_type(SUBENTRY_RECIPIENT)
        names = {one.subentry_id: recipient_name(one) for one in recipients}
        if not names:
            return self.async_abort(reason="no_recipients")
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(group_form(names), values),
            errors=errors,
        )
