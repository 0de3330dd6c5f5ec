"""The address book that a gateway keeps: groups, and contacts in them."""

from typing import Final

import probatio

from homeassistant.const import ATTR_NAME
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.util.json import JsonObjectType

from ..bounds import MOST_GROUPS
from ..const import (
    ATTR_BIRTHDAY,
    ATTR_COMPANY,
    ATTR_FIRST_NAME,
    ATTR_GROUP,
    ATTR_GROUPS,
    ATTR_NEW_NAME,
    ATTR_NEW_PHONE,
    ATTR_PHONE,
    ATTR_VARIABLE_1,
    ATTR_VARIABLE_2,
    ATTR_VARIABLE_3,
)
from ..gateways.abilities.account import ManagesContacts
from ..gateways.model.account import Contact
from .common import Action, able, account_of, number_of, translated
from .reading import Fields
from .values import day_of_birth, given_name, list_of, name

# What a gateway may know of a contact besides the number and the groups.
_DETAILS: Final[Fields] = {
    probatio.Optional(ATTR_NAME): name,
    probatio.Optional(ATTR_FIRST_NAME): name,
    probatio.Optional(ATTR_COMPANY): name,
    probatio.Optional(ATTR_BIRTHDAY): day_of_birth,
    probatio.Optional(ATTR_VARIABLE_1): name,
    probatio.Optional(ATTR_VARIABLE_2): name,
    probatio.Optional(ATTR_VARIABLE_3): name,
}


async def _async_add_group(call: ServiceCall) -> ServiceResponse:
    """Add a group."""
    account = account_of(call)
    gateway = able(account, ManagesContacts)
    with translated(account, changes=True):
        await gateway.add_group(call.data[ATTR_NAME])
    return {"group": call.data[ATTR_NAME]}


async def _async_rename_group(call: ServiceCall) -> ServiceResponse:
    """Rename a group."""
    account = account_of(call)
    gateway = able(account, ManagesContacts)
    with translated(account, changes=True):
        await gateway.rename_group(call.data[ATTR_NAME], call.data[ATTR_NEW_NAME])
    return {"group": call.data[ATTR_NEW_NAME]}


async def _async_delete_group(call: ServiceCall) -> ServiceResponse:
    """Delete a group."""
    account = account_of(call)
    gateway = able(account, ManagesContacts)
    with translated(account, changes=True):
        await gateway.delete_group(call.data[ATTR_NAME])
    return {"group": call.data[ATTR_NAME]}


async def _async_add_contact(call: ServiceCall) -> ServiceResponse:
    """Add a contact to groups."""
    account = account_of(call)
    gateway = able(account, ManagesContacts)
    with translated(account, changes=True):
        number = number_of(account, call.data[ATTR_PHONE])
        contact = _contact(call, number, tuple(call.data[ATTR_GROUPS]))
        await gateway.add_contact(contact)
    return _answer(contact)


async def _async_update_contact(call: ServiceCall) -> ServiceResponse:
    """Change a contact in one group."""
    account = account_of(call)
    gateway = able(account, ManagesContacts)
    with translated(account, changes=True):
        number = number_of(account, call.data[ATTR_PHONE])
        new_phone = call.data.get(ATTR_NEW_PHONE)
        new_number = number if new_phone is None else number_of(account, new_phone)
        contact = _contact(call, new_number, (call.data[ATTR_GROUP],))
        await gateway.update_contact(number, contact)
    return _answer(contact)


async def _async_delete_contact(call: ServiceCall) -> ServiceResponse:
    """Delete a contact from one group, or from all."""
    account = account_of(call)
    gateway = able(account, ManagesContacts)
    group = call.data.get(ATTR_GROUP)
    with translated(account, changes=True):
        number = number_of(account, call.data[ATTR_PHONE])
        await gateway.delete_contact(number, group)
    return {"phone": number, "group": group}


ACTIONS: Final = (
    Action(
        name="add_group",
        handler=_async_add_group,
        fields={probatio.Required(ATTR_NAME): name},
    ),
    Action(
        name="rename_group",
        handler=_async_rename_group,
        fields={
            probatio.Required(ATTR_NAME): name,
            probatio.Required(ATTR_NEW_NAME): name,
        },
    ),
    Action(
        name="delete_group",
        handler=_async_delete_group,
        fields={probatio.Required(ATTR_NAME): name},
    ),
    Action(
        name="add_contact",
        handler=_async_add_contact,
        fields={
            probatio.Required(ATTR_PHONE): name,
            probatio.Required(ATTR_GROUPS): list_of(name, MOST_GROUPS),
            **_DETAILS,
        },
    ),
    Action(
        name="update_contact",
        handler=_async_update_contact,
        fields={
            probatio.Required(ATTR_PHONE): name,
            probatio.Optional(ATTR_NEW_PHONE): name,
            probatio.Required(ATTR_GROUP): given_name,
            **_DETAILS,
        },
    ),
    Action(
        name="delete_contact",
        handler=_async_delete_contact,
        fields={
            probatio.Required(ATTR_PHONE): name,
            # Left out, it is all groups.
            probatio.Optional(ATTR_GROUP): given_name,
        },
    ),
)


def _contact(call: ServiceCall, number: str, groups: tuple[str, ...]) -> Contact:
    """Return the contact that a call describes."""
    fields = call.data
    return Contact(
        number=number,
        groups=groups,
        name=fields.get(ATTR_NAME),
        first_name=fields.get(ATTR_FIRST_NAME),
        company=fields.get(ATTR_COMPANY),
        birthday=fields.get(ATTR_BIRTHDAY),
        variables=(
            fields.get(ATTR_VARIABLE_1),
            fields.get(ATTR_VARIABLE_2),
            fields.get(ATTR_VARIABLE_3),
        ),
    )


def _answer(contact: Contact) -> JsonObjectType:
    """Return how the number was read, and where the contact is."""
    return {"phone": contact.number, "groups": [*contact.groups]}
