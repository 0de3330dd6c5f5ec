"""The forms of a relay: its accounts in order, whom it knows, its options."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import override

import probatio

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_COUNTRY, CONF_NAME, UnitOfTime
from homeassistant.helpers.selector import (
    CountrySelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from ..const import CONF_ACCOUNTS, CONF_DELIVER_WITHIN, CONF_RECIPIENTS
from ..entries.settings import gateway_class
from .forms import MINUTES_A_DAY, PLAIN, cap_fields, whole_number, writing_fields
from .relay_recipients import CopyableRecipient


class _OrderedConfig(SelectSelectorConfig, total=False):
    reorder: bool


class OrderedSelector(SelectSelector):
    """Lets several be chosen whose order counts.

    The frontend keeps the order in which they are chosen, and with `reorder` lets them
    be dragged. Home Assistant takes that from others of its selectors, not yet from this.
    """

    @override
    def serialize(self) -> dict[str, dict[str, SelectSelectorConfig]]:
        """Return what the frontend goes by."""
        config: SelectSelectorConfig = _OrderedConfig(**self.config, reorder=True)
        return {"selector": {self.selector_type: config}}


def relay_form(accounts: Sequence[ConfigEntry], country: str) -> probatio.Schema:
    """Return the form that adds a relay of some of `accounts`."""
    return probatio.Schema(
        {
            probatio.Required(CONF_NAME): PLAIN,
            probatio.Required(CONF_ACCOUNTS): _accounts_selector(accounts),
            probatio.Required(CONF_COUNTRY, default=country): CountrySelector(),
        }
    )


def relay_reconfigure_form(accounts: Sequence[ConfigEntry]) -> probatio.Schema:
    """Return the form that changes a relay; it is renamed where all entries are."""
    return probatio.Schema(
        {
            probatio.Required(CONF_ACCOUNTS): _accounts_selector(accounts),
            probatio.Required(CONF_COUNTRY): CountrySelector(),
        }
    )


def relay_recipients_form(
    recipients: Sequence[CopyableRecipient],
) -> probatio.Schema:
    """Return the form that chooses whom a relay takes over: everybody, unless told."""
    options = [
        SelectOptionDict(value=recipient.subentry_id, label=recipient.label)
        for recipient in recipients
    ]
    everybody = [recipient.subentry_id for recipient in recipients]
    # Not required: the frontend would not take an empty choice.
    return probatio.Schema(
        {
            probatio.Optional(CONF_RECIPIENTS, default=everybody): SelectSelector(
                SelectSelectorConfig(
                    options=options, multiple=True, mode=SelectSelectorMode.LIST
                )
            )
        }
    )


def relay_options_form() -> probatio.Schema:
    """Return the form for the options of a relay."""
    return probatio.Schema(
        {
            **writing_fields(),
            probatio.Required(CONF_DELIVER_WITHIN): whole_number(
                0, MINUTES_A_DAY, UnitOfTime.MINUTES
            ),
            **cap_fields(),
        }
    )


def _accounts_selector(accounts: Sequence[ConfigEntry]) -> OrderedSelector:
    titles = Counter(account.title for account in accounts)
    options = [
        SelectOptionDict(value=account.entry_id, label=_label(account, titles))
        for account in accounts
    ]
    return OrderedSelector(
        SelectSelectorConfig(
            options=options, multiple=True, mode=SelectSelectorMode.DROPDOWN
        )
    )


def _label(account: ConfigEntry, titles: Mapping[str, int]) -> str:
    """Return an account's title, with its gateway unless that is plain."""
    gateway = gateway_class(account.data).name
    if gateway in account.title and titles[account.title] == 1:
        return account.title
    return f"{account.title} ({gateway})"
