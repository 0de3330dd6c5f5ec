"""Proves what a form says about an account, at the gateway's balance endpoint."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
import re
from typing import Any, Final

from yarl import URL

from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant

from ..bounds import LONGEST_URL
from ..const import CONF_ACCOUNT_ID, CONF_ONLY_ACCOUNT, CONF_TOLD_ACCOUNT_ID
from ..entries.factory import async_share_budget, make_gateway
from ..entries.settings import GatewaySettings, has_same_login
from ..gateways.abilities.account import ListsAccounts, ListsSenders
from ..gateways.errors import (
    AccountInactiveError,
    AuthenticationError,
    GatewayBrokenError,
    GatewayError,
    InsufficientCreditError,
    IpNotAllowedError,
    NoAnswerError,
    NotAllowedError,
    NotSentError,
    RateLimitedError,
)
from ..gateways.gateway import Gateway
from ..gateways.model.account import SubAccount
from ..messaging.invisible import trimmed

# A name as it goes over the wire, or an address.
_HOST: Final = re.compile(r"[A-Za-z0-9._:-]+")
# Somebody's login, an empty one too: a parsed address has lost that.
_USER: Final = re.compile(r"[^/]*//[^/?#]*@")
# How long a form waits, in seconds, for what it can do without.
FORM_PATIENCE: Final = 5

# What a form says of an error; the first that fits. Anything else is an answer that
# none of the gateway's documents describes.
_FORM_ERRORS: Final[tuple[tuple[type[GatewayError], str], ...]] = (
    (AuthenticationError, "invalid_auth"),
    (AccountInactiveError, "account_inactive"),
    (IpNotAllowedError, "ip_not_allowed"),
    (NotAllowedError, "not_allowed"),
    (InsufficientCreditError, "insufficient_credit"),
    (RateLimitedError, "rate_limited"),
    (NotSentError, "cannot_connect"),
    (NoAnswerError, "cannot_connect"),
    (GatewayBrokenError, "cannot_connect"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a gateway says of the account that a form describes."""

    data: dict[str, Any] = field(repr=False)
    """The account, and what of it was told; proved, unless one is to be chosen."""
    choices: tuple[SubAccount, ...] = ()
    """The accounts behind the login, one of which is to be chosen."""
    is_only: bool = True
    """Whether the login opens no other account."""


class InvalidUrlError(Exception):
    """The base address is none."""


def form_error(error: GatewayError) -> str:
    """Return what a form says of a gateway's error."""
    said = next(
        (said for kind, said in _FORM_ERRORS if isinstance(error, kind)),
        "unexpected_response",
    )
    # Nobody says why: what forbids everything is most likely this house's address.
    is_bare = said == "not_allowed" and not error.is_explained
    return "ip_not_allowed" if is_bare else said


def changed(known: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of an account, with what a form says of it now.

    For another login, or with another id, which account it is has to be told anew.
    """
    data = {**known, **fields}
    is_same_login = not known or has_same_login(known, data)
    account_id = known.get(CONF_ACCOUNT_ID)
    if is_same_login and fields.get(CONF_ACCOUNT_ID, account_id) == account_id:
        return data
    return {**without_account(data), **fields}


def without_account(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an account's data without what says which of several it is."""
    names = {CONF_ACCOUNT_ID, CONF_ONLY_ACCOUNT, CONF_TOLD_ACCOUNT_ID}
    return {name: value for name, value in data.items() if name not in names}


def base_url(text: str) -> str:
    """Return a base address in the one form that is stored.

    Raises:
        InvalidUrlError: it is no address of a web server, or holds more than that.

    """
    if len(text) > LONGEST_URL:
        raise InvalidUrlError
    try:
        url = URL(trimmed(text))
        host = url.host
    except ValueError as error:
        # Also where a host's name can't be decoded.
        raise InvalidUrlError from error
    if url.scheme not in {"http", "https"} or not host:
        raise InvalidUrlError
    if _USER.match(text) or url.query_string or url.fragment:
        raise InvalidUrlError
    if not _HOST.fullmatch(url.raw_host or ""):
        raise InvalidUrlError
    # As it is written: `%2F` is no slash.
    path = url.raw_path
    return str(url.with_path(path if path.endswith("/") else f"{path}/", encoded=True))


def secured(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an account's data with the same address over TLS."""
    return {**data, CONF_URL: str(URL(data[CONF_URL]).with_scheme("https"))}


async def async_prove(hass: HomeAssistant, data: Mapping[str, Any]) -> Proof:
    """Ask for the balance of the account that `data` describe, and which one it is.

    Raises:
        GatewayError: there is no balance to be had, and why.

    """
    gateway = _client(hass, data)
    if not isinstance(gateway, ListsAccounts):
        return Proof(data=await _async_ask(gateway, data))
    if data.get(CONF_ACCOUNT_ID):
        return await _async_prove_named(hass, gateway, data)
    accounts = await _async_list(gateway)
    if len(accounts) > 1:
        return Proof(data=dict(data), choices=accounts, is_only=False)
    named = dict(data)
    for account in accounts:
        named |= {CONF_ACCOUNT_ID: account.account_id, CONF_ONLY_ACCOUNT: True}
    return Proof(data=await async_prove_chosen(hass, data, named))


async def async_prove_chosen(
    hass: HomeAssistant, known: Mapping[str, Any], named: Mapping[str, Any]
) -> dict[str, Any]:
    """Ask for the balance of the account that is named now, and return what is known.

    It is the one that was `known` without its id: its requests count with those.

    Raises:
        GatewayError: there is no balance to be had, and why.

    """
    async_share_budget(
        hass, GatewaySettings.of(known, {}), GatewaySettings.of(named, {})
    )
    return await _async_ask(_client(hass, named), named)


async def _async_prove_named(
    hass: HomeAssistant, gateway: Gateway, data: Mapping[str, Any]
) -> Proof:
    """Prove an account whose id is known; if there is none of that id, let one choose."""
    try:
        return Proof(data=await _async_ask(gateway, data), is_only=False)
    except AuthenticationError as error:
        refusal = error
    login = without_account(data)
    accounts: tuple[SubAccount, ...] = ()
    with suppress(NotSentError):
        accounts = await _async_list(_client(hass, login))
    known = {account.account_id for account in accounts}
    if not known or data[CONF_ACCOUNT_ID] in known:
        raise refusal
    return Proof(data=login, choices=accounts, is_only=False)


async def _async_ask(gateway: Gateway, data: Mapping[str, Any]) -> dict[str, Any]:
    """Ask for the balance, and return the account with what of it is told."""
    balance = await gateway.balance()
    told = {CONF_TOLD_ACCOUNT_ID: balance.account_id} if balance.account_id else {}
    return {**data, **told}


async def _async_list(gateway: Gateway) -> tuple[SubAccount, ...]:
    """Ask for the accounts behind a login; none where that isn't told: balances prove.

    Raises:
        NotSentError: nothing is to be had of the gateway for now.

    """
    assert isinstance(gateway, ListsAccounts)
    try:
        return await gateway.accounts()
    except NotSentError as error:
        if isinstance(error, RateLimitedError) and error.is_presumed:
            return ()
        raise
    except GatewayError:
        return ()


def _client(hass: HomeAssistant, data: Mapping[str, Any]) -> Gateway:
    return make_gateway(hass, GatewaySettings.of(data, {}))


async def async_list_senders(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> tuple[str, ...]:
    """Ask for the senders that are registered; none where the gateway doesn't tell."""
    gateway = _client(hass, data)
    if not isinstance(gateway, ListsSenders):
        return ()
    try:
        async with asyncio.timeout(FORM_PATIENCE):
            return await gateway.senders()
    except GatewayError, TimeoutError:
        return ()
