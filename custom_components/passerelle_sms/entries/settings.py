"""."""

from collections.abc import Mapping
from datetime import timedelta
import hashlib
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    CONF_API_KEY,
    CONF_COUNTRY,
    CONF_NAME,
    CONF_PASSWORD,
    CONF_USERNAME,
)

from ..const import (
    CONF_ACCOUNT_ID,
    CONF_ENCODING,
    CONF_GATEWAY,
    CONF_IDENTICAL_MINUTES,
    CONF_PHONE,
    CONF_POLL_MINUTES,
    CONF_SEGMENTS_PER_DAY,
    CONF_SEGMENTS_PER_HOUR,
    DEFAULT_POLL,
    SUBENTRY_RECIPIENT,
)
from ..gateways.catalogue import GATEWAYS
from ..gateways.gateway import Gateway
from ..gateways.model.account import Credentials
from ..messaging.guard.guard import GuardLimits
from ..messaging.recipients.address_book import AddressBook, Recipient
from ..messaging.text.encoding import EncodingChoice


def gateway_class(data: Mapping[str, Any]) -> type[Gateway]:
    """Return the gateway that an account's data name."""
    return GATEWAYS[data[CONF_GATEWAY]]


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


def address_book(entry: ConfigEntry) -> AddressBook:
    """Return whom an account knows, and how it reads the numbers of others."""
    return AddressBook(recipients(entry), entry.data[CONF_COUNTRY])


def poll_interval(entry: ConfigEntry) -> timedelta:
    """Return how often to ask for the balance: never under what the gateway allows."""
    minutes = entry.options.get(CONF_POLL_MINUTES)
    chosen = DEFAULT_POLL if minutes is None else timedelta(minutes=minutes)
    return max(chosen, gateway_class(entry.data).limits.minimum_poll)


def default_encoding(entry: ConfigEntry) -> EncodingChoice:
    """Return the encoding of messages that name none."""
    return EncodingChoice(entry.options.get(CONF_ENCODING, EncodingChoice.AUTOMATIC))


def guard_limits(entry: ConfigEntry) -> GuardLimits:
    """Return what the stop for runaway automations lets pass."""
    usual = GuardLimits()
    minutes = entry.options.get(CONF_IDENTICAL_MINUTES)
    return GuardLimits(
        segments_per_hour=entry.options.get(
            CONF_SEGMENTS_PER_HOUR, usual.segments_per_hour
        ),
        segments_per_day=entry.options.get(
            CONF_SEGMENTS_PER_DAY, usual.segments_per_day
        ),
        identical_window=usual.identical_window
        if minutes is None
        else timedelta(minutes=minutes),
    )
