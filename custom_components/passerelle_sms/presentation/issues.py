"""What only the user can mend, told where Home Assistant tells such things.

Every user can list the issues with what stands in their sentences, and read their data;
only their flows are for administrators. So neither holds a text, a number or a login.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..gateways.errors import NotStoredError
from ..gateways.gateway import Gateway
from ..messaging.model.failure import Failure
from ..messaging.model.record import MessageRecord
from ..messaging.model.submission import Stage, SubmissionRecord
from .exceptions import async_explain
from .formatting import local_time, plain
from .gateway_facts import GatewayFacts

ACCOUNT_REFUSED = "account_refused"
IP_NOT_ALLOWED = "ip_not_allowed"
JOURNAL_DAMAGED = "journal_damaged"
JOURNAL_UNAVAILABLE = "journal_unavailable"
LOW_BALANCE = "low_balance"
NOT_LEFT = "not_left"
RELAY_ACCOUNT_GONE = "relay_account_gone"
SAME_ACCOUNT = "same_account"
SWITCH_FIRED = "dead_man_switch_fired"
SWITCH_NOT_CANCELLED = "dead_man_switch_not_cancelled"
SWITCH_REFUSED = "dead_man_switch_refused"
SWITCH_SENT_EARLY = "dead_man_switch_sent_early"
UNEXPLAINED_FALL = "unexplained_fall"
UNKNOWN_OUTCOME = "unknown_outcome"

# All that goes with its entry. What may still be sent by a gateway stays.
_ALL: Final = (
    ACCOUNT_REFUSED,
    IP_NOT_ALLOWED,
    JOURNAL_DAMAGED,
    JOURNAL_UNAVAILABLE,
    LOW_BALANCE,
    NOT_LEFT,
    RELAY_ACCOUNT_GONE,
    SAME_ACCOUNT,
    SWITCH_FIRED,
    SWITCH_REFUSED,
    SWITCH_SENT_EARLY,
    UNEXPLAINED_FALL,
    UNKNOWN_OUTCOME,
)


@callback
def async_tell_issue(
    hass: HomeAssistant,
    entry: ConfigEntry,
    kind: str,
    about: str = "",
    *,
    source: GatewayFacts | None = None,
    severity: ir.IssueSeverity = ir.IssueSeverity.ERROR,
    is_fixable: bool = False,
    is_persistent: bool = False,
    data: dict[str, str | int | float | None] | None = None,
    **told: str,
) -> None:
    """Tell something about an account or a relay, whose title its sentences name.

    `about` tells issues of one kind apart, `source` is the gateway whose site tells more:
    it is named as well, and so is all that is `told`.
    """
    learn_more_url: str | None = None
    if source is not None:
        told |= {"gateway": source.name, "site": source.site}
        learn_more_url = source.site or None
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id_of(kind, entry, about),
        data=data,
        is_fixable=is_fixable,
        is_persistent=is_persistent,
        severity=severity,
        learn_more_url=learn_more_url,
        translation_key=kind,
        translation_placeholders={"account": entry.title, **told},
    )


@callback
def async_forget_issue(
    hass: HomeAssistant, entry: ConfigEntry, kind: str, about: str = ""
) -> None:
    """Forget an issue, if there is one: what it tells is so no longer."""
    ir.async_delete_issue(hass, DOMAIN, issue_id_of(kind, entry, about))


@callback
def async_tell_ip_not_allowed(
    hass: HomeAssistant, entry: ConfigEntry, gateway: Gateway
) -> None:
    """Tell that the gateway takes nothing from this house's address."""
    async_tell_issue(hass, entry, IP_NOT_ALLOWED, source=gateway)


async def async_tell_account_refused(
    hass: HomeAssistant, entry: ConfigEntry, gateway: Gateway, failure: Failure
) -> None:
    """Tell why the gateway refuses the account, so that its messages wait.

    An address that is not allowed has an issue of its own. Await this before it is
    forgotten: the words for the reason may have to be read first.
    """
    reason = await async_explain(hass, failure, gateway, for_everybody=True)
    async_tell_issue(hass, entry, ACCOUNT_REFUSED, source=gateway, reason=reason)


@callback
def async_tell_same_account(
    hass: HomeAssistant, entry: ConfigEntry, other: ConfigEntry, gateway: Gateway
) -> None:
    """Tell that another entry is the same account, and has the say."""
    async_tell_issue(
        hass,
        entry,
        SAME_ACCOUNT,
        severity=ir.IssueSeverity.WARNING,
        other=other.title,
        gateway=gateway.name,
    )


@callback
def async_tell_unexplained_fall(
    hass: HomeAssistant,
    entry: ConfigEntry,
    gateway: Gateway,
    credits_missing: Decimal,
) -> None:
    """Tell that the balance fell by so many credits more than our messages cost.

    It stays until the user says that it has been read: nothing else would end it.
    """
    async_tell_issue(
        hass,
        entry,
        UNEXPLAINED_FALL,
        source=gateway,
        severity=ir.IssueSeverity.WARNING,
        is_fixable=True,
        is_persistent=True,
        credits=str(plain(credits_missing)),
    )


@callback
def async_tell_journal_damaged(
    hass: HomeAssistant, entry: ConfigEntry, kept_as: str
) -> None:
    """Tell that the journal could not be read, and where it was put aside.

    It stays until the user says that it has been read: nothing else would end it.
    """
    async_tell_issue(
        hass,
        entry,
        JOURNAL_DAMAGED,
        is_fixable=True,
        is_persistent=True,
        file=kept_as,
    )


@callback
def async_tell_journal_unavailable(
    hass: HomeAssistant, entry: ConfigEntry, error: NotStoredError
) -> None:
    """Tell that nothing can be written down, so that messages are refused."""
    async_tell_issue(hass, entry, JOURNAL_UNAVAILABLE, reason=error.words or "")


@callback
def async_tell_not_left(hass: HomeAssistant, entry: ConfigEntry, count: int) -> None:
    """Tell how many messages did not leave; their texts are in the issue's flow only."""
    async_tell_issue(
        hass,
        entry,
        NOT_LEFT,
        is_fixable=True,
        data={"entry_id": entry.entry_id},
        count=str(count),
    )


@callback
def async_raise_low_balance(
    hass: HomeAssistant, entry: ConfigEntry, gateway: Gateway, credits_left: Decimal
) -> bool:
    """Tell that it is time to top up; return whether that is news.

    The registry remembers across a restart what was told before.
    """
    issue_id = issue_id_of(LOW_BALANCE, entry)
    is_news = ir.async_get(hass).async_get_issue(DOMAIN, issue_id) is None
    async_tell_issue(
        hass,
        entry,
        LOW_BALANCE,
        source=gateway,
        severity=ir.IssueSeverity.WARNING,
        credits=str(credits_left),
    )
    return is_news


@callback
def async_follow_held(
    hass: HomeAssistant, entry: ConfigEntry, record: MessageRecord
) -> None:
    """Ask the user what to do with a message, as long as only the user can say."""
    if not record.is_held:
        async_forget_issue(hass, entry, UNKNOWN_OUTCOME, record.message_id)
        return
    rows = [row for row in record.submissions if row.stage is Stage.HELD]
    # Once for all parts.
    held = {row.recipient.number: row.recipient.public_label for row in rows}
    async_tell_issue(
        hass,
        entry,
        UNKNOWN_OUTCOME,
        record.message_id,
        severity=ir.IssueSeverity.WARNING,
        is_fixable=True,
        data={"entry_id": entry.entry_id, "message_id": record.message_id},
        account=_where_in_doubt(hass, entry, rows),
        recipients=", ".join(held.values()),
        time=local_time(record.created),
    )


@callback
def _where_in_doubt(
    hass: HomeAssistant, entry: ConfigEntry, rows: Iterable[SubmissionRecord]
) -> str:
    """Return an entry's title, of a relay with those of the accounts that may have sent."""
    accounts = dict.fromkeys(
        leg.account for row in rows for leg in row.legs if leg.is_in_doubt
    )
    found = map(hass.config_entries.async_get_entry, accounts)
    titles = ", ".join(account.title for account in found if account is not None)
    return f"{entry.title} ({titles})" if titles else entry.title


@callback
def async_forget_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Forget everything about an account or a relay that is gone.

    What a relay lacks is about the relay, and stays when that account is removed; what a
    gateway may still send outlives everything here.
    """
    beginnings = tuple(issue_id_of(kind, entry) for kind in _ALL)
    for domain, issue_id in list(ir.async_get(hass).issues):
        if domain == DOMAIN and issue_id.startswith(beginnings):
            ir.async_delete_issue(hass, DOMAIN, issue_id)


def issue_id_of(kind: str, entry: ConfigEntry, about: str = "") -> str:
    """Return the id of an issue about an entry, or how its id begins."""
    issue_id = f"{kind}_{entry.entry_id}"
    return f"{issue_id}_{about}" if about else issue_id
