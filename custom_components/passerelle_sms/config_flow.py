"""Adds accounts and relays: the menu, and what each of them may hold."""

from collections.abc import Awaitable, Callable
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigFlowResult,
    ConfigSubentryFlow,
    FlowType,
    OptionsFlow,
    SubentryFlowContext,
)
from homeassistant.core import callback

from .const import (
    DOMAIN,
    GATEWAY_RELAY,
    SUBENTRY_DEAD_MAN_SWITCH,
    SUBENTRY_GROUP,
    SUBENTRY_RECIPIENT,
)
from .entries.kinds import is_relay
from .entries.settings import gateway_class
from .flows.account import AccountFlow
from .flows.dead_man_switch import DeadManSwitchFlow
from .flows.group import GroupFlow
from .flows.options import AccountOptionsFlow
from .flows.recipient import RecipientFlow
from .flows.relay import RelayFlow, RelayOptionsFlow
from .gateways.abilities.switches import holds_switches
from .gateways.catalogue import GATEWAYS
from .gateways.gateway import Gateway


class PasserelleSmsConfigFlow(AccountFlow, RelayFlow, domain=DOMAIN):
    """Adds an account or a relay, and changes it."""

    VERSION = 1

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the flow for an entry's options."""
        if is_relay(config_entry.data):
            return RelayOptionsFlow()
        return AccountOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return what an account or a relay may hold.

        Home Assistant asks once: a relay may have an account later that can keep a
        message, so that it is the form which tells that none can.
        """
        kinds: dict[str, type[ConfigSubentryFlow]] = {
            SUBENTRY_RECIPIENT: RecipientFlow,
            SUBENTRY_GROUP: GroupFlow,
        }
        data = config_entry.data
        if is_relay(data) or holds_switches(gateway_class(data)):
            kinds[SUBENTRY_DEAD_MAN_SWITCH] = DeadManSwitchFlow
        return kinds

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Choose a gateway, or a relay once there are accounts for one."""
        relay = [GATEWAY_RELAY] if self._can_relay else []
        return self.async_show_menu(step_id="user", menu_options=[*GATEWAYS, *relay])

    @override
    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change an account or a relay."""
        if is_relay(self._get_reconfigure_entry().data):
            return await self.async_step_reconfigure_relay(user_input)
        return await super().async_step_reconfigure(user_input)

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Go on to the first recipient: an entry without one warns nobody."""
        if result["result"].subentries:
            return result
        recipient_flow = await self.hass.config_entries.subentries.async_init(
            (result["result"].entry_id, SUBENTRY_RECIPIENT),
            context=SubentryFlowContext(source=SOURCE_USER),
        )
        result["next_flow"] = (
            FlowType.CONFIG_SUBENTRIES_FLOW,
            recipient_flow["flow_id"],
        )
        return result


def _step_for(
    gateway: type[Gateway],
) -> Callable[..., Awaitable[ConfigFlowResult]]:
    async def async_step(
        self: PasserelleSmsConfigFlow, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        return await self.async_fill_in(gateway, user_input)

    return async_step


# Home Assistant calls a step by its name: one for each gateway of the catalogue, so
# that another gateway needs nothing here.
for _gateway in GATEWAYS.values():
    setattr(PasserelleSmsConfigFlow, f"async_step_{_gateway.key}", _step_for(_gateway))
