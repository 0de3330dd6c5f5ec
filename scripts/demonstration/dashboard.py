"""A dashboard with what every account and the relay tell, and a button to spend some of it."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from tests.e2e.client import HomeAssistantClient

from .accounts import DOMAIN, RECIPIENT, Entry

PATH: Final = "passerelle-sms"

_TITLE: Final = "Passerelle SMS"
# Another text than the alert's: a gateway may refuse to send the same one twice.
_MESSAGE: Final = "Essai depuis le tableau de bord : tout va bien."

# By the name of an entity, how its tile looks. An event tells what, and when.
_TILES: Final[dict[str, dict[str, Any]]] = {
    "balance": {"color": "teal"},
    "pending_messages": {"color": "amber"},
    "delivery": {
        "color": "green",
        "state_content": ["event_type", "recipient", "state"],
    },
    "reply": {
        "color": "indigo",
        "state_content": ["event_type", "recipient", "state"],
    },
}


async def add_dashboard(house: HomeAssistantClient, entries: Sequence[Entry]) -> None:
    """Add the dashboard, and make it the page that Home Assistant opens with."""
    await house.command(
        "lovelace/dashboards/create",
        url_path=PATH,
        title=_TITLE,
        icon="mdi:message-alert",
        show_in_sidebar=True,
        require_admin=False,
        mode="storage",
    )
    await house.command(
        "lovelace/config/save",
        url_path=PATH,
        config={
            "views": [
                {
                    "title": _TITLE,
                    "type": "sections",
                    "max_columns": 3,
                    "sections": [*map(_section, entries)],
                }
            ]
        },
    )
    await house.command(
        "frontend/set_system_data", key="core", value={"default_panel": PATH}
    )


def _section(entry: Entry) -> dict[str, Any]:
    return {
        "type": "grid",
        "cards": [
            {"type": "heading", "heading": entry.title},
            *_tiles(entry),
            _button(entry),
        ],
    }


def _tiles(entry: Entry) -> Iterator[dict[str, Any]]:
    """Yield a tile for each entity that an entry has."""
    for name, looks in _TILES.items():
        if name in entry.entities:
            yield {
                "type": "tile",
                "entity": entry.entities[name],
                "name": {"type": "entity"},
                "grid_options": {"columns": 12},
                **looks,
            }


def _button(entry: Entry) -> dict[str, Any]:
    return {
        "type": "button",
        "name": f"SMS → {RECIPIENT}",
        "icon": "mdi:send",
        "show_icon": False,
        "grid_options": {"columns": 12, "rows": 1},
        "tap_action": {
            "action": "perform-action",
            "perform_action": f"{DOMAIN}.send_sms",
            "data": {
                "config_entry_id": entry.entry_id,
                "message": _MESSAGE,
                "target": [RECIPIENT],
            },
            "confirmation": True,
        },
    }
