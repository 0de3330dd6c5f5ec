"""An account, as its config entry holds it and as it lives while that is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
import hashlib
from typing import Any

from yarl import URL

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    CONF_API_KEY,
    CONF_COUNTRY,
    CONF_NAME,
    CONF_PASSWORD,
    CONF_URL,
    CONF_USERNAME,
    CONF_VERIFY_SSL,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .const import (
    CONF_ACCOUNT_ID,
    CONF_ENCODING,
    CONF_GATEWAY,
    CONF_LONG_MESSAGES,
    CONF_PHONE,
    CONF_POLL_MINUTES,
    CONF_SENDER,
    DEFAULT_POLL,
    SUBENTRY_RECIPIENT,
)
from .coordinator import BalanceCoordinator
from .gateways.abilities import SellsLongMessages
from .gateways.catalogue import GATEWAYS
from .gateways.gateway import Gateway
from .gateways.models import Credentials
from .messaging.encoding import EncodingChoice
from .messaging.message import Recipient
from .messaging.messenger import Messenger
from .messaging.recipients import AddressBook

type AccountConfigEntry = ConfigEntry[Account]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A loaded account: its gateway, its one door to send, and its balance."""

    gateway: Gateway
    messenger: Messenger
    coordinator: BalanceCoordinator

    @classmethod
    def of(cls, hass: HomeAssistant, entry: AccountConfigEntry) -> Account:
        """Return the account that a config entry describes; nothing is sent yet."""
        gateway = make_gateway(hass, entry.data, entry.options)
        coordinator = BalanceCoordinator(hass, entry, gateway, poll_interval(entry))
        messenger = Messenger(
            gateway,
            AddressBook(recipients(entry), entry.data[CONF_COUNTRY]),
            encoding=default_encoding(entry),
            on_sent=coordinator.async_follow,
        )
        return cls(gateway=gateway, messenger=messenger, coordinator=coordinator)


def gateway_class(data: Mapping[str, Any]) -> type[Gateway]:
    """Return the gateway that an account's data name."""
    return GATEWAYS[data[CONF_GATEWAY]]


def make_gateway(
    hass: HomeAssistant, data: Mapping[str, Any], options: Mapping[str, Any]
) -> Gateway:
    """Return a client for an account's data and options."""
    gateway = gateway_class(data)(
        async_get_clientsession(hass, data[CONF_VERIFY_SSL]),
        credentials(data),
        url=URL(data[CONF_URL]),
        sender=data.get(CONF_SENDER),
    )
    if isinstance(gateway, SellsLongMessages):
        gateway.long_messages = options.get(CONF_LONG_MESSAGES, False)
    return gateway


def credentials(data: Mapping[str, Any]) -> Credentials:
    """Return the credentials in an account's data."""
    return Credentials(
        username=data.get(CONF_USERNAME, ""),
        password=data.get(CONF_PASSWORD, ""),
        api_key=data.get(CONF_API_KEY, ""),
        account_id=data.get(CONF_ACCOUNT_ID, ""),
    )


def unique_id(data: Mapping[str, Any]) -> str:
    """Return what tells an account from all others.

    A digest: what identifies an account may be its secret, or somebody's number.
    """
    gateway, proof = gateway_class(data), credentials(data)
    identity = [getattr(proof, field).strip() for field in gateway.identity_fields]
    digest = hashlib.sha256("\n".join((gateway.key, *identity)).encode())
    return digest.hexdigest()[:32]


def recipients(entry: ConfigEntry) -> tuple[Recipient, ...]:
    """Return the recipients of an account, in the order in which they were added."""
    return tuple(
        Recipient(number=subentry.data[CONF_PHONE], name=subentry.data[CONF_NAME])
        for subentry in entry.get_subentries_of_type(SUBENTRY_RECIPIENT)
    )


def poll_interval(entry: ConfigEntry) -> timedelta:
    """Return how often to ask for the balance: never under what the gateway allows."""
    minutes = entry.options.get(CONF_POLL_MINUTES)
    chosen = DEFAULT_POLL if minutes is None else timedelta(minutes=minutes)
    return max(chosen, gateway_class(entry.data).limits.minimum_poll)


def default_encoding(entry: ConfigEntry) -> EncodingChoice:
    """Return the encoding of messages that name none."""
    return EncodingChoice(entry.options.get(CONF_ENCODING, EncodingChoice.AUTOMATIC))
