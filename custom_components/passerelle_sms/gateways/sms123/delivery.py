"""The receipts that 123-SMS.net sends by itself, as the vendor's own modules take them.

The document knows none. Whoever knows the address may call, so nothing is believed about
the form of a call.
"""

from collections.abc import Callable
import re
from typing import Final
from urllib.parse import unquote_plus

from ..abilities.delivery import PushedAnswer, PushedReport
from ..answer_reader import EXCERPT
from ..model.delivery import DeliveryReport, DeliveryStatus
from ..wire.charset import valid_unicode
from ..wire.decoding import digits_of

# "It wants HTTP 200 and the one word": to every call, so that no answer tells anybody
# what is known here.
TAKEN: Final = PushedAnswer(body="OK", content_type="text/plain")

_ERROR: Final = "erreur"
_REFERENCE: Final = "refenvoi"
_NUMBER: Final = "gsm"
# What the three fields take is far less.
_LONGEST: Final = 2000
# The gateway appends its question mark to an address that may have one; what is escaped
# for a page is joined by `&amp;`.
_SEPARATORS: Final = re.compile(r"&(?:amp;)*|[?;]", re.IGNORECASE)
_AROUND: Final = " \t\r\n\"'"
_NO_ERROR: Final = re.compile(r"(?:0*|ok)", re.IGNORECASE)


def read_call(query: str, redact: Callable[[str], str]) -> tuple[PushedReport, ...]:
    """Return what the query of a call says: one report, or none at all."""
    if len(query) > _LONGEST:
        return ()
    fields = _fields(query)
    error, reference = fields.get(_ERROR), reference_key(fields.get(_REFERENCE) or "")
    # A national number has a zero before it, an international one may have two.
    number = digits_of(fields.get(_NUMBER) or "").lstrip("0")
    if error is None or not reference or not number:
        return ()
    report = DeliveryReport(
        submission_id=reference,
        recipient=number,
        status=DeliveryStatus.DELIVERED
        if _NO_ERROR.fullmatch(error)
        else DeliveryStatus.UNDELIVERED,
        code=redact(error)[:EXCERPT] or None,
    )
    return (PushedReport(report=report),)


def reference_key(reference: str) -> str:
    """Return what a reference is compared by: its capitals and blanks mean nothing."""
    return "".join(reference.split()).casefold()


def _fields(query: str) -> dict[str, str | None]:
    """Return the fields of a query; of one that is there twice and differs, `None`."""
    fields: dict[str, str | None] = {}
    for part in _SEPARATORS.split(valid_unicode(query)):
        name, _, value = part.partition("=")
        key = unquote_plus(name).strip(_AROUND).casefold()
        told = unquote_plus(value).strip(_AROUND)
        fields[key] = told if fields.get(key, told) == told else None
    return fields
