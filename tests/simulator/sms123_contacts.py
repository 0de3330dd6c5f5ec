"""The address book of 123-SMS.net, as its document describes it.

"Gestion des groupes de contacts" and "Gestion des contacts". Where the document has no
code for what is asked, the answer is -1.
"""

from collections.abc import Callable, Mapping
from typing import Final

from .sms123_wire import Parameters

CONTACT_PATHS: Final = {
    "add_group": "api/group/add/",
    "rename_group": "api/group/upd/",
    "delete_group": "api/group/del/",
    "add_contact": "api/contact/add/",
    "update_contact": "api/contact/upd/",
    "delete_contact": "api/contact/del/",
}
DETAILS: Final = ("nom", "prenom", "societe", "datea", "v1", "v2", "v3")


class AddressBook:
    """Contacts in groups."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.groups: dict[str, dict[str, dict[str, str]]] = {}
        """The groups by name, in each the contacts by number, as the client wrote it,
        and of each contact what is known besides."""
        self._operations: Final[Mapping[str, Callable[[Parameters], str]]] = {
            "add_group": self._add_group,
            "rename_group": self._rename_group,
            "delete_group": self._delete_group,
            "add_contact": self._add_contact,
            "update_contact": self._update_contact,
            "delete_contact": self._delete_contact,
        }

    def answer(self, name: str, parameters: Parameters) -> str:
        """Do what is asked and return the code."""
        return self._operations[name](parameters)

    def _add_group(self, parameters: Parameters) -> str:
        group = parameters.get("groupe", "")
        if not group.strip():
            return "-1"
        if group in self.groups:
            return "513"
        self.groups[group] = {}
        return "514"

    def _rename_group(self, parameters: Parameters) -> str:
        group, renamed = parameters.get("groupe", ""), parameters.get("groupe_upd", "")
        if group not in self.groups or not renamed.strip():
            return "-1"
        if renamed in self.groups:
            return "513"
        self.groups[renamed] = self.groups.pop(group)
        return "514"

    def _delete_group(self, parameters: Parameters) -> str:
        group = parameters.get("groupe", "")
        if not group.strip():
            return "-1"
        if group not in self.groups:
            return "517"
        if self.groups[group]:
            return "515"
        del self.groups[group]
        return "516"

    def _add_contact(self, parameters: Parameters) -> str:
        groups, number = parameters.get("groupe", ""), parameters.get("numero", "")
        named = groups.split("--")
        if not number.isdigit() or any(group not in self.groups for group in named):
            return "-1"
        if any(number in self.groups[group] for group in named):
            return "506"
        for group in named:
            self.groups[group][number] = _details(parameters)
        return "507"

    def _update_contact(self, parameters: Parameters) -> str:
        contacts = self.groups.get(parameters.get("groupe", ""), {})
        old, new = parameters.get("numeroa", ""), parameters.get("numero", "")
        if old not in contacts or not new.isdigit() or new in contacts.keys() - {old}:
            return "-1"
        contacts[new] = contacts.pop(old) | _details(parameters)
        return "507"

    def _delete_contact(self, parameters: Parameters) -> str:
        number = parameters.get("numero", "")
        holding = [name for name, held in self.groups.items() if number in held]
        if not holding:
            return "508"
        if "groupe" in parameters:
            if parameters["groupe"] not in holding:
                return "510"
            holding = [parameters["groupe"]]
        for group in holding:
            del self.groups[group][number]
        return "509"


def _details(parameters: Parameters) -> dict[str, str]:
    return {name: parameters[name] for name in DETAILS if name in parameters}
