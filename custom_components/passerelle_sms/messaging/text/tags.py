"""Strips the tags of HTML, which other channels show as they are meant."""

from html import unescape
import re
from typing import Final

# Attributes have a value, or "x<y et z>w" would be one.
_TAG: Final = re.compile(
    r"<(?P<end>/)?(?P<name>[a-z][a-z0-9:-]*+)"
    r"(?:\s++[a-z_:][\w:.-]*+(?:\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'|[^\s\"'<>=]++)))*+"
    r"\s*+/?>",
    re.IGNORECASE,
)
# What is no text: each begins where no other one has begun.
_UNREAD: Final = re.compile(
    r"<!--(?:(?!<!--|-->).)*+-->|<!doctype[^<>]*+>"
    r"|<(?P<name>script|style)\b[^<>]*+>(?:(?!</?(?P=name)).)*+</(?P=name)\s*+>",
    re.IGNORECASE | re.DOTALL,
)
_ENTITY: Final = re.compile(
    r"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE
)
# The line break in the source after a tag that breaks the line, and the next indent.
_SOURCE_BREAK: Final = re.compile(r"[ \t]*+\r?\n[ \t]*+")

_BREAK: Final = "br"
# fmt: off
_BLOCKS: Final = frozenset({
    "address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "footer", "h1",
    "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre",
    "section", "table", "tr", "ul",
})
# fmt: on
_CELLS: Final = frozenset({"td", "th"})


def without_tags(text: str) -> str:
    """Return what a page of `text` would say, line by line, with its entities resolved.

    What only looks like a tag stays, as `a < b` or `<3`.
    """
    return _ENTITY.sub(lambda entity: unescape(entity[0]), _without_tags(text))


def _without_tags(text: str) -> str:
    text = _UNREAD.sub("", text)
    written: list[str] = []
    end = 0
    for tag in _TAG.finditer(text):
        if tag.start() > end:
            written.append(text[end : tag.start()])
        end = tag.end()
        name = tag["name"].lower()
        before = written[-1][-1] if written else "\n"
        if name == _BREAK or (name in _BLOCKS and before != "\n"):
            written.append("\n")
        elif name in _CELLS and not tag["end"] and not before.isspace():
            written.append(" ")
        if name == _BREAK or name in _BLOCKS:
            source_break = _SOURCE_BREAK.match(text, end)
            end = source_break.end() if source_break else end
    return "".join([*written, text[end:]])
