"""What servers print around an answer, and what may be passed over there."""

import html
import re
from typing import Final

from .decoding import folded

# As PHP prints it, in HTML or not: "<b>Warning</b>:  … on line <b>12</b><br />". Errors
# that end a script are none of these: what stands before one may not be the whole.
_NOTICE: Final = re.compile(
    r"(?:<[bi]>)?(?:PHP )?(?:Deprecated|Notice|Strict Standards|Warning)(?:</[bi]>)?:"
    r"[^\n]{0,500}? on line (?:<[bi]>)?[0-9]{1,7}(?:</[bi]>)?",
    re.IGNORECASE,
)
_BEGINNING: Final = re.compile(
    r"(?:deprecated|notice|standards|warning)", re.IGNORECASE
)
# From each beginning a notice may reach far, so there can't be many.
_MOST_NOTICES: Final = 100
_COMMENT: Final = re.compile(r"<!--(?:[^<-]|-(?!->)|<(?!!--))*+-->")
_TAG: Final = re.compile(r"<[^<>]*+>")
_LINE_BREAK: Final = re.compile(
    r"<(?:br|/p|/div|/tr|/h[1-6]|/title)\b[^<>]*+>", re.IGNORECASE
)
_PAGE: Final = re.compile(r"<(?:!doctype|html|head|body)\b", re.IGNORECASE)
# What is longer is no sentence and no code; what is longer with its tags isn't either.
_LONGEST: Final = 4000
_LONGEST_BODY: Final = 65_536
# More digits than any character's number has: dear to read, and no character.
_LONG_REFERENCE: Final = re.compile(r"&#[xX]?[0-9A-Fa-f]{8,}+;?")
_FAILURE: Final = re.compile(
    r"\b(?:denied|echec|err(?:eur|or)|exception|fail|fatal|incorrect|insuffisant"
    r"|invalid|refus|reject|uncaught)"
)
_DONE: Final = re.compile(
    r"(?<!non )(?<!not )(?<!pas )(?<!pas ete )"
    r"\b(?:(?:accepte|delivre|enregistre|envoye)(?!r)|delivered|ok\b|reussi|sent\b"
    r"|succes)"
)


def without_notices(text: str) -> str:
    """Return a text without the notices and warnings that PHP prints into it."""
    if "on line" not in text or len(_BEGINNING.findall(text)) > _MOST_NOTICES:
        return text
    return _NOTICE.sub("\n", text)


def without_comments(text: str) -> str:
    """Return a text without the comments of HTML and XML."""
    return _COMMENT.sub("", text)


def unescape(text: str) -> str:
    """Return a text with its HTML entities as characters."""
    return html.unescape(_LONG_REFERENCE.sub("\ufffd", text))


def without_tags(text: str) -> str:
    """Return a text with a blank for each of its tags, and without its comments."""
    return _TAG.sub(" ", without_comments(text))


def visible(body: str) -> str:
    """Return what somebody would read of a body: without notices, tags and entities."""
    text = without_notices(body).replace("\ufeff", "")
    text = without_tags(_LINE_BREAK.sub("\n", text)).strip()
    return unescape(text) if len(text) <= _LONGEST else text


def lines(body: str) -> tuple[str, ...]:
    """Return the lines that somebody would read; none where it is no sentence any more."""
    if len(body) > _LONGEST_BODY or len(text := visible(body)) > _LONGEST:
        return ()
    return tuple(line for line in map(str.strip, text.splitlines()) if line)


def is_page(body: str) -> bool:
    """Return whether a body is a whole web page."""
    return _PAGE.search(body) is not None


def is_noise(text: str) -> bool:
    """Return whether what stands beside an answer takes nothing away from it.

    Words of a failure do, unless they are a notice of PHP's; so does a page's script or
    a long text.
    """
    if len(text) > _LONGEST_BODY or len(shown := visible(text)) > _LONGEST:
        return False
    if "<script" in text.casefold():
        return False
    return _FAILURE.search(folded(shown)) is None


def says_done(words: str) -> bool:
    """Return whether words say that something was sent or done, and not that it wasn't."""
    return _DONE.search(folded(words)) is not None
