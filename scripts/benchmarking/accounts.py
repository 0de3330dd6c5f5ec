"""Accounts at the simulated gateways, and what is sent through them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
import itertools
from types import MappingProxyType
from typing import Any, Final

from custom_components.passerelle_sms.const import DOMAIN
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryState,
    ConfigSubentryData,
)
from homeassistant.core import HomeAssistant
from homeassistant.util import slugify

# No alert is stopped for there being so many.
_OPTIONS: Final = {"segments_per_hour": 10**6, "segments_per_day": 10**6}
# The first digits of mobile numbers, and how many follow.
_NUMBERS: Final = {
    "CM": ("+23765", 7),
    "FR": ("+33612", 6),
    "CI": ("+22507571", 5),
}
# Those of a relay's recipients to whom another gateway sends than to most.
_OTHER_NUMBERS: Final = {"CM": ("+23722", 7), "FR": ("+33756", 6)}
_ONE_IN: Final = 10
_texts = itertools.count(1)


class NotAcceptedError(Exception):
    """What was to be measured went wrong: a message was not accepted, or not set up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account or a relay that Home Assistant has, with one recipient."""

    hass: HomeAssistant
    entry: ConfigEntry

    async def alert(self) -> None:
        """Send an alert as most automations do: by the account's notify service."""
        await self.hass.services.async_call(
            "notify",
            slugify(self.entry.title),
            {"message": next_text()},
            blocking=True,
        )

    async def send_to(self, numbers: Sequence[str]) -> None:
        """Send a message to several numbers.

        Raises:
            NotAcceptedError: the gateway has not accepted it for each of them.

        """
        answer = await self.hass.services.async_call(
            DOMAIN,
            "send_sms",
            {
                "config_entry_id": self.entry.entry_id,
                "message": next_text(),
                "target": list(numbers),
            },
            blocking=True,
            return_response=True,
        )
        results = answer["results"] if answer else None
        if not isinstance(results, list) or len(results) != len(numbers):
            raise NotAcceptedError("not every recipient has a result")
        outcomes = {one["outcome"] for one in results if isinstance(one, dict)}
        if outcomes != {"accepted"}:
            raise NotAcceptedError(f"{self.entry.title}: {sorted(map(str, outcomes))}")


def next_text() -> str:
    """Return a text that was not sent before: what is identical would stay at home."""
    return f"La citerne est à {next(_texts)} litres, appelle le voisin."


def numbers(data: dict[str, Any], count: int) -> list[str]:
    """Return so many mobile numbers of an account's country."""
    start, digits = _NUMBERS[data["country"]]
    return [f"{start}{index:0{digits}}" for index in range(count)]


def relay_numbers(count: int) -> list[str]:
    """Return so many mobile numbers, of three countries in turn.

    One in ten of Cameroon and of France is sent to by another gateway than the others.
    """

    def number(index: int) -> str:
        country = ("CM", "CI", "FR")[index % 3]
        is_other = index // 3 % _ONE_IN == 0
        starts = _OTHER_NUMBERS if is_other else _NUMBERS
        start, digits = starts.get(country, _NUMBERS[country])
        return f"{start}{index:0{digits}}"

    return [*map(number, range(count))]


def relay_data(accounts: Iterable[Account]) -> dict[str, Any]:
    """Return what the entry of a relay of some accounts holds."""
    return {
        "gateway": "relay",
        "name": "Relais",
        "accounts": [account.entry.entry_id for account in accounts],
        "country": "CM",
    }


def new_entry(title: str, data: dict[str, Any]) -> ConfigEntry:
    """Return the entry of an account; it has not been added yet."""
    [number] = numbers(data, 1)
    recipient = ConfigSubentryData(
        data={"name": "Maman", "phone": number},
        subentry_type="recipient",
        title="Maman",
        unique_id=number,
    )
    return ConfigEntry(
        data=data,
        discovery_keys=MappingProxyType({}),
        domain=DOMAIN,
        minor_version=1,
        options=_OPTIONS,
        source=SOURCE_USER,
        subentries_data=[recipient],
        title=title,
        unique_id=title,
        version=1,
    )


async def add(hass: HomeAssistant, entry: ConfigEntry) -> Account:
    """Add an account to Home Assistant.

    Raises:
        NotAcceptedError: it could not be set up.

    """
    await hass.config_entries.async_add(entry)
    await hass.async_block_till_done()
    if entry.state is not ConfigEntryState.LOADED:
        raise NotAcceptedError(f"{entry.title}: {entry.state}")
    return Account(hass=hass, entry=entry)
