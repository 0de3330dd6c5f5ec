"""What the sentences of DevCodeSMS mean ("Valeur des messages", 2.1.2 and 2.2.2)."""

import re
from typing import Final

from ..errors import (
    AuthenticationError,
    InsufficientCreditError,
    InvalidRecipientError,
    InvalidRequestError,
    RejectedError,
)
from ..wire.decoding import folded

# The words that tell each of them, folded, in the order to look for them.
_SENTENCES: Final[dict[tuple[str, ...], type[RejectedError]]] = {
    ("pas d'autorisation",): AuthenticationError,
    ("api_key",): AuthenticationError,
    ("solde", "insuffisant"): InsufficientCreditError,
    ("numero", "invalide"): InvalidRecipientError,
    ("erreur de validation",): InvalidRequestError,
}
# "Certain message n'ont pas été envoyé": some were. "… avec succès": all were.
_SOMETHING_LEFT: Final = re.compile(
    r"\b(?:avec succes|certain|parti(?:al|el|e\b)|some)"
)


def kind_of(words: str) -> type[RejectedError] | None:
    """Return which refusal a sentence tells, or `None` if it is none that is known."""
    said = folded(words)
    for told, kind in _SENTENCES.items():
        if all(word in said for word in told):
            return kind
    return None


def says_something_left(words: str) -> bool:
    """Return whether a sentence says that some of the messages, or all, were sent."""
    return _SOMETHING_LEFT.search(folded(words)) is not None
