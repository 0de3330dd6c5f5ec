"""Answers that say nothing of their own beside their HTTP status."""

import re
from typing import Final

from .json_document import read_json
from .noise import is_page, lines, says_done

_DIGIT: Final = re.compile(r"[0-9]")


def says_nothing(body: str, status: int) -> bool:
    """Return whether a body is empty, a web server's page, or words without a meaning.

    A number may be a code or an id; what looks like a document and is none may have been
    one.
    """
    if not body.strip() or is_page(body):
        return True
    shown = " ".join(lines(body))
    if not shown or (shown[0] in "{[" and read_json(shown) is None):
        return False
    return not (says_done(shown) or _DIGIT.search(shown.replace(str(status), "")))
