"""The codes of 123-SMS.net, and what each means ("API CLIENT", 16/12/2024)."""

from dataclasses import dataclass
from typing import Final

from ..errors import (
    AuthenticationError,
    ContactExistsError,
    DuplicateMessageError,
    EmptyMessageError,
    EmptyTargetError,
    GatewayBrokenError,
    GatewayError,
    GroupExistsError,
    GroupNotEmptyError,
    InsufficientCreditError,
    InvalidRecipientError,
    InvalidRequestError,
    InvalidScheduleError,
    InvalidSenderError,
    IpNotAllowedError,
    NotCancellableError,
    OperationUnknownError,
    OverseasOptionMissingError,
    RecipientBlockedError,
    RejectedError,
    StopMentionRequiredError,
    UnknownContactError,
    UnknownGroupError,
    UnreadableAnswerError,
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says."""

    error: type[GatewayError] | None
    """`None` if what was asked for was done."""
    words: str
    """The gateway's own description."""

    def refusal(self, code: str) -> GatewayError | None:
        """Return the error that the code stands for; `None` if it was done."""
        if self.error is None:
            return None
        return self.error(code=code, words=self.words)


_MALFORMED: Final = Meaning(
    InvalidRequestError, "Erreur : le format des données transmises est incorrect"
)
# "Technical error" doesn't say at which step: the message may have left.
_TECHNICAL: Final = Meaning(GatewayBrokenError, "Erreur technique")
# Documented for the balance only, but it says the same anywhere.
_NO_SUCH_URL: Final = Meaning(OperationUnknownError, "Erreur : l'url est incorrecte")
_WRONG_DATE: Final = Meaning(
    InvalidScheduleError, "Erreur : la date de l'envoi en différé n'est pas valide"
)

# "Envoi de SMS", "Codes retour". 86, 98, 99 and 100 are not in the document but in use.
SEND_CODES: Final[dict[str, Meaning]] = {
    "-1": _MALFORMED,
    "-2": _TECHNICAL,
    "-3": _NO_SUCH_URL,
    "80": Meaning(None, "Succès : le message a été envoyé"),
    "81": Meaning(None, "Succès : le message est enregistré pour un envoi en différé"),
    "82": Meaning(
        AuthenticationError, "Erreur : le login et/ou mot de passe n'est pas valide"
    ),
    "83": Meaning(InsufficientCreditError, "Erreur : vous devez créditer le compte"),
    "84": Meaning(InvalidRecipientError, "Erreur : le numéro de GSM n'est pas valide"),
    "85": Meaning(
        InvalidScheduleError, "Erreur : le format d'envoi en différé n'est pas valide"
    ),
    "86": Meaning(EmptyTargetError, "Erreur : le groupe est vide"),
    "87": Meaning(
        AuthenticationError, "Erreur : la valeur email est vide ou non valide"
    ),
    "88": Meaning(AuthenticationError, "Erreur : la valeur pass est vide"),
    "89": Meaning(InvalidRecipientError, "Erreur : la valeur numero est vide"),
    "90": Meaning(EmptyMessageError, "Erreur : la valeur message est vide"),
    "91": Meaning(
        DuplicateMessageError,
        "Erreur : le message a déjà été envoyé à ce numéro dans les 24 dernières heures",
    ),
    # A test that nobody asked for: nothing was sent, so it is no success here.
    "92": Meaning(RejectedError, "Succès : le test d'envoi est positif"),
    "93": Meaning(
        OverseasOptionMissingError,
        "Erreur : pour effectuer l'envoi de SMS vers les DOM TOM, vous devez activer "
        "l'option dans l'espace client",
    ),
    # The answer to a deletion says nothing about a message.
    "94": Meaning(
        UnreadableAnswerError, "Succès : votre envoi en différé est supprimé"
    ),
    "95": Meaning(
        InvalidScheduleError, "Erreur : votre envoi en différé n'a pas pu être supprimé"
    ),
    "96": Meaning(IpNotAllowedError, "Erreur : votre adresse IP n'est pas valide"),
    "97": Meaning(InvalidSenderError, "Erreur : le SENDER ID n'est pas valide"),
    "98": _WRONG_DATE,
    "99": _WRONG_DATE,
    "100": _WRONG_DATE,
    "101": Meaning(
        RecipientBlockedError, "Info : le numéro de mobile est bloqué et/ou blacklisté"
    ),
    "102": Meaning(
        StopMentionRequiredError,
        "Erreur : le changement de SENDER ID vous oblige à rajouter « stop SMS au "
        "36177 » à la fin de votre message",
    ),
}

# Sent at once ("Envoi de SMS", "Codes retour").
SENT: Final = "80"
# A deletion that was done ("Envoi de SMS", "Codes retour").
DELETED: Final = "94"
# The answer to a test that passed ("Envoi de SMS", `test`).
TEST_PASSED: Final = "92"
# The same answers to a message with `test`. 80 and 81 still mean what they say: a
# gateway that overlooks the wish has taken the message.
TEST_CODES: Final[dict[str, Meaning]] = {
    **SEND_CODES,
    TEST_PASSED: Meaning(None, SEND_CODES[TEST_PASSED].words),
}
# The same answers to a message with an "s" after its `diff`. 80 and 81 still mean what
# they say: a gateway that overlooks the "s" has taken the message once more.
DELETION_CODES: Final[dict[str, Meaning]] = {
    **SEND_CODES,
    DELETED: Meaning(None, SEND_CODES[DELETED].words),
    "95": Meaning(NotCancellableError, SEND_CODES["95"].words),
}

# "Consultation du solde", "Codes retour". A bare 96 is a balance, but with an E it is
# none.
BALANCE_CODES: Final[dict[str, Meaning]] = {
    "-1": _MALFORMED,
    "-2": _TECHNICAL,
    "-3": _NO_SUCH_URL,
    "E501": Meaning(AuthenticationError, "Erreur : le paramètre « user » est vide"),
    "E502": Meaning(AuthenticationError, "Erreur : le paramètre « cleAPI » est vide"),
    "E505": Meaning(AuthenticationError, "Erreur : user et/ou cleAPI non valides"),
    "E96": SEND_CODES["96"],
}
# Numbers that are errors only where the answer itself calls them so: elsewhere each is
# a balance.
NAMED_BALANCE_CODES: Final[dict[str, Meaning]] = {
    **BALANCE_CODES,
    **{code.removeprefix("E"): meaning for code, meaning in BALANCE_CODES.items()},
    **{code: SEND_CODES[code] for code in ("82", "87", "88")},
}

# What says that a field is empty. Where it was filled the request was not read at all.
EMPTY_FIELDS: Final = {
    "87": "email",
    "88": "pass",
    "89": "numero",
    "90": "message",
    "501": "email",
    "502": "pass",
    "E501": "email",
    "E502": "pass",
}


# In all six tables, but for -3: it is documented for the balance only, and says the same
# anywhere.
_COMMON: Final[dict[str, Meaning]] = {
    **{code: SEND_CODES[code] for code in ("-1", "-2", "-3")},
    "501": Meaning(AuthenticationError, "Erreur : le paramètre « email » est vide"),
    "502": Meaning(AuthenticationError, "Erreur : le paramètre « pass » est vide"),
    "505": Meaning(
        AuthenticationError, "Erreur : identifiant et/ou mot de passe non valides"
    ),
}
_GROUP_EXISTS: Final = Meaning(
    GroupExistsError, "Erreur : le groupe est déjà enregistré"
)
_UNKNOWN_GROUP: Final = Meaning(
    UnknownGroupError, "Erreur : le groupe à supprimer n'existe pas"
)
_CONTACT_EXISTS: Final = Meaning(
    ContactExistsError,
    "Erreur : ce contact est déjà enregistré (au niveau du GSM) dans le groupe",
)
_NOT_IN_THE_LIST: Final = Meaning(
    UnknownContactError,
    "Erreur : ce contact n'existe pas dans la liste de vos contacts",
)
_NOT_IN_THE_GROUP: Final = Meaning(
    UnknownContactError, "Erreur : ce contact n'existe pas dans le groupe indiqué"
)

# "Ajout d'un groupe", "Codes retour".
ADD_GROUP_CODES: Final[dict[str, Meaning]] = {
    **_COMMON,
    "513": _GROUP_EXISTS,
    "514": Meaning(None, "Succès : le groupe est enregistré"),
}
# "Modification d'un groupe", "Codes retour". The document has no code for a group that
# isn't there: 517 is the deletion's.
RENAME_GROUP_CODES: Final[dict[str, Meaning]] = {
    **_COMMON,
    "513": _GROUP_EXISTS,
    "514": Meaning(None, "Succès : le groupe est modifié"),
    "517": _UNKNOWN_GROUP,
}
# "Suppression d'un groupe", "Codes retour".
DELETE_GROUP_CODES: Final[dict[str, Meaning]] = {
    **_COMMON,
    "515": Meaning(
        GroupNotEmptyError,
        "Erreur : suppression du groupe impossible : des contacts y sont associés",
    ),
    "516": Meaning(None, "Succès : le groupe est supprimé"),
    "517": _UNKNOWN_GROUP,
}
# "Ajout d'un contact", "Codes retour".
ADD_CONTACT_CODES: Final[dict[str, Meaning]] = {
    **_COMMON,
    "506": _CONTACT_EXISTS,
    "507": Meaning(None, "Succès : le contact est enregistré"),
}
# "Modification d'un contact", "Codes retour". The document has no code for a contact
# that isn't there, or for a number that another one has: 506 is the addition's, 508 and
# 510 are the deletion's.
UPDATE_CONTACT_CODES: Final[dict[str, Meaning]] = {
    **_COMMON,
    "506": _CONTACT_EXISTS,
    "507": Meaning(None, "Succès : le contact est modifié"),
    "508": _NOT_IN_THE_LIST,
    "510": _NOT_IN_THE_GROUP,
}
# "Suppression d'un contact", "Codes retour".
DELETE_CONTACT_CODES: Final[dict[str, Meaning]] = {
    **_COMMON,
    "508": _NOT_IN_THE_LIST,
    "509": Meaning(None, "Succès : le contact est supprimé"),
    "510": _NOT_IN_THE_GROUP,
}
