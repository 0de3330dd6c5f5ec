"""What SMSECO answers ("Réponse" in every section of its document).

The document prints the same field in several spellings (sections I-1, I-3, III-3 and
IV-2): names are looked up in lower case, and under all of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from ..claim import Claim
from ..errors import InvalidRecipientError, RejectedError
from ..model.account import Balance
from ..model.delivery import find_number
from ..wire.decoding import digits_of, to_credits, to_int, to_text
from ..wire.json_document import Object, as_object, items_of
from ..wire.noise import is_noise, says_done
from ..wire.times import read_date
from .codes import STATES

# The documented codes have two digits; what is far below is no code of this gateway.
_LOWEST_CODE: Final = -999
# Ids have 23 characters in section III-4.
_LONGEST_ID: Final = 64
_LONGEST_WORDS: Final = 4000
_MOST_SENDERS: Final = 1000


def answer_in(document: object) -> Object:
    """Return the fields of an answer, which may stand in a list of one or in `REPONSE`."""
    items = items_of(document)
    fields = (as_object(items[0]) if len(items) == 1 else None) or {}
    return answer_in(fields["reponse"]) if "reponse" in fields else fields


def find_rows(value: object, sending_id: str | None = None) -> list[Object]:
    """Return the innermost objects that are about one recipient, wherever they stand.

    PHP writes a list as an object, too, and a list of one as that one. What a row
    belongs to tells its `msgfid`.
    """
    if isinstance(value, list):
        return [row for item in value for row in find_rows(item, sending_id)]
    if (fields := as_object(value)) is None:
        return []
    fields["msgfid"] = sending_id = read_sending_id(fields) or sending_id
    inside = [row for held in fields.values() for row in find_rows(held, sending_id)]
    return inside or ([fields] if is_row(fields) else [])


def is_row(fields: Object) -> bool:
    """Return whether an object tells an id or a number; or the state of a request."""
    return bool(
        read_id(fields, "smsfid", "smsid")
        or read_number(fields)
        or (read_sending_id(fields) and read_statut(fields) in STATES)
    )


def read_statut(fields: Object) -> int | None:
    """Return the code; `None` where there is none, or several that differ."""
    codes = {to_int(fields.get(name)) for name in ("statut", "statur", "status")}
    codes.discard(None)
    code = codes.pop() if len(codes) == 1 else None
    return None if code is None or code < _LOWEST_CODE else code


def read_words(fields: Object) -> str:
    """Return the server's explanation, as it came: it may hold anything."""
    words = (fields.get(name) for name in ("texte", "text"))
    told = next((told for told in words if isinstance(told, str) and told), "")
    return told[:_LONGEST_WORDS]


def read_id(fields: Object, *names: str, ours: str | None = None) -> str | None:
    """Return the server's id; zeros alone, or nothing, are none, nor is one of ours."""
    for name in names:
        told = to_text(fields.get(name))
        is_id = told.isprintable() and len(told) <= _LONGEST_ID
        if told.strip("0") and told != ours and is_id:
            return told
    return None


def read_sending_id(fields: Object, ours: str | None = None) -> str | None:
    """Return the id of a request: section I-3 prints it as the name of our own."""
    return read_id(fields, "msgfid", "msgid", ours=ours)


def read_number(fields: Object) -> str:
    """Return the digits of the number that a row is about; none where it tells none."""
    told = fields.get("destination") or fields.get("numero")
    return digits_of(to_text(told))


def read_balance(fields: Object) -> Balance | None:
    """Return the credits, the day they lapse and the consumption (section IV-1).

    `accountid` is the same for every kind of login (section V-2-1).
    """
    if (credits_left := to_credits(fields.get("credits"))) is None:
        return None
    return Balance(
        credits=credits_left,
        expires=read_date(fields.get("expire")),
        consumption=to_credits(fields.get("cumul")),
        account_id=read_id(fields, "accountid") or "",
    )


def read_senders(fields: Object) -> tuple[str, ...] | None:
    """Return the names in `senders` (section IV-2), each once."""
    names = dict.fromkeys(_names(fields.get("senders")))
    return tuple(names)[:_MOST_SENDERS] if "senders" in fields else None


def read_claims(
    fields: Object,
    numbers: Sequence[str],
    reference: str | None,
    refusal: RejectedError | None,
) -> tuple[Claim, ...]:
    """Return what an answer claims about each recipient (sections I-1, I-3 and V-3).

    `numbers` are the recipients as the gateway writes them, `reference` is our own id,
    `refusal` what the answer says that all was refused for.
    """
    # One more than was asked for is enough to see that it is another list.
    rows = find_rows([*fields.values()])[: len(numbers) + 1]
    statut, words = read_statut(fields), read_words(fields)
    sending_id = read_sending_id(fields, reference)
    cost = to_credits(fields.get("credits"))
    # What only a message that was taken has.
    is_taken = bool(rows or sending_id or (cost or 0) > 0)
    is_yes = (statut or 0) > 0 if refusal is None else says_done(words)
    whole = Claim(
        is_accepted=is_taken or is_yes,
        refusal=refusal,
        is_readable=statut is not None
        and bool(refusal or is_noise(words) or says_done(words)),
        submission_id=sending_id,
        sending_id=sending_id,
        cost=cost if len(numbers) == 1 else None,
    )
    named, others = _match(rows, numbers)
    valid = _count_valid(fields, len(numbers)) if whole.is_accepted else None
    if refusal is not None:
        rest = whole
    elif rows and not others:
        # Whom a list of all that were valid doesn't name wasn't.
        is_complete = valid == len(named) == len(rows)
        invalid = InvalidRecipientError() if is_complete else None
        rest = replace(whole, is_accepted=False, refusal=invalid)
    else:
        # A count of all is enough, unless it may be about others.
        are_all = valid == len(numbers) and not any(others)
        is_readable = whole.is_readable or not are_all
        rest = replace(whole, is_accepted=are_all, is_readable=is_readable)
    return tuple(
        _claim_of(named[number], whole) if number in named else rest
        for number in numbers
    )


def _claim_of(row: Object, whole: Claim) -> Claim:
    """Return what an answer claims about a recipient whom it names.

    Section I-1 knows no code in a row: an error there takes back what the row says.
    """
    cost = to_credits(row.get("credits"))
    return replace(
        whole,
        is_accepted=True,
        is_readable=whole.is_readable and (read_statut(row) or 0) >= 0,
        submission_id=read_id(row, "smsfid", "smsid") or whole.sending_id,
        cost=whole.cost if cost is None else cost,
    )


def _count_valid(fields: Object, asked: int) -> int | None:
    """Return how many recipients were valid, as a success tells; `None` if it doesn't."""
    told, statut = to_int(fields.get("destinataires")), read_statut(fields) or 0
    if statut > 0:
        return statut if told in {None, statut} else None
    # Without a count, a success says no more than that there was one.
    return 1 if told is None and asked == 1 else told


def _match(
    rows: Sequence[Object], numbers: Sequence[str]
) -> tuple[dict[str, Object], list[str]]:
    """Return the rows by our numbers, and the numbers of those that fit none, or several.

    The server may leave out a country code or add a prefix. One row about one recipient
    needs no number.
    """
    named: dict[str, Object] = {}
    others: list[str] = []
    for row in rows:
        told = read_number(row)
        is_only = not told and len(rows) == len(numbers) == 1
        number = numbers[0] if is_only else find_number(told, numbers)
        if number is None:
            others.append(told)
        else:
            named.setdefault(number, row)
    return named, others


def _names(value: object) -> Iterator[str]:
    for item in items_of(value):
        if isinstance(item, str) and item.strip():
            yield item.strip()
        elif isinstance(item, list):
            yield from _names(item)
        elif (fields := as_object(item)) is not None:
            yield from _names(fields.get("sender"))
