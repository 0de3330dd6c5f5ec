"""What DevCodeSMS answers: a JSON object (sections 2.1.2 and 2.2.2).

`success`, `code` and `status` say yes or no to what was asked as a whole, and a row of
`details[].sms[]` says so about its number. Words only tell which refusal it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
import re
from typing import Final

from ..answer_reader import EXCERPT, STATUS_ERRORS
from ..claim import HttpStatus
from ..errors import GatewayError, InvalidRequestError
from ..model.account import Balance
from ..model.delivery import find_number
from ..wire.decoding import digits_of, folded, to_credits, to_int, to_text
from ..wire.json_document import Object, as_object, items_of, read_json
from ..wire.transport import Answer
from .codes import kind_of, says_something_left

type Said = frozenset[bool]
"""Whether something was taken: yes, no, or nothing of it. Both: nobody can tell."""

NO: Final[Said] = frozenset({False})
YES: Final[Said] = frozenset({True})
UNCLEAR: Final[Said] = YES | NO
_NOTHING: Final[Said] = frozenset()

# What stands where there is nothing.
_NULL: Final = frozenset(
    {"", "none", "null", "nil", "undefined", "aucun", "aucune", "n/a", "-", "[]", "{}"}
)
# The document prints "success" and "error"; the others mean the same.
_FINE: Final = frozenset({"success", "succes", "ok", "200", "201"})
_YES: Final = frozenset({"success", "succes", "ok", "true", "1", "yes", "oui", "vrai"})
_NO: Final = frozenset(
    {"error", "erreur", "fail", "failed", "failure", "echec", "false", "0", "no", "non"}
)
_HTTP_STATUS: Final = re.compile(r"[1-5][0-9]{2}")
# Three times what can be asked for; more are no answer to anything.
_MOST_ROWS: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is said about one number, or about all of them."""

    said: Said
    kind: type[GatewayError] | None = None
    """Which refusal it is, if it is one."""
    code: str = field(default="", repr=False)
    words: str = field(default="", repr=False)
    submission_id: str | None = field(default=None, repr=False)
    cost: Decimal | None = None
    balance: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an answer says."""

    answer: Answer = field(repr=False)
    whole: Told
    by_number: Mapping[str, Told] = field(repr=False)
    """By every number that was asked for."""
    has_rows: bool
    balance: Balance | None


def read_reply(answer: Answer, numbers: Sequence[str] = ()) -> Reply:
    """Return what an answer says, to a message for these numbers if it is one to that."""
    objects = [as_object(item) for item in items_of(read_json(answer.text))]
    content = (objects[0] if len(objects) == 1 else None) or {}
    rows, said = _read_details(content)
    told_status = to_int(content.get("status"))
    said |= _verdict(content.get("success"), content.get("code"), told_status)
    status = told_status or answer.status
    title, words = _words(content.get("title")), _words(content.get("msg"))
    unsaid = Told(said=_NOTHING, kind=kind_of(words))
    kind = unsaid.kind or STATUS_ERRORS.get(status)
    by_number = _by_number(numbers, rows, unsaid)
    if rows:
        # A failure is one of somebody: "Certain message n'ont pas été envoyé".
        is_clear = said != NO or {told.said for told in by_number.values()} != {YES}
    else:
        # Of several, only some refusals are of everybody. Where nothing is said, the HTTP
        # status decides.
        is_clear = len(numbers) <= 1 or not said or (said == NO and kind is not None)
        is_clear &= said == YES or not says_something_left(f"{title} {words}")
    whole = Told(
        said=said if is_clear else UNCLEAR,
        kind=kind or (InvalidRequestError if status == 400 else None),
        code=str(told_status or f"HTTP {status}"),
        words=words,
    )
    return Reply(
        # Inside of HTTP 200, too, that is an error of the server's own.
        answer=replace(answer, status=status) if 500 <= status < 600 else answer,
        whole=whole,
        by_number=by_number if rows else dict.fromkeys(numbers, whole),
        has_rows=bool(rows),
        balance=_read_balance(content),
    )


def _read_details(content: Object) -> tuple[list[tuple[str, Told]], Said]:
    """Return the rows, with their numbers' digits, and what is said where none are."""
    # The list of rows may stand without what is around it, and one row without its list.
    details = items_of(content.get("details") or {"sms": content.get("sms")})
    rows: list[tuple[str, Told]] = []
    said = UNCLEAR if len(details) > _MOST_ROWS else _NOTHING
    for detail in details[:_MOST_ROWS]:
        fields = as_object(detail) or {"sms": detail}
        items = items_of(fields.get("sms", fields if "mobileno" in fields else None))
        rows += map(_read_row, items[: _MOST_ROWS + 1])
        if len(rows) > _MOST_ROWS:
            return rows, UNCLEAR
        if not items:
            said |= _verdict(fields.get("responsecode"))
    return rows, said


def _read_row(item: object) -> tuple[str, Told]:
    row = as_object(item) or {}
    words = _words(row.get("errordescription"))
    kind = kind_of(words)
    said = _verdict(row.get("status")) or UNCLEAR
    said |= _verdict_of_error(row.get("errorcode")) | (NO if kind else _NOTHING)
    return digits_of(to_text(row.get("mobileno"))), Told(
        said=said,
        kind=kind,
        code=_words(row.get("errorcode")),
        words=words,
        submission_id=_words(row.get("messageid")) or None,
        cost=to_credits(row.get("total_sms_unit")),
        balance=to_credits(row.get("balance")),
    )


def _by_number(
    numbers: Sequence[str], rows: Sequence[tuple[str, Told]], unsaid: Told
) -> dict[str, Told]:
    """Return what the rows say about each number, and about no other one."""
    by_number = dict.fromkeys(numbers, unsaid)
    for digits, row in rows:
        # The only row is about the only number, however it writes it.
        is_only = len(numbers) == len(rows) == 1
        number = numbers[0] if is_only else find_number(digits, numbers)
        if number is not None:
            known = by_number[number]
            by_number[number] = replace(
                row,
                said=known.said | row.said,
                kind=row.kind or known.kind,
                submission_id=known.submission_id or row.submission_id,
            )
    return by_number


def _read_balance(content: Object) -> Balance | None:
    for item in (*items_of(content.get("data")), content):
        data = as_object(item) or {}
        if (credits_left := to_credits(data.get("solde"))) is not None:
            return Balance(
                credits=credits_left,
                purchased=to_int(data.get("qty_acheter")),
                sent=to_int(data.get("qty_envoye")),
            )
    return None


def _verdict(*values: object) -> Said:
    """Return what fields say that hold yes, no, or an HTTP status.

    A status of success says only that the rest is to be read, where there is a rest.
    """
    said = fine = _NOTHING
    for word in map(_word, values):
        status = HttpStatus.of(int(word)) if _HTTP_STATUS.fullmatch(word) else None
        if word in _YES:
            said |= YES
        elif word in _NO or status is HttpStatus.REFUSED:
            said |= NO
        elif status is HttpStatus.FINE:
            fine = YES
        elif word not in _NULL:
            said |= UNCLEAR
    return said or fine


def _verdict_of_error(value: object) -> Said:
    """Return what `errorcode` says: nothing, that there is no error, or that there is."""
    word = _word(value)
    if word in _NULL or word == "false":
        return _NOTHING
    return YES if word in _FINE or not word.strip("0.") else NO


def _word(value: object) -> str:
    return folded(str(value)[:EXCERPT])


def _words(value: object) -> str:
    text = to_text(value)[:EXCERPT]
    return "" if _word(text) in _NULL else text
