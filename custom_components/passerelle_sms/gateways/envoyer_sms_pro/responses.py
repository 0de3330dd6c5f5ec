"""What Envoyer SMS Pro answers ("API SMS HTTP REST", version 2.10.0).

`status` and `error_id` decide; the wording of an error only explains it.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal
import re
from typing import Final
from xml.etree.ElementTree import Element

from ..wire.decoding import digits_of, to_decimal, to_int
from ..wire.transport import Answer
from . import lenient_xml
from .codes import BAD_VALUE, ERRORS

_WRONG_NUMBERS: Final = re.compile(r"wrong numbers\s*:(.*)", re.IGNORECASE | re.DOTALL)
_DIGITS: Final = re.compile(r"[0-9]+")
# The echo of the query: up to the last closing tag, as the text inside may hold one too,
# and up to the end where none is left.
_ECHO: Final = re.compile(
    r"<\s*request\s*>(?:.*<\s*/\s*request\s*>|.*)", re.IGNORECASE | re.DOTALL
)
# Both `sms_remaining` and `sms_remaing` are printed.
_REMAINING: Final = "sms_rema"


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlAnswer:
    """An answer that can be read: a success, or a refusal."""

    answer: Answer = field(repr=False)
    """Without the echo of the request."""
    body: Element = field(repr=False)
    status: str
    error_id: int | None
    message: str = field(repr=False)
    """The gateway's words; they may hold phone numbers."""

    @property
    def succeeded(self) -> bool:
        """Whether the gateway says so, and brings no error with it."""
        return self.status == "success" and self.error_id is None

    @property
    def refused(self) -> bool:
        """Whether the gateway says so, and which error it is."""
        return self.status == "fail" and self.error_id is not None

    @property
    def is_documented(self) -> bool:
        """Whether the error is one of those that the document lists."""
        return self.error_id in ERRORS

    @property
    def wrong_numbers(self) -> frozenset[str]:
        """The numbers for which the gateway refused all the others too."""
        found = _WRONG_NUMBERS.search(self.message)
        if self.error_id != BAD_VALUE or found is None:
            return frozenset()
        return frozenset(_DIGITS.findall(found[1]))


def read_answer(answer: Answer) -> XmlAnswer:
    """Return what an answer says, without the echo of what was asked."""
    text = _ECHO.sub("", answer.text)
    body = lenient_xml.parse(text)
    if body is None:
        body = Element("unreadable")
    return XmlAnswer(
        answer=replace(answer, text=text),
        body=body,
        status=text_at(body, "status").casefold(),
        error_id=to_int(text_at(body, "error/error_id")),
        message=" ".join(text_at(body, "error/error_message").split()),
    )


def text_at(element: Element, path: str) -> str:
    """Return the text of an element within another, empty where there is none."""
    return (element.findtext(path) or "").strip()


def digits_at(element: Element, path: str) -> str:
    """Return the digits of a phone number, empty where there is none."""
    return digits_of(text_at(element, path))


def remaining(element: Element) -> Decimal | None:
    """Return the credit left, however its name is spelt."""
    for found in element.iter():
        if found.tag.startswith(_REMAINING):
            return to_decimal(found.text)
    return None


def request_limit(element: Element) -> int | None:
    """Return how many requests 60 minutes may hold."""
    return to_int(element.findtext(".//api_request_limit"))
