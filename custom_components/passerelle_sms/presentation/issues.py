"""What only the user can mend, told where Home Assistant tells such things.

Every user can list the issues with what stands in their sentences, and read their data;
only their flows are for administrators. So neither holds a text, a number or a login.
"""

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
from ..messaging.model.submission import Stage
from .exceptions import async_explain
from .formatting import local_time, plain

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
def async_tell_ip_not_allowed(
    hass: HomeAssistant, entry: ConfigEntry, gateway: Gateway
) -> None:
    """Tell that the gateway takes nothing from this house's address."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id_of(IP_NOT_ALLOWED, entry),
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        learn_more_url=gateway.site,
        translation_key=IP_NOT_ALLOWED,
        translation_placeholders={
            "account": entry.title,
            "gateway": gateway.name,
            "site": gateway.site,
        },
    )


@callback
def async_forget_ip_not_allowed(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Forget it: the gateway answers again."""
    ir.async_delete_issue(hass, DOMAIN, issue_id_of(IP_NOT_ALLOWED, entry))


async def async_tell_account_refused(
    hass: HomeAssistant, entry: ConfigEntry, gateway: Gateway, failure: Failure
) -> None:
    """Tell why the gateway refuses the account, so that its messages wait.

    An address that is not allowed has an issue of its own. Await this before the next
    `async_forget_account_refused`: the words for the reason may have to be read first.
    """
    reason = await async_explain(hass, failure, gateway, for_everybody=True)
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id_of(ACCOUNT_REFUSED, entry),
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        learn_more_url=gateway.site,
        translation_key=ACCOUNT_REFUSED,
        translation_placeholders={
            "account": entry.title,
            "gateway": gateway.name,
            "site": gateway.site,
            "reason": reason,
        },
    )


@callback
def async_forget_account_refused(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Forget it: the gateway takes what the account sends."""
    ir.async_delete_issue(hass, DOMAIN, issue_id_of(ACCOUNT_REFUSED, entry))


@callback
def async_tell_same_account(
    hass: HomeAssistant, entry: ConfigEntry, other: ConfigEntry, gateway: Gateway
) -> None:
    """Tell that another entry is the same account, and has the say."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id_of(SAME_ACCOUNT, entry),
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=SAME_ACCOUNT,
        translation_placeholders={
            "account": entry.title,
            "other": other.title,
            "gateway": gateway.name,
        },
    )


@callback
def async_forget_same_account(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Forget it: there is no other, or this one has the say."""
    ir.async_delete_issue(hass, DOMAIN, issue_id_of(SAME_ACCOUNT, entry))


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
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id_of(UNEXPLAINED_FALL, entry),
        is_fixable=True,
        is_persistent=True,
        severity=ir.IssueSeverity.WARNING,
        learn_more_url=gateway.site,
        translation_key=UNEXPLAINED_FALL,
        translation_placeholders={
            "account": entry.title,
            "gateway": gateway.name,
            "site": gateway.site,
            "credits": str(plain(credits_missing)),
        },
    )


@callback
def async_tell_journal_damaged(
    hass: HomeAssistant, entry: ConfigEntry, kept_as: str
) -> None:
    """Tell that the journal could not be read, and where it was put aside.

    It stays until the user says that it has been read: nothing else would end it.
    """
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id_of(JOURNAL_DAMAGED, entry),
        is_fixable=True,
        is_persistent=True,
        severity=ir.IssueSeverity.ERROR,
        translation_key=JOURNAL_DAMAGED,
        translation_placeholders={"account": entry.title, "file": kept_as},
    )


@callback
def async_tell_journal_unavailable(
    hass: HomeAssistant, entry: ConfigEntry, error: NotStoredError
) -> None:
    """Tell that nothing can be written down, so that messages are refused."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id_of(JOURNAL_UNAVAILABLE, entry),
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=JOURNAL_UNAVAILABLE,
        translation_placeholders={"account": entry.title, "reason": error.words or ""},
    )


@callback
def async_forget_journal_unavailable(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Forget it: the disk works again."""
    ir.async_delete_issue(hass, DOMAIN, issue_id_of(JOURNAL_UNAVAILABLE, entry))


@callback
def async_tell_not_left(hass: HomeAssistant, entry: ConfigEntry, count: int) -> None:
    """Tell how many messages did not leave; their texts are in the issue's flow only."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id_of(NOT_LEFT, entry),
        data={"entry_id": entry.entry_id},
        is_fixable=True,
        severity=ir.IssueSeverity.ERROR,
        translation_key=NOT_LEFT,
        translation_placeholders={"account": entry.title, "count": str(count)},
    )


@callback
def async_forget_not_left(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Forget it: somebody has read what did not leave."""
    ir.async_delete_issue(hass, DOMAIN, issue_id_of(NOT_LEFT, entry))


@callback
def async_raise_low_balance(
    hass: HomeAssistant, entry: ConfigEntry, gateway: Gateway, credits_left: Decimal
) -> bool:
    """Tell that it is time to top up; return whether that is news.

    The registry remembers across a restart what was told before.
    """
    issue_id = issue_id_of(LOW_BALANCE, entry)
    is_news = ir.async_get(hass).async_get_issue(DOMAIN, issue_id) is None
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        learn_more_url=gateway.site,
        translation_key=LOW_BALANCE,
        translation_placeholders={
            "account": entry.title,
            "gateway": gateway.name,
            "site": gateway.site,
            "credits": str(credits_left),
        },
    )
    return is_news


@callback
def async_forget_low_balance(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Forget it: there is credit again."""
    ir.async_delete_issue(hass, DOMAIN, issue_id_of(LOW_BALANCE, entry))


@callback
def async_follow_held(
    hass: HomeAssistant, entry: ConfigEntry, record: MessageRecord
) -> None:
    """Ask the user what to do with a message, as long as only the user can say."""
    issue_id = f"{issue_id_of(UNKNOWN_OUTCOME, entry)}_{record.message_id}"
    if not record.is_held:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    # Once for all parts.
    held = {
        submission.recipient.number: submission.recipient.public_label
        for submission in record.submissions
        if submission.stage is Stage.HELD
    }
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        data={"entry_id": entry.entry_id, "message_id": record.message_id},
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=UNKNOWN_OUTCOME,
        translation_placeholders={
            "account": entry.title,
            "recipients": ", ".join(held.values()),
            "time": local_time(record.created),
        },
    )


@callback
def async_forget_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Forget everything about an account or a relay that is gone.

    What a relay lacks is about the relay, and stays when that account is removed; what a
    gateway may still send outlives everything here.
    """
    async_forget_beginning(hass, *(issue_id_of(kind, entry) for kind in _ALL))


@callback
def async_forget_beginning(hass: HomeAssistant, *beginnings: str) -> None:
    """Forget all issues of ours whose ids begin so."""
    for domain, issue_id in list(ir.async_get(hass).issues):
        if domain == DOMAIN and issue_id.startswith(beginnings):
            ir.async_delete_issue(hass, DOMAIN, issue_id)


def issue_id_of(kind: str, entry: ConfigEntry) -> str:
    """Return the id of an issue about an entry, or how its id begins."""
    return f"{kind}_{entry.entry_id}"
