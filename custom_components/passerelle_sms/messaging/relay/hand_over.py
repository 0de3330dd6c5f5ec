"""Which accounts are to take a relay's message, and what is on disk of that.

Everything here is pure, but for the questions to the accounts, which change nothing.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from homeassistant.util.ulid import ulid

from ...gateways.errors import NothingBeginsError
from ...gateways.model.options import SmsOptions
from ..model.leg import Leg
from ..model.leg_order import LegOrder
from ..model.obstacle import Obstacle, ObstacleKind
from ..model.record import MessageRecord, sms_for
from ..model.submission import RowKey, SubmissionRecord
from ..operations.leg_taker import LegTaker
from ..runtime.turns import Steps
from ..text.splitting import TooLong
from .failover import Candidate, choose
from .legs import remainder_of
from .relay_accounts import RelayAccounts

type NewLegs = Mapping[RowKey, Leg]

# What a relay has not been told, which is to be as usual.
_USUAL: Final = TooLong.SPLIT


def candidates(
    record: MessageRecord,
    row: SubmissionRecord,
    accounts: RelayAccounts,
    now: datetime,
    *,
    excluded: Container[str] = (),
) -> Iterator[Candidate]:
    """Yield what keeps each account from taking a message for one recipient now.

    Each is asked when it comes to it, but for those that are `excluded`.
    """
    later = Obstacle(error=NothingBeginsError(), kind=ObstacleKind.LATER)
    for account_id in accounts.missing:
        yield Candidate(account_id=account_id, obstacle=later)
    sms, remainder = sms_for(record, [row.key], now), remainder_of(row.legs)
    for account in accounts.current:
        if account.account_id not in excluded:
            yield Candidate(
                account_id=account.account_id,
                gateway=account.gateway.key,
                obstacle=account.obstacle(
                    sms,
                    row.recipient,
                    record.too_long or _USUAL,
                    urgent=record.urgent,
                    remainder=remainder,
                ),
            )


def chosen_for(
    record: MessageRecord,
    keys: Iterable[RowKey],
    accounts: RelayAccounts,
    now: datetime,
    *,
    excluded: Callable[[SubmissionRecord], Container[str]],
) -> Steps[dict[RowKey, LegTaker]]:
    """Return which account each recipient's is next, as far as there is one.

    `excluded` tells who is not asked.
    """
    by_id = {one.account_id: one for one in accounts.current}
    chosen: dict[RowKey, LegTaker] = {}
    for key in keys:
        row = record.find(key)
        others = excluded(row)
        found = choose(candidates(record, row, accounts, now, excluded=others), others)
        if found is not None:
            chosen[key] = by_id[found.account_id]
        yield
    return chosen


def legs_for(
    record: MessageRecord, chosen: Mapping[RowKey, LegTaker], now: datetime
) -> NewLegs:
    """Return a leg for each recipient: one message of an account for all that it takes."""
    ids: dict[str, str] = {}
    after = now - record.created
    return {
        key: Leg(
            account=account.account_id,
            gateway=account.gateway.key,
            message_id=ids.setdefault(account.account_id, ulid(now.timestamp())),
            journal=account.journal_epoch,
            after=after,
        )
        for key, account in chosen.items()
    }


def with_legs(
    record: MessageRecord, finished: NewLegs, begun: NewLegs
) -> MessageRecord:
    """Return a message with what became of its last legs, and with those that follow."""

    def change(key: RowKey) -> SubmissionRecord:
        row = record.find(key)
        legs = row.legs
        if (told := finished.get(key)) is not None:
            legs = replaced(legs, told)
        if (new := begun.get(key)) is not None:
            legs = (*map(_passed_on, _without_repetition(legs, new)), new)
        return replace(row, legs=legs)

    return record.updated(map(change, dict.fromkeys([*finished, *begun])))


def replaced(legs: Sequence[Leg], told: Leg) -> tuple[Leg, ...]:
    """Return legs with one of them as it is now."""
    return tuple(
        replace(told, is_passed_on=leg.is_passed_on or told.is_passed_on)
        if (leg.account, leg.message_id) == (told.account, told.message_id)
        else leg
        for leg in legs
    )


def order_for(
    record: MessageRecord, keys: Sequence[RowKey], relay_id: str, now: datetime
) -> LegOrder:
    """Return what the account is asked that has the last leg of some recipients."""
    rows = [*map(record.find, keys)]
    numbers = {row.recipient.number for row in rows}
    sms = sms_for(record, keys, now)
    leg = rows[0].legs[-1]
    return LegOrder(
        message_id=leg.message_id,
        relay=relay_id,
        relay_message=record.message_id,
        sms=replace(
            sms, reference=leg.message_id, options=_options_of(sms.options, numbers)
        ),
        recipients=tuple(row.recipient for row in rows),
        too_long=record.too_long or _USUAL,
        time_to_live=record.expires - now,
        on_unknown=record.on_unknown,
        urgent=record.urgent,
        remainders={
            row.recipient.number: remainder
            for row in rows
            if (remainder := remainder_of(row.legs)) is not None
        },
    )


def by_leg(
    record: MessageRecord, keys: Iterable[RowKey]
) -> Iterable[tuple[RowKey, ...]]:
    """Return which recipients share the message that has their last leg."""
    groups: dict[tuple[str, str], list[RowKey]] = {}
    for key in keys:
        leg = record.find(key).legs[-1]
        groups.setdefault((leg.account, leg.message_id), []).append(key)
    return [tuple(group) for group in groups.values()]


def _without_repetition(legs: Iterable[Leg], new: Leg) -> list[Leg]:
    """Return legs without what provably never left through the same account before.

    An account that is tried again and again for an hour has one leg to show for it, also
    where it could not take it in for want of room.
    """
    return [
        leg
        for leg in legs
        if leg.account != new.account
        or leg.is_open
        or leg.may_have_sent
        or leg.parts_sent
    ]


def _passed_on(leg: Leg) -> Leg:
    return replace(leg, is_passed_on=True)


def _options_of(options: SmsOptions, numbers: Iterable[str]) -> SmsOptions:
    """Return the options of a message to these numbers: what others read is theirs."""
    if not options.personalisation:
        return options
    return replace(
        options,
        personalisation=_only(options.personalisation, numbers),
        texts=_only(options.texts, numbers),
    )


def _only[Value](
    values: Mapping[str, Value], numbers: Iterable[str]
) -> dict[str, Value]:
    return {number: values[number] for number in numbers if number in values}
