"""Finds the code, or the balance, in an answer of 123-SMS.net.

The document lists the codes but not the form of the answer that carries them, so a code
is looked for in every form that can be told apart from something else: a bare number, a
JSON value, an XML element. A wrong "accepted" loses an alert and a wrong "refused"
sends it twice through another gateway: what leaves a doubt is read as nothing at all.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
import json
import re
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from ..wire.decoding import folded, to_decimal
from .codes import BALANCE_CODES, NAMED_BALANCE_CODES, Acceptance, Meaning, Refusal

# What a value may be called, folded and without separators.
_NAMELESS: Final = frozenset({""})
_CODE_NAMES: Final = frozenset(
    {"code", "coderetour", "codederetour", "returncode", "statuscode"}
)
_RESULT_NAMES: Final = frozenset(
    {"retour", "resultat", "result", "reponse", "response", "status", "statut"}
)
_BALANCE_NAMES: Final = frozenset({"solde", "balance", "credit", "credits"})
_ERROR_NAMES: Final = frozenset({"error", "errors", "erreur", "erreurs"})
_SUCCESS_NAMES: Final = frozenset({"success", "succes", "ok"})
# Elements that only wrap a value; any other that isn't named above holds something else.
_ROOTS: Final = frozenset({"sms", "xml", "root", "string", "int"})

# What is no error, under a name that announces one.
_NO_ERROR: Final = frozenset({"", "0", "false"})
_FAILURES: Final = frozenset(
    {"0", "false", "ko", "nok", "error", "erreur", "echec", "failed"}
)
# The first word of the gateway's descriptions, and words that say the same; folded.
_KINDS: Final[dict[str, str]] = {
    "succes": "succes",
    "success": "succes",
    "ok": "succes",
    "erreur": "erreur",
    "error": "erreur",
    "echec": "erreur",
    "info": "info",
}

# What is longer is a page.
_LONGEST: Final = 2000
_DIGIT: Final = re.compile(r"\d")
_WORD: Final = re.compile(r"\w+")
_SEPARATORS: Final = re.compile(r"[\W_]")
# A code with the message's reference right behind it, as seen in use. Fewer than six
# digits may be a balance, ten or more a phone number.
_GLUED: Final = re.compile(
    r"(?![0-9]{10})(?P<code>[89][0-9]|10[0-2])(?P<reference>[0-9]{4,})"
)
# "Code retour : 80", "82 - Erreur : …": whether the words fit is checked apart.
_SENTENCE: Final = re.compile(
    r"(?:(?P<before>[^\W\d_]+(?: [^\W\d_]+)*)\s*[:=]?\s*)?"
    r"(?P<code>-?[0-9]+)"
    r"(?:[\s:;,|.–—-]+(?P<after>.*))?",
    re.DOTALL,
)
# Nine digits before the point are more than anybody buys; more is a phone number.
_CREDITS: Final = re.compile(
    r"[-+]?(?:[0-9]{1,9}|[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3}){1,2})(?:[.,][0-9]+)?"
)
_WRAPPING: Final = re.compile(
    r"</?(?:!doctype|html|body|p|b|br|pre|div|span|strong|sms|xml|root|string|int)"
    r"\b[^>]*>",
    re.IGNORECASE,
)

type _Value = tuple[str, str]
"""What a value is called, and the value; the name is empty where there is none."""


def read_code_answer(
    text: str, codes: Mapping[str, Meaning]
) -> Acceptance | Refusal | None:
    """Return the code of an answer that holds one, or `None` if there is any doubt.

    `codes` are those of the operation that was asked for: any other is none.
    The best name decides: a value called "code" before one called "status", before one
    that stands alone, before one called "error". Two different codes are a doubt.
    """
    values = _values(text)
    tiers = [
        [
            _read_code(value, codes)
            for name, value in values
            if name in names and _DIGIT.search(value)
        ]
        for names in (_CODE_NAMES, _RESULT_NAMES, _NAMELESS, _ERROR_NAMES)
    ]
    told = set(next((tier for tier in tiers if tier), []))
    found = {reply for tier in tiers for reply in tier if reply is not None}
    if len(told) != 1 or told != found:
        return None
    (reply,) = found
    return None if isinstance(reply, Acceptance) and _deny(values) else reply


def read_balance_answer(text: str) -> Decimal | Refusal | None:
    """Return the balance or the error code of an answer, or `None` if there is a doubt.

    The document: a number is a balance, except -1, -2 and -3; errors begin with an E.
    """
    values = _values(text)
    whole = _trim(text)
    errors = {
        error
        for name, value in (*values, ("", whole))
        if (error := _balance_error(name, value)) is not None
    }
    if errors:
        return errors.pop() if len(errors) == 1 else None
    told = (
        [value for name, value in values if name in _BALANCE_NAMES]
        or [value for name, value in values if name in _NAMELESS]
        or [whole]
    )
    balances = {_read_credits(value) for value in told}
    return balances.pop() if len(balances) == 1 else None


def _read_code(value: str, codes: Mapping[str, Meaning]) -> Acceptance | Refusal | None:
    """Return the code of one value: bare, glued to a reference, or in its own words."""
    if value in codes:
        return _reply(codes, value)
    glued = _GLUED.fullmatch(value)
    if glued and glued["code"] in codes:
        return _reply(codes, glued["code"], glued["reference"])
    sentence = _SENTENCE.fullmatch(value)
    if sentence is None or sentence["code"] not in codes:
        return None
    words = folded(codes[sentence["code"]].words)
    kind, _, description = words.partition(" : ")
    before = _plain_name(sentence["before"] or "")
    after = folded(sentence["after"] or "").strip(" .")
    names = _CODE_NAMES | _RESULT_NAMES | _NAMELESS
    if before not in names and _KINDS.get(before) != kind:
        return None
    if after not in {"", words, description} and not _is(kind, after):
        return None
    return _reply(codes, sentence["code"])


def _reply(
    codes: Mapping[str, Meaning], code: str, reference: str | None = None
) -> Acceptance | Refusal:
    meaning = codes[code]
    if meaning.error is None:
        return Acceptance(code, reference)
    return Refusal(code, meaning.error, meaning.words, reference)


def _is(kind: str, words: str) -> bool:
    """Return whether words begin with this kind, hold no other kind and no number."""
    each = _WORD.findall(words)
    kinds = {_KINDS[word] for word in each if word in _KINDS}
    return kinds == {kind} and each[0] in _KINDS and not _DIGIT.search(words)


def _deny(values: list[_Value]) -> bool:
    """Return whether something beside the code says that it went wrong."""
    return any(
        (name in _ERROR_NAMES and folded(value) not in _NO_ERROR)
        or (
            name in _SUCCESS_NAMES | _CODE_NAMES | _RESULT_NAMES
            and folded(value) in _FAILURES
        )
        for name, value in values
    )


def _balance_error(name: str, value: str) -> Refusal | None:
    """Return the error code in one value of an answer about the balance."""
    code = _WRAPPING.sub(" ", value).strip().upper()
    announced = name in _CODE_NAMES | _ERROR_NAMES
    # Under a name that says nothing to us, -1 may be anything.
    known = announced or name in _NAMELESS | _RESULT_NAMES | _BALANCE_NAMES
    if not known and not code.startswith("E"):
        return None
    codes = NAMED_BALANCE_CODES if announced else BALANCE_CODES
    return codes.get(code)


def _read_credits(value: str) -> Decimal | None:
    """Return a balance, with a point or a comma, in groups of three, inside tags."""
    text = _WRAPPING.sub(" ", value).strip()
    if not _CREDITS.fullmatch(text):
        return None
    return to_decimal("".join(text.split()))


def _values(text: str) -> list[_Value]:
    """Return the values in an answer and what they are called; none for a page."""
    text = _trim(text)
    if text.startswith("<"):
        return _xml_values(text)
    try:
        # Pairs, as of two keys of the same name a dict would keep the last; and decimals
        # as they are written.
        data = json.loads(text, object_pairs_hook=tuple, parse_float=str)
    except ValueError, RecursionError:
        return [("", text)]
    return list(_json_values(data))


def _json_values(data: object) -> Iterator[_Value]:
    """Yield all values of a JSON document, at any depth; lists keep their name."""
    found: list[tuple[str, object]] = [("", data)]
    while found:
        name, value = found.pop()
        if isinstance(value, tuple):
            found.extend((_plain_name(key), inner) for key, inner in value)
        elif isinstance(value, list):
            found.extend((name, inner) for inner in value)
        else:
            yield name, "" if value is None else str(value).strip()


def _xml_values(text: str) -> list[_Value]:
    """Return all values of an XML document; none for a page or for prose."""
    try:
        root = fromstring(text)
    except ParseError, ValueError:
        return []
    if _tag(root) == "html" or any(_is_prose(element) for element in root.iter()):
        return []
    if not len(root) and _tag(root) in _ROOTS:
        return [("", (root.text or "").strip())]
    return [
        value
        for element in root.iter()
        for value in (
            (_tag(element), (element.text or "").strip()),
            *((_plain_name(name), held.strip()) for name, held in element.items()),
        )
    ]


def _is_prose(element: Element) -> bool:
    """Return whether words stand between elements, as they do in HTML."""
    beside = element.text if len(element) else None
    return bool((beside or "").strip() or (element.tail or "").strip())


def _tag(element: Element) -> str:
    """Return an element's name without its namespace."""
    return _plain_name(element.tag.rpartition("}")[2])


def _plain_name(name: str) -> str:
    return _SEPARATORS.sub("", folded(name))


def _trim(text: str) -> str:
    """Return a body without byte order mark and white space; nothing of a page."""
    trimmed = text.replace("\ufeff", "").strip()
    return trimmed if len(trimmed) <= _LONGEST else ""
