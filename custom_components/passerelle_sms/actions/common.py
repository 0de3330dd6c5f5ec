"""What the actions have in common: the account that is meant, who may, what goes wrong."""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
from homeassistant.helpers import service

from ..bounds import MOST_ROWS
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
from .guests import async_check_admin
from .reading import Fields, read_fields
from .values import name, whole_number

_ACCOUNT: Final[Fields] = {probatio.Required(ATTR_CONFIG_ENTRY_ID): name}
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

    @property
    def all_fields(self) -> Fields:
        """What it takes, with the account."""
        return {**_ACCOUNT, **self.fields}

    @callback
    def async_register(self, hass: HomeAssistant) -> None:
        """Register the action.

        Home Assistant would hold its fields to a schema before it asks who calls.
        """
        hass.services.async_register(
            DOMAIN, self.name, self._async_call, supports_response=self.answers
        )

    async def _async_call(self, call: ServiceCall) -> ServiceResponse:
        """Answer a call once it is known that the caller may, and what he wants."""
        if not self.for_everybody:
            await async_check_admin(call)
        read = ServiceCall(
            call.hass,
            call.domain,
            call.service,
            read_fields(self.all_fields, call.data, self.name),
            call.context,
            call.return_response,
        )
        return await self.handler(read)


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
    meant = account.settings.address_book.resolve_one(written)
    if isinstance(meant, UnusableTarget):
        raise meant.error
    return meant


def number_of(account: Account, written: str) -> str:
    """Return the number that a name or a number means; raises `RejectedError`."""
    return recipient_of(account, written).number


LIMIT: Final[Fields] = {
    probatio.Optional(ATTR_LIMIT, default=50): whole_number(1, MOST_ROWS)
}
"""How many rows an answer may have."""
