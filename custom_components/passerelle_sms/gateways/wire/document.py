"""Reads an answer that may be JSON or XML: of the same structure, so as the same objects."""

from typing import Final
from xml.etree.ElementTree import Element

from .json_document import read_json
from .xml_document import read_xml

# As deep as JSON is read.
_DEEPEST: Final = 32


def read_document(text: str) -> object:
    """Return the object or the list that an answer is, in JSON or XML; else `None`.

    XML's root has no name. An element that comes several times is a list, and one that
    holds others an object by their names, in lower case.
    """
    value = read_json(text)
    if not isinstance(value, list | dict) and "</" in text:
        root = read_xml(text)
        value = None if root is None else _content(root)
    return value if isinstance(value, list | dict) else None


def _content(element: Element, depth: int = 0) -> object:
    if not len(element) or depth == _DEEPEST:
        return element.text or ""
    held: dict[str, list[object]] = {}
    for child in element:
        held.setdefault(child.tag, []).append(_content(child, depth + 1))
    return {name: it[0] if len(it) == 1 else it for name, it in held.items()}
