"""Proves what a form says about an account, at the gateway's balance endpoint."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from yarl import URL

from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant

from ..entries.factory import make_gateway
from ..entries.settings import GatewaySettings
from ..gateways.abilities.account import ListsAccounts, ListsSenders
from ..gateways.errors import (
    AuthenticationError,
    GatewayBrokenError,
    GatewayError,
    IpNotAllowedError,
    NoAnswerError,
    NotAllowedError,
    NotSentError,
    OperationUnknownError,
    RateLimitedError,
)
from ..gateways.model.account import SubAccount

# How long a form waits, in seconds, for what it can do without.
FORM_PATIENCE: Final = 5

# What a form says of an error; the first that fits. Anything else is an answer that
# none of the gateway's documents describes.
_FORM_ERRORS: Final[tuple[tuple[type[GatewayError], str], ...]] = (
    (AuthenticationError, "invalid_auth"),
    (IpNotAllowedError, "ip_not_allowed"),
    (NotAllowedError, "ip_not_allowed"),
    (RateLimitedError, "rate_limited"),
    (NotSentError, "cannot_connect"),
    (NoAnswerError, "cannot_connect"),
    (GatewayBrokenError, "cannot_connect"),
)


class InvalidUrlError(Exception):
    """The base address is none."""


def form_error(error: GatewayError) -> str:
    """Return what a form says of a gateway's error."""
    return next(
        (said for kind, said in _FORM_ERRORS if isinstance(error, kind)),
        "unexpected_response",
    )


def is_about_the_account(error: GatewayError) -> bool:
    """Return whether an error comes from the gateway itself, not from the way there."""
    return isinstance(
        error,
        AuthenticationError | IpNotAllowedError | NotAllowedError | RateLimitedError,
    )


def base_url(text: str) -> str:
    """Return a base address in the one form that is stored.

    Raises:
        InvalidUrlError: it is no address of a web server, or holds more than that.

    """
    try:
        url = URL(text.strip())
    except ValueError as error:
        raise InvalidUrlError from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise InvalidUrlError
    if url.user or url.password or url.query_string or url.fragment:
        raise InvalidUrlError
    return str(url if url.path.endswith("/") else url.with_path(f"{url.path}/"))


def secured(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an account's data with the same address over TLS."""
    return {**data, CONF_URL: str(URL(data[CONF_URL]).with_scheme("https"))}


async def async_prove(hass: HomeAssistant, data: Mapping[str, Any]) -> None:
    """Ask for the balance of the account that `data` describe.

    Raises:
        GatewayError: there is none to be had, and why.

    """
    await make_gateway(hass, GatewaySettings.of(data, {})).balance()


async def async_list_accounts(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> tuple[SubAccount, ...]:
    """Ask for the accounts behind the credentials; none where there is but one.

    Raises:
        GatewayError: the gateway doesn't say, and why.

    """
    gateway = make_gateway(hass, GatewaySettings.of(data, {}))
    if not isinstance(gateway, ListsAccounts):
        return ()
    try:
        accounts = await gateway.accounts()
    except NotAllowedError, OperationUnknownError:
        # Who may not see the list has one account, and the balance proves it.
        return ()
    return accounts if len(accounts) > 1 else ()


async def async_list_senders(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> tuple[str, ...]:
    """Ask for the senders that are registered; none where the gateway doesn't tell."""
    gateway = make_gateway(hass, GatewaySettings.of(data, {}))
    if not isinstance(gateway, ListsSenders):
        return ()
    try:
        async with asyncio.timeout(FORM_PATIENCE):
            return await gateway.senders()
    except GatewayError, TimeoutError:
        return ()
