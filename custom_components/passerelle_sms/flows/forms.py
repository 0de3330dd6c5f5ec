"""The forms of the flows: what is asked for, and how it is shown."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import probatio

from homeassistant.const import (
    CONF_API_KEY,
    CONF_COUNTRY,
    CONF_NAME,
    CONF_PASSWORD,
    CONF_URL,
    CONF_USERNAME,
    CONF_VERIFY_SSL,
    UnitOfTime,
)
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    CountrySelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ..bounds import LONGEST_NAME, MOST_CREDITS
from ..const import (
    CONF_ACCOUNT_ID,
    CONF_ALONE,
    CONF_DELIVERY_REPORTS,
    CONF_ENCODING,
    CONF_IDENTICAL_MINUTES,
    CONF_LONG_MESSAGES,
    CONF_LOW_BALANCE,
    CONF_PHONE,
    CONF_POLL_MINUTES,
    CONF_SEGMENTS_PER_DAY,
    CONF_SEGMENTS_PER_HOUR,
    CONF_SENDER,
    CONF_STRIP_TAGS,
    CONF_TOO_LONG,
    CONF_WEBHOOK_URL,
    SECTION_ADVANCED,
)
from ..gateways.abilities.account import ListsAccounts
from ..gateways.abilities.delivery import PushesDelivery, PushesDeliveryOnRequest
from ..gateways.abilities.options import SellsLongMessages
from ..gateways.errors import GatewayError
from ..gateways.gateway import Gateway
from ..gateways.model.account import SubAccount
from ..messaging.invisible import trimmed
from ..messaging.text.encoding import EncodingChoice
from ..messaging.text.splitting import TooLong
from ..presentation.exceptions import own_words

MINUTES_A_DAY: Final = 24 * 60
MOST_SEGMENTS: Final = 100_000

PLAIN: Final = TextSelector(TextSelectorConfig(autocomplete="off"))
"""Asks for a short text."""
_HIDDEN: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
)

# How the parts of a gateway's credentials are asked for.
_CREDENTIALS: Final[dict[str, TextSelector]] = {
    CONF_USERNAME: TextSelector(TextSelectorConfig(autocomplete="username")),
    CONF_PASSWORD: _HIDDEN,
    CONF_API_KEY: _HIDDEN,
}
SECRETS: Final = frozenset({CONF_PASSWORD, CONF_API_KEY})


def account_form(gateway: type[Gateway], country: str) -> probatio.Schema:
    """Return the form that adds an account at `gateway`."""
    return probatio.Schema(
        {
            **{
                probatio.Required(_marked(field)): _CREDENTIALS[field]
                for field in gateway.credential_fields
            },
            **_account_id(gateway),
            _sender_marker(gateway): PLAIN,
            probatio.Required(CONF_COUNTRY, default=country): CountrySelector(),
            probatio.Required(CONF_ALONE, default=True): BooleanSelector(),
            **_advanced(str(gateway.default_url)),
        }
    )


def reconfigure_form(
    gateway: type[Gateway], data: Mapping[str, Any]
) -> probatio.Schema:
    """Return the form that changes an account: a secret left empty stays as it is."""
    return probatio.Schema(
        {
            **{
                probatio.Optional(_marked(field)): _CREDENTIALS[field]
                for field in gateway.credential_fields
            },
            **_account_id(gateway),
            _sender_marker(gateway): PLAIN,
            probatio.Required(CONF_COUNTRY): CountrySelector(),
            **_advanced(data[CONF_URL]),
        }
    )


def reauthentication_form(
    gateway: type[Gateway], *, with_account_id: bool = False
) -> probatio.Schema:
    """Return the form that asks for an account's secret again.

    `with_account_id` asks also which account it is: a secret alone was refused.
    """
    return probatio.Schema(
        {
            **{
                probatio.Required(_marked(field)): _CREDENTIALS[field]
                for field in gateway.credential_fields
                if field in SECRETS
            },
            **(_account_id(gateway) if with_account_id else {}),
        }
    )


def sub_account_form(accounts: tuple[SubAccount, ...]) -> probatio.Schema:
    """Return the form that chooses one of several accounts."""
    options = [
        SelectOptionDict(
            value=account.account_id, label=f"{account.name} ({account.credits})"
        )
        for account in accounts
    ]
    return probatio.Schema(
        {
            probatio.Required(CONF_ACCOUNT_ID): SelectSelector(
                SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST)
            )
        }
    )


def sender_form(senders: Sequence[str]) -> probatio.Schema:
    """Return the form that chooses one of the registered senders."""
    return probatio.Schema({probatio.Required(CONF_SENDER): _sender_selector(senders)})


def options_form(
    gateway: type[Gateway], *, sender: str | None = None, senders: Sequence[str] = ()
) -> probatio.Schema:
    """Return the form for the options of an account at `gateway`.

    `sender` is the one that it has, `senders` those that the gateway knows.
    """
    fields: dict[probatio.Marker, object] = {
        _sender_marker(gateway, sender): _sender_selector(senders),
        probatio.Required(CONF_POLL_MINUTES): whole_number(
            int(gateway.limits.minimum_poll.total_seconds() // 60),
            MINUTES_A_DAY,
            UnitOfTime.MINUTES,
        ),
        **writing_fields(),
    }
    if issubclass(gateway, SellsLongMessages):
        fields[probatio.Required(CONF_LONG_MESSAGES)] = BooleanSelector()
    fields[probatio.Required(CONF_ALONE)] = BooleanSelector()
    fields[probatio.Required(CONF_LOW_BALANCE)] = whole_number(0, MOST_CREDITS)
    fields |= cap_fields()
    if issubclass(gateway, PushesDelivery):
        # Not read-only, though what is typed there is dropped: the frontend disables such
        # a field, and not every browser lets anybody copy from one.
        fields[probatio.Optional(CONF_WEBHOOK_URL)] = PLAIN
    if issubclass(gateway, PushesDeliveryOnRequest):
        fields[probatio.Optional(CONF_DELIVERY_REPORTS)] = BooleanSelector()
    return probatio.Schema(fields)


def writing_fields() -> dict[probatio.Marker, object]:
    """Return the fields for how messages are written."""
    return {
        probatio.Required(CONF_ENCODING): SelectSelector(
            SelectSelectorConfig(
                options=[choice.value for choice in EncodingChoice],
                translation_key="encoding",
                mode=SelectSelectorMode.LIST,
            )
        ),
        probatio.Optional(CONF_TOO_LONG): SelectSelector(
            SelectSelectorConfig(
                options=[choice.value for choice in TooLong],
                translation_key="too_long",
                mode=SelectSelectorMode.LIST,
            )
        ),
        probatio.Optional(CONF_STRIP_TAGS): BooleanSelector(),
    }


def cap_fields() -> dict[probatio.Marker, object]:
    """Return the fields for when sending stops.

    A cap of 0 would be read as none, and stops everything: so there is none of 0.
    """
    return {
        probatio.Required(CONF_SEGMENTS_PER_HOUR): whole_number(1, MOST_SEGMENTS),
        probatio.Required(CONF_SEGMENTS_PER_DAY): whole_number(1, MOST_SEGMENTS),
        probatio.Required(CONF_IDENTICAL_MINUTES): whole_number(
            0, MINUTES_A_DAY, UnitOfTime.MINUTES
        ),
    }


def flattened(user_input: dict[str, Any]) -> dict[str, Any]:
    """Return a form's fields without its section, what was left empty left out.

    Copying often adds a blank, or what can't be seen, at an end; of a secret, too.
    """
    fields = {**user_input, **user_input.get(SECTION_ADVANCED, {})}
    fields.pop(SECTION_ADVANCED, None)
    clean = {
        name: trimmed(value) if isinstance(value, str) else value
        for name, value in fields.items()
    }
    return {name: value for name, value in clean.items() if value != ""}


def too_long(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return what a form says of texts that are longer than any of their kind."""
    return {
        name: "too_long"
        for name, value in fields.items()
        if isinstance(value, str) and len(value) > LONGEST_NAME and name != CONF_URL
    }


def without_secrets(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form may show again."""
    return {name: value for name, value in data.items() if name not in SECRETS}


def words_of(
    gateway: type[Gateway], error: GatewayError | None = None
) -> dict[str, str]:
    """Return what the texts of the forms say about a gateway, and what it has said."""
    return {
        "detail": "" if error is None else own_words(error.code, error.words),
        "gateway": gateway.name,
        "site": gateway.site,
        "shortest": str(gateway.sender_rule.shortest),
        "longest": str(gateway.sender_rule.longest),
        "declaration": gateway.declaration
        if issubclass(gateway, PushesDeliveryOnRequest)
        else "",
    }


RECIPIENT_FORM: Final = probatio.Schema(
    {
        probatio.Required(CONF_NAME): PLAIN,
        probatio.Required(CONF_PHONE): TextSelector(
            TextSelectorConfig(type=TextSelectorType.TEL, autocomplete="tel")
        ),
    }
)


def whole_number(least: int, most: int, unit: str | None = None) -> probatio.All[int]:
    """Return a field for a whole number within bounds."""
    config = NumberSelectorConfig(
        min=least, max=most, step=1, mode=NumberSelectorMode.BOX
    )
    if unit is not None:
        config["unit_of_measurement"] = unit
    return probatio.All(NumberSelector(config), probatio.Coerce(int))


def _marked(field: str) -> str | probatio.Secret:
    """Return a field's name, marked when its value must not be shown in an error."""
    return probatio.Secret(field) if field in SECRETS else field


def _account_id(gateway: type[Gateway]) -> dict[probatio.Marker, TextSelector]:
    """Return the field for which of several accounts it is, where there may be several."""
    if not issubclass(gateway, ListsAccounts):
        return {}
    return {probatio.Optional(CONF_ACCOUNT_ID): PLAIN}


def _sender_marker(
    gateway: type[Gateway], sender: str | None = None
) -> probatio.Marker:
    """Return the field for a sender; one that must be there stays `sender`."""
    if gateway.sender_rule.required:
        return probatio.Required(CONF_SENDER, default=sender or probatio.UNDEFINED)
    return probatio.Optional(CONF_SENDER)


def _sender_selector(senders: Sequence[str]) -> TextSelector | SelectSelector:
    """Return a choice of `senders`, open to one that was registered just now."""
    if not senders:
        return PLAIN
    return SelectSelector(
        SelectSelectorConfig(
            options=list(senders), mode=SelectSelectorMode.DROPDOWN, custom_value=True
        )
    )


def _advanced(url: str) -> dict[probatio.Marker, section]:
    fields = probatio.Schema(
        {
            probatio.Required(CONF_URL, default=url): TextSelector(
                TextSelectorConfig(type=TextSelectorType.URL, autocomplete="url")
            ),
            probatio.Required(CONF_VERIFY_SSL, default=True): BooleanSelector(),
        }
    )
    return {probatio.Required(SECTION_ADVANCED): section(fields, {"collapsed": True})}
