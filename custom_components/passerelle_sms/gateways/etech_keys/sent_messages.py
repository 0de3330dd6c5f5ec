"""The messages among ETECH KEYS' transactions (section B).

The document shows no transaction, so the names of the columns and the cells themselves
must say what is what. A row that can be understood in two ways is left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
import re
from typing import Final

from ..model.delivery import SentMessage
from ..wire.decoding import folded, to_decimal, words_of
from .transaction_times import is_time, time_of
from .transactions import Rows

_INNER_CAPITAL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_IN_NUMBERS: Final = re.compile(r"[\s.()-]+")
# Cameroon's mobiles begin with 6, or with 242 and 243.
_NUMBER: Final = re.compile(r"(?:(?:\+|00)?237)?(6[0-9]{8}|24[23][0-9]{6})")
_LETTER: Final = re.compile(r"[^\W\d_]")
_QUANTITY: Final = re.compile(
    r"(.*?) ?(?:credits?|f|fcfa|parts?|pages?|segments?|sms|xaf)"
)
# What says that a message was listed, and perhaps never sent: "failed" may be about the
# delivery, or not.
_NOT_SENT: Final = re.compile(
    r"\b(?:annul|bloqu|cancel|echec|echou|err(?:eur|or)|fail|incorrect|insuffisant"
    r"|invalid|non envoy|not sent|refus|reje[ct]t?)"
)
_STATES: Final = frozenset(
    {
        "accepte",
        "accepted",
        "delivered",
        "delivre",
        "deliv",
        "delivrd",
        "en attente",
        "en cours",
        "envoye",
        "envoyee",
        "expire",
        "expired",
        "livre",
        "non delivre",
        "non livre",
        "ok",
        "pending",
        "recu",
        "sent",
        "succes",
        "success",
        "transmis",
        "undeliv",
        "undelivered",
        "valide",
    }
)


class _Role(Enum):
    """What a column holds, by its name."""

    OTHER = auto()
    TIME = auto()
    RECIPIENT = auto()
    TEXT = auto()
    UNKNOWN = auto()


# In the order to look for them: "id_message" is an id, "date message" a time.
_NAMES: Final = {
    _Role.OTHER: re.compile(
        r"\b(?:account|amount|balance|code|compte|cost|count|country|cout|credits?"
        r"|emetteur|erreur|error|etat|expediteur|ext|from|id|identifiant|key|length"
        r"|libelle|login|longueur|montant|nb|nbre|network|nombre|operateur|operator"
        r"|parts|pays|price|prix|quantite|ref|reference|reseau|result|resultat|segments"
        r"|sender|solde|source|state|status|statut|type|user|utilisateur)\b"
    ),
    _Role.TIME: re.compile(
        r"\b(?:at|created|date|datetime|day|heure|hour|jour|time|timestamp)\b"
    ),
    _Role.RECIPIENT: re.compile(
        r"\b(?:dest|destinataires?|gsm|mobile|mobileno|msisdn|num|number|numero|phone"
        r"|portable|receiver|recipient|tel|telephone|to)\b"
    ),
    _Role.TEXT: re.compile(r"\b(?:body|contenu|content|corps|message|msg|texte?)\b"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    role: _Role
    content: str = field(repr=False)


def read_sent_messages(
    rows: Rows, *, login: str, sender: str | None
) -> tuple[SentMessage, ...]:
    """Return the messages to Cameroon in rows of `read_rows`, in their order.

    The account's own `login`, which may be a phone number, is no recipient unless its
    column says so, and the account's own `sender` is no text.
    """
    found = (_read_row(_cells(row.items()), login, sender) for row in rows)
    return tuple(message for message in found if message is not None)


def _read_row(
    cells: Sequence[_Cell], login: str, sender: str | None
) -> SentMessage | None:
    recipient, text = _only(_recipients(cells, login)), _only(_texts(cells, sender))
    number = _number(recipient.content) if recipient is not None else None
    if number is None or text is None:
        return None
    others = [cell for cell in cells if cell is not text]
    if any(_NOT_SENT.search(words_of(cell.content)) for cell in others):
        return None
    return SentMessage(
        recipient=number,
        text=text.content,
        at=time_of([cell.content for cell in others]),
    )


def _cells(items: Iterable[tuple[str, str]]) -> list[_Cell]:
    """Return the cells that hold anything."""
    return [
        _Cell(role=_role(name), content=content.strip())
        for name, content in items
        if content.strip()
    ]


def _role(name: str) -> _Role:
    words = words_of(_INNER_CAPITAL.sub(" ", name))
    return next(
        (role for role, known in _NAMES.items() if known.search(words)), _Role.UNKNOWN
    )


def _only(cells: Sequence[_Cell]) -> _Cell | None:
    return cells[0] if len(cells) == 1 else None


def _recipients(cells: Sequence[_Cell], login: str) -> list[_Cell]:
    """Return what may be the recipient: a column that says so leaves no other one."""
    possible = [cell for cell in cells if cell.role is _Role.RECIPIENT] or [
        cell
        for cell in cells
        if cell.role is _Role.UNKNOWN and _number(cell.content) != _number(login)
    ]
    return [cell for cell in possible if _number(cell.content) is not None]


def _texts(cells: Sequence[_Cell], sender: str | None) -> list[_Cell]:
    """Return what may be the text: a column that says so leaves no other one."""
    return [cell for cell in cells if cell.role is _Role.TEXT] or [
        cell
        for cell in cells
        if cell.role is _Role.UNKNOWN
        and cell.content != sender
        and _may_be_text(cell.content)
    ]


def _may_be_text(content: str) -> bool:
    """Return whether a cell without a name can't be anything but a text.

    A single word with a digit in it is an id, what holds no letter a quantity.
    """
    said = folded(content)
    is_one_word = " " not in said
    quantity = _QUANTITY.fullmatch(said)
    return not (
        _LETTER.search(said) is None
        or (is_one_word and any(map(str.isdigit, said)))
        or (quantity is not None and to_decimal(quantity[1]) is not None)
        or words_of(content) in _STATES
        or is_time(content)
    )


def _number(content: str) -> str | None:
    """Return a Cameroonian number in E.164, however it is written, or `None`."""
    found = _NUMBER.fullmatch(_IN_NUMBERS.sub("", content))
    return f"+237{found[1]}" if found else None
