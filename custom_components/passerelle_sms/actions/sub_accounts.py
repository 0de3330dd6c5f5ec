"""The accounts behind the same credentials: listed, opened, closed, their credit moved."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Final

import probatio

from homeassistant.const import ATTR_NAME
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util.json import JsonObjectType

from ..bounds import MOST_CREDITS
from ..const import (
    ATTR_ACCOUNT_ID,
    ATTR_CREDITS,
    ATTR_FROM_ACCOUNT_ID,
    ATTR_TO_ACCOUNT_ID,
    CONF_ACCOUNT_ID,
    CONF_GATEWAY,
    DOMAIN,
)
from ..entries.account import ACCOUNTS, Account, AccountConfigEntry
from ..entries.factory import async_rename_budget
from ..entries.settings import unique_id
from ..gateways.abilities.account import ListsAccounts, ManagesAccounts
from ..gateways.errors import UnknownAccountError
from ..gateways.model.account import SubAccount
from ..presentation.formatting import plain
from .common import Action, able, account_of, translated
from .values import name, whole_number


async def _async_get_accounts(call: ServiceCall) -> ServiceResponse:
    """Tell all accounts behind the credentials."""
    account = account_of(call)
    gateway = able(account, ListsAccounts)
    with translated(account):
        return _answer(await gateway.accounts())


async def _async_create_account(call: ServiceCall) -> ServiceResponse:
    """Open an account."""
    account = account_of(call)
    gateway = able(account, ManagesAccounts)
    known: tuple[SubAccount, ...] = ()
    if not account.entry.data.get(CONF_ACCOUNT_ID):
        with translated(account):
            known = await gateway.accounts()
    with translated(account, changes=True):
        async with _moving_credits(call.hass, account):
            account_id = await gateway.create_account(call.data[ATTR_NAME])
            if len(known) == 1:
                _name_account(call.hass, account.entry, known[0].account_id)
    return {"account_id": account_id}


async def _async_delete_account(call: ServiceCall) -> ServiceResponse:
    """Close an account, if the caller knows its name too; tell those that are left."""
    account = account_of(call)
    gateway = able(account, ManagesAccounts)
    account_id = call.data[ATTR_ACCOUNT_ID]
    if _is_in_use(call.hass, account.entry, account_id):
        raise _refused("account_in_use", account_id)
    with translated(account):
        names = {one.account_id: one.name for one in await gateway.accounts()}
        if account_id not in names:
            raise UnknownAccountError
    if names[account_id] != call.data[ATTR_NAME]:
        raise _refused("wrong_account_name", account_id)
    with translated(account, changes=True):
        async with _moving_credits(call.hass, account):
            return _answer(await gateway.delete_account(account_id))


async def _async_transfer_credits(call: ServiceCall) -> ServiceResponse:
    """Move credits from one account to another; tell what both hold now."""
    account = account_of(call)
    gateway = able(account, ManagesAccounts)
    with translated(account, changes=True):
        debit, credit = call.data[ATTR_FROM_ACCOUNT_ID], call.data[ATTR_TO_ACCOUNT_ID]
        amount = Decimal(call.data[ATTR_CREDITS])
        async with _moving_credits(call.hass, account) as told:
            transfer = await gateway.transfer_credits(
                debit=debit, credit=credit, amount=call.data[ATTR_CREDITS]
            )
            told.update({debit: -amount, credit: amount})
    return {"debited": _row(transfer.debited), "credited": _row(transfer.credited)}


ACTIONS: Final = (
    Action(
        name="get_accounts",
        handler=_async_get_accounts,
        answers=SupportsResponse.ONLY,
    ),
    Action(
        name="create_account",
        handler=_async_create_account,
        fields={probatio.Required(ATTR_NAME): name},
    ),
    Action(
        name="delete_account",
        handler=_async_delete_account,
        fields={
            probatio.Required(ATTR_ACCOUNT_ID): name,
            probatio.Required(ATTR_NAME): name,
        },
    ),
    Action(
        name="transfer_credits",
        handler=_async_transfer_credits,
        fields={
            probatio.Required(ATTR_FROM_ACCOUNT_ID): name,
            probatio.Required(ATTR_TO_ACCOUNT_ID): name,
            probatio.Required(ATTR_CREDITS): whole_number(1, MOST_CREDITS),
        },
    ),
)


@asynccontextmanager
async def _moving_credits(
    hass: HomeAssistant, account: Account
) -> AsyncIterator[dict[str, Decimal]]:
    """Let credits move between accounts, and all accounts that they may be of know it.

    Yields what is to be told of it: what came in, by account id.

    A balance that stands still proves that a message in doubt was not sent, and one that
    falls that it was. So whatever else moves it is written down, on disk and before it
    can happen; and it is asked for anew afterwards, whatever came of it.

    Raises:
        NotStoredError: it could not be written down, so nothing was moved.

    """
    concerned = [
        other
        for other in hass.data[ACCOUNTS].values()
        if other.gateway.key == account.gateway.key
    ]
    movements = [(other, await other.ledger.begin_movement()) for other in concerned]
    told: dict[str, Decimal] = {}
    try:
        yield told
    finally:
        for other, movement in movements:
            account_id = other.gateway.credentials.account_id
            other.ledger.end_movement(movement, told.get(account_id))
            other.observer.invalidate_balance()


@callback
def _name_account(
    hass: HomeAssistant, entry: AccountConfigEntry, account_id: str
) -> None:
    """Keep which account is meant: it was the only one, and now there are two.

    Without that no request would be understood any more, and no alert leave.
    """
    data = {**entry.data, CONF_ACCOUNT_ID: account_id}
    new_id = unique_id(data)
    async_rename_budget(hass, unique_id(entry.data), new_id)
    hass.config_entries.async_update_entry(entry, data=data, unique_id=new_id)


@callback
def _is_in_use(hass: HomeAssistant, entry: AccountConfigEntry, account_id: str) -> bool:
    """Return whether alerts leave through an account.

    An entry that names none has the only one that there is.
    """
    return not entry.data.get(CONF_ACCOUNT_ID) or any(
        other.data.get(CONF_ACCOUNT_ID) == account_id
        for other in hass.config_entries.async_entries(DOMAIN)
        if other.data[CONF_GATEWAY] == entry.data[CONF_GATEWAY]
    )


def _refused(key: str, account_id: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={"account_id": account_id},
    )


def _answer(accounts: tuple[SubAccount, ...]) -> JsonObjectType:
    return {"accounts": [_row(account) for account in accounts]}


def _row(account: SubAccount) -> JsonObjectType:
    return {
        "account_id": account.account_id,
        "name": account.name,
        "credits": plain(account.credits),
        "request_limit": account.request_limit,
    }
