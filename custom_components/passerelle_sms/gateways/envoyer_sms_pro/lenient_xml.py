"""Reads XML that was typed by hand, as the misprints in a gateway's answers show.

Strictly first; what a strict parser refuses is repaired in the two ways in which these
answers are known to be wrong, and no other.
"""

import re
from typing import Final
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import ParseError, fromstring

# What may stand around a document: a byte order mark, and XML's white space.
_AROUND: Final = "\ufeff \t\r\n"
# `</ sms_remaining>`, `< creditaccount >`: white space where none may stand.
_SPACED_TAG: Final = re.compile(r"<\s*(/?)\s*([A-Za-z_][\w.-]*)\s*>")
# `?text=test&sendername=Societe`: an ampersand that begins none of XML's own references.
_BARE_AMPERSAND: Final = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9A-Fa-f]+);)"
)


def parse(text: str) -> Element | None:
    """Return the root of an XML text, or `None` if it can't be read even when repaired.

    Document types and entities are never resolved: a text that declares one is refused.
    """
    stripped = text.strip(_AROUND)
    root = _parse_strictly(stripped)
    return root if root is not None else _parse_strictly(_repair(stripped))


def _repair(text: str) -> str:
    return _BARE_AMPERSAND.sub("&amp;", _SPACED_TAG.sub(r"<\1\2>", text))


def _parse_strictly(text: str) -> Element | None:
    try:
        return fromstring(text, forbid_dtd=True)
    except ParseError, ValueError:
        # defusedxml's own refusals, and text that isn't Unicode, are ValueErrors.
        return None
