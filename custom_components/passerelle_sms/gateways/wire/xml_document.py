"""Reads XML that was typed by hand: tolerant of its form, strict about its meaning.

Strictly first; what a strict parser refuses is repaired in the ways in which the
gateways' answers are known to be wrong.
"""

from collections import Counter
import re
import sys
from typing import Final
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from defusedxml.ElementTree import ParseError, fromstring

from .noise import is_noise, unescape, without_comments

# More tags and references than two thousand reports take are no answer to anything that
# is asked here, and each takes many times the memory of its text. To repair them takes
# time as well: a thousand recipients take eight thousand.
_MARKS: Final = ("<", "&", "]]>")
_MOST_MARKS: Final = 50_000
_MOST_REPAIRED: Final = 9_000
_LONG_TAG: Final = re.compile(r"<[^<>]{10000}")
# The name of a tag that is none of a page around the document, or of a message in it.
_NAME: Final = (
    r"(?!(?:address|b|body|br|center|code|div|em|font|h[1-6]|head|hr|html|i|li|link|meta"
    r"|ol|p|pre|small|span|strong|table|tbody|td|th|title|tr|u|ul)\b)([A-Za-z_][\w.:-]*+)"
)
_ROOT: Final = re.compile(rf"<\s*+{_NAME}", re.IGNORECASE)
_OWN_TAG: Final = re.compile(rf"<\s*+/?+\s*+{_NAME}", re.IGNORECASE)
# A document type, or anything else of its kind: whatever begins so but for a comment.
_DECLARATION: Final = re.compile(r"<!(?!--)")
_CDATA: Final = re.compile(
    r"<!\[CDATA\[((?:[^\]<]++|\](?!\]>)|<(?!!\[CDATA\[))*+)\]\]>", re.IGNORECASE
)
# A tag, also with white space where none may stand: `</ sms_remaining>`,
# `< creditaccount >`. Or a `<` that begins none: "I <3 you".
_TAG: Final = re.compile(r"<(?:\s*+(/?+)\s*+([A-Za-z_][\w.:-]*+)((?:\s[^<>]*+|/)?)>)?")
_ATTRIBUTES: Final = re.compile(
    r"""(?:\s++[A-Za-z_][\w.:-]*+\s*+=\s*+(?:"[^"]*+"|'[^']*+')){0,9}+\s*+/?"""
)
# `&eacute;` is HTML's; XML itself knows five, which stay.
_HTML_ENTITY: Final = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z][A-Za-z0-9]{1,31};"
)
_REFERENCE: Final = re.compile(
    r"&#(?:([0-9]{1,7})|x([0-9A-Fa-f]{1,6}));", re.IGNORECASE
)
# `?text=test&sendername=Societe`: an ampersand that begins no reference.
_BARE_AMPERSAND: Final = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)")
# What may stand in no XML, as itself or by its number.
_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def read_xml(text: str) -> Element | None:
    """Return the root of an XML text, with all names in lower case, or `None`.

    Before and after one whole document noise is passed over, and what begins or ends
    nothing is text. Document types and entities are never resolved: a text that
    declares one is refused.
    """
    marks = sum(map(text.count, _MARKS))
    if marks > _MOST_MARKS or _LONG_TAG.search(text):
        return None
    text = text.strip("\ufeff \t\r\n")
    root = _parse(text)
    if root is None or not _ROOT.match(f"<{_fold(root.tag)}"):
        document = _document_in(text) if marks <= _MOST_REPAIRED else None
        root = None if document is None else _parse(_repair(document))
    if root is None:
        return None
    for element in root.iter():
        element.tag = _fold(element.tag)
    return root


def _document_in(text: str) -> str | None:
    """Return the one document that a text holds, if all around it is noise."""
    text = _CDATA.sub(lambda section: escape(section[1]), text)
    text = without_comments(text)
    if (root := _ROOT.search(text)) is None:
        return None
    closing = re.compile(rf"<\s*+/\s*+{re.escape(root[1])}\s*+>", re.IGNORECASE)
    ends = [end.end() for end in closing.finditer(text, root.end())]
    if not ends:
        return None
    around = f"{text[: root.start()]}\n{text[ends[-1] :]}"
    if _DECLARATION.search(around) or _OWN_TAG.search(around) or not is_noise(around):
        return None
    return text[root.start() : ends[-1]]


def _repair(document: str) -> str:
    text = document.replace("]]>", "]]&gt;")
    text = _FORBIDDEN.sub("", text, count=_MOST_REPAIRED)
    text = _REFERENCE.sub(_character, text)
    text = _HTML_ENTITY.sub(lambda entity: escape(unescape(entity[0])), text)
    return _repair_tags(_BARE_AMPERSAND.sub("&amp;", text))


def _character(reference: re.Match[str]) -> str:
    """Return the character that a number stands for, empty if XML has none of it."""
    decimal, hexadecimal = reference.groups()
    number = int(decimal) if decimal else int(hexadecimal, 16)
    character = chr(number) if number <= sys.maxunicode else ""
    return escape(_FORBIDDEN.sub("", character))


def _repair_tags(text: str) -> str:
    """Return a text in which every tag has its counterpart; the others are text."""
    pieces: list[str] = []
    opened: list[tuple[str, int]] = []
    names: Counter[str] = Counter()
    done = 0
    for found in _TAG.finditer(text):
        pieces.append(text[done : found.start()])
        done = found.end()
        slash, name, rest = found.groups("")
        name = _fold(name)
        if not (names[name] if slash else name and _ATTRIBUTES.fullmatch(rest)):
            pieces.append(f"&lt;{found[0][1:]}")
            continue
        if slash:
            while (last := opened.pop())[0] != name:
                names[last[0]] -= 1
                pieces[last[1]] = f"&lt;{pieces[last[1]][1:]}"
            names[name] -= 1
            rest = ""
        elif not rest.endswith("/"):
            opened.append((name, len(pieces)))
            names[name] += 1
        pieces.append(f"<{slash}{name}{rest}>")
    return "".join([*pieces, text[done:]])


def _fold(name: str) -> str:
    """Return a name without its capitals and its name space."""
    return name.rpartition("}")[2].rpartition(":")[2].casefold()


def _parse(text: str) -> Element | None:
    try:
        return fromstring(text, forbid_dtd=True)
    except ParseError, ValueError:
        # defusedxml's own refusals, and text that isn't Unicode, are ValueErrors.
        return None
