"""Asks for another sender when the gateway doesn't know the one entered."""

from abc import abstractmethod
from typing import Any

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult

from .account import gateway_class
from .account_check import async_list_senders
from .const import CONF_SENDER
from .forms import sender_form, words_of
from .gateways.errors import InvalidSenderError
from .gateways.gateway import Gateway


class SenderStep(ConfigFlow):
    """The part of a flow that looks at the sender of a proven account."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._data: dict[str, Any] = {}
        """The account as the form describes it."""
        self._senders: tuple[str, ...] = ()

    async def async_step_sender(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Choose a registered sender, or insist on one that was registered just now."""
        errors: dict[str, str] = {}
        if user_input is not None:
            sender = user_input[CONF_SENDER].strip()
            try:
                self._gateway.sender_rule.check(sender)
            except InvalidSenderError:
                errors[CONF_SENDER] = "invalid_sender"
            else:
                self._data[CONF_SENDER] = sender
                return await self._async_finish()
        return self.async_show_form(
            step_id="sender",
            data_schema=sender_form(self._senders),
            errors=errors,
            description_placeholders={
                **words_of(self._gateway),
                "sender": self._data[CONF_SENDER],
            },
        )

    @property
    def _gateway(self) -> type[Gateway]:
        return gateway_class(self._data)

    async def _async_check_sender(self) -> ConfigFlowResult:
        """Finish, unless the gateway doesn't know the sender."""
        sender = self._data.get(CONF_SENDER)
        if sender:
            self._senders = await async_list_senders(self.hass, self._data)
        if self._senders and sender not in self._senders:
            return await self.async_step_sender()
        return await self._async_finish()

    @abstractmethod
    async def _async_finish(self) -> ConfigFlowResult:
        """Keep the account: all about it has been proved."""
