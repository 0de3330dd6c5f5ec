"""What a config entry says about its dead man's switches, read once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo
from typing import Self

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import CONF_NAME

from ..const import (
    CONF_DELAY,
    CONF_MESSAGE,
    CONF_MESSAGE_BACK,
    CONF_PHONE,
    CONF_RECIPIENTS,
    SUBENTRY_DEAD_MAN_SWITCH,
    SUBENTRY_GROUP,
)
from ..messaging.dead_man_switch.plan import SwitchPlan
from ..messaging.recipients.address_book import Recipient
from ..messaging.recipients.names import tidied
from .settings import group_members, recipient_name


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchSettings:
    """All that a dead man's switch goes by."""

    subentry_id: str
    name: str = field(repr=False)
    template: str = field(repr=False)
    """The text; `{house}` and `{since}` stand for what is known only later."""
    recipients: tuple[Recipient, ...] = field(repr=False)
    """Each number once, in their order; nobody once all of them are removed."""
    delay: timedelta
    message_back: str | None = field(repr=False)
    """What those who were told are told once the house is back; `None` for nothing."""

    @classmethod
    def of(cls, entry: ConfigEntry, subentry: ConfigSubentry) -> Self:
        """Return what a subentry says, with the recipients and groups of its entry."""
        data = subentry.data
        return cls(
            subentry_id=subentry.subentry_id,
            name=switch_name(subentry),
            template=data[CONF_MESSAGE],
            recipients=chosen_recipients(entry, data[CONF_RECIPIENTS]),
            delay=timedelta(minutes=data[CONF_DELAY]),
            message_back=data.get(CONF_MESSAGE_BACK) or None,
        )

    def plan(self, house: str, language: str, zone: tzinfo) -> SwitchPlan:
        """Return what the switch is to do in a house of this name and language."""
        return SwitchPlan(
            template=self.template,
            recipients=self.recipients,
            delay=self.delay,
            house=house,
            language=language,
            zone=zone,
        )


def switches_of(entry: ConfigEntry) -> tuple[ConfigSubentry, ...]:
    """Return the dead man's switches of an account or a relay."""
    return tuple(entry.get_subentries_of_type(SUBENTRY_DEAD_MAN_SWITCH))


def switch_name(subentry: ConfigSubentry) -> str:
    """Return what a switch is called: its title, which users can change anywhere."""
    return tidied(subentry.title) or str(subentry.data[CONF_NAME])


def chosen_recipients(entry: ConfigEntry, ids: Iterable[str]) -> tuple[Recipient, ...]:
    """Return whom some recipients and groups mean, each number once, in their order.

    Those that were removed since mean nobody.
    """
    found: dict[str, Recipient] = {}
    for subentry in _members(entry, ids):
        number = subentry.data[CONF_PHONE]
        found.setdefault(
            number, Recipient(number=number, name=recipient_name(subentry))
        )
    return tuple(found.values())


def _members(entry: ConfigEntry, ids: Iterable[str]) -> Iterator[ConfigSubentry]:
    """Yield the recipients among some recipients and groups, and those groups' members."""
    for subentry in (entry.subentries[one] for one in ids if one in entry.subentries):
        if subentry.subentry_type == SUBENTRY_GROUP:
            yield from group_members(entry, subentry)
        else:
            yield subentry
