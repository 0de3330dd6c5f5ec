"""What Envoyer SMS Pro answers ("API SMS HTTP REST", version 2.10.0).

`status` and `error_id` decide; the wording of an error only explains it.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import islice
import re
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from ..claim import Claim
from ..wire.decoding import digits_of, to_credits, to_int
from ..wire.noise import lines, says_done, without_comments
from ..wire.transport import Answer
from ..wire.xml_document import read_xml

# The echo of the query: up to the last closing tag, as the text inside may hold one too,
# and up to the end where none is left.
_ECHO: Final = re.compile(
    r"<\s*+request\s*+>(?:.*<\s*+/\s*+request\s*+>|.*)", re.IGNORECASE | re.DOTALL
)
# Behind it stands no echo, but what somebody has answered.
_REPLIES: Final = re.compile(r"<\s*+responses\b", re.IGNORECASE)
# What is left of an answer that was cut.
_REMAINS: Final = re.compile(
    r"<\s*+/?+\s*+(?:\?xml|envoyersmspro|error|message|status)", re.IGNORECASE
)
_ID_IN_REMAINS: Final = re.compile(
    r"<\s*+message_id\s*+>\s*+([^<\s]{1,64}+)\s*+<", re.IGNORECASE
)
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Words that a script leaves when it ends too early.
_BROKEN: Final = re.compile(r"\b(?:exception|fatal|uncaught)\b", re.IGNORECASE)
_NOTHING: Final = frozenset({"", "0", "false", "null", "none"})
_WRONG_NUMBERS: Final = re.compile(r"wrong numbers\s*+:(.*)", re.IGNORECASE)
# A thousand numbers, and what may stand between them.
_LONGEST: Final = 20_000
# As it is written in France: "06 00 00 00 01", "+33 (0)6 00 00 00 01".
_NATIONAL: Final = re.compile(r"(?:(?:00)?33)?0([1-9][0-9]{8})")
# Both `sms_remaining` and `sms_remaing` are printed.
_REMAINING: Final = "sms_rema"


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlAnswer:
    """An answer, as far as it can be read."""

    answer: Answer = field(repr=False)
    """Without the echo of the request."""
    body: Element = field(repr=False)
    status: str = field(repr=False)
    """Empty where it tells none."""
    error_id: int | None
    message: str = field(repr=False)
    """The gateway's words; they may hold phone numbers."""
    is_readable: bool
    """Whether it is whole and contradicts itself nowhere."""
    gives_no_reason: bool
    """Whether it is a refusal by its words or its form, if it is one by its HTTP status."""


def read_answer(answer: Answer) -> XmlAnswer:
    """Return what an answer says, without the echo of what was asked."""
    text = answer.text
    if (echo := _ECHO.search(text)) and not _REPLIES.search(text, 0, echo.start()):
        text = _ECHO.sub("", text)
    root = read_xml(text)
    is_cut = root is None and _REMAINS.search(without_comments(text)) is not None
    body = _remains(text if is_cut else "") if root is None else root
    # Something may stand around it.
    body = next((each for each in body.iter() if each.find("status") is not None), body)
    errors = (_texts(body, "error/error_id") | _texts(body, "error_id")) - _NOTHING
    statuses = {status.casefold() for status in _texts(body, "status")}
    status = next(iter(statuses), "")
    error_id = to_int(next(iter(errors), None))
    is_readable = (
        not is_cut
        and len(statuses) <= 1
        and status in ({"fail", "success"} if errors else {"", "fail", "success"})
        and len(errors) == (error_id is not None)
    )
    told = " ".join(lines(text)) if is_readable and not errors else ""
    is_told = root is not None or (told[:1].isalpha() and not _BROKEN.search(told))
    is_refused = is_told and status != "success" and not says_done(told)
    return XmlAnswer(
        answer=replace(answer, text=text),
        body=body,
        status=status,
        error_id=error_id,
        message=" ".join(text_at(body, "error/error_message")[:_LONGEST].split()),
        is_readable=is_readable,
        gives_no_reason=bool(told) and is_refused,
    )


def read_sending(read: XmlAnswer, claim: Claim, recipients: int) -> Claim:
    """Return what an answer claims about a message ("Fonction nouveau message").

    A message without an id, or of which fewer SMS were sent than it has recipients, may
    not have gone to somebody; one that has an id although it was refused may have.
    """
    ids = _texts(read.body, ".//message_id") - _NOTHING
    message_id = next(iter(ids)) if len(ids) == 1 else ""
    sms_sent = to_int(text_at(read.body, ".//sms_sent"))
    is_sent = sms_sent is None or sms_sent >= recipients
    # Where the total tells what each has cost, without a rest.
    cost, rest = divmod(sms_sent or 0, recipients)
    is_whole = _ID.fullmatch(message_id) is not None and is_sent
    return replace(
        claim,
        is_readable=claim.is_readable and (is_whole if claim.is_accepted else not ids),
        submission_id=message_id if _ID.fullmatch(message_id) else None,
        cost=None if rest or sms_sent is None else Decimal(cost),
    )


def wrong_numbers(message: str, numbers: Collection[str]) -> frozenset[str]:
    """Return those of `numbers` for which the gateway refused all the others too.

    None where its list holds anything else.
    """
    listed = found[1] if (found := _WRONG_NUMBERS.search(message)) else ""
    by_national = {number[-9:]: number for number in numbers}
    # Two that end alike are written alike at home: then nothing is guessed.
    at_home = by_national if len(by_national) == len(numbers) else {}
    written = {**at_home, **{number: number for number in numbers}}
    for parts in (re.split("[,;|]", listed), re.findall("[0-9]+", listed)):
        told = [part for part in parts if part.strip()]
        wrong = [written.get(number_of(part, code="")) for part in told]
        if None not in wrong:
            return frozenset(filter(None, wrong))
    return frozenset()


def text_at(element: Element, path: str) -> str:
    """Return the text of an element within another, empty where there is none."""
    found = element.find(path)
    return "" if found is None else _text_of(found)


def number_of(text: str, *, code: str = "33") -> str:
    """Return the digits of a phone number; a French one has `code` in the place of its 0."""
    digits = digits_of(text)
    if national := _NATIONAL.fullmatch(digits):
        return code + national[1]
    return digits.removeprefix("00")


def remaining(element: Element) -> Decimal | None:
    """Return the credit left, however its name is spelt."""
    for found in element.iter():
        if found.tag.startswith(_REMAINING):
            return to_credits(found.text)
    return None


def request_limit(element: Element) -> int | None:
    """Return how many requests 60 minutes may hold."""
    return to_int(element.findtext(".//api_request_limit"))


def _remains(text: str) -> Element:
    """Return the ids in what can't be read: they may be those of a message that left."""
    body = Element("remains")
    for found in islice(_ID_IN_REMAINS.finditer(text), 2):
        SubElement(body, "message_id").text = found[1]
    return body


def _texts(element: Element, path: str) -> set[str]:
    return {_text_of(found) for found in element.findall(path)}


def _text_of(element: Element) -> str:
    return "".join(element.itertext()).strip()
