"""Changes how an account is polled, how its messages are written, and when it stops."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow

from .account import default_encoding, gateway_class, guard_limits, poll_interval
from .const import (
    CONF_ENCODING,
    CONF_IDENTICAL_MINUTES,
    CONF_LONG_MESSAGES,
    CONF_LOW_BALANCE,
    CONF_POLL_MINUTES,
    CONF_SEGMENTS_PER_DAY,
    CONF_SEGMENTS_PER_HOUR,
    DEFAULT_LOW_BALANCE,
)
from .forms import options_form


class AccountOptionsFlow(OptionsFlow):
    """The options of an account."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the options, and keep what is chosen."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        entry = self.config_entry
        gateway, limits = gateway_class(entry.data), guard_limits(entry)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                options_form(gateway),
                {
                    CONF_POLL_MINUTES: poll_interval(entry).total_seconds() // 60,
                    CONF_ENCODING: default_encoding(entry).value,
                    CONF_LONG_MESSAGES: entry.options.get(CONF_LONG_MESSAGES, False),
                    CONF_LOW_BALANCE: entry.options.get(
                        CONF_LOW_BALANCE, DEFAULT_LOW_BALANCE
                    ),
                    CONF_SEGMENTS_PER_HOUR: limits.segments_per_hour,
                    CONF_SEGMENTS_PER_DAY: limits.segments_per_day,
                    CONF_IDENTICAL_MINUTES: limits.identical_window.total_seconds()
                    // 60,
                },
            ),
            description_placeholders={"gateway": gateway.name},
        )
