"""What ETECH KEYS says about a delivery (section C).

The document prints no answer. The one in use is JSON with a number and a label; a bare
label is read as well. The label counts, never the number: it is explained differently
from one source to the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
import re
from typing import Final

from ..answer_reader import EXCERPT
from ..model.delivery import DeliveryStatus
from ..wire.decoding import words_of
from ..wire.json_document import as_object, items_of, read_json
from ..wire.noise import is_page, lines
from .responses import ID

# Longer than that is no label, but a sentence about something else.
_LONGEST_LABEL: Final = 80
# What a script says about itself: "Connection failed" is nothing about a message.
_ABOUT_THE_SERVER: Final = re.compile(
    r"\b(?:connection|connexion|database|err(?:or|eur)|fatal|notice|query|requete"
    r"|my ?sqli?|sql|warning)\b"
)
# In the order to look for them: "not yet delivered" holds the words of all three, and
# "undelivered" those of "delivered". Everything else is on its way, as far as we know.
_STATES: Final = (
    # With the operator it isn't on the phone.
    (
        re.compile(
            r"\b(?:attente|carrier|(?:en ?)?cours|encore|gateway|network|operat\w+|pending"
            r"|plateforme|reseau|smsc|yet)\b"
        ),
        DeliveryStatus.PENDING,
    ),
    (
        re.compile(
            r"\b(?:(?:un|non) ?(?:deliv|livr)|(?:jamais|non|not|pas)\b.*\b(?:deliv|livr|re[cm])"
            r"|blacklist|bloqu|delet|echec|echou|expir|fail|injoign|invalid|refus|rejec?t)"
        ),
        DeliveryStatus.UNDELIVERED,
    ),
    (
        re.compile(
            r"\b(?:deliv(?:ered|rd|ree?s?)|livree?s?|received|recue?s?|remise?s?)\b"
        ),
        DeliveryStatus.DELIVERED,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a message is, in the gateway's own words."""

    submission_id: str | None = field(repr=False)
    """The message that it is about, where the answer says so."""
    code: str = field(repr=False)
    """Empty where the answer tells none."""
    label: str = field(repr=False)

    @property
    def status(self) -> DeliveryStatus:
        """What the label means. One that nobody knows settles nothing."""
        words = words_of(self.label)
        for pattern, status in _STATES:
            if pattern.search(words):
                return status
        return DeliveryStatus.PENDING


def read_json_state(body: str) -> State | None:
    """Return the state in `{"id", "etat_sms", "Libelle_sms"}`, as seen in use."""
    items = items_of(read_json(body))
    content = as_object(items[0]) if len(items) == 1 else None
    if content is None:
        return None
    fields = _texts(content)
    code, label = fields.get("etat_sms", ""), fields.get("libelle_sms", "")
    if not code and not label:
        return None
    return State(submission_id=fields.get("id") or None, code=code, label=label)


def read_text_state(body: str) -> State | None:
    """Return the state in a bare label, or a bare number, beside an id or not.

    `None` for a page, for nothing at all, and for what speaks of something else.
    """
    text = " ".join(lines(body))
    if is_page(body) or "{" in text or "[" in text:
        return None
    submission_id = found[0] if (found := ID.search(text)) else None
    label = ID.sub("", text, count=1).strip(" :;|,.-")
    words = words_of(label)
    if not words or len(label) > _LONGEST_LABEL or _ABOUT_THE_SERVER.search(words):
        return None
    if label.isdecimal():
        return State(submission_id=submission_id, code=label, label="")
    return State(submission_id=submission_id, code="", label=label)


def _texts(content: Mapping[str, object]) -> dict[str, str]:
    """Return the texts and numbers of an object, by their folded names.

    An id written as a fraction has lost its last digits, and so is none of ours.
    """
    return {
        name: str(value).strip()[:EXCERPT]
        for name, value in content.items()
        if isinstance(value, str | int | Decimal) and not isinstance(value, bool)
    }
