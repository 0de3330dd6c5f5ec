"""The address book that 123-SMS.net keeps: contacts in groups.

"Gestion des groupes de contacts" and "Gestion des contacts". No older form is known for
any of this.
"""

from collections.abc import Mapping
from typing import Final, override

from ..abilities.account import ManagesContacts
from ..errors import InvalidNameError
from ..model.account import Contact
from .client import Operation, RequestFormat, Sms123Client
from .codes import (
    ADD_CONTACT_CODES,
    ADD_GROUP_CODES,
    DELETE_CONTACT_CODES,
    DELETE_GROUP_CODES,
    RENAME_GROUP_CODES,
    UPDATE_CONTACT_CODES,
    Meaning,
)
from .responses import read_code_answer

# What stands between the names of several groups ("Ajout d'un contact", `groupe`).
_BETWEEN: Final = "--"
# "jjmmaa" ("Ajout d'un contact", `datea`).
_BIRTHDAY: Final = "%d%m%y"


class Sms123Contacts(Sms123Client, ManagesContacts):
    """What manages the address book of an account at 123-SMS.net.

    A group's name that is blank, or holds the `--` that parts several, is refused here.
    """

    @override
    async def add_group(self, name: str) -> None:
        """Add a group ("Ajout d'un groupe")."""
        await self._manage(
            "api/group/add/", {"groupe": self._groups(name)}, ADD_GROUP_CODES
        )

    @override
    async def rename_group(self, name: str, new_name: str) -> None:
        """Rename a group ("Modification d'un groupe")."""
        parameters = {
            "groupe": self._groups(name),
            "groupe_upd": self._groups(new_name),
        }
        await self._manage("api/group/upd/", parameters, RENAME_GROUP_CODES)

    @override
    async def delete_group(self, name: str) -> None:
        """Delete a group that has no contacts ("Suppression d'un groupe")."""
        await self._manage(
            "api/group/del/", {"groupe": self._groups(name)}, DELETE_GROUP_CODES
        )

    @override
    async def add_contact(self, contact: Contact) -> None:
        """Add a contact to all of its groups ("Ajout d'un contact")."""
        parameters = {
            "groupe": self._groups(*contact.groups),
            "numero": self.local_number(contact.number),
            **_details(contact),
        }
        await self._manage("api/contact/add/", parameters, ADD_CONTACT_CODES)

    @override
    async def update_contact(self, number: str, contact: Contact) -> None:
        """Change a contact in its one group ("Modification d'un contact")."""
        parameters = {
            # Several are refused as the one name that they would make.
            "groupe": self._groups(_BETWEEN.join(contact.groups)),
            "numeroa": self.local_number(number),
            "numero": self.local_number(contact.number),
            **_details(contact),
        }
        await self._manage("api/contact/upd/", parameters, UPDATE_CONTACT_CODES)

    @override
    async def delete_contact(self, number: str, group: str | None = None) -> None:
        """Delete a contact from one group, or from all ("Suppression d'un contact")."""
        parameters = {"numero": self.local_number(number)}
        if group is not None:
            parameters["groupe"] = self._groups(group)
        await self._manage("api/contact/del/", parameters, DELETE_CONTACT_CODES)

    async def _manage(
        self, path: str, parameters: Mapping[str, str], codes: Mapping[str, Meaning]
    ) -> None:
        """Ask for one operation; raise what its own table says."""
        await self._ask(
            Operation(paths={RequestFormat.DOCUMENTED: path}),
            parameters,
            lambda answer: read_code_answer(answer.text, codes),
        )

    def _groups(self, *names: str) -> str:
        """Return names as `groupe` takes them, if they can be told apart again."""
        joined = _BETWEEN.join(names)
        comes_apart = joined.split(_BETWEEN) == list(names)
        if comes_apart and all(name.strip() for name in names):
            return joined
        # The document sets no bound. A name may be somebody's number, too.
        raise InvalidNameError(name=self._shown(joined), longest="")


def _details(contact: Contact) -> dict[str, str]:
    """Return what is known of a contact besides its number and its groups."""
    v1, v2, v3 = contact.variables
    birthday = contact.birthday
    details = {
        "nom": contact.name,
        "prenom": contact.first_name,
        "societe": contact.company,
        "datea": birthday.strftime(_BIRTHDAY) if birthday else None,
        "v1": v1,
        "v2": v2,
        "v3": v3,
    }
    return {name: value for name, value in details.items() if value is not None}
