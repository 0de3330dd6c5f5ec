"""What data show of themselves may end up in a log: nothing that is private."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
import importlib
import pkgutil
import re
from typing import (
    Any,
    NamedTuple,
    TypeAliasType,
    get_args,
    get_origin,
    get_type_hints,
    override,
)

import pytest
from yarl import URL

import custom_components.passerelle_sms as house
from homeassistant.helpers.entity import EntityDescription

# What somebody may have written, or a gateway: itself, or what it is in.
WRITTEN = (str, bytes, object, Any, URL)
# What is about texts and holds none.
TEXTLESS = (type, re.Pattern, Callable)
# Our own ids, names, rules and reasons, what our tables hold of the documents, and what
# is made to be shown. Anything else that is written stays out: texts, titles, names,
# numbers, logins, the gateways' ids and words.
PUBLIC = {
    "entry_id",
    "kept_id",
    "leader",
    "message_id",
    "subentry_id",
    "AccountSettings.country",
    "EntrySettings.country",
    "AccountStanding.reason",
    "Action.fields",
    "Action.name",
    "Books.prices",
    "Charge.tariff",
    "Count.unsettled",
    "Failure.key",
    "Leg.account",
    "Leg.gateway",
    "Leg.journal",
    "LegOrder.relay",
    "LegOrder.relay_message",
    "Meaning.words",
    "MessageRecord.relay",
    "MessageRecord.relay_message",
    "NumberingPlan.code",
    "NumberingPlan.trunk",
    "Operation.paths",
    "OwnedName.wanted",
    "PushedAnswer.content_type",
    "RecipientResult.gateway",
    "RecipientResult.public_label",
    "Reply.code",
    "RelaySettings.accounts",
    "RelaySettings.country",
    "RestStatus.reason",
    "Situation.abandoned",
    "Situation.account",
    "Situation.accounts",
    "Situation.available",
    "Sms.reference",
    "Standing.account",
    "SwitchPlan.language",
    "SwitchState.epoch",
    "Word.allowed",
    "_Batch.changes",
}


class Planted:
    """A value that can be found where it is shown."""

    @override
    def __repr__(self) -> str:
        """Return what is looked for."""
        return "planted"


def kinds(annotation: object) -> Iterator[object]:
    """Yield a type, and all types of what may be in it."""
    if isinstance(annotation, TypeAliasType):
        yield from kinds(annotation.__value__)
        return
    yield annotation
    if get_origin(annotation) not in TEXTLESS:
        for argument in get_args(annotation):
            yield from kinds(argument)


def written_fields(owner: type) -> Iterator[str]:
    """Yield the fields of a class that may hold what somebody wrote."""
    hints = get_type_hints(owner)
    names = [each.name for each in fields(owner)] if is_dataclass(owner) else hints
    for name in names:
        if any(kind in WRITTEN for kind in kinds(hints[name])):
            yield name


def is_shown(owner: type, name: str) -> bool:
    """Return whether the value of a field stands in the repr of its owner."""
    if not is_dataclass(owner):
        return True
    one = object.__new__(owner)
    for each in fields(owner):
        object.__setattr__(one, each.name, Planted() if each.name == name else None)
    return "planted" in repr(one)


def shown_fields(owner: type) -> set[str]:
    """Return what a class shows of what somebody may have written."""
    shown = {name for name in written_fields(owner) if is_shown(owner, name)}
    return {name if name in PUBLIC else f"{owner.__name__}.{name}" for name in shown}


def owners() -> list[type]:
    """Return every class of data in the house, but for descriptions of entities."""
    modules = [
        importlib.import_module(module.name)
        for module in pkgutil.walk_packages(house.__path__, f"{house.__name__}.")
    ]
    return [
        owner
        for module in modules
        for owner in vars(module).values()
        if isinstance(owner, type)
        and owner.__module__ == module.__name__
        and (is_dataclass(owner) or hasattr(owner, "_fields"))
        and not issubclass(owner, EntityDescription)
    ]


def test_nothing_private_is_shown() -> None:
    """What is shown is listed here, and no more is listed than is shown."""
    found = owners()
    assert len(found) > 80

    assert set().union(*map(shown_fields, found)) == PUBLIC


@dataclass(frozen=True, slots=True)
class Note:
    """Holds everything that the test above looks for, and once hides it."""

    text: str
    hidden: str = field(repr=False)
    words: str | None
    rows: tuple[Mapping[str, str], ...]
    content: Mapping[int, object]
    count: int


class Pair(NamedTuple):
    """Has no way to hide anything."""

    number: str
    weight: int


@pytest.mark.parametrize(
    ("owner", "shown"),
    [
        (Note, {"Note.text", "Note.words", "Note.rows", "Note.content"}),
        (Pair, {"Pair.number"}),
    ],
)
def test_what_is_shown_is_found(owner: type, shown: set[str]) -> None:
    """The test above must be able to fail."""
    assert shown_fields(owner) == shown
