"""Adds a relay, which sends through several accounts in order, and changes it."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlow,
)
from homeassistant.const import CONF_COUNTRY, CONF_NAME
from homeassistant.core import callback
from homeassistant.util import slugify

from ..const import (
    CONF_ACCOUNTS,
    CONF_DELIVER_WITHIN,
    CONF_ENCODING,
    CONF_GATEWAY,
    CONF_IDENTICAL_MINUTES,
    CONF_RECIPIENTS,
    CONF_SEGMENTS_PER_DAY,
    CONF_SEGMENTS_PER_HOUR,
    CONF_STRIP_TAGS,
    CONF_TOO_LONG,
    DOMAIN,
    GATEWAY_RELAY,
)
from ..entries.kinds import account_entries, accounts_of, relay_options
from ..messaging.guard.guard import GuardLimits
from ..messaging.recipients.names import is_name, tidied
from ..messaging.text.writing import Writing
from .forms import too_long
from .relay_forms import (
    relay_form,
    relay_options_form,
    relay_recipients_form,
    relay_reconfigure_form,
)
from .relay_recipients import CopyableRecipient, copyable_groups, copyable_recipients

FEWEST_ACCOUNTS: Final = 2
TOO_FEW_ACCOUNTS: Final = "too_few_accounts"


class RelayFlow(ConfigFlow):
    """The steps that add and reconfigure a relay."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        super().__init__()
        self._relay: dict[str, Any] = {}
        """The relay as the form describes it."""
        self._copyable: tuple[CopyableRecipient, ...] = ()
        """The recipients of its accounts, as they are shown."""

    @property
    def _can_relay(self) -> bool:
        """Whether there are accounts enough for a relay."""
        return len(account_entries(self.hass)) >= FEWEST_ACCOUNTS

    async def async_step_relay(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a relay's name, its accounts in order, and whose numbers it reads."""
        if user_input is None:
            return self._show_relay_form({})
        self._relay = {
            CONF_GATEWAY: GATEWAY_RELAY,
            **user_input,
            CONF_NAME: tidied(user_input[CONF_NAME]),
        }
        if errors := self._relay_errors():
            return self._show_relay_form(errors)
        accounts = accounts_of(self.hass, self._relay)
        self._copyable = copyable_recipients(accounts)
        if not self._copyable:
            return self._create_relay(())
        return self.async_show_form(
            step_id="relay_recipients",
            data_schema=relay_recipients_form(self._copyable),
            description_placeholders={"relay": self._relay[CONF_NAME]},
        )

    async def async_step_relay_recipients(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take over the recipients that were chosen, and keep the relay."""
        chosen = {} if user_input is None else user_input[CONF_RECIPIENTS]
        # Since the first form, an account may have gone, or the name been given.
        if errors := self._relay_errors():
            return self._show_relay_form(errors)
        return self._create_relay(
            [one for one in self._copyable if one.subentry_id in chosen]
        )

    async def async_step_reconfigure_relay(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change a relay's accounts, their order, and whose numbers it reads."""
        entry = self._get_reconfigure_entry()
        if not self._can_relay:
            return self.async_abort(reason=TOO_FEW_ACCOUNTS)
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = self._accounts_errors(user_input[CONF_ACCOUNTS])
            if not errors:
                # It may have been renamed since.
                data = {**entry.data, **user_input, CONF_NAME: entry.title}
                return self.async_update_and_abort(entry, data=data)
        accounts = account_entries(self.hass)
        return self.async_show_form(
            step_id="reconfigure_relay",
            data_schema=self.add_suggested_values_to_schema(
                relay_reconfigure_form(accounts),
                _without_gone(user_input or dict(entry.data), accounts),
            ),
            errors=errors,
            description_placeholders={"relay": entry.title},
        )

    @callback
    def _show_relay_form(self, errors: dict[str, str]) -> ConfigFlowResult:
        if not self._can_relay:
            return self.async_abort(reason=TOO_FEW_ACCOUNTS)
        accounts = account_entries(self.hass)
        return self.async_show_form(
            step_id="relay",
            data_schema=self.add_suggested_values_to_schema(
                relay_form(accounts, accounts[0].data[CONF_COUNTRY]),
                _without_gone(self._relay, accounts),
            ),
            errors=errors,
        )

    @callback
    def _create_relay(
        self, recipients: Sequence[CopyableRecipient]
    ) -> ConfigFlowResult:
        """Keep the relay, with these recipients and the groups of none but them."""
        accounts = accounts_of(self.hass, self._relay)
        titles = [account.title for account in accounts]
        groups = copyable_groups(accounts, recipients)
        return self.async_create_entry(
            title=self._relay[CONF_NAME],
            data=self._relay,
            subentries=[
                *(recipient.copy for recipient in recipients),
                *(group.copy for group in groups),
            ],
            description="relay",
            description_placeholders={"accounts": ", ".join(titles)},
        )

    @callback
    def _relay_errors(self) -> dict[str, str]:
        """Return what is wrong with what was filled in, by field."""
        errors = self._accounts_errors(self._relay[CONF_ACCOUNTS])
        name = self._relay[CONF_NAME]
        if long := too_long({CONF_NAME: name}):
            return {**errors, **long}
        entries = self.hass.config_entries.async_entries(DOMAIN)
        if not is_name(name):
            errors[CONF_NAME] = "invalid_name"
        # The name is that of a service: it would be given another.
        elif slugify(name) in {slugify(entry.title) for entry in entries}:
            errors[CONF_NAME] = "name_taken"
        return errors

    @callback
    def _accounts_errors(self, chosen: list[str]) -> dict[str, str]:
        """Return what is wrong with the accounts that were chosen."""
        known = {account.entry_id for account in account_entries(self.hass)}
        if not known.issuperset(chosen):
            return {CONF_ACCOUNTS: "account_gone"}
        if len(set(chosen)) < len(chosen):
            return {CONF_ACCOUNTS: "account_twice"}
        if len(chosen) < FEWEST_ACCOUNTS:
            return {CONF_ACCOUNTS: TOO_FEW_ACCOUNTS}
        return {}


class RelayOptionsFlow(OptionsFlow):
    """The options of a relay."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Begin with the step of the relays' own texts."""
        return await self.async_step_relay()

    async def async_step_relay(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the options, and keep what is chosen."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        accounts = accounts_of(self.hass, self.config_entry.data)
        return self.async_show_form(
            step_id="relay",
            data_schema=self.add_suggested_values_to_schema(
                relay_options_form(), self._current()
            ),
            description_placeholders={
                "account": accounts[0].title if accounts else "–",
                "relay": self.config_entry.title,
            },
        )

    @callback
    def _current(self) -> dict[str, Any]:
        """Return what the form shows: what the relay goes by."""
        writing, limits = Writing(), GuardLimits()
        return {
            CONF_ENCODING: writing.encoding.value,
            CONF_TOO_LONG: writing.too_long.value,
            CONF_STRIP_TAGS: writing.strip_tags,
            CONF_DELIVER_WITHIN: 0,
            CONF_SEGMENTS_PER_HOUR: limits.segments_per_hour,
            CONF_SEGMENTS_PER_DAY: limits.segments_per_day,
            CONF_IDENTICAL_MINUTES: limits.identical_window.total_seconds() // 60,
            **relay_options(self.hass, self.config_entry),
        }


def _without_gone(
    shown: dict[str, Any], accounts: Iterable[ConfigEntry]
) -> dict[str, Any]:
    """Return what a form shows, without accounts that can't be chosen any more."""
    known = {account.entry_id for account in accounts}
    chosen = [one for one in shown.get(CONF_ACCOUNTS, ()) if one in known]
    return {**shown, CONF_ACCOUNTS: chosen}
