"""The codes of 123-SMS.net's address book ("API CLIENT", 16/12/2024).

Each operation has a table of its own: what is a success for one means nothing for
another.
"""

from typing import Final

from ..errors import (
    AuthenticationError,
    ContactExistsError,
    GroupExistsError,
    GroupNotEmptyError,
    UnknownContactError,
    UnknownGroupError,
)
from .codes import SEND_CODES, Meaning

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
