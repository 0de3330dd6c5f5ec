"""Adds a dead man's switch to an account or a relay: what a dead house sends."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..const import (
    CONF_DELAY,
    CONF_MESSAGE,
    CONF_MESSAGE_BACK,
    CONF_RECIPIENTS,
    SUBENTRY_DEAD_MAN_SWITCH,
    SUBENTRY_RECIPIENT,
)
from ..entries.settings import recipient_name, recipients_and_groups
from ..entries.switch_settings import SwitchSettings, switch_name
from ..gateways.errors import (
    GatewayError,
    NotCancellableError,
    RejectedError,
    TakenAsMessageError,
)
from ..messaging.dead_man_switch.proof import NotTakenBackError
from ..messaging.invisible import trimmed
from ..messaging.model.failure import Failure
from ..messaging.recipients.names import tidied
from ..presentation.exceptions import async_explain
from ..presentation.formatting import local_hour
from ..presentation.gateway_facts import KnownGateway
from .account_check import form_error
from .forms import words_of
from .switch_check import (
    BASE,
    REFUSED,
    CheckedSwitch,
    WrongInputError,
    async_get_gateways,
    async_get_switches,
    checked,
    field_errors,
)
from .switch_forms import (
    USUAL_DELAY,
    cost_words,
    form_words,
    minutes,
    names_of,
    quoted,
    suggested_text,
    switch_form,
)

# What says that a message may be sent although the house lives.
_LEFT: Final = (NotCancellableError, NotTakenBackError, TakenAsMessageError)
# What a form about an account calls what its document doesn't describe.
_STRANGE: Final = "unexpected_response"


class DeadManSwitchFlow(ConfigSubentryFlow):
    """Adds a dead man's switch, and changes it."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._fields: dict[str, Any] = {}
        """What was filled in, as it is kept."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask whom to tell what, and after how long a silence."""
        if user_input is not None:
            return await self._take(user_input)
        self._fields = {
            CONF_MESSAGE: suggested_text(self.hass.config.language),
            CONF_DELAY: int(minutes(USUAL_DELAY)),
        }
        return self._show_form()

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change that; a recipient who was removed is told nothing more."""
        if user_input is not None:
            return await self._take(user_input)
        subentry = self._get_reconfigure_subentry()
        self._fields = {**subentry.data, CONF_NAME: switch_name(subentry)}
        return self._show_form()

    async def async_step_cost(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Prove at the gateway that it can be relied on, once the cost was read."""
        try:
            switch = self._checked()
            await self._prove(switch)
        except WrongInputError as wrong:
            return await self._show_wrong(wrong)
        return self.async_create_entry(
            title=self._fields[CONF_NAME],
            data=self._fields,
            description_placeholders=_told_at_the_end(switch),
        )

    async def async_step_reconfigure_cost(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Keep what was changed, once the cost was read: each renewal proves it."""
        try:
            switch = self._checked()
        except WrongInputError as wrong:
            return await self._show_wrong(wrong)
        self.hass.config_entries.async_update_subentry(
            self._get_entry(),
            self._get_reconfigure_subentry(),
            title=self._fields[CONF_NAME],
            data=self._fields,
        )
        return self.async_abort(
            reason="reconfigure_successful",
            description_placeholders=_told_at_the_end(switch),
        )

    async def _take(self, user_input: Mapping[str, Any]) -> SubentryFlowResult:
        """Take a filled-in form, and show what it would cost."""
        self._fields = _tidied(user_input)
        try:
            return self._show_cost(self._checked())
        except WrongInputError as wrong:
            return await self._show_wrong(wrong)

    @callback
    def _checked(self) -> CheckedSwitch:
        """Return the switch that was filled in.

        Since the form was shown, a recipient may have been removed, or an account.

        Raises:
            WrongInputError: something is wrong with it.
            AbortFlow: nothing is there any more that could keep its message.

        """
        entry = self._get_entry()
        chosen = self._fields[CONF_RECIPIENTS]
        self._fields[CONF_RECIPIENTS] = [one for one in chosen if one in self._names]
        if errors := field_errors(self._fields):
            raise WrongInputError(errors)
        subentry = ConfigSubentry(
            data=MappingProxyType(self._fields),
            subentry_type=SUBENTRY_DEAD_MAN_SWITCH,
            title=self._fields[CONF_NAME],
            unique_id=None,
        )
        config = self.hass.config
        plan = SwitchSettings.of(entry, subentry).plan(
            config.location_name, config.language, dt_util.get_default_time_zone()
        )
        is_new = self.source != SOURCE_RECONFIGURE
        return checked(
            async_get_switches(self.hass, entry),
            async_get_gateways(self.hass, entry),
            plan,
            "" if is_new else self._reconfigure_subentry_id,
        )

    async def _prove(self, switch: CheckedSwitch) -> None:
        """Let the gateway keep a message and take it back.

        Raises:
            WrongInputError: it did not do both.

        """
        until = dt_util.utcnow() + switch.plan.delay
        switches = async_get_switches(self.hass, self._get_entry())
        try:
            await switches.prove(switch.plan, self._fields[CONF_NAME])
        except GatewayError as error:
            left = error.standing if isinstance(error, NotTakenBackError) else ()
            told = [recipient for message in left for recipient in message.recipients]
            raise WrongInputError(
                {BASE: _proof_error(error)},
                error=error,
                gateway=switch.gateway,
                at=local_hour(min((one.fires_at for one in left), default=until)),
                recipients=names_of(told or switch.reached),
            ) from error

    @property
    def _names(self) -> dict[str, str]:
        """The names of all who can be told, by their ids: recipients and groups."""
        known = recipients_and_groups(self._get_entry())
        return {one.subentry_id: recipient_name(one) for one in known}

    @callback
    def _show_form(
        self,
        errors: Mapping[str, str] | None = None,
        told: Mapping[str, str] | None = None,
    ) -> SubentryFlowResult:
        """Show the form, unless there is nobody who can be told, or nothing to do it."""
        entry = self._get_entry()
        async_get_switches(self.hass, entry)
        gateways = async_get_gateways(self.hass, entry)
        if not entry.get_subentries_of_type(SUBENTRY_RECIPIENT):
            return self.async_abort(reason="no_recipients")
        names = self._names
        values = self._fields
        if CONF_RECIPIENTS in values:
            chosen = [one for one in values[CONF_RECIPIENTS] if one in names]
            values = {**values, CONF_RECIPIENTS: chosen}
        is_new = self.source != SOURCE_RECONFIGURE
        return self.async_show_form(
            step_id="user" if is_new else "reconfigure",
            data_schema=self.add_suggested_values_to_schema(switch_form(names), values),
            errors=dict(errors or {}),
            description_placeholders={
                **words_of(type(gateways[0])),
                **form_words(),
                **(told or {}),
            },
        )

    async def _show_wrong(self, wrong: WrongInputError) -> SubentryFlowResult:
        """Show the form with what is wrong: nothing that was filled in is lost."""
        told = dict(wrong.told)
        if wrong.gateway is not None:
            told = {**words_of(wrong.gateway, wrong.error), **told}
            if wrong.error is not None and REFUSED in wrong.errors.values():
                facts = KnownGateway.of(wrong.gateway)
                told["reason"] = await async_explain(
                    self.hass, Failure.of(wrong.error), facts, waits=False
                )
        return self._show_form(wrong.errors, told)

    @callback
    def _show_cost(self, switch: CheckedSwitch) -> SubentryFlowResult:
        is_new = self.source != SOURCE_RECONFIGURE
        return self.async_show_form(
            step_id="cost" if is_new else "reconfigure_cost",
            description_placeholders={
                **words_of(switch.gateway),
                **cost_words(switch.cost, self.hass.config.language),
                "name": self._fields[CONF_NAME],
                "delay": minutes(switch.plan.delay),
                "recipients": names_of(switch.reached),
                "unreached": names_of(switch.unreached),
                "text": quoted(switch.text),
            },
        )


def _tidied(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return a filled-in form as it is kept: what was left empty is left out."""
    fields = {**user_input, CONF_NAME: tidied(user_input[CONF_NAME])}
    fields[CONF_MESSAGE] = trimmed(user_input[CONF_MESSAGE])
    back = trimmed(fields.pop(CONF_MESSAGE_BACK, ""))
    return {**fields, CONF_MESSAGE_BACK: back} if back else fields


def _proof_error(error: GatewayError) -> str:
    """Return what the form says of a proof that has failed."""
    if isinstance(error, _LEFT):
        return "not_cancelled"
    said = form_error(error)
    # It was told what to keep, and not only asked for a balance.
    is_refusal = said == _STRANGE and isinstance(error, RejectedError)
    return REFUSED if is_refusal else said


def _told_at_the_end(switch: CheckedSwitch) -> dict[str, str]:
    return {
        "recipients": names_of(switch.reached),
        "delay": minutes(switch.plan.delay),
    }
