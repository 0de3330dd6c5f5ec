"""What 123-SMS.net answers: a code, or a balance.

The document lists the codes but not the form of the answer that carries them. So all
values of an answer are looked at, whatever its form, each with what it is called: a line
of text has no name. Facts only: the base class weighs them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
import re
from typing import Final

from ..claim import Claim
from ..wire.decoding import folded, to_credits
from ..wire.json_document import read_json
from ..wire.noise import is_noise, is_page, lines, says_done, visible
from ..wire.xml_document import read_xml
from .codes import BALANCE_CODES, NAMED_BALANCE_CODES, Meaning

# What a value may be called, folded and without separators.
_CODES: Final = frozenset({"code", "coderetour", "codederetour"})
_RESULTS: Final = frozenset({"", "retour", "resultat", "result", "reponse", "response"})
_STATES: Final = frozenset({"status", "statut", "success", "succes"})
_ERRORS: Final = frozenset({"error", "errors", "erreur", "erreurs"})
_REFERENCES: Final = frozenset({"refaccuse", "refenvoi", "reference"})
_BALANCES: Final = ("solde", "balance", "credit")
# The root of an XML document, and what is no such document but a formatted text.
_ROOTS: Final = frozenset({"sms", "xml", "root", "string", "int"})
_FORMATS: Final = frozenset({"html", "body", "p", "b", "h1", "pre", "div", "span"})

_NO_ERROR: Final = frozenset({"", "false", "null", "none", "non"})
_NO: Final = frozenset({"false", "ko", "nok", "non"})
_YES: Final = frozenset({"1", "true", "oui"})
# Numbers that are no code, and no surprise: the second kind says HTTP's status again.
_NO_CODE: Final = frozenset({"1", "200", "201", "202"})
# What may stand beside a code, apart from its own description.
_LABELS: Final = frozenset({"code", "de", "retour", "resultat", "reponse", "statut"})

# What is longer, or holds more, is no answer about one message.
_LONGEST: Final = 20_000
_MOST_VALUES: Final = 200
# A dash before a figure is a sign.
_TOKEN: Final = re.compile(r"(?:-(?=[0-9]))?\w+")
_NUMBER: Final = re.compile(r"-?[0-9]+")
# What stands in no description of a code, and may change a number.
_STRANGE: Final = re.compile(r"[^\w\s:;,.!'’\"«»()/=_–—-]")
_ERROR_CODE: Final = re.compile(r"\be(?:501|502|505|96)\b", re.IGNORECASE)
# What is XML and can't be read is no text: nobody knows what its values are called.
_XML: Final = re.compile(r"<(?:\?xml|sms|solde)\b", re.IGNORECASE)
_SEPARATORS: Final = re.compile(r"[\W_]")
# A message's reference right behind its code, as seen in use: only behind acceptances.
# Fewer than six digits may be a balance, ten or more a phone number.
_GLUED: Final = re.compile(r"(8[01])([0-9]{4,7})")
# `80refaccuse=12345`, as seen in use.
_NAMED: Final = re.compile(
    r"[\s;,|&]{0,3}refaccuse ?[=:] ?([\w.-]{1,64})\Z", re.IGNORECASE
)
_REFERENCE: Final = re.compile(r"[\w.-]{1,64}")

type _Value = tuple[str, str]
"""What a value is called, and the value; the name is empty where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an answer says."""

    code: str | None = None
    credits: Decimal | None = None
    """The balance, if that was asked for."""
    claim: Claim = Claim()


def read_code_answer(
    text: str, codes: Mapping[str, Meaning], asked: str | None = None
) -> Reply:
    """Return the code of an answer; `codes` are those of what was asked for.

    `asked` is the reference that was asked with: an answer may repeat it.
    """
    parts = [(name, *split_reference(name, value)) for name, value in _values(text)]
    references = {reference for _, _, reference in parts if reference is not None}
    told = {
        code
        for name, said, _ in parts
        if name in _CODES | _RESULTS | _STATES | _ERRORS
        and (code := _code_in(said, codes)) is not None
    }
    others = references - {asked}
    reference = others.pop() if len(others) == 1 else None
    if len(told) != 1:
        return Reply(claim=Claim(is_readable=not told, submission_id=reference))
    code = told.pop()
    refusal = codes[code].refusal(code)
    claim = Claim(
        is_accepted=refusal is None,
        refusal=refusal,
        is_readable=(refusal is None or not (others or reference))
        and not any(_contradicts(n, said, code, codes[code]) for n, said, _ in parts),
        submission_id=reference,
    )
    return Reply(code=code, claim=claim)


def read_balance_answer(text: str) -> Reply:
    """Return the balance of an answer, or its code ("Consultation du solde").

    A number is a balance, except -1, -2 and -3; other errors begin with an E.
    """
    values = _values(text)
    codes = {code for value in values if (code := _balance_code(*value)) is not None}
    if codes:
        [code, *more] = codes
        refusal = NAMED_BALANCE_CODES[code].refusal(code)
        return Reply() if more else Reply(code=code, claim=Claim(refusal=refusal))
    told = [value for name, value in values if name.startswith(_BALANCES)] or [
        value for name, value in values if name in _RESULTS
    ]
    found = {number for value in told if (number := to_credits(value)) is not None}
    if len(found) != 1 or any(_denies(*value) for value in values):
        return Reply()
    return Reply(credits=found.pop(), claim=Claim(is_accepted=True))


def split_reference(name: str, value: str) -> tuple[str, str | None]:
    """Return what a value says beside the reference of a message, and the reference."""
    if name in _REFERENCES:
        is_one = _REFERENCE.fullmatch(value) and not _is_nothing(value)
        return "", value if is_one else None
    if glued := _GLUED.fullmatch(value):
        return glued[1], glued[2]
    if named := _NAMED.search(value):
        return value[: named.start()], named[1]
    return value, None


def _code_in(text: str, codes: Mapping[str, Meaning]) -> str | None:
    """Return the code in a text that says nothing else, but in its own words."""
    tokens = _tokens(text)
    code = next(filter(_NUMBER.fullmatch, tokens), "")
    if code not in codes or _STRANGE.search(text):
        return None
    return code if _is_own_words(tokens, code, codes[code]) else None


def _is_own_words(tokens: list[str], code: str, meaning: Meaning) -> bool:
    """Return whether these words may stand beside a code; it is among them once."""
    known = _LABELS.union(_tokens(meaning.words), ["ok"] if not meaning.error else [])
    return tokens.count(code) <= 1 and known.union([code]).issuperset(tokens)


def _balance_code(name: str, told: str) -> str | None:
    if found := _ERROR_CODE.search(told):
        return found[0].upper()
    if name in _CODES | _ERRORS:
        return _code_in(told, NAMED_BALANCE_CODES)
    is_answer = name in _RESULTS or name.startswith(_BALANCES)
    return _code_in(told, BALANCE_CODES) if is_answer else None


def _contradicts(name: str, told: str, code: str, meaning: Meaning) -> bool:
    """Return whether a value beside a code says anything else than that."""
    if _is_own_words(_tokens(told), code, meaning):
        return meaning.error is None and name in _ERRORS
    if name in _CODES | _RESULTS | _STATES and _NUMBER.fullmatch(told):
        return told not in _NO_CODE or (meaning.error is not None and told in _YES)
    if meaning.error is None:
        return _denies(name, told)
    # What has no name is no explanation of the refusal, but a surprise.
    affirms = says_done(told) or (name in _STATES and folded(told) in _YES)
    return affirms or not (name or is_noise(told))


def _denies(name: str, told: str) -> bool:
    """Return whether a value says that something went wrong."""
    if name in _ERRORS:
        return not _is_nothing(told)
    return (name in _STATES and folded(told) in _NO) or not is_noise(told)


def _is_nothing(told: str) -> bool:
    return folded(told).strip("0") in _NO_ERROR


def _values(text: str) -> list[_Value]:
    """Return the values in an answer that aren't empty; none of what is too long."""
    if len(text) > _LONGEST:
        return []
    found = [*islice(_all_values(text), _MOST_VALUES)]
    return [value for value in found if value[1]] if len(found) < _MOST_VALUES else []


def _all_values(text: str) -> Iterator[_Value]:
    if (data := read_json(text)) is not None:
        yield from _json_values("", data)
    elif (root := read_xml(text)) is not None and root.tag not in _FORMATS:
        for element in root.iter():
            is_nameless = element is root and root.tag in _ROOTS
            yield (
                "" if is_nameless else _plain(element.tag),
                (element.text or "").strip(),
            )
            yield "", (element.tail or "").strip()
    elif is_page(text) or not _XML.search(text):
        yield from (("", line.strip("\"'[] ")) for line in lines(text))


def _json_values(name: str, value: object) -> Iterator[_Value]:
    """Yield the values of a JSON document; what is in a list has the list's name."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _json_values(name if key.isdecimal() else _plain(key), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _json_values(name, inner)
    else:
        yield name, "" if value is None else visible(str(value))


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(folded(text))


def _plain(name: str) -> str:
    return _SEPARATORS.sub("", folded(name))
