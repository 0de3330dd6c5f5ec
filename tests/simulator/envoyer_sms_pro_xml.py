"""Envoyer SMS Pro's answers, printed as its document prints them."""

import re
from xml.sax.saxutils import escape

from aiohttp import web


def element(name: str, value: object) -> str:
    """Return an element with a text."""
    return f"<{name}>{escape(str(value))}</{name}>"


def in_capitals(body: str) -> str:
    """Return the same with the names of its elements in capitals."""
    return re.sub(r"</?\s*[a-z_]+(?=\s*/?>)", lambda name: name[0].upper(), body)


def answer(body: str, *, status: int = 200) -> web.Response:
    """Return an answer around what it tells."""
    return web.Response(
        text=f'<?xml version="1.0" encoding="UTF-8"?>\n<envoyersmspro>\n{body}\n'
        "</envoyersmspro>\n",
        status=status,
        content_type="text/xml",
    )


def success(body: str) -> web.Response:
    """Return the answer to what was done."""
    return answer(f"  <status>success</status>\n  {body}")


def fail(
    echo: str, error_id: int | None, words: str, *, raw_ampersand: bool
) -> web.Response:
    """Return the answer to what was refused, with an echo of the request."""
    code = "" if error_id is None else f"    {element('error_id', error_id)}\n"
    return answer(
        "  <status>fail</status>\n  <error>\n"
        f"    <request>{echo if raw_ampersand else escape(echo)}\n"
        f"  </request>\n{code}"
        f"    <error_message> {escape(words)} </error_message>\n  </error>",
        status=401 if error_id == 1 else 400,
    )
