"""What the actions have in common: the account that is meant, who may, what goes wrong."""

from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import probatio

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, service

from ..const import ATTR_CONFIG_ENTRY_ID, ATTR_LIMIT, DOMAIN
from ..entries.account import Account, async_get_account
from ..gateways.errors import GatewayError
from ..messaging.recipients.address_book import Recipient, UnusableTarget
from ..presentation.exceptions import (
    account_gone,
    action_error,
    explain_question,
    names_of_able,
)

type Fields = Mapping[probatio.Marker, object]

_NO_FIELDS: Final[Fields] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action: what it is called, what it takes, and who may call it."""

    name: str
    handler: Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]
    fields: Fields = field(default_factory=lambda: _NO_FIELDS)
    """Those beside the account, which all actions take."""
    answers: SupportsResponse = SupportsResponse.OPTIONAL
    for_everybody: bool = False
    """Whether no administrator is needed. Automations have no user and always may."""

    @callback
    def async_register(self, hass: HomeAssistant) -> None:
        """Register the action."""
        schema = probatio.Schema(
            {probatio.Required(ATTR_CONFIG_ENTRY_ID): cv.string, **self.fields}
        )
        if self.for_everybody:
            hass.services.async_register(
                DOMAIN, self.name, self.handler, schema, self.answers
            )
        else:
            # What checks the fields knows nothing of the house, so that it tells nothing.
            service.async_register_admin_service(
                hass, DOMAIN, self.name, self.handler, schema, self.answers
            )


def account_of(call: ServiceCall) -> Account:
    """Return the account that a call names, as long as it is enabled.

    Raises:
        ServiceValidationError: there is none, or it is disabled.

    """
    entry_id = call.data[ATTR_CONFIG_ENTRY_ID]
    if (account := async_get_account(call.hass, entry_id)) is not None:
        return account
    service.async_get_config_entry(call.hass, DOMAIN, entry_id)
    # It is loaded and there is no account: it is just being removed.
    raise account_gone()


def able[T](account: Account, *abilities: type[T]) -> T:
    """Return an account's gateway as what it can do: one of the abilities at least.

    Raises:
        ServiceValidationError: it can't; the sentence names the gateways that can.

    """
    gateway = account.gateway
    if isinstance(gateway, abilities):
        return gateway
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="ability_missing",
        translation_placeholders={
            "gateway": gateway.name,
            "others": names_of_able(*abilities),
        },
    )


@contextmanager
def translated(
    account: Account, *, changes: bool = False, for_guest: bool = False
) -> Iterator[None]:
    """Turn every error between us and a gateway into Home Assistant's, translated.

    `changes` says whether something at the gateway is changed: then an answer that
    never came doesn't mean that nothing has happened.
    """
    try:
        yield
    except GatewayError as error:
        account.coordinator.async_handle_failure(error)
        raise action_error(
            error, account.gateway, changes=changes, for_guest=for_guest
        ) from error


async def async_unanswered(
    hass: HomeAssistant, account: Account, error: GatewayError
) -> str:
    """Return why a gateway tells nothing new: what it told before still stands."""
    account.coordinator.async_handle_failure(error)
    return await explain_question(hass, error, account.gateway)


def recipient_of(account: Account, written: str) -> Recipient:
    """Return whom a name or a number means; raises `RejectedError`."""
    [meant] = account.settings.address_book.resolve((written,))
    if isinstance(meant, UnusableTarget):
        raise meant.error
    return meant


def number_of(account: Account, written: str) -> str:
    """Return the number that a name or a number means; raises `RejectedError`."""
    return recipient_of(account, written).number


def whole_number(value: object) -> int:
    """Return a whole number, from a template too, and never one cut off."""
    try:
        number = Decimal(str(value))
        if number == number.to_integral_value():
            return int(number)
    except InvalidOperation, OverflowError:
        pass
    raise probatio.Invalid("expected a whole number")


LIMIT: Final[Fields] = {
    probatio.Optional(ATTR_LIMIT, default=50): probatio.All(
        whole_number, probatio.Range(min=1, max=500)
    )
}
"""How many rows an answer may have."""
