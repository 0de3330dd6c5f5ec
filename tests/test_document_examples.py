"""The examples in the documents work as they stand there."""

from collections.abc import Iterator
from dataclasses import dataclass
import json
from pathlib import Path
import re
from typing import Any, Final

import pytest

from custom_components.passerelle_sms.actions.message_fields import OPTION_FIELDS
from custom_components.passerelle_sms.actions.reading import read_fields
from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.services import MODULES
from homeassistant.components.alert import CONFIG_SCHEMA as ALERTS
from homeassistant.components.notify import NOTIFY_SERVICE_SCHEMA
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.script import Script
from homeassistant.util.yaml import parse_yaml
from tests.conftest import AccountMaker
from tests.groups import add_group
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

REPOSITORY: Final = Path(__file__).parent.parent
DOCUMENTS: Final = (
    "README.md",
    "docs/README.fr.md",
    "docs/messages.md",
    "docs/messages.fr.md",
    "docs/relay.md",
    "docs/relay.fr.md",
    "docs/dead_man_switch.md",
    "docs/dead_man_switch.fr.md",
)
BLOCK: Final = re.compile(r"^( *)```yaml\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
ANSWER: Final = re.compile(r"^```json\n(.*?)^```", re.DOTALL | re.MULTILINE)
FORM: Final = re.compile(
    r"^\| (row|`legs` of a row) \|[^`]*`\[?\{(.+?)\}", re.MULTILINE
)
TOLD: Final = re.compile(r"^\| `?(\w+)`? \| (?:`null`, or )?`\{(.+?)\}`", re.MULTILINE)
NESTED: Final = re.compile(r": \[.*?\]+")
ACCOUNT: Final = re.compile(r"config_entry_id: (\S+)(?:  # (.+))?")
ACTIONS: Final = {
    action.name: action for module in MODULES for action in module.ACTIONS
}
# What stands for a template when nothing is rendered.
RENDERED: Final = {
    "message_id": "01M7W4EX1X0000000000000000",
    "send_at": "2026-12-24 18:00:00",
}
KEYS: Final = {gateway.name: gateway.key for gateway in GATEWAYS.values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A block of YAML in a document."""

    text: str
    where: str

    @property
    def content(self) -> dict[str, Any]:
        """What it says."""
        content = parse_yaml(self.text)
        assert isinstance(content, dict)
        return content

    @property
    def actions(self) -> list[dict[str, Any]]:
        """What it does: a list of steps, or one."""
        content = self.content
        steps: list[dict[str, Any]] = (
            content.get("actions")
            or content.get("sequence")
            or ([content] if "action" in content else [])
        )
        return steps

    @property
    def gateway(self) -> str | None:
        """The account that it names, by its gateway's key; a relay has none."""
        named = ACCOUNT.search(self.text)
        return KEYS.get(named[2]) if named and named[2] else None


def examples() -> Iterator[Example]:
    """Yield all of them."""
    for name in DOCUMENTS:
        text = (REPOSITORY / name).read_text("utf-8")
        for number, found in enumerate(BLOCK.finditer(text), start=1):
            indented = found[2].splitlines()
            yield Example(
                text="\n".join(line.removeprefix(found[1]) for line in indented),
                where=f"{name} {number}",
            )


EXAMPLES: Final = tuple(examples())
EACH: Final = pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.where)
COMPLETE: Final = [
    example
    for example in EXAMPLES
    if example.gateway is not None and "wait_" not in example.text
]


def calls(content: object) -> Iterator[dict[str, Any]]:
    """Yield every call of an action, however deep it stands."""
    if isinstance(content, dict):
        if "action" in content:
            yield content
        for value in content.values():
            yield from calls(value)
    elif isinstance(content, list):
        for value in content:
            yield from calls(value)


def filled(data: dict[str, Any]) -> dict[str, Any]:
    """Return fields with a value in the place of what an automation renders."""
    return {
        name: RENDERED.get(name, value)
        if isinstance(value, str) and "{{" in value
        else value
        for name, value in data.items()
    }


def test_there_are_examples() -> None:
    """In each document, and most of them whole."""
    assert {example.where.split()[0] for example in EXAMPLES} == {*DOCUMENTS}
    assert len(COMPLETE) >= 6


@EACH
async def test_is_what_home_assistant_understands(
    hass: HomeAssistant, example: Example
) -> None:
    """Triggers, conditions and steps, or a part of the configuration."""
    content = example.content
    if "alert" in content:
        ALERTS(content)
        return
    assert content.keys() <= {
        "action",
        "actions",
        "conditions",
        "data",
        "response_variable",
        "sequence",
        "target",
        "triggers",
    }
    assert example.actions or "triggers" in content
    cv.TRIGGER_SCHEMA(content.get("triggers", []))
    cv.CONDITIONS_SCHEMA(content.get("conditions", []))
    cv.SCRIPT_SCHEMA(example.actions)


@EACH
def test_names_fields_that_there_are(example: Example) -> None:
    """With values that they take."""
    for call in calls(example.content):
        domain, _, name = call["action"].partition(".")
        data = filled(call.get("data", {}))
        if domain == DOMAIN:
            read_fields(ACTIONS[name].all_fields, data, name)
        elif domain == "notify":
            NOTIFY_SERVICE_SCHEMA(data)
            read_fields(OPTION_FIELDS, data.get("data", {}), name)
    for alert in example.content.get("alert", {}).values():
        read_fields(OPTION_FIELDS, alert["data"], "alert")


def test_a_relay_answers_in_the_form_that_is_told() -> None:
    """The rows of the printed answer, and their legs."""
    told = (REPOSITORY / "docs/messages.md").read_text("utf-8")
    forms = {name: {*form.split(", ")} for name, form in FORM.findall(told)}
    printed = ANSWER.findall((REPOSITORY / "docs/relay.md").read_text("utf-8"))

    assert len(printed) == 1
    for row in json.loads(printed[0])["results"]:
        assert {*row} == forms["row"] | {"legs"}
        assert len(row["legs"]) == 2
        for leg in row["legs"]:
            assert {*leg} == forms["`legs` of a row"]


async def test_answers_have_the_form_that_is_told(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Those of an account: no field is missing in the table, or told in vain."""
    text = (REPOSITORY / "docs/messages.md").read_text("utf-8")
    told = {
        name: {*NESTED.sub("", form).split(", ")} for name, form in TOLD.findall(text)
    }
    entry = await add_account(simulator.etech_keys)

    async def answer(name: str, **data: Any) -> dict[str, Any]:
        data["config_entry_id"] = entry.entry_id
        answered = await hass.services.async_call(
            DOMAIN, name, data, blocking=True, return_response=True
        )
        assert isinstance(answered, dict)
        assert {*answered} == told[name], name
        return {**answered}

    await answer("preview_sms", message="Citerne vide")
    sent = await answer("send_sms", message="Citerne vide", target=["Maman"])
    await answer("get_transactions")
    got = await answer("get_messages")
    delivery = await answer("get_delivery", message_id=sent["message_id"])

    assert {*sent["results"][0]} == told["row"]
    assert {*sent["results"][0]["delivery"]} == told["delivery"]
    assert {*got["messages"][0]} == told["message"]
    assert f"deliveries: [{{{', '.join(delivery['deliveries'][0])}}}]" in text


@pytest.mark.parametrize("document", ["README.md", "docs/README.fr.md"])
async def test_the_first_alert_arrives(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    document: str,
) -> None:
    """As whoever has just added an account and a recipient copies it."""
    await add_account(simulator.etech_keys)
    first = next(one for one in EXAMPLES if one.where == f"{document} 1")
    script = Script(hass, cv.SCRIPT_SCHEMA(first.actions), "example", DOMAIN)

    await script.async_run()

    [sms] = simulator.etech_keys.accepted
    assert sms.text == "La citerne est vide."


@pytest.mark.parametrize("example", COMPLETE, ids=lambda one: one.where)
async def test_does_what_it_says(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    example: Example,
) -> None:
    """At the gateway that it is for; what it sends arrives there."""
    assert example.gateway is not None
    gateway = simulator.gateways[example.gateway]
    entry = await add_account(gateway)
    await add_group(hass, entry, "Famille", "Maman", "Papa")
    named = ACCOUNT.search(example.text)
    assert named is not None
    text = example.text.replace(named[1], entry.entry_id)
    steps = Example(text=text, where=example.where).actions
    script = Script(hass, cv.SCRIPT_SCHEMA(steps), "example", DOMAIN)

    result = await script.async_run()

    assert result is not None
    for answer in result.variables.values():
        for row in answer.get("results", []) if isinstance(answer, dict) else []:
            assert row["outcome"] in {"accepted", "not_sent"}
            assert row["error"] is None or row["error"]["key"] == "cancelled"
    assert {asked.operation for asked in gateway.requests} > {"balance"}
