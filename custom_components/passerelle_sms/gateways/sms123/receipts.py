"""How a message asks 123-SMS.net for a receipt, and what the receipt will call it.

The document knows no receipts. The vendor's own modules ask for them with `refaccuse`
and the letter "o", and find the gateway's reference of the message behind the code of the
answer; its OpenAPI file calls `refaccuse` a reference of the caller's. Either may come
back, so both are understood.
"""

from dataclasses import replace
import re
import secrets
from typing import Final

from ..model.delivery import is_same_number
from .codes import SEND_CODES
from .responses import Reply, read_code_answer

PARAMETER: Final = "refaccuse"

# What the modules send. It names no message.
_LETTER: Final = "o"
# A letter first: behind a code it can't be taken for more of the gateway's digits.
_OWN_PREFIX: Final = "h"
_OWN_BYTES: Final = 6

# What is longer is a page, and no answer.
_LONGEST: Final = 2000
_AROUND: Final = " \t\r\n\ufeff\"'[]"
_BETWEEN: Final = " \t\r\n;,|&?"
# What a reference is called: as the modules and the calls name it, or otherwise.
_RECEIPT_NAMES: Final = r"(?<![^\W\d_])ref[\s_-]?(?:accuse|envoi)"
_OTHER_NAMES: Final = (
    r"(?<![^\W\d_])(?:r[eé]f(?:[eé]rence)?"
    r"|id(?:[_-]?(?:sms|message|envoi))?|(?:sms|message|envoi)[_-]?id)"
)
_REFERENCE: Final = r"[a-z0-9](?:[\w.-]{0,62}[a-z0-9])?(?!\w|[.-]\w)"
# As in a query, in JSON and in XML.
_BEHIND_NAME: Final = rf"['\"]?\s{{0,9}}[=:>]{{1,2}}[\s'\"\[]{{0,9}}({_REFERENCE})"
_CALLED: Final = tuple(
    re.compile(names + _BEHIND_NAME, re.IGNORECASE | re.ASCII)
    for names in (_RECEIPT_NAMES, _OTHER_NAMES)
)
# A name and what follows it, as in `80refaccuse=12345`. A name of JSON has a quotation
# mark behind it.
_IN_TEXT: Final = re.compile(
    rf"[\s;,|&?]{{0,3}}(?:{_RECEIPT_NAMES}|{_OTHER_NAMES})"
    rf"\s{{0,9}}[=:]\s{{0,9}}(?:(['\"])(?:{_REFERENCE})?\1|{_REFERENCE})?",
    re.IGNORECASE | re.ASCII,
)
# Shorter ones are other codes. Only acceptances are seen with a reference behind them.
_GLUED: Final = re.compile(r"(8[01])[^\w.]{0,4}([0-9]{4,20})")
_NOTHING: Final = frozenset({"0", "null", "none", "false", "true", "nan"})


class ReceiptRequests:
    """What messages ask for a receipt with, as the gateway is seen to take it.

    It is the modules' letter, until an answer shows no reference of the gateway's own:
    then the next message brings one of ours, which the letter may have been taken for.
    """

    def __init__(self) -> None:
        """Begin as the modules do."""
        self._asks_by_letter = True

    def next(self) -> str:
        """Return what the next message asks with."""
        if self._asks_by_letter:
            return _LETTER
        return _OWN_PREFIX + secrets.token_hex(_OWN_BYTES)

    def learn(self, asked: str, told: str | None) -> str | None:
        """See what the answer to a message told; return the reference of the message."""
        if asked == _LETTER:
            self._asks_by_letter = told not in {None, asked}
            return told
        self._asks_by_letter = told != asked
        return told or asked


def read_receipted_answer(text: str, *, asked: str, number: str) -> Reply:
    """Return what a message that asked for a receipt is answered, with its reference.

    The reference is glued to the code, named behind it, or a value of its own in JSON or
    XML. One beside a refusal is a contradiction, unless it is only what was asked with.
    `number` is the recipient's, which is no reference wherever it stands.
    """
    if len(text) > _LONGEST:
        return read_code_answer(text, SEND_CODES)
    told = _named(text, asked)
    rest = _IN_TEXT.sub("", text).strip(_BETWEEN)
    if told is None:
        rest, told = _parted(rest, asked, number)
    reply = read_code_answer(rest, SEND_CODES, asked)
    references = {reply.claim.submission_id, told} - {None}
    if reply.claim.refusal is not None:
        surprises = (references | _values(text, _CALLED[0])) - {asked}
        is_readable = reply.claim.is_readable and not surprises
        return replace(reply, claim=replace(reply.claim, is_readable=is_readable))
    reference = references.pop() if len(references) == 1 else None
    return replace(reply, claim=replace(reply.claim, submission_id=reference))


def _named(text: str, asked: str) -> str | None:
    """Return the reference that an answer names, and names once.

    The letter counts only where nothing else is named.
    """
    named = [_values(text, called) for called in _CALLED]
    for values in named:
        if asked in values and asked != _LETTER:
            return asked
        if others := values - {asked}:
            return others.pop() if len(others) == 1 else None
    return asked if any(named) else None


def _values(text: str, called: re.Pattern[str]) -> set[str]:
    return {value for value in called.findall(text) if value.casefold() not in _NOTHING}


def _parted(text: str, asked: str, number: str) -> tuple[str, str | None]:
    """Return an answer without the reference behind its code, and the reference."""
    between = "" if asked == _LETTER else r"\W{0,4}"
    rest, found = re.subn(rf"(?<!\w)(8[01]){between}{asked}(?!\w)", r"\1", text)
    if found == 1:
        return rest, asked
    glued = _GLUED.fullmatch(text.strip(_AROUND))
    # A national number has a zero before it.
    if glued is None or any(
        is_same_number(number, digits)
        for digits in (glued[1] + glued[2], glued[2].lstrip("0"))
    ):
        return text, None
    return glued[1], glued[2]
