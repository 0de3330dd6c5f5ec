"""The five accounts, added as a user would: through the config flow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from tests.e2e.client import Flow, HomeAssistantClient
from tests.e2e.waiting import until
from tests.simulator import SimulatedGateway, Simulator

DOMAIN: Final = "passerelle_sms"
RECIPIENT: Final = "Maman"

_SENDER: Final = "MAISON"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What the forms ask for, for one gateway."""

    credentials: tuple[str, ...]
    """The fields of the form, named as the simulated account names them."""
    country: str
    phone: str


_LOGIN: Final = ("username", "password")
_WANTED: Final = {
    "etech_keys": _Wanted(credentials=_LOGIN, country="CM", phone="+237650123456"),
    "smseco": _Wanted(credentials=_LOGIN, country="CI", phone="+2250757123456"),
    "envoyer_sms_pro": _Wanted(credentials=_LOGIN, country="FR", phone="+33612345678"),
    "sms123": _Wanted(
        credentials=("username", "api_key"), country="FR", phone="+33612345678"
    ),
    "devcodesms": _Wanted(
        credentials=("api_key",), country="CM", phone="+237650123456"
    ),
}


class UnexpectedStepError(Exception):
    """A flow went another way than it should."""


class Entry(Protocol):
    """An account or a relay that Home Assistant now has."""

    @property
    def title(self) -> str:
        """How it is called."""

    @property
    def entry_id(self) -> str:
        """The id of its config entry."""

    @property
    def entities(self) -> Mapping[str, str]:
        """The entity ids of what it shows, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account that Home Assistant now has."""

    title: str
    entry_id: str
    entities: Mapping[str, str]
    """The entity ids of what it shows, by name: `balance`, `delivery` …"""
    simulated: SimulatedGateway


async def add_account(
    house: HomeAssistantClient, simulator: Simulator, key: str
) -> Account:
    """Add the account at one gateway, with one recipient, and wait until it is ready.

    Raises:
        UnexpectedStepError: a form was refused, or another one came.

    """
    wanted, simulated = _WANTED[key], simulator.gateways[key]
    flow = await house.config_flow(DOMAIN)
    await flow.submit({"next_step_id": key})
    await flow.submit(
        {
            **{field: getattr(simulated, field) for field in wanted.credentials},
            "sender": _SENDER,
            "country": wanted.country,
            "advanced": {"url": simulator.url(key), "verify_ssl": True},
        }
    )
    expect(flow, "insecure")
    await flow.submit({})
    expect_end(flow)
    entry = flow.step["result"]
    recipient = await _add_recipient(house, flow.step, wanted.phone)
    return Account(
        title=entry["title"],
        entry_id=entry["entry_id"],
        entities=await _ready(house, entry["entry_id"], recipient),
        simulated=simulated,
    )


async def entities_of(house: HomeAssistantClient, entry_id: str) -> dict[str, str]:
    """Return the entity ids of what an entry shows, by name."""
    prefix = f"{entry_id}_"
    return {
        unique_id.removeprefix(prefix): entity_id
        for unique_id, entity_id in (await house.entities()).items()
        if unique_id.startswith(prefix)
    }


async def _add_recipient(
    house: HomeAssistantClient, created: dict[str, Any], phone: str
) -> str:
    """Add the recipient to a new account and return its subentry's id."""
    entry_id = created["result"]["entry_id"]
    flow = await house.next_flow(created) or await house.subentry_flow(
        entry_id, "recipient"
    )
    await flow.submit({"name": RECIPIENT, "phone": phone})
    expect_end(flow)
    subentries = await house.command(
        "config_entries/subentries/list", entry_id=entry_id
    )
    subentry_id: str = subentries[0]["subentry_id"]
    return subentry_id


async def _ready(
    house: HomeAssistantClient, entry_id: str, recipient: str
) -> dict[str, str]:
    """Wait until an account knows its recipient and its balance; return its entities."""

    async def look() -> dict[str, str] | None:
        found = await entities_of(house, entry_id)
        if not any(name.startswith(recipient) for name in found):
            return None
        if not any(
            entry["entry_id"] == entry_id and entry["state"] == "loaded"
            for entry in await house.config_entries(DOMAIN)
        ):
            return None
        found = await entities_of(house, entry_id)
        return found if "balance" in found else None

    return await until("the account was ready", look)


def expect(flow: Flow, step: str) -> None:
    """Raise `UnexpectedStepError` unless a flow has come to a step."""
    if flow.step.get("step_id") != step:
        raise UnexpectedStepError(f"wanted {step}, {_where(flow)}")


def expect_end(flow: Flow) -> None:
    """Raise `UnexpectedStepError` unless a flow has added what it was to add."""
    if flow.step["type"] != "create_entry":
        raise UnexpectedStepError(f"wanted the end, {_where(flow)}")


def _where(flow: Flow) -> str:
    step = flow.step
    shown = {
        name: step.get(name)
        for name in ("type", "step_id", "errors", "reason")
        if step.get(name)
    }
    return f"came to {shown}"
