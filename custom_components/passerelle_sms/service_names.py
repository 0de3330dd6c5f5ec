"""Whose each name of a notify service is, across restarts and renames."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from itertools import chain, count
import logging
from typing import Final, TypedDict

import probatio

from homeassistant.components.notify import (
    DOMAIN as NOTIFY_DOMAIN,
    SERVICE_NOTIFY,
    SERVICE_PERSISTENT_NOTIFICATION,
    SERVICE_SEND_MESSAGE,
)
from homeassistant.config import config_per_platform
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import slugify

from .const import DOMAIN

_LOGGER = logging.getLogger(__name__)

STORAGE_KEY: Final = f"{DOMAIN}.service_names"
STORAGE_VERSION: Final = 1
# As long as Home Assistant takes to write down the entries that the names belong to.
SAVE_DELAY: Final = 1

CORE_NAMES: Final = frozenset(
    {SERVICE_NOTIFY, SERVICE_PERSISTENT_NOTIFICATION, SERVICE_SEND_MESSAGE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose a service is: an account's, or that of a recipient or group of it."""

    entry_id: str
    subentry_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedName:
    """Whose a name is, and which name was wanted when this one was given."""

    owner: Owner
    wanted: str


type Names = Mapping[str, OwnedName]


class _StoredName(TypedDict):
    entry_id: str
    subentry_id: str | None
    wanted: str


_STORED: Final = probatio.Schema(
    {
        str: {
            probatio.Required("entry_id"): str,
            probatio.Required("subentry_id"): probatio.Any(str, None),
            probatio.Required("wanted"): str,
        }
    }
)


def names_in_yaml(config: ConfigType) -> set[str]:
    """Return the names of the notify services that a configuration sets up.

    They are made as Home Assistant's notify component makes them.
    """
    return {
        slugify(str(platform.get(CONF_NAME) or SERVICE_NOTIFY))
        for name, platform in config_per_platform(config, NOTIFY_DOMAIN)
        if name is not None
    }


def assign_names(
    names: Names,
    entry_id: str,
    title: str,
    recipients: Mapping[str, str],
    foreign: Container[str],
) -> dict[str, OwnedName]:
    """Return `names` once an account and its recipients have those they want now.

    `recipients` are names by subentry, also of groups; `foreign` are the names of others'
    services. Each keeps the names that it ever had, but for those that are foreign now.
    Where the wanted one is not free, the first numbered one is given that is.
    """
    account = Owner(entry_id=entry_id)
    owners = {account} | {
        Owner(entry_id=entry_id, subentry_id=subentry_id) for subentry_id in recipients
    }
    assigned = {
        name: owned
        for name, owned in names.items()
        if owned.owner.entry_id != entry_id
        or (owned.owner in owners and name not in foreign)
    }
    given = {owned: name for name, owned in assigned.items()}

    def give(owner: Owner, wanted: str) -> str:
        owned = OwnedName(owner=owner, wanted=wanted)
        if owned in given:
            return given[owned]
        return next(
            name
            for name in chain([wanted], (f"{wanted}_{number}" for number in count(2)))
            if name not in foreign and assigned.setdefault(name, owned).owner == owner
        )

    name = give(account, slugify(title) or DOMAIN)
    for subentry_id, recipient in recipients.items():
        give(
            Owner(entry_id=entry_id, subentry_id=subentry_id),
            slugify(f"{name}_{recipient}"),
        )
    return assigned


class ServiceNames:
    """Keeps whose each name is, on disk."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know no name yet."""
        self._store = Store[dict[str, _StoredName]](hass, STORAGE_VERSION, STORAGE_KEY)
        self._names: Names = {}

    async def async_load(self, is_there: Callable[[Owner], bool]) -> None:
        """Read the names of the owners that are still there.

        A file that can't be read is no reason to offer no service: the names are
        given anew.
        """
        try:
            loaded = await self._store.async_load()
            stored = {} if loaded is None else _STORED(loaded)
        except (
            HomeAssistantError,
            probatio.Invalid,
            # The store takes any JSON for one of its own.
            AttributeError,
            LookupError,
            NotImplementedError,
            TypeError,
        ) as error:
            _LOGGER.warning(
                "The names of the notify services can't be read and are given anew: %s",
                type(error).__name__,
            )
            return
        names = {
            name: OwnedName(
                owner=Owner(
                    entry_id=owned["entry_id"], subentry_id=owned["subentry_id"]
                ),
                wanted=owned["wanted"],
            )
            for name, owned in stored.items()
        }
        self._names = {
            name: owned for name, owned in names.items() if is_there(owned.owner)
        }

    def of_entry(self, entry_id: str) -> dict[str, Owner]:
        """Return the names of an account and its recipients, and whose each is."""
        return {
            name: owned.owner
            for name, owned in self._names.items()
            if owned.owner.entry_id == entry_id
        }

    @callback
    def async_assign(
        self,
        entry_id: str,
        title: str,
        recipients: Mapping[str, str],
        foreign: Container[str],
    ) -> None:
        """Give an account and its recipients the names that they want now."""
        before = self._names
        self._async_change(assign_names(before, entry_id, title, recipients, foreign))
        latest = {owner: name for name, owner in self.of_entry(entry_id).items()}
        for name, owned in before.items():
            if name not in self._names and owned.owner in latest:
                _LOGGER.warning(
                    "notify.%s is the name of another service; "
                    "use notify.%s for the one of Passerelle SMS",
                    name,
                    latest[owned.owner],
                )

    @callback
    def async_forget(self, entry_id: str) -> None:
        """Free the names of an account."""
        self._async_change(
            {
                name: owned
                for name, owned in self._names.items()
                if owned.owner.entry_id != entry_id
            }
        )

    @callback
    def _async_change(self, names: Names) -> None:
        if names != self._names:
            self._names = names
            self._store.async_delay_save(self._stored, SAVE_DELAY)

    @callback
    def _stored(self) -> dict[str, _StoredName]:
        return {
            name: {
                "entry_id": owned.owner.entry_id,
                "subentry_id": owned.owner.subentry_id,
                "wanted": owned.wanted,
            }
            for name, owned in self._names.items()
        }
