"""What proves who we are, and what an account holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What proves to a gateway who we are.

    A gateway uses the fields that it names in `Gateway.credential_fields`.
    """

    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    account_id: str = field(default="", repr=False)
    is_only: bool = False
    """Whether that was the only account when its id was told, which need not be named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubAccount:
    """One of several accounts behind the same credentials."""

    account_id: str = field(repr=False)
    name: str = field(repr=False)
    credits: Decimal
    request_limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What an account holds, as far as its gateway tells; `None` where it doesn't."""

    credits: Decimal
    """What can still be sent, in the gateway's own unit."""
    expires: date | None = None
    """The day on which the credits lapse."""
    consumption: Decimal | None = None
    """Credits used since the account was opened."""
    purchased: int | None = None
    """SMS bought since the account was opened."""
    sent: int | None = None
    """SMS sent since the account was opened."""
    request_limit: int | None = None
    """Requests allowed per 60 minutes."""
    sub_accounts: tuple[SubAccount, ...] = ()
    account_id: str = field(default="", repr=False, compare=False)
    """Which account it is, where its gateway tells that whatever the login: not held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Two accounts, after credits went from the one to the other."""

    debited: SubAccount
    credited: SubAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class Transactions:
    """What a gateway wrote down lately about an account."""

    rows: tuple[Mapping[str, str], ...] = field(repr=False)
    """Each by the gateway's own names; empty if the answer can't be taken apart."""
    text: str = field(repr=False)
    """The answer as it came, redacted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody in the address book that a gateway keeps."""

    number: str = field(repr=False)
    """E.164."""
    groups: tuple[str, ...] = field(default=(), repr=False)
    name: str | None = field(default=None, repr=False)
    first_name: str | None = field(default=None, repr=False)
    company: str | None = field(default=None, repr=False)
    birthday: date | None = field(default=None, repr=False)
    variables: tuple[str | None, str | None, str | None] = field(
        default=(None, None, None), repr=False
    )
    """For the gateway's own mail merge."""
