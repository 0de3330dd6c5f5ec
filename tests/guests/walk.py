"""A guest's walk through everything that he can reach."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from custom_components.passerelle_sms.const import DOMAIN
from homeassistant.core import HomeAssistant, SupportsResponse
from tests.actions.calls import FIELDS

from .guest import UNAUTHORIZED, Guest, Seen
from .house import House
from .marks import MAMAN, PAPA, STRANGER, found

type Fields = dict[str, Any]

# What he may ask Home Assistant for: everything that may speak of an account.
OPEN_COMMANDS: Final = (
    "get_states",
    "get_services",
    "get_config",
    "entity/source",
    "repairs/list_issues",
    "persistent_notification/get",
    "config_entries/get",
    "config/device_registry/list",
    "config/entity_registry/list",
    "config/entity_registry/list_for_display",
)
OPEN_PAGES: Final = ("/api/states", "/api/services", "/api/config")
# What holds secrets, and is for administrators: Home Assistant's own rule.
CLOSED_COMMANDS: Final = (
    "config_entries/flow/progress",
    "diagnostics/list",
    "system_log/list",
    "webhook/list",
)
CLOSED_EVENTS: Final = (f"{DOMAIN}_event", "call_service", "*")


def _messages(house: House) -> list[Fields]:
    """Return the ids of all messages, the newest first."""
    return [{"message_id": message_id} for message_id in reversed(house.ids.values())]


def _sends(house: House) -> list[Fields]:
    targets: list[Fields] = [
        {"target": ["Maman"]},
        {"target": [PAPA]},
        {"target": ["Papa", PAPA, STRANGER]},
        {"target": ["famille", MAMAN]},
        {"target": ["Vide", STRANGER]},
        {"target": ["Vide"]},
        {"target": ["Personne", "12 34"]},
        {"target": [f"{MAMAN}9"]},
        {},
    ]
    options: list[Fields] = [
        {"sender": "!"},
        {"test": True},
        {"voice": True},
        {"send_at": "2026-01-01 00:00:00"},
        {"gateway_options": {"dedupe": True}},
        {"message": "{x}", "personalisation": {PAPA: {"x": "1"}}},
        {"message": "{x}", "personalisation": {"Famille": {"x": "1"}}},
        {"message": "  "},
        {"message": "Bonsoir à tous " * 130},
    ]
    to_papa = [{"target": ["Papa"], **option} for option in options]
    return [
        {"message": f"Bonsoir {number}", **fields}
        for number, fields in enumerate([*targets, *targets[:2], *to_papa])
    ]


def _deliveries(house: House) -> list[Fields]:
    strangers = (STRANGER, "+237655000000", "Personne", "")
    asked = ("Maman", "Papa", "Famille", "Vide", MAMAN, PAPA, *strangers)
    return [
        {},
        {"recipient": PAPA},
        {"message_id": "01M7W4EX1X"},
        *_messages(house),
        *(
            {**message, "recipient": recipient}
            for message in _messages(house)
            for recipient in asked
        ),
    ]


def _usual(action: str, _house: House) -> list[Fields]:
    return [FIELDS[action], {"wrong": 1}]


CASES: Final[dict[str, Callable[[House], list[Fields]]]] = {
    "send_sms": _sends,
    "preview_sms": lambda _: [{"message": "Bonsoir"}, {"message": ""}],
    "cancel_sms": lambda house: [*_messages(house), {"message_id": "01M7W4EX1X"}],
    "get_delivery": _deliveries,
    "get_messages": lambda _: [{}, {"recipient": PAPA}, {"recipient": "+1"}],
    "get_replies": lambda house: [{}, *_messages(house)],
    "check_numbers": lambda _: [{"target": [PAPA]}, {"target": ["Papa"]}, {}],
    "get_stop_status": lambda _: [
        {"recipient": recipient} for recipient in ("Papa", PAPA, STRANGER, "?")
    ],
    **{
        action: partial(_usual, action)
        for action in FIELDS
        if action != "get_stop_status"
    },
}
"""By action, how a guest calls it. One that has no case here fails the walk."""
OPEN_ACTIONS: Final = {"send_sms", "preview_sms", "cancel_sms", "get_delivery"}
"""Those that answer him."""


class NoCaseError(KeyError):
    """There is something that no guest has tried yet."""


async def walk(house: House, guest: Guest) -> list[tuple[str, set[str]]]:
    """Let a guest try everything; return where he found what he must not get.

    Raises:
        NoCaseError: there is an action that nobody has told him how to call.

    """
    await look_around(house, guest)
    await notify(house, guest)
    await toggle(house, guest)
    for action in house.hass.services.async_services_for_domain(DOMAIN):
        await call(house, guest, action)
    await house.hass.async_block_till_done(wait_background_tasks=True)
    await look_around(house, guest)
    return [*leaks(house, guest)]


def leaks(house: House, guest: Guest) -> Iterator[tuple[str, set[str]]]:
    """Yield where a guest has found what he must not get."""
    seen: list[Seen] = [*guest.seen, *house.told]
    for where, told in seen:
        if marks := found(told, house.simulated):
            yield where, marks


async def look_around(house: House, guest: Guest) -> None:
    """Look at all states, issues, notifications, registries and pages."""
    for command in OPEN_COMMANDS:
        answer = await guest.ask(command)
        assert answer["success"], command
    for issue in (await guest.ask("repairs/list_issues"))["result"]["issues"]:
        names = {"domain": issue["domain"], "issue_id": issue["issue_id"]}
        assert (await guest.ask("repairs/get_issue_data", **names))["success"]
        handler = {"handler": issue["domain"], "issue_id": issue["issue_id"]}
        assert await guest.post("/api/repairs/issues/fix", handler) == UNAUTHORIZED
    for command in CLOSED_COMMANDS:
        assert not (await guest.ask(command))["success"], command
    for event_type in CLOSED_EVENTS:
        await guest.ask("subscribe_events", event_type=event_type)
    for page in OPEN_PAGES:
        assert await guest.get(page) == 200, page
    entry = house.entry.entry_id
    subentries = await guest.ask("config_entries/subentries/list", entry_id=entry)
    assert not subentries["success"]
    assert await guest.get(f"/api/diagnostics/config_entry/{entry}") == UNAUTHORIZED
    # What was told meanwhile has come by now.
    await guest.ask("ping")


async def call(house: House, guest: Guest, action: str) -> None:
    """Call an action in all ways, also while the gateway repeats what it was sent.

    Raises:
        NoCaseError: nobody has told how.

    """
    if action not in CASES:
        raise NoCaseError(action)
    if action == "cancel_sms":
        await house.wait()
    for number, fields in enumerate(CASES[action](house)):
        for answer in _ways(house.hass, action):
            for is_refused in (True, False) if action == "send_sms" else (False,):
                if is_refused:
                    house.refuse_next()
                if "message" in fields and fields["message"].strip():
                    # The same text again would be refused here.
                    fields["message"] += f" {number}{answer}{is_refused}"
                await guest.call(
                    DOMAIN,
                    action,
                    answer=answer,
                    config_entry_id=house.entry.entry_id,
                    **fields,
                )
                house.simulated.heal()


def _ways(hass: HomeAssistant, action: str) -> tuple[bool, ...]:
    supported = hass.services.supports_response(DOMAIN, action)
    return {
        SupportsResponse.NONE: (False,),
        SupportsResponse.ONLY: (True,),
        SupportsResponse.OPTIONAL: (True, False),
    }[supported]


async def notify(house: House, guest: Guest) -> None:
    """Send by every notify service and entity, refused and taken."""
    services = [
        name
        for name in house.hass.services.async_services_for_domain("notify")
        if name not in {"notify", "persistent_notification", "send_message"}
    ]
    assert len(services) >= 3
    entities = house.hass.states.async_entity_ids("notify")
    assert len(entities) == 4
    calls: list[tuple[str, Fields]] = [
        *((service, {}) for service in services),
        *((service, {"target": [PAPA]}) for service in services),
        *((service, {"data": {"sender": [PAPA]}}) for service in services),
        *(("send_message", {"entity_id": entity}) for entity in entities),
    ]
    for number, (service, fields) in enumerate(calls):
        house.refuse_next()
        message = f"Bonne nuit {number}"
        await guest.call("notify", service, answer=False, message=message, **fields)
        house.simulated.heal()
        message = f"À demain {number}"
        await guest.call("notify", service, answer=False, message=message, **fields)


async def toggle(house: House, guest: Guest) -> None:
    """Arm and disarm every dead man's switch, refused and taken."""
    cancel = "cancel" if house.simulated.key == "envoyer_sms_pro" else "send"
    for entity in house.hass.states.async_entity_ids("switch"):
        for action, operation in (("turn_off", cancel), ("turn_on", "send")):
            house.refuse_next(operation)
            await guest.call("switch", action, answer=False, entity_id=entity)
            house.simulated.heal()
            await guest.call("switch", action, answer=False, entity_id=entity)
