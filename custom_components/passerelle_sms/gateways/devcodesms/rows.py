"""The rows of DevCodeSMS: what its answer says about each number (section 2.1.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ..decoding import digits_of, to_decimal, to_text
from ..delivery import find_number

# The document prints "success" and "error"; the others mean the same.
_YES: Final = frozenset({"true", "success"})
_NO: Final = frozenset({"false", "error", "erreur", "fail", "failed", "failure"})
# What stands in `errorcode` when there is no error.
_NO_ERROR: Final = frozenset({"", "0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What the answer says about one number."""

    accepted: bool | None
    """`None` when it says neither yes nor no."""
    digits: str
    """Of the number, however it was written."""
    submission_id: str | None
    cost: Decimal | None
    balance: Decimal | None
    error_code: str
    error_words: str


def read_rows(content: Mapping[str, object]) -> list[Row]:
    """Return every row of an answer, `details[].sms[]`."""
    return [
        _read_row(sms)
        for detail in objects(content.get("details"))
        for sms in objects(detail.get("sms"))
    ]


def rows_by_number(numbers: Sequence[str], rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the rows that speak of each number, and of no other one."""
    if len(numbers) == len(rows) == 1:
        # Whatever it says about the number, it can be about nobody else.
        return {numbers[0]: list(rows)}
    found: dict[str, list[Row]] = {number: [] for number in numbers}
    for row in rows:
        if (number := find_number(row.digits, numbers)) is not None:
            found[number].append(row)
    return found


def cost_of(rows: Sequence[Row]) -> Decimal | None:
    """Return what all rows that took a message cost, where they tell."""
    costs = [row.cost for row in rows if row.accepted and row.cost is not None]
    return sum(costs, Decimal(0)) if costs else None


def strongest(rows: Sequence[Row]) -> Row | None:
    """Return the row that counts among those about one number.

    One that took the message outweighs one that says nothing, and that one a refusal:
    what was taken must not be sent again.
    """
    for accepted in (True, None, False):
        for row in rows:
            if row.accepted is accepted:
                return row
    return None


def verdict(value: object) -> bool | None:
    """Return what `success`, `code` or a row's `status` says, if it says anything."""
    word = str(value).strip().casefold()
    if word in _YES:
        return True
    return False if word in _NO else None


def objects(value: object) -> list[Mapping[str, object]]:
    """Return the objects of a list, or the one that stands where a list is due."""
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, dict)]


def _read_row(sms: Mapping[str, object]) -> Row:
    code = to_text(sms.get("errorcode"))
    return Row(
        accepted=verdict(sms.get("status")) if code in _NO_ERROR else False,
        digits=digits_of(to_text(sms.get("mobileno"))),
        submission_id=to_text(sms.get("messageid")) or None,
        cost=to_decimal(sms.get("total_sms_unit")),
        balance=to_decimal(sms.get("balance")),
        error_code=code,
        error_words=to_text(sms.get("errordescription")),
    )
