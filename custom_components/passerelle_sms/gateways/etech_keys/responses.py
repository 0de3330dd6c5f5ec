"""What ETECH KEYS answers to a message, and to the question for the credit.

One line of text, which may stand in a page or beside notices of PHP's.
"""

from collections.abc import Callable
from decimal import Decimal
import re
from typing import Final

from ..claim import Claim
from ..errors import (
    AuthenticationError,
    InsufficientCreditError,
    InvalidRecipientError,
    RejectedError,
)
from ..wire.decoding import folded, to_credits
from ..wire.json_document import read_object
from ..wire.noise import is_noise, lines, says_done

# Section A.1: an id is `1`, the login, the recipient and random digits. It is kept as a
# text, as its 24 digits or so overflow an integer elsewhere, and nothing in it is
# checked: the login in the document's own id isn't that of its request.
ID: Final = re.compile(r"[0-9]{15,64}")
# Section A.2: the same after the word "error". Nothing else that holds the word is a
# refusal: a PHP error page does too, and the message behind it may have left.
_FAILED: Final = re.compile(r"error\W{0,9}([0-9]{15,64})?")
# Sections A.3 to A.5.
_REFUSALS: Final[dict[str, type[RejectedError]]] = {
    "solde insuffisant": InsufficientCreditError,
    "mot de passe incorrect": AuthenticationError,
    "destinataire incorrect": InvalidRecipientError,
}
_QUOTES: Final = "\"' "

type Show = Callable[[str], str]
"""Makes the gateway's words fit to be shown."""


def read_claim(body: str, show: Show) -> Claim:
    """Return what an answer claims about a message ("Valeur de Retour", section A)."""
    told = _lines(body)
    ids = [line for line in told if ID.fullmatch(line)]
    others = " ".join(line for line in told if line not in ids)
    submission_id = ids[0] if ids else _id_in(others)
    refusal = read_refusal(body, show)
    if refusal is None:
        # Where nothing is claimed, nothing can be in doubt: the status may decide.
        is_readable = not ids or (len(set(ids)) == 1 and is_noise(others))
    else:
        # Its own id is all that may stand beside a refusal.
        is_readable = submission_id == refusal.reference
    return Claim(
        is_accepted=bool(ids),
        refusal=refusal,
        is_readable=is_readable,
        submission_id=submission_id,
    )


def read_refusal(body: str, show: Show) -> RejectedError | None:
    """Return the refusal that an answer is, to whatever was asked."""
    words = " ".join(_lines(body))
    said = folded(words)
    if failed := _FAILED.fullmatch(said):
        return RejectedError(words="error", reference=failed[1])
    for sentence, error in _REFUSALS.items():
        if sentence in said and not says_done(said):
            return error(words=show(words))
    return None


def read_credit(body: str) -> Decimal | None:
    """Return the credit (section D) from a bare number, or from JSON, as seen in use."""
    if (answer := read_object(body)) is not None:
        return to_credits(answer.get("solde", answer.get("balance")))
    told = _lines(body)
    numbers = [number for line in told if (number := to_credits(line)) is not None]
    others = " ".join(line for line in told if to_credits(line) is None)
    return numbers[0] if len(numbers) == 1 and is_noise(others) else None


def _lines(body: str) -> list[str]:
    return [line.strip(_QUOTES) for line in lines(body)]


def _id_in(words: str) -> str | None:
    """Return the id that stands in other words, if there is one."""
    found = set(ID.findall(words))
    return found.pop() if len(found) == 1 else None
