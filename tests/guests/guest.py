"""A guest: a user of Home Assistant who is no administrator, over real sockets."""

from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from pytest_homeassistant_custom_component.common import CLIENT_ID, MockUser
from pytest_homeassistant_custom_component.typing import (
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from homeassistant.auth.const import GROUP_ID_USER
from homeassistant.auth.models import Credentials
from homeassistant.core import HomeAssistant

type Seen = tuple[str, object]
"""Where a guest was, and what he got there."""

UNAUTHORIZED: Final = 401


@dataclass(kw_only=True)
class Guest:
    """Whoever lives in the house and administrates nothing."""

    user: MockUser
    socket: MockHAClientWebSocket
    client: TestClient[Request, Application]
    token: str
    seen: list[Seen] = field(default_factory=list)
    """Everything that he got."""

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Send a command over the websocket; return its answer, a refusal too."""
        command = {"type": kind, **fields}
        await self.socket.send_json_auto_id(command)
        while True:
            answer: dict[str, Any] = await self.socket.receive_json()
            self.seen.append((f"{kind} {fields}", answer))
            if answer["id"] == command["id"] and answer["type"] in {"result", "pong"}:
                return answer

    async def call(
        self, domain: str, action: str, *, answer: bool, **fields: Any
    ) -> dict[str, Any]:
        """Call an action."""
        return await self.ask(
            "call_service",
            domain=domain,
            service=action,
            service_data=fields,
            return_response=answer,
        )

    async def get(self, path: str) -> int:
        """Look at a page of the REST API; return the status of the answer."""
        response = await self.client.get(path, headers=self._headers)
        body = await response.json() if response.status == 200 else None
        self.seen.append((path, body))
        return response.status

    async def post(self, path: str, body: dict[str, Any]) -> int:
        """Post to the REST API; return the status of the answer."""
        response = await self.client.post(path, json=body, headers=self._headers)
        self.seen.append((path, await response.text()))
        return response.status

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


async def come_in(hass: HomeAssistant, open_socket: WebSocketGenerator) -> Guest:
    """Let somebody log in who is an ordinary user."""
    group = await hass.auth.async_get_group(GROUP_ID_USER)
    assert group is not None
    user = MockUser(name="Invité", groups=[group]).add_to_hass(hass)
    credential = Credentials(
        id="guest",
        auth_provider_type="homeassistant",
        auth_provider_id=None,
        data={"username": "invite"},
        is_new=False,
    )
    user.credentials.append(credential)
    refresh = await hass.auth.async_create_refresh_token(
        user, CLIENT_ID, credential=credential
    )
    token = hass.auth.async_create_access_token(refresh)
    socket = await open_socket(hass, token)
    return Guest(user=user, socket=socket, client=socket.client, token=token)
