"""Changes how an account is polled, how its messages are written, and when it stops."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.core import callback

from ..const import (
    CONF_ALONE,
    CONF_DELIVERY_REPORTS,
    CONF_ENCODING,
    CONF_IDENTICAL_MINUTES,
    CONF_LONG_MESSAGES,
    CONF_LOW_BALANCE,
    CONF_POLL_MINUTES,
    CONF_SEGMENTS_PER_DAY,
    CONF_SEGMENTS_PER_HOUR,
    CONF_SENDER,
    CONF_STRIP_TAGS,
    CONF_TOO_LONG,
    CONF_WEBHOOK_URL,
)
from ..entries.settings import AccountSettings, gateway_class
from ..gateways.abilities.delivery import PushesDeliveryOnRequest
from ..gateways.errors import InvalidSenderError
from ..messaging.invisible import trimmed
from ..webhook import async_delivery_url, pushes_delivery
from .account_check import async_list_senders
from .address_check import async_address_trouble
from .forms import options_form, words_of


class AccountOptionsFlow(OptionsFlow):
    """The options of an account, and its sender."""

    _trouble_told = False
    """Whether the user was told that the address doesn't answer, and may go on."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the options, and keep what is chosen."""
        entry = self.config_entry
        gateway = gateway_class(entry.data)
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = await self._async_errors(user_input)
            if not errors:
                return self._async_keep(user_input)
        sender = entry.data.get(CONF_SENDER)
        senders = await async_list_senders(self.hass, entry.data)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                options_form(gateway, sender=sender, senders=senders),
                {**self._current(), **(user_input or {}), **await self._async_url()},
            ),
            errors=errors,
            description_placeholders=words_of(gateway),
        )

    async def _async_errors(self, user_input: dict[str, Any]) -> dict[str, str]:
        """Return what is wrong with what was chosen, by field.

        That the address for delivery reports doesn't answer is told once: a house that
        can't reach itself from the outside may be reached by the gateway all the same.
        """
        entry = self.config_entry
        gateway = gateway_class(entry.data)
        try:
            gateway.sender_rule.check(_sender_in(user_input))
        except InvalidSenderError:
            return {CONF_SENDER: "invalid_sender"}
        if not issubclass(gateway, PushesDeliveryOnRequest) or self._trouble_told:
            return {}
        is_on = AccountSettings.of(entry).gateway.delivery_reports
        if is_on or not user_input.get(CONF_DELIVERY_REPORTS):
            return {}
        trouble = await async_address_trouble(self.hass, entry, gateway.address_proof)
        self._trouble_told = trouble is not None
        return {} if trouble is None else {CONF_DELIVERY_REPORTS: trouble}

    @callback
    def _async_keep(self, user_input: dict[str, Any]) -> ConfigFlowResult:
        """Keep the sender and the options in one go: the account reloads once."""
        entry = self.config_entry
        sender = _sender_in(user_input)
        data = {**entry.data, CONF_SENDER: sender}
        if not sender:
            del data[CONF_SENDER]
        options = {
            name: value
            for name, value in user_input.items()
            if name not in {CONF_SENDER, CONF_WEBHOOK_URL}
        }
        self.hass.config_entries.async_update_entry(entry, data=data, options=options)
        return self.async_create_entry(data=options)

    @callback
    def _current(self) -> dict[str, Any]:
        """Return what the form shows: what the account goes by."""
        entry = self.config_entry
        settings = AccountSettings.of(entry)
        limits = settings.guard_limits
        return {
            CONF_SENDER: entry.data.get(CONF_SENDER, ""),
            CONF_POLL_MINUTES: settings.poll_interval.total_seconds() // 60,
            CONF_ENCODING: settings.writing.encoding.value,
            CONF_TOO_LONG: settings.writing.too_long.value,
            CONF_STRIP_TAGS: settings.writing.strip_tags,
            CONF_LONG_MESSAGES: settings.gateway.long_messages,
            CONF_DELIVERY_REPORTS: settings.gateway.delivery_reports,
            CONF_ALONE: settings.is_alone,
            CONF_LOW_BALANCE: float(settings.low_balance),
            CONF_SEGMENTS_PER_HOUR: limits.segments_per_hour,
            CONF_SEGMENTS_PER_DAY: limits.segments_per_day,
            CONF_IDENTICAL_MINUTES: limits.identical_window.total_seconds() // 60,
        }

    async def _async_url(self) -> dict[str, Any]:
        """Return the address that the gateway is to call, to be copied from the form."""
        if not pushes_delivery(self.config_entry.data):
            return {}
        url = await async_delivery_url(self.hass, self.config_entry)
        return {CONF_WEBHOOK_URL: url or ""}


def _sender_in(user_input: dict[str, Any]) -> str:
    """Return the sender that was chosen, empty for none."""
    sender: str = user_input.get(CONF_SENDER, "")
    return trimmed(sender)
