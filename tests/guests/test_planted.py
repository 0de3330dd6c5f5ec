"""Every kind of leak that is planted is found: the walk can fail."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.passerelle_sms import event
from custom_components.passerelle_sms.actions import deliveries, messages, sending
from custom_components.passerelle_sms.const import EVENT
from custom_components.passerelle_sms.messaging.recipients import address_book
from custom_components.passerelle_sms.presentation import issues
from homeassistant.auth.permissions.events import SUBSCRIBE_ALLOWLIST
from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from tests.conftest import AccountMaker
from tests.simulator import Simulator

from . import house
from .guest import come_in
from .house import House, build, live
from .marks import LOGIN, PAPA, REPLY, TEXT
from .walk import walk

pytestmark = pytest.mark.usefixtures("socket_enabled")

type Planter = Callable[[pytest.MonkeyPatch, House], None]


@dataclass(frozen=True, kw_only=True)
class Plant:
    """A leak, and where it is to be found."""

    plant: Planter
    key: str = "etech_keys"
    """At which gateway."""
    where: str
    """The beginning of where a guest finds it."""
    what: str


async def _nobody(*_: object) -> bool:
    return False


def _take_for_administrators(module: object) -> Planter:
    """Let one module take every guest for an administrator."""
    return lambda patch, _: patch.setattr(module, "async_is_guest", _nobody)


def _forget_guest(module: object, name: str, flag: str) -> Planter:
    """Let one caller of a function forget to say that a guest asks."""

    def plant(patch: pytest.MonkeyPatch, _: House) -> None:
        told = getattr(module, name)

        def forgetful(*args: Any, **options: Any) -> Any:
            return told(*args, **{**options, flag: False})

        patch.setattr(module, name, forgetful)

    return plant


def _open_actions(_: pytest.MonkeyPatch, ours: House) -> None:
    for action in messages.ACTIONS:
        replace(action, for_everybody=True).async_register(ours.hass)


def _tell_whole_numbers(patch: pytest.MonkeyPatch, _: House) -> None:
    patch.setattr(address_book, "hide_number", str)


def _show_in_state(patch: pytest.MonkeyPatch, _: House) -> None:
    patch.setattr(event, "public_code", lambda _code: PAPA[4:])


def _show_reply(patch: pytest.MonkeyPatch, _: House) -> None:
    patch.setattr(event, "reply_details", lambda *_: {"text": REPLY})


def _tell_in_issue(
    patch: pytest.MonkeyPatch, _: House, field: str, secret: str
) -> None:
    create = ir.async_create_issue

    def talkative(*args: Any, **options: Any) -> None:
        options[field] = {**(options.get(field) or {}), "more": secret}
        create(*args, **options)

    patch.setattr(ir, "async_create_issue", talkative)


def _notify_all(_: pytest.MonkeyPatch, ours: House) -> None:
    persistent_notification.async_create(ours.hass, TEXT)


def _call_it_by_its_login(_: pytest.MonkeyPatch, ours: House) -> None:
    ours.hass.config_entries.async_update_entry(ours.entry, title=f"A{LOGIN}")


def _show_a_state(_: pytest.MonkeyPatch, ours: House) -> None:
    ours.hass.states.async_set("sensor.login", "ok", {"by": [{"login": int(LOGIN)}]})


def _open_the_bus(patch: pytest.MonkeyPatch, _: House) -> None:
    patch.setattr(house, "SUBSCRIBE_ALLOWLIST", SUBSCRIBE_ALLOWLIST | {EVENT})


PLANTS: Final = {
    "an id in an answer": Plant(
        plant=_take_for_administrators(messages),
        where="call_service {'domain': 'passerelle_sms', 'service': 'send_sms'",
        what="the login",
    ),
    "an id in a delivery": Plant(
        plant=_take_for_administrators(deliveries),
        where="call_service {'domain': 'passerelle_sms', 'service': 'get_delivery'",
        what="the login",
    ),
    "a text in what is taken back": Plant(
        plant=_forget_guest(messages, "async_message_response", "for_guest"),
        where="call_service {'domain': 'passerelle_sms', 'service': 'cancel_sms'",
        what="a text",
    ),
    "an action that is open": Plant(
        plant=_open_actions,
        where="call_service {'domain': 'passerelle_sms', 'service': 'get_messages'",
        what="a text",
    ),
    "words in an error": Plant(
        plant=_forget_guest(sending, "not_accepted", "for_guest"),
        where="call_service {'domain': 'notify'",
        what="a text",
    ),
    "a number in an attribute": Plant(
        plant=_show_in_state, where="get_states", what="Papa's"
    ),
    "a number in place of a name": Plant(
        plant=_tell_whole_numbers, where="state_changed", what="a stranger's"
    ),
    "a reply in an attribute": Plant(
        plant=_show_reply, key="envoyer_sms_pro", where="state_changed", what="a reply"
    ),
    "words in an issue": Plant(
        plant=_forget_guest(issues, "async_explain", "for_everybody"),
        where="repairs/list_issues",
        what="a text",
    ),
    "a text in an issue": Plant(
        plant=partial(_tell_in_issue, field="translation_placeholders", secret=TEXT),
        where="repairs/list_issues",
        what="a text",
    ),
    "a number in an issue's data": Plant(
        plant=partial(_tell_in_issue, field="data", secret=PAPA),
        where="repairs/get_issue_data",
        what="Papa's",
    ),
    "a notification": Plant(
        plant=_notify_all, where="persistent_notification/get", what="a text"
    ),
    "a title": Plant(
        plant=_call_it_by_its_login, where="config_entries/get", what="the login"
    ),
    "a state": Plant(plant=_show_a_state, where="/api/states", what="the login"),
    "a bus that is open": Plant(
        plant=_open_the_bus, key="envoyer_sms_pro", where=EVENT, what="a reply"
    ),
}


@pytest.mark.parametrize("name", PLANTS)
async def test_a_planted_leak_is_found(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
    hass_ws_client: WebSocketGenerator,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    """Where it was planted."""
    leak = PLANTS[name]
    ours = await build(hass, simulator, leak.key, add_account, freezer)
    leak.plant(monkeypatch, ours)
    await live(ours)
    guest = await come_in(hass, hass_ws_client)

    leaks = await walk(ours, guest)

    assert [where for where, what in leaks if leak.what in what and leak.where in where]
