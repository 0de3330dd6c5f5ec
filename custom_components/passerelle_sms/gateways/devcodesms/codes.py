"""What the sentences of DevCodeSMS mean ("Valeur des messages", 2.1.2 and 2.2.2)."""

from typing import Final

from ..errors import (
    AuthenticationError,
    InsufficientCreditError,
    InvalidRecipientError,
    InvalidRequestError,
    RejectedError,
)
from ..wire.decoding import folded

# Folded, and in the order to look for them.
_SENTENCES: Final[dict[str, type[RejectedError]]] = {
    "pas d'autorisation": AuthenticationError,
    "api_key": AuthenticationError,
    "solde insuffisant": InsufficientCreditError,
    "numero de telephone invalide": InvalidRecipientError,
    "erreur de validation": InvalidRequestError,
}
_FIELD_MISSING: Final = "manquant"
_SOME_NOT_SENT: Final = "n'ont pas ete envoye"


def kind_of(words: str) -> type[RejectedError] | None:
    """Return which refusal a sentence tells, or `None` if it is none that is known."""
    said = folded(words)
    for sentence, kind in _SENTENCES.items():
        if sentence in said:
            return kind
    return None


def says_missing(words: str) -> bool:
    """Return whether a sentence misses a field of the request."""
    return _FIELD_MISSING in folded(words)


def says_some_not_sent(words: str) -> bool:
    """Return whether a sentence says that some of the messages were not sent."""
    return _SOME_NOT_SENT in folded(words)
