"""What a browser, or a script, asks of Home Assistant: REST, websocket and flows."""

from http import HTTPStatus
from typing import Any, Final

import aiohttp

# Answers are whatever Home Assistant says; the reader knows what it asked for.
type JsonObject = dict[str, Any]

# No answer of a healthy house takes longer, sending a message included.
PATIENCE: Final = aiohttp.ClientTimeout(total=120)

# A flow's name in an answer, and in its address.
_NEXT_FLOWS: Final = {
    "config_flow": "flow",
    "options_flow": "options/flow",
    "config_subentries_flow": "subentries/flow",
}


class ApiError(Exception):
    """Home Assistant answered with an error."""

    def __init__(self, asked: str, code: str, words: str) -> None:
        """Keep the code and the words for what was `asked`."""
        super().__init__(f"{asked}: {code}: {words}")
        self.code = code
        self.words = words


class Flow:
    """A dialogue of forms: a config flow, an options flow or a subentry's flow."""

    def __init__(
        self, client: HomeAssistantClient, kind: str, step: JsonObject
    ) -> None:
        """Stand at `step`, the answer to the flow's beginning."""
        self._client = client
        self._kind = kind
        self.step = step
        """The last answer: `type`, and `step_id`, `errors`, `result` … as it has them."""

    async def submit(self, data: JsonObject) -> JsonObject:
        """Fill in the form, or choose `{"next_step_id": …}` from the menu."""
        self.step = await self._client.post(self._path, data)
        return self.step

    async def close(self) -> None:
        """Leave the dialogue as it stands, as closing its window does."""
        await self._client.delete(self._path)

    def suggested(self, name: str) -> Any:
        """Return what a field of the form is filled in with, `None` if it is empty.

        Raises:
            KeyError: the form has no such field.

        """
        for field in self.step["data_schema"]:
            if field["name"] == name:
                return field.get("description", {}).get("suggested_value")
        raise KeyError(name)

    @property
    def _path(self) -> str:
        return f"/api/config/config_entries/{self._kind}/{self.step['flow_id']}"


class HomeAssistantClient:
    """A signed-in client of one Home Assistant."""

    def __init__(self, url: str) -> None:
        """Prepare a client of the house at `url`, which ends without a slash."""
        self.url: Final = url
        self.token: str | None = None
        """The access token; asked without one, only what needs none answers."""

    async def get(self, path: str) -> Any:
        """Return the JSON, or the text, found at `path`.

        Raises:
            ApiError: with the HTTP status for a code.
            aiohttp.ClientError: the house doesn't answer.

        """
        return await self._request("GET", path)

    async def post(self, path: str, data: JsonObject | None = None) -> Any:
        """Post JSON to `path` and return the answer; errors as in `get`."""
        return await self._request("POST", path, json=data or {})

    async def post_form(self, path: str, data: dict[str, str]) -> Any:
        """Post a form to `path` and return the answer; errors as in `get`."""
        return await self._request("POST", path, data=data)

    async def delete(self, path: str) -> Any:
        """Delete what is at `path`; errors as in `get`."""
        return await self._request("DELETE", path)

    async def command(self, kind: str, **fields: Any) -> Any:
        """Give one command over a websocket of its own and return the result.

        Raises:
            ApiError: with Home Assistant's code and words.
            aiohttp.ClientError: the house doesn't answer, or stopped before it did.

        """
        async with (
            aiohttp.ClientSession(timeout=PATIENCE) as session,
            session.ws_connect(f"{self.url}/api/websocket") as socket,
        ):
            await _receive(socket)
            await socket.send_json({"type": "auth", "access_token": self.token})
            welcome = await _receive(socket)
            if welcome["type"] != "auth_ok":
                raise ApiError(kind, welcome["type"], welcome["message"])
            await socket.send_json({"id": 1, "type": kind, **fields})
            answer = await _receive(socket)
        if not answer["success"]:
            raise ApiError(kind, answer["error"]["code"], answer["error"]["message"])
        return answer["result"]

    async def call_service(
        self,
        domain: str,
        service: str,
        data: JsonObject | None = None,
        *,
        return_response: bool = False,
    ) -> JsonObject:
        """Call an action and return its answer, empty if none is asked for.

        Raises as `command` does.
        """
        result = await self.command(
            "call_service",
            domain=domain,
            service=service,
            service_data=data or {},
            return_response=return_response,
        )
        response: JsonObject = result.get("response") or {}
        return response

    async def state(self, entity_id: str) -> JsonObject:
        """Return an entity's `state`, `attributes` and times; errors as in `get`."""
        state: JsonObject = await self.get(f"/api/states/{entity_id}")
        return state

    async def states(self) -> dict[str, JsonObject]:
        """Return every entity's state, by entity id."""
        return {state["entity_id"]: state for state in await self.get("/api/states")}

    async def entities(self) -> dict[str, str]:
        """Return the entity ids in the registry, by unique id."""
        return {
            entity["unique_id"]: entity["entity_id"]
            for entity in await self.command("config/entity_registry/list")
        }

    async def config_entries(self, domain: str) -> list[JsonObject]:
        """Return the entries of an integration."""
        entries: list[JsonObject] = await self.get(
            f"/api/config/config_entries/entry?domain={domain}"
        )
        return entries

    async def config_flow(self, domain: str) -> Flow:
        """Begin to add an entry of an integration."""
        return await self._begin("flow", domain)

    async def options_flow(self, entry_id: str) -> Flow:
        """Begin to change the options of an entry."""
        return await self._begin("options/flow", entry_id)

    async def subentry_flow(self, entry_id: str, kind: str) -> Flow:
        """Begin to add a subentry of a kind to an entry."""
        return await self._begin("subentries/flow", [entry_id, kind])

    async def next_flow(self, result: JsonObject) -> Flow | None:
        """Return the flow that another one led to, where it stands."""
        if not result.get("next_flow"):
            return None
        name, flow_id = result["next_flow"]
        kind = _NEXT_FLOWS[name]
        step = await self.get(f"/api/config/config_entries/{kind}/{flow_id}")
        return Flow(self, kind, step)

    async def _begin(self, kind: str, handler: str | list[str]) -> Flow:
        step = await self.post(
            f"/api/config/config_entries/{kind}",
            {"handler": handler, "show_advanced_options": True},
        )
        return Flow(self, kind, step)

    async def _request(
        self,
        method: str,
        path: str,
        *,
        json: JsonObject | None = None,
        data: dict[str, str] | None = None,
    ) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with (
            aiohttp.ClientSession(timeout=PATIENCE) as session,
            session.request(
                method, self.url + path, json=json, data=data, headers=headers
            ) as response,
        ):
            if response.status >= HTTPStatus.BAD_REQUEST:
                words = await response.text()
                raise ApiError(f"{method} {path}", str(response.status), words)
            if response.content_type == "application/json":
                return await response.json()
            return await response.text()


async def _receive(socket: aiohttp.ClientWebSocketResponse) -> JsonObject:
    message = await socket.receive(timeout=PATIENCE.total)
    if message.type is not aiohttp.WSMsgType.TEXT:
        raise aiohttp.ServerDisconnectedError
    answer: JsonObject = message.json()
    return answer
