"""Whether a relay can send through one of its accounts, and why it can't."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .account import async_get_account

ACCOUNT_GONE: Final = "account_gone"
"""In the place of an error's key: the account is removed or disabled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStanding:
    """How an account of a relay does."""

    rests: bool | None
    """Whether the relay goes on without it; `None` while it is being set up."""
    reason: str | None = None
    """Why: the key of an error, or `ACCOUNT_GONE`."""
    since: datetime | None = None
    """Since when it rests; `None` where nobody has seen that begin."""

    @classmethod
    @callback
    def of(
        cls, hass: HomeAssistant, account_id: str, before: Self | None = None
    ) -> Self:
        """Return how an account does now.

        A rest that goes on has begun when it was said `before` to have begun.
        """
        entry = hass.config_entries.async_get_entry(account_id)
        if entry is None or entry.disabled_by is not None:
            return cls(rests=True, reason=ACCOUNT_GONE)
        account = async_get_account(hass, account_id)
        if account is None:
            return cls(rests=None)
        rest = account.rest
        if rest is None:
            return cls(rests=False)
        if before is not None and before.reason == rest.reason:
            return before
        return cls(rests=True, reason=rest.reason, since=dt_util.utcnow() - rest.lasts)
