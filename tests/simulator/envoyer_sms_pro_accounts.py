"""The accounts behind a login at Envoyer SMS Pro, and what each may ask for."""

from base64 import b64decode
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
import functools
import time
from typing import Final, override
from urllib.parse import urlencode

from aiohttp import web

from .credit import Amount
from .envoyer_sms_pro_checks import RefusedError, present
from .envoyer_sms_pro_xml import element, fail, in_capitals, success
from .gateway import Operation, SimulatedGateway
from .refusals import AccountRefusal

# "Les limites du nombre de requête": sixty minutes from the first one.
_PERIOD: Final = 3600
_FIRST: Final = "1"
"""The id of an account that is alone."""


@dataclass(slots=True, kw_only=True)
class SimulatedAccount:
    """One of several accounts behind the same login."""

    name: str
    credits: Decimal
    request_limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request of somebody who may ask."""

    account_id: str
    """Empty for the only one."""
    method: str
    values: Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class _Period:
    began: float
    requests: int = 0


class SimulatedEnvoyerSmsProAccounts(SimulatedGateway):
    """The login, the credit and the limit of requests; a refusal or a success."""

    refusals = frozenset({AccountRefusal.NO_CREDIT, AccountRefusal.WRONG_CREDENTIALS})

    def __init__(self) -> None:
        """Open a single account, and print its answers as the document does."""
        super().__init__()
        self.accounts: dict[str, SimulatedAccount] = {}
        """Several accounts by their id; then each has its own credit and limit."""
        self.request_limit = 100
        """Requests of the single account in sixty minutes."""
        self.clock: Callable[[], float] = time.monotonic
        """Seconds, for the limit of requests."""
        self.raw_ampersand = True
        """Echo the request with bare `&`, as the document's sample does."""
        self.misprinted_tags = True
        """Print `sms_remaing` and `</ sms_remaining>`, as the document's samples do."""
        self.upper_case_tags = False
        """Print the names of all elements in capitals."""
        self.list_requires_id = False
        """Ask for an account's id before listing accounts, as the document's table does."""
        self.single_takes_id = True
        """Know the only account by its id, too; the document asks for none there."""
        self.splits_at_first_colon = False
        """Take what follows the first colon of a password for an account's id."""
        self._periods: dict[str, _Period] = {}

    @override
    def operations(self) -> tuple[Operation, ...]:
        return (
            self.operation("balance", "account/status", self._balance),
            # Where else would one learn the id that all other operations ask for?
            self.operation(
                "accounts", "account/getallaccounts", self._list, id_required=False
            ),
            self.operation("create_account", "account/create", self._create),
            self.operation("delete_account", "account/delete", self._delete),
            self.operation("transfer_credits", "account/transfer", self._transfer),
        )

    def operation(
        self,
        name: str,
        path: str,
        answer: Callable[[Asked], str],
        *,
        id_required: bool = True,
    ) -> Operation:
        """Return a route that answers with what `answer` tells, or raises."""
        handler = functools.partial(self._handle, answer, id_required)
        return Operation(name=name, methods=("GET", "POST"), path=path, handler=handler)

    @override
    def credits_of(self, account_id: str) -> Decimal:
        single = super().credits_of(account_id)
        account = self.accounts.get(account_id)
        return account.credits if account else single

    @override
    def charge(
        self,
        cost: Amount,
        account_id: str = "",
        *,
        message_id: str = "",
        send_at: datetime | None = None,
    ) -> None:
        if not self.can_pay(cost, account_id):
            raise RefusedError(5)
        super().charge(cost, account_id, message_id=message_id, send_at=send_at)

    @override
    def _move(self, account_id: str, amount: Decimal) -> None:
        if account_id in self.accounts:
            self.accounts[account_id].credits += amount
        else:
            super()._move(account_id, amount)

    async def _handle(
        self,
        answer: Callable[[Asked], str],
        id_required: bool,
        request: web.Request,
    ) -> web.Response:
        values = await _values(request)
        try:
            account_id = self._enter(request, values, id_required=id_required)
            asked = Asked(account_id=account_id, method=request.method, values=values)
            told = answer(asked)
            return success(in_capitals(told) if self.upper_case_tags else told)
        except RefusedError as refusal:
            path = request.path.removeprefix(f"/{self.key}")
            return fail(
                f"{path}?{urlencode(values)}" if values else path,
                refusal.error_id,
                str(refusal),
                raw_ampersand=self.raw_ampersand,
            )

    def _enter(
        self, request: web.Request, values: Mapping[str, str], *, id_required: bool
    ) -> str:
        """Return the id of the account, empty for the only one, and count the request.

        "Authentification", and "Les limites du nombre de requête".
        """
        login, password, account_id = self._login(request, values)
        if account_id == _FIRST and not self.accounts and self.single_takes_id:
            account_id = ""
        known = (
            account_id in self.accounts
            if account_id
            else not self.accounts or not (id_required or self.list_requires_id)
        )
        is_changed = self.refusal is AccountRefusal.WRONG_CREDENTIALS
        is_right = (login, password) == (self.username, self.password)
        if is_changed or not is_right or not known:
            raise RefusedError(1)
        now = self.clock()
        period = self._periods.get(account_id)
        if period is None or now - period.began >= _PERIOD:
            period = self._periods[account_id] = _Period(began=now)
        period.requests += 1
        if period.requests > self._limit(account_id):
            raise RefusedError(None)
        return account_id

    def _login(
        self, request: web.Request, values: Mapping[str, str]
    ) -> tuple[str, str, str]:
        """Return login, password and the account's id: by solution 1, else 2 or 3."""
        basic = _basic(request)
        if not basic:
            login, password = values.get("login", ""), values.get("password", "")
            return login, password, values.get("accountid", "")
        login, _, secret = basic.partition(":")
        if self.splits_at_first_colon:
            password, _, account_id = secret.partition(":")
            return login, password, account_id
        if secret.startswith(f"{self.password}:"):
            return login, self.password, secret[len(self.password) + 1 :]
        return login, secret, ""

    def _limit(self, account_id: str) -> int:
        account = self.accounts.get(account_id)
        return account.request_limit if account else self.request_limit

    def _balance(self, asked: Asked) -> str:
        return (
            f"<account>{element('sms_remaining', self.credits_of(asked.account_id))}"
            f"{element('api_request_limit', self._limit(asked.account_id))}</account>"
        )

    def _list(self, asked: Asked, *, with_limits: bool = True) -> str:
        rows = (
            f"<account>{self._row(account_id, account)}"
            + (
                element("api_request_limit", account.request_limit)
                if with_limits
                else ""
            )
            + "</account>"
            for account_id, account in self._all().items()
        )
        return f"<accounts>{''.join(rows)}</accounts>"

    def _create(self, asked: Asked) -> str:
        [name] = present(asked.values, "accountname")
        if len(name) > 50:
            raise RefusedError(3, "Accountname must be shorter than 51")
        account_id = str(878 + self.next_number())
        self.accounts = {
            **self._all(),
            account_id: SimulatedAccount(name=name, credits=Decimal(0)),
        }
        return f"<account>{element('account_id', account_id)}</account>"

    def _delete(self, asked: Asked) -> str:
        [account_id] = present(asked.values, "deleteaccountid")
        if account_id not in self.accounts:
            # The document has no words for this: those of a transfer.
            raise RefusedError(3, "Deleteaccountid does not exist")
        del self.accounts[account_id]
        return self._list(asked, with_limits=False)

    def _transfer(self, asked: Asked) -> str:
        debit, credit, sms = present(
            asked.values, "debitaccountid", "creditaccountid", "sms"
        )
        if not sms.isdecimal() or int(sms) == 0:
            raise RefusedError(3, "Sms must be strictly positive")
        for name, account_id in (("Debit", debit), ("Credit", credit)):
            if account_id not in self.accounts:
                raise RefusedError(3, f"{name}accountid does not exist")
        if not self.can_pay(int(sms), debit):
            raise RefusedError(3, "Debit account has not enough SMS")
        self.accounts[debit].credits -= int(sms)
        self.accounts[credit].credits += int(sms)
        begin, end = (
            ("< creditaccount >", "</ creditaccount >")
            if self.misprinted_tags
            else ("<creditaccount>", "</creditaccount>")
        )
        return (
            f"<accounts><debitaccount >{self._row(debit, self.accounts[debit])}"
            f"</debitaccount >{begin}{self._row(credit, self.accounts[credit])}{end}"
            "</accounts>"
        )

    def _all(self) -> dict[str, SimulatedAccount]:
        self._land()
        return self.accounts or {
            _FIRST: SimulatedAccount(
                name="MAISON", credits=self.credits, request_limit=self.request_limit
            )
        }

    def _row(self, account_id: str, account: SimulatedAccount) -> str:
        end = "</ sms_remaining>" if self.misprinted_tags else "</sms_remaining>"
        return (
            element("account_id", account_id)
            + element("account_name", account.name)
            + f"<sms_remaining>{account.credits}{end}"
        )


def _basic(request: web.Request) -> str:
    """Return the user name and the secret of "HTTP Basic Authentication"."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        return b64decode(encoded, validate=True).decode() if scheme == "Basic" else ""
    except binascii.Error, UnicodeDecodeError:
        return ""


async def _values(request: web.Request) -> dict[str, str]:
    form = await request.post()
    sent = {name: value for name, value in form.items() if isinstance(value, str)}
    return {**request.query, **sent}
