"""What the balance proves about submissions in doubt.

Two mistakes are possible, and both are dear: a false "not sent" sends an alert twice, a
false "accepted" loses it. So the balance speaks only where all that explains it agrees.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import partial
from math import gcd
from typing import Final

from ..model.submission import RowKey
from .books import Books, Charge, Key, Sighting

_UNITS_A_CREDIT: Final = 10_000
"""How fine prices are."""
_MOST_UNITS: Final = 1_000_000
"""What a greater fall is made up of is not looked for."""


class Verdict(StrEnum):
    """What is proved about a submission in doubt."""

    ACCEPTED = "accepted"
    """It was charged, so the gateway took it."""
    NOT_SENT = "not_sent"
    """It would have been charged by now, and was not: safe to try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known when a balance is told."""

    books: Books
    seen: Sighting


def assess(evidence: Evidence) -> Mapping[Key, Verdict]:
    """Return what became of submissions in doubt, as far as the balance proves it.

    Accepted: only Home Assistant uses the account, no charge is outstanding, and whatever
    explains the fall to the last credit holds one of this submission.

    Not sent: it would have been charged by now, and the balance has not fallen, or by what
    others were charged for certain. Where others use the account, that is what the gateway
    has told.

    Neither where the books have not yet added up, or something is known to have moved
    besides.
    """
    books, seen = evidence.books, evidence.seen
    fall = books.fallen_to(seen.credits)
    if fall is None:
        return {}
    if seen.is_alone and books.is_muted(seen.at):
        return {}
    # Those that differ in nothing but whose they are have one verdict.
    alike: dict[Charge, Verdict | None] = {}
    verdicts = dict[Key, Verdict]()
    for charge in filter(partial(_may_be_settled, books), seen.charges):
        kind = replace(charge, key=("", RowKey("")))
        if kind not in alike:
            alike[kind] = _assess_one(evidence, charge, fall)
        if verdict := alike[kind]:
            verdicts[charge.key] = verdict
    return verdicts


def _may_be_settled(books: Books, charge: Charge) -> bool:
    return charge.is_in_doubt and books.has_price(charge) and books.price_of(charge) > 0


def _assess_one(evidence: Evidence, doubt: Charge, fall: Decimal) -> Verdict | None:
    books, seen = evidence.books, evidence.seen
    if doubt.is_due and fall == _charged_by_now(evidence):
        return Verdict.NOT_SENT if _can_pay(books, seen) else None
    others = [charge for charge in seen.charges if charge is not doubt]
    if (
        seen.is_alone
        and all(map(books.has_price, seen.charges))
        and _explains(books, seen.charges, fall, is_all_charged=True)
        # What was given back with a told sum may come late, too.
        and _explains(books, others, fall, is_all_charged=False) is False
        and _explains(books, others, fall - books.moved, is_all_charged=False) is False
    ):
        return Verdict.ACCEPTED
    return None


def _charged_by_now(evidence: Evidence) -> Decimal:
    """Return what has certainly been charged, as far as its price is known."""
    books, seen = evidence.books, evidence.seen
    return books.certain(
        charge
        for charge in seen.charges
        if charge.is_due
        and (charge.told is not None or (seen.is_alone and books.has_price(charge)))
    )


def _can_pay(books: Books, seen: Sighting) -> bool:
    """Return whether all may have been charged: on trust the balance doesn't move."""
    return books.credits is not None and books.credits >= books.greatest(seen.charges)


def _explains(
    books: Books, charges: Iterable[Charge], fall: Decimal, *, is_all_charged: bool
) -> bool | None:
    """Return whether some of these charges make up a fall, with all that are certain.

    Unless `is_all_charged`, of the certain ones those may be outstanding that are not due
    yet. `None` where that takes too long to find out. The sums that can be reached are
    the bits of a number, which each charge shifts.
    """
    least, optional = Decimal(0), list[Decimal]()
    for charge in charges:
        price, times = books.price_of(charge), charge.possible
        if is_all_charged or charge.is_due:
            least += price * charge.certain
        else:
            times += charge.certain
        optional += [price] * times
    sums = [_units(fall - least), *map(_units, optional)]
    unit = gcd(*sums)
    if not unit:
        return fall == least
    target, *steps = [total // unit for total in sums]
    if target > _MOST_UNITS:
        return None
    if target < 0:
        return False
    reachable, mask = 1, (1 << target + 1) - 1
    for step in steps:
        reachable |= (reachable << min(step, target + 1)) & mask
    return bool(reachable >> target & 1)


def _units(credits: Decimal) -> int:
    return round(credits * _UNITS_A_CREDIT)
