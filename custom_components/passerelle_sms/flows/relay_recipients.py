"""Copies the recipients and groups of accounts to a relay: each number and name once."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentryDataWithId
from homeassistant.const import CONF_NAME
from homeassistant.util.ulid import ulid_now

from ..const import CONF_PHONE, CONF_RECIPIENTS, SUBENTRY_GROUP, SUBENTRY_RECIPIENT
from ..entries.settings import group_members, recipient_name
from ..messaging.recipients.names import is_name, name_key, tidied

_LONGEST_WORDS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyableRecipient:
    """A recipient that a relay can take over from one of its accounts."""

    subentry_id: str = field(repr=False)
    """At its account."""
    name: str = field(repr=False)
    """What it will be called."""
    number: str = field(repr=False)
    """E.164."""
    account: str = field(repr=False)
    """The title of its account."""
    copied_id: str = field(default_factory=ulid_now, repr=False)
    """Of its copy at the relay: groups there refer to it."""

    @property
    def label(self) -> str:
        """What the form says of it."""
        return f"{self.name} ({self.number}, {self.account})"

    @property
    def copy(self) -> ConfigSubentryDataWithId:
        """The relay's own recipient of that name and number."""
        return ConfigSubentryDataWithId(
            data={CONF_NAME: self.name, CONF_PHONE: self.number},
            subentry_id=self.copied_id,
            subentry_type=SUBENTRY_RECIPIENT,
            title=self.name,
            unique_id=self.number,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyableGroup:
    """A group that a relay can take over from one of its accounts."""

    name: str = field(repr=False)
    """What it will be called."""
    members: tuple[CopyableRecipient, ...] = field(repr=False)

    @property
    def copy(self) -> ConfigSubentryDataWithId:
        """The relay's own group, of its own recipients."""
        members = [member.copied_id for member in self.members]
        return ConfigSubentryDataWithId(
            data={CONF_NAME: self.name, CONF_RECIPIENTS: members},
            subentry_id=ulid_now(),
            subentry_type=SUBENTRY_GROUP,
            title=self.name,
            unique_id=None,
        )


def copyable_recipients(
    accounts: Iterable[ConfigEntry],
) -> tuple[CopyableRecipient, ...]:
    """Return whom a relay of `accounts` can take over, in their order.

    A number that several have is the first one's. Two numbers of one name get two names:
    a message to that name would not know where to go.
    """
    found: dict[str, CopyableRecipient] = {}
    taken: set[str] = set()
    for account in accounts:
        for subentry in account.get_subentries_of_type(SUBENTRY_RECIPIENT):
            number = subentry.data[CONF_PHONE]
            if number in found:
                continue
            name = _free_name(recipient_name(subentry), taken)
            taken.add(name_key(name))
            found[number] = CopyableRecipient(
                subentry_id=subentry.subentry_id,
                name=name,
                number=number,
                account=account.title,
            )
    return tuple(found.values())


def copyable_groups(
    accounts: Iterable[ConfigEntry], recipients: Sequence[CopyableRecipient]
) -> tuple[CopyableGroup, ...]:
    """Return the groups that a relay which takes over `recipients` can take over too.

    Those of which all members are taken over; what two accounts call alike, and whose
    members are the same, is one.
    """
    by_number = {recipient.number: recipient for recipient in recipients}
    found: dict[tuple[str, frozenset[str]], CopyableGroup] = {}
    taken = {name_key(recipient.name) for recipient in recipients}
    for account in accounts:
        for subentry in account.get_subentries_of_type(SUBENTRY_GROUP):
            members = group_members(account, subentry)
            numbers = tuple(member.data[CONF_PHONE] for member in members)
            name = recipient_name(subentry)
            key = name_key(name), frozenset(numbers)
            if key in found or not numbers or not by_number.keys() >= key[1]:
                continue
            name = _free_name(name, taken)
            taken.add(name_key(name))
            copied = tuple(by_number[number] for number in numbers)
            found[key] = CopyableGroup(name=name, members=copied)
    return tuple(found.values())


def _free_name(name: str, taken: Container[str]) -> str:
    """Return a name that nobody has yet, numbered if need be."""
    base = name if is_name(f"{name} 999") else _words(name)
    names = chain([name], (f"{base} {number}" for number in count(2)))
    return next(one for one in names if name_key(one) not in taken)


def _words(name: str) -> str:
    """Return the letters and pictures of a name that has no room for a number."""
    words = "".join(sign if is_name(sign) else " " for sign in name)
    return tidied(words)[:_LONGEST_WORDS].strip()
