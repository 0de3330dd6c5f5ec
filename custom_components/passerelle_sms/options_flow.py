"""Changes how an account is polled and how its messages are written."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow

from .account import default_encoding, gateway_class, poll_interval
from .const import CONF_ENCODING, CONF_LONG_MESSAGES, CONF_POLL_MINUTES
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
        gateway = gateway_class(entry.data)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                options_form(gateway),
                {
                    CONF_POLL_MINUTES: poll_interval(entry).total_seconds() // 60,
                    CONF_ENCODING: default_encoding(entry).value,
                    CONF_LONG_MESSAGES: entry.options.get(CONF_LONG_MESSAGES, False),
                },
            ),
            description_placeholders={"gateway": gateway.name},
        )
