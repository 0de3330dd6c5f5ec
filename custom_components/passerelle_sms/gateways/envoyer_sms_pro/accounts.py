"""The accounts behind one login at Envoyer SMS Pro, and what they hold."""

from typing import override
from xml.etree.ElementTree import Element

from ..abilities.account import ManagesAccounts
from ..errors import (
    GatewayError,
    InvalidOptionError,
    NotAllowedError,
    OperationUnknownError,
    UnknownAccountError,
)
from ..model.account import Balance, SubAccount, Transfer
from .client import EnvoyerSmsProClient
from .codes import ACCOUNT_NAME_LENGTH, invalid_amount, invalid_name
from .responses import XmlAnswer, remaining, request_limit, text_at


class EnvoyerSmsProAccounts(EnvoyerSmsProClient, ManagesAccounts):
    """Tells what the accounts hold, and opens, closes and fills them."""

    account_name_length = ACCOUNT_NAME_LENGTH
    _listed: tuple[SubAccount, ...] = ()
    """The accounts, as they were told last."""
    _may_list: bool = True
    """Whether the gateway lists accounts, as far as is known: that costs a request."""

    @override
    async def balance(self) -> Balance:
        """Ask for the credit ("Fonction SMS restant"), and for that of all accounts.

        The others are asked for only where the credentials name one of several.
        """
        answer = await self._ask("account/status")
        if (credits_left := remaining(answer.body)) is None:
            raise self._unreadable(answer.answer)
        limit = request_limit(answer.body)
        self._allow(limit)
        return Balance(
            credits=credits_left,
            request_limit=limit,
            sub_accounts=await self._sub_accounts(),
        )

    @override
    async def accounts(self) -> tuple[SubAccount, ...]:
        """Ask for all accounts ("Fonction liste des comptes")."""
        return self._keep_accounts(await self._ask("account/getallaccounts"))

    @override
    async def create_account(self, name: str) -> str:
        """Open an account ("Fonction création de compte").

        As soon as there are two, no login is complete without an account's id.
        """
        if not _is_text(name) or len(name) > self.account_name_length:
            raise invalid_name(name=self._shown(name))
        answer = await self._ask("account/create", {"accountname": name})
        if not (account_id := text_at(answer.body, "account/account_id")):
            raise self._unreadable(answer.answer)
        return account_id

    @override
    async def delete_account(self, account_id: str) -> tuple[SubAccount, ...]:
        """Close an account ("Fonction suppression de compte").

        The answer lists those that are left, without their limits of requests.
        """
        _check_ids(account_id)
        return self._keep_accounts(
            await self._ask("account/delete", {"deleteaccountid": account_id})
        )

    @override
    async def transfer_credits(
        self, *, debit: str, credit: str, amount: int
    ) -> Transfer:
        """Move credits between two accounts ("Fonction transfert de SMS")."""
        _check_ids(debit, credit)
        if debit == credit:
            raise InvalidOptionError(option="credit", allowed="≠ debit")
        if amount < 1:
            raise invalid_amount()
        answer = await self._ask(
            "account/transfer",
            {"debitaccountid": debit, "creditaccountid": credit, "sms": str(amount)},
        )
        debited = _read_account(answer.body.find("accounts/debitaccount"))
        credited = _read_account(answer.body.find("accounts/creditaccount"))
        if (
            debited is None
            or credited is None
            or (debited.account_id, credited.account_id) != (debit, credit)
        ):
            raise self._unreadable(answer.answer)
        return Transfer(debited=debited, credited=credited)

    async def _sub_accounts(self) -> tuple[SubAccount, ...]:
        """Ask for several accounts, or return those known: the balance needs no list."""
        if self._login is None or not self._login.names_account:
            return ()
        has_room = self.budget is None or self.budget.has_room_for_polls
        if has_room and self._may_list:
            try:
                return await self.accounts()
            except NotAllowedError, OperationUnknownError:
                self._may_list = False
            except GatewayError:
                # Perhaps it is told next time; what was told last stands until then.
                pass
        return self._listed

    def _keep_accounts(self, answer: XmlAnswer) -> tuple[SubAccount, ...]:
        """Return the accounts that an answer lists, all or none, and remember them."""
        listed = answer.body.find("accounts")
        if listed is None:
            raise self._unreadable(answer.answer)
        accounts: list[SubAccount] = []
        for element in listed.findall("account"):
            if (account := _read_account(element)) is None:
                raise self._unreadable(answer.answer)
            if account.account_id == self.credentials.account_id:
                self._allow(account.request_limit)
            accounts.append(account)
        self._listed = tuple(accounts)
        return self._listed

    def _allow(self, limit: int | None) -> None:
        """Ask as often as the gateway allows ("Les limites du nombre de requête")."""
        if self.budget is not None and limit is not None and limit > 0:
            self.budget.limit = limit


def _read_account(element: Element | None) -> SubAccount | None:
    """Return an account of an answer, or `None` if its id or its credit is missing."""
    if element is None:
        return None
    account_id, credits_left = text_at(element, "account_id"), remaining(element)
    if not account_id or credits_left is None:
        return None
    return SubAccount(
        account_id=account_id,
        name=text_at(element, "account_name"),
        credits=credits_left,
        request_limit=request_limit(element),
    )


def _check_ids(*account_ids: str) -> None:
    """Raise `UnknownAccountError` for an id that no account can have."""
    if not all(map(_is_text, account_ids)):
        raise UnknownAccountError


def _is_text(value: str) -> bool:
    """Return whether there is something to read, and nothing else."""
    return value.isprintable() and bool(value.strip())
