"""What a user can hand on with a report: no secret and no number in it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from yarl import URL

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_COUNTRY, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .const import (
    CONF_ACCOUNTS,
    CONF_GATEWAY,
    CONF_SENDER,
    GATEWAY_RELAY,
    SUBENTRY_GROUP,
    SUBENTRY_RECIPIENT,
)
from .entries.account import Account, AccountConfigEntry, async_get_account
from .entries.channel import Channel
from .entries.house_switch import HouseSwitch
from .gateways.errors import NotStoredError
from .gateways.gateway import Gateway
from .gateways.model.account import Balance
from .messaging.dead_man_switch.observer import SwitchStatus
from .messaging.dead_man_switch.standing import Standing
from .messaging.journal.journal import JournalQuery
from .messaging.model.failure import DeliveryState, Failure
from .messaging.model.leg import Leg
from .messaging.model.record import MessageRecord
from .messaging.model.submission import SubmissionRecord
from .messaging.reconciliation.ledger import Ledger

MESSAGES_TOLD: Final = 20


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: AccountConfigEntry
) -> dict[str, Any]:
    """Return the diagnostics of an account or a relay.

    What may be told is picked by name, so that nothing is told by oversight.
    """
    if entry.data[CONF_GATEWAY] == GATEWAY_RELAY:
        return await _relay(hass, entry)
    return await _account(entry)


async def _account(entry: AccountConfigEntry) -> dict[str, Any]:
    account = entry.runtime_data
    coordinator, gateway = account.coordinator, account.gateway
    return {
        "account": {
            "gateway": gateway.key,
            "address": _address(gateway, URL(entry.data[CONF_URL])),
            "verify_ssl": entry.data[CONF_VERIFY_SSL],
            "country": entry.data[CONF_COUNTRY],
            "sender_set": bool(entry.data.get(CONF_SENDER)),
            "sub_account_chosen": bool(gateway.credentials.account_id),
            "recipients": len(account.settings.recipients),
            "groups": len(account.settings.groups),
            "options": dict(entry.options),
        },
        "balance": None
        if coordinator.last_balance is None
        else _balance(coordinator.last_balance),
        "last_poll": {
            "successful": coordinator.last_update_success,
            # The coordinator remembers the last one for ever.
            "error": None
            if coordinator.last_update_success
            else str(coordinator.last_exception),
        },
        "last_unreadable_answer": gateway.last_unreadable,
        "ledger": _ledger(account.ledger),
        "rest": _rest(account),
        "requests": _requests(gateway),
        **await _messages(account),
    }


async def _relay(hass: HomeAssistant, entry: AccountConfigEntry) -> dict[str, Any]:
    """Return the diagnostics of a relay: its accounts by their places in its order."""
    accounts: list[str] = entry.data[CONF_ACCOUNTS]
    return {
        "relay": {
            "country": entry.data[CONF_COUNTRY],
            "recipients": len(entry.get_subentries_of_type(SUBENTRY_RECIPIENT)),
            "groups": len(entry.get_subentries_of_type(SUBENTRY_GROUP)),
            "options": dict(entry.options),
        },
        "accounts": [_account_of_relay(hass, account_id) for account_id in accounts],
        **await _messages(entry.runtime_data, accounts),
    }


def _account_of_relay(hass: HomeAssistant, account_id: str) -> dict[str, Any]:
    entry: ConfigEntry | None = hass.config_entries.async_get_entry(account_id)
    account = async_get_account(hass, account_id)
    return {
        "gateway": None if entry is None else entry.data[CONF_GATEWAY],
        "enabled": entry is not None and entry.disabled_by is None,
        "set_up": account is not None,
        "rest": None if account is None else _rest(account),
    }


async def _messages(sender: Channel, accounts: Sequence[str] = ()) -> dict[str, Any]:
    """Return what is known of messages; `accounts` are those of a relay, in order."""
    return {
        "guard": {
            "segments_last_hour": sender.guard.segments_last_hour,
            "segments_last_day": sender.guard.segments_last_day,
        },
        "pending_messages": sender.pending_messages,
        "planned_messages": len(sender.planned),
        "awaited_deliveries": len(sender.tracker),
        "dead_man_switches": [_switch(one, accounts) for one in sender.switches],
        "last_messages": await _last_messages(sender, accounts),
    }


def _switch(switch: HouseSwitch, accounts: Sequence[str]) -> dict[str, Any]:
    """Return what is known of a dead man's switch, without whom it tells what."""
    settings, state = switch.settings, switch.state
    return {
        "delay": settings.delay.total_seconds(),
        "recipients": len(settings.recipients),
        "message_back": settings.message_back is not None,
        **_switch_status(switch.status),
        "standing": [_standing(message, accounts) for message in state.standing],
        "last_number": state.last_number,
        "refused": len(state.refused),
        "failure": _key(state.failure),
        "was_sent_early": state.was_sent_early,
        "restored_until": _moment(state.restored_until),
    }


def _switch_status(status: SwitchStatus) -> dict[str, Any]:
    return {
        "is_armed": status.is_armed,
        "fires_at": _moment(status.fires_at),
        "last_renewed": _moment(status.last_renewed),
        "problems": [
            {
                "reason": problem.reason.value,
                "failure": _key(problem.failure),
                "until": _moment(problem.until),
            }
            for problem in status.problems
        ],
    }


def _standing(message: Standing, accounts: Sequence[str]) -> dict[str, Any]:
    """Return what stands at an account, by its place in a relay's order."""
    return {
        "account": _place(message.account, accounts),
        "number": message.number,
        "recipients": len(message.recipients),
        "since": message.since.isoformat(),
        "fires_at": message.fires_at.isoformat(),
        "is_sure": message.is_sure,
        "was_cancelled": message.was_cancelled,
        "must_stay": message.must_stay,
        "failure": _key(message.failure),
        "is_announced": message.is_announced,
    }


def _place(account: str, accounts: Sequence[str]) -> int | None:
    return accounts.index(account) + 1 if account in accounts else None


def _key(failure: Failure | None) -> str | None:
    return None if failure is None else failure.key


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _ledger(ledger: Ledger) -> dict[str, Any]:
    """Return what the balance proves, and why it may prove nothing."""
    books = ledger.books
    return {
        "credits": None if books.credits is None else str(books.credits),
        "period": books.period,
        "is_disturbed": books.is_disturbed,
        "muted_since": _moment(books.muted),
        "is_alone": ledger.is_alone,
        "prices": {
            tariff: {"credits": str(price.credits), "confirmed": price.is_confirmed}
            for tariff, price in books.prices.items()
        },
    }


def _rest(account: Account) -> dict[str, Any] | None:
    """Return why an account rests, and since when; `None` if it doesn't."""
    rest = account.rest
    if rest is None:
        return None
    return {
        "reason": rest.reason,
        "since": (dt_util.utcnow() - rest.lasts).isoformat(),
        "next_probe_in": round(rest.next_probe_in.total_seconds()),
    }


def _requests(gateway: Gateway) -> dict[str, int] | None:
    """Return what is left of the requests that an hour may hold, where it is counted."""
    budget = gateway.budget
    if budget is None:
        return None
    return {"limit": budget.limit, "last_hour": budget.used}


async def _last_messages(
    sender: Channel, accounts: Sequence[str]
) -> list[dict[str, Any]] | str:
    """Return what became of the last messages, or why that can't be read."""
    try:
        records = await sender.journal.find(JournalQuery(limit=MESSAGES_TOLD))
    except NotStoredError as error:
        return str(error)
    return [_message(record, accounts) for record in records]


def _message(record: MessageRecord, accounts: Sequence[str]) -> dict[str, Any]:
    return {
        "kind": record.kind.value,
        "options": [*record.options.used, *record.options.own],
        "created": record.created.isoformat(),
        "expires": record.expires.isoformat(),
        "encoding": record.encoding.value,
        "segments": record.segments,
        "on_unknown": record.on_unknown.value,
        "urgent": record.urgent,
        "joined": len(record.joined),
        "submissions": [
            _submission(submission, accounts) for submission in record.submissions
        ],
    }


def _submission(
    submission: SubmissionRecord, accounts: Sequence[str]
) -> dict[str, Any]:
    return {
        "part": submission.part,
        "outcome": submission.outcome.value,
        "stage": submission.stage.value,
        "failure": _key(submission.failure),
        "attempts": submission.attempts,
        "attempted": _moment(submission.attempted),
        "segments": submission.segments,
        **_delivery(submission.delivery),
        # Accounts have none.
        **(
            {"legs": [_leg(leg, accounts) for leg in submission.legs]}
            if accounts
            else {}
        ),
    }


def _leg(leg: Leg, accounts: Sequence[str]) -> dict[str, Any]:
    """Return what became of a message at one account, by its place in the relay's order."""
    return {
        "account": _place(leg.account, accounts),
        "gateway": leg.gateway,
        "after": leg.after.total_seconds(),
        "outcome": leg.outcome.value,
        "is_open": leg.is_open,
        "is_passed_on": leg.is_passed_on,
        "failure": _key(leg.failure),
        "segments": leg.segments,
        "parts": len(leg.parts),
        "parts_sent": leg.parts_sent,
        **_delivery(leg.delivery),
    }


def _delivery(delivery: DeliveryState | None) -> dict[str, Any]:
    return {
        "delivery": None if delivery is None else delivery.status.value,
        "delivery_code": None if delivery is None else delivery.code,
    }


def _address(gateway: Gateway, url: URL) -> str:
    """Return the documented address, or only how another one is spoken to."""
    documented = {gateway.default_url, gateway.default_url.with_scheme("https")}
    return str(url) if url in documented else f"{url.scheme}://another"


def _balance(balance: Balance) -> dict[str, Any]:
    told = {name: value for name, value in asdict(balance).items() if value is not None}
    # An account's own id may be what one logs in with.
    hidden = {"account_id", "sub_accounts"}
    return {
        **{name: str(value) for name, value in told.items() if name not in hidden},
        "sub_accounts": len(balance.sub_accounts),
    }
