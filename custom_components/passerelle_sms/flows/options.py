"""Changes how an account is polled, how its messages are written, and when it stops."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.core import callback

from ..const import (
    CONF_ALONE,
    CONF_ENCODING,
    CONF_IDENTICAL_MINUTES,
    CONF_LONG_MESSAGES,
    CONF_LOW_BALANCE,
    CONF_POLL_MINUTES,
    CONF_SEGMENTS_PER_DAY,
    CONF_SEGMENTS_PER_HOUR,
    CONF_SENDER,
    CONF_WEBHOOK_URL,
)
from ..entries.settings import AccountSettings, gateway_class
from ..gateways.errors import InvalidSenderError
from ..webhook import async_delivery_url, pushes_delivery
from .account_check import async_list_senders
from .forms import options_form, words_of


class AccountOptionsFlow(OptionsFlow):
    """The options of an account, and its sender."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the options, and keep what is chosen."""
        entry = self.config_entry
        gateway = gateway_class(entry.data)
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                return self._async_keep(user_input)
            except InvalidSenderError:
                errors[CONF_SENDER] = "invalid_sender"
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

    @callback
    def _async_keep(self, user_input: dict[str, Any]) -> ConfigFlowResult:
        """Keep the sender and the options in one go: the account reloads once.

        Raises:
            InvalidSenderError: the gateway takes no such sender.

        """
        entry = self.config_entry
        sender = user_input.get(CONF_SENDER, "").strip()
        gateway_class(entry.data).sender_rule.check(sender)
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
            CONF_ENCODING: settings.encoding.value,
            CONF_LONG_MESSAGES: settings.gateway.long_messages,
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
