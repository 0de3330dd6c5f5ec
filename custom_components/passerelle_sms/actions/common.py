"""What the actions have in common: who is to send, who may call, what goes wrong."""

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
from ..entries.account import Account
from ..entries.channel import Channel
from ..entries.channels import async_get_channel
from ..entries.kinds import accounts_of
from ..gateways.errors import GatewayError
from ..messaging.recipients.address_book import Group, Recipient, UnusableTarget
from ..presentation.exceptions import (
    NOBODY,
    account_gone,
    action_error,
    explain_question,
    names_of_able,
)
from .guests import async_check_admin
from .reading import Fields, read_fields
from .values import whole_number, word

_CHANNEL: Final[Fields] = {probatio.Required(ATTR_CONFIG_ENTRY_ID): word}
_NO_FIELDS: Final[Fields] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action: what it is called, what it takes, and who may call it."""

    name: str
    handler: Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]
    fields: Fields = field(default_factory=lambda: _NO_FIELDS)
    """Those beside the channel, which all actions take."""
    answers: SupportsResponse = SupportsResponse.OPTIONAL
    for_everybody: bool = False
    """Whether no administrator is needed. Automations have no user and always may."""

    @property
    def all_fields(self) -> Fields:
        """What it takes, with the channel."""
        return {**_CHANNEL, **self.fields}

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


def channel_of(call: ServiceCall) -> Channel:
    """Return the account or relay that a call names, as long as it is enabled.

    Raises:
        ServiceValidationError: there is none, or it is disabled.

    """
    entry_id = call.data[ATTR_CONFIG_ENTRY_ID]
    if (channel := async_get_channel(call.hass, entry_id)) is not None:
        return channel
    service.async_get_config_entry(call.hass, DOMAIN, entry_id)
    # It is loaded and takes nothing: it is just being removed.
    raise account_gone()


def account_of(call: ServiceCall) -> Account:
    """Return the account that a call names, as long as it is enabled.

    Raises:
        ServiceValidationError: there is none, it is disabled, or it is a relay: then the
            sentence names the relay's accounts.

    """
    channel = channel_of(call)
    if isinstance(channel, Account):
        return channel
    accounts = accounts_of(call.hass, channel.entry.data)
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="needs_account",
        translation_placeholders={
            "relay": channel.entry.title,
            "accounts": ", ".join(account.title for account in accounts) or NOBODY,
        },
    )


def able[T](account: Account, *abilities: type[T]) -> T:
    """Return an account's gateway as what it can do: one of the abilities at least.

    Raises:
        ServiceValidationError: it can't; the sentence names the gateways that can.

    """
    gateway = account.gateway
    if isinstance(gateway, abilities):
        return gateway
    raise _unable(account, *abilities)


def check_able(channel: Channel, *abilities: type) -> None:
    """Raise `ServiceValidationError` as `able` does; one account of a relay is enough."""
    if not channel.can(*abilities):
        raise _unable(channel, *abilities)


def _unable(channel: Channel, *abilities: type) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="ability_missing",
        translation_placeholders={
            "gateway": channel.facts.name,
            "others": names_of_able(*abilities),
        },
    )


@contextmanager
def translated(
    channel: Channel, *, changes: bool = False, for_guest: bool = False
) -> Iterator[None]:
    """Turn every error between us and a gateway into Home Assistant's, translated.

    `changes` says whether something at the gateway is changed: then an answer that
    never came doesn't mean that nothing has happened.
    """
    try:
        yield
    except GatewayError as error:
        channel.note_failure(error)
        raise action_error(
            error, channel.facts, changes=changes, for_guest=for_guest
        ) from error


async def async_unanswered(
    hass: HomeAssistant, channel: Channel, error: GatewayError
) -> str:
    """Return why a gateway tells nothing new: what it told before still stands."""
    channel.note_failure(error)
    return await explain_question(hass, error, channel.facts)


def recipient_of(channel: Channel, written: str) -> Recipient:
    """Return whom a name or a number means; raises `RejectedError`.

    Raises:
        ServiceValidationError: it is a group, and only one recipient can be meant.

    """
    meant = channel.settings.address_book.resolve_one(written)
    if isinstance(meant, Group):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="not_one_recipient",
            translation_placeholders={"group": meant.name},
        )
    if isinstance(meant, UnusableTarget):
        raise meant.error
    return meant


def number_of(channel: Channel, written: str) -> str:
    """Return the number that a name or a number means; raises `RejectedError`."""
    return recipient_of(channel, written).number


def numbers_of(channel: Channel, written: str | None) -> frozenset[str] | None:
    """Return the numbers that a name or a number means: of a group those of all members.

    `None` means any number at all. Raises `RejectedError`.
    """
    if written is None:
        return None
    meant = channel.settings.address_book.resolve_one(written)
    if isinstance(meant, Group):
        return meant.numbers
    return frozenset({number_of(channel, written)})


LIMIT: Final[Fields] = {
    probatio.Optional(ATTR_LIMIT, default=50): whole_number(1, MOST_ROWS)
}
"""How many rows an answer may have."""
