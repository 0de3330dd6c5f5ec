"""`quality_scale.yaml` claims nothing that the code doesn't hold."""

from collections.abc import Callable
import importlib
import json
from pathlib import Path
import tomllib
from typing import Any, Final

import pytest

from custom_components.passerelle_sms import (
    PLATFORMS,
    binary_sensor,
    config_flow,
    event,
    sensor,
    switch,
)
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from homeassistant.config_entries import ConfigFlow
from homeassistant.util.yaml import load_yaml_dict

INTEGRATION = Path(config_flow.__file__).parent
REPOSITORY = INTEGRATION.parent.parent
README = (REPOSITORY / "README.md").read_text("utf-8")
MANIFEST = json.loads((INTEGRATION / "manifest.json").read_text("utf-8"))
TRANSLATIONS = json.loads((INTEGRATION / "translations" / "en.json").read_text("utf-8"))
ICONS = json.loads((INTEGRATION / "icons.json").read_text("utf-8"))
RULES: dict[str, Any] = load_yaml_dict(str(INTEGRATION / "quality_scale.yaml"))["rules"]

BRONZE: Final = """action-setup appropriate-polling brands common-modules config-flow
    config-flow-test-coverage dependency-transparency docs-actions docs-conditions
    docs-high-level-description docs-installation-instructions docs-removal-instructions
    docs-triggers entity-event-setup entity-unique-id has-entity-name runtime-data
    test-before-configure test-before-setup unique-config-entry"""
SILVER: Final = """action-exceptions config-entry-unloading docs-configuration-parameters
    docs-installation-parameters entity-unavailable integration-owner
    log-when-unavailable parallel-updates reauthentication-flow test-coverage"""
GOLD: Final = """devices diagnostics discovery discovery-update-info docs-data-update
    docs-examples docs-known-limitations docs-supported-devices docs-supported-functions
    docs-troubleshooting docs-use-cases dynamic-devices entity-category
    entity-device-class entity-disabled-by-default entity-translations
    exception-translations icon-translations reconfiguration-flow repair-issues
    stale-devices"""
PLATINUM: Final = "async-dependency inject-websession strict-typing"

# The modules of actions that ask a gateway; sending has exceptions of its own.
ASKING: Final = sorted(
    path.stem
    for path in (INTEGRATION / "actions").glob("*.py")
    if path.stem
    not in {
        "__init__",
        "common",
        "guests",
        "leg_rows",
        "message_fields",
        "outcome_rows",
        "quoting",
        "reading",
        "responses",
        "sending",
        "values",
    }
)


def code(name: str) -> str:
    """Return a module's text."""
    return (INTEGRATION / f"{name}.py").read_text("utf-8")


def proof(name: str) -> str:
    """Return a test module's text."""
    return (REPOSITORY / "tests" / f"{name}.py").read_text("utf-8")


def whole(folder: Path) -> str:
    """Return the text of all modules in a folder."""
    return "".join(path.read_text("utf-8") for path in folder.rglob("*.py"))


def in_readme(*parts: str) -> Callable[[], bool]:
    """Return whether the README holds all of this."""
    return lambda: all(part in README for part in parts)


# What shows that a rule is kept. A rule that is done and not here has no evidence.
EVIDENCE: Final[dict[str, Callable[[], bool]]] = {
    "action-setup": lambda: (
        "async def async_setup(" in code("__init__")
        and "async_setup_services(hass)" in code("__init__")
    ),
    "appropriate-polling": lambda: all(
        gateway.limits.minimum_poll.total_seconds() >= 300
        for gateway in GATEWAYS.values()
    ),
    "brands": (INTEGRATION / "brand" / "icon.png").is_file,
    "common-modules": lambda: (
        (INTEGRATION / "coordinator.py").is_file()
        and (INTEGRATION / "entity.py").is_file()
    ),
    "config-flow": lambda: MANIFEST["config_flow"] is True,
    "config-flow-test-coverage": lambda: "add_account" in proof("test_config_flow"),
    "dependency-transparency": lambda: all(
        "==" in requirement for requirement in MANIFEST["requirements"]
    ),
    "docs-actions": in_readme("passerelle_sms.send_sms", "preview_sms"),
    "docs-high-level-description": in_readme("## What it does for you"),
    "docs-installation-instructions": in_readme("## Installation"),
    "docs-removal-instructions": in_readme("To remove it"),
    "entity-event-setup": lambda: all(
        "async def async_added_to_hass(" in code(module)
        and "self.async_on_remove(" in code(module)
        for module in ("entity", "event", "sensor")
    ),
    "entity-unique-id": lambda: code("entity").count("_attr_unique_id") == 3,
    "has-entity-name": lambda: (
        code("entity").count("_attr_has_entity_name = True") == 2
    ),
    "runtime-data": lambda: "entry.runtime_data = " in code("__init__"),
    "test-before-configure": lambda: "async_prove" in code("flows/account"),
    "unique-config-entry": lambda: (
        "_abort_if_unique_id_configured" in code("flows/account")
    ),
    "action-exceptions": lambda: (
        "ServiceValidationError" in code("presentation/exceptions")
        and all("translated(" in code(f"actions/{name}") for name in ASKING)
    ),
    "config-entry-unloading": lambda: (
        "async_unload_entry" in code("__init__")
        and "nobody_listens_twice" in proof("test_reload")
    ),
    "docs-configuration-parameters": in_readme("## Options"),
    "docs-installation-parameters": in_readme("you need", "Under *Advanced*"),
    "entity-unavailable": lambda: '"unavailable"' in proof("test_sensor"),
    "integration-owner": lambda: bool(MANIFEST["codeowners"]),
    "log-when-unavailable": lambda: "Error fetching" in proof("test_sensor"),
    "parallel-updates": lambda: all(
        "PARALLEL_UPDATES = 0" in code(platform) for platform in PLATFORMS
    ),
    "reauthentication-flow": lambda: hasattr(
        config_flow.PasserelleSmsConfigFlow, "async_step_reauth"
    ),
    "test-coverage": lambda: (
        "fail-under" in ((REPOSITORY / "scripts" / "test").read_text("utf-8"))
    ),
    "devices": lambda: code("entity").count("DeviceInfo(") == 2,
    "diagnostics": lambda: (
        (INTEGRATION / "diagnostics.py").is_file()
        and "no_secret_and_no_number" in proof("test_diagnostics")
    ),
    "docs-data-update": in_readme("Ask for the balance every"),
    "docs-examples": in_readme("```yaml"),
    "docs-known-limitations": in_readme("## Known limits"),
    "docs-supported-functions": in_readme("## Ways to send"),
    "docs-troubleshooting": in_readme("## When something is wrong"),
    "docs-use-cases": in_readme("water tank"),
    "entity-category": lambda: any(
        description.entity_category for description in sensor.SENSORS
    ),
    "entity-device-class": lambda: any(
        description.device_class for description in sensor.SENSORS
    ),
    "entity-disabled-by-default": lambda: all(
        not description.entity_registry_enabled_default
        for description in sensor.SWITCH_SENSORS
    ),
    "entity-translations": lambda: all(
        description.translation_key in TRANSLATIONS["entity"][platform]
        for platform, descriptions in (
            (
                "binary_sensor",
                (
                    binary_sensor.LOW_BALANCE,
                    binary_sensor.ACCOUNT_RESTS,
                    binary_sensor.SWITCH_PROBLEM,
                ),
            ),
            ("event", (event.DELIVERY, event.REPLY, event.DEAD_MAN_SWITCH)),
            ("sensor", (*sensor.SENSORS, *sensor.SWITCH_SENSORS)),
            ("switch", (switch.ARMED,)),
        )
        for description in descriptions
    ),
    "exception-translations": lambda: (
        bool(TRANSLATIONS["exceptions"])
        # Every one of ours that the user sees is made with a key.
        and whole(INTEGRATION).count("raise HomeAssistantError(") == 0
        and 'raise ServiceValidationError("' not in whole(INTEGRATION)
    ),
    "icon-translations": lambda: all(
        ICONS["entity"][platform]
        for platform in ("event", "notify", "sensor", "switch")
    ),
    "reconfiguration-flow": lambda: hasattr(
        config_flow.PasserelleSmsConfigFlow, "async_step_reconfigure"
    ),
    "repair-issues": lambda: "async_create_issue" in code("presentation/issues"),
    "async-dependency": lambda: "import requests" not in whole(INTEGRATION),
    "inject-websession": lambda: (
        "async_get_clientsession" in code("entries/factory")
        and "ClientSession(" not in whole(INTEGRATION)
    ),
    "strict-typing": lambda: tomllib.loads(
        (REPOSITORY / "pyproject.toml").read_text("utf-8")
    )["tool"]["mypy"]["strict"],
}


def test_every_rule_is_answered() -> None:
    """All of them, and each exemption with its reason."""
    expected = {*BRONZE.split(), *SILVER.split(), *GOLD.split(), *PLATINUM.split()}

    assert RULES.keys() == expected
    for name, answer in RULES.items():
        if answer != "done":
            assert answer["status"] == "exempt", name
            assert answer["comment"], name


def test_every_claim_has_evidence() -> None:
    """And nothing else has."""
    done = {name for name, answer in RULES.items() if answer == "done"}

    assert EVIDENCE.keys() == done


@pytest.mark.parametrize("rule", EVIDENCE)
def test_the_evidence_is_there(rule: str) -> None:
    """For one claim."""
    assert EVIDENCE[rule]()


def test_the_manifest_claims_the_tier() -> None:
    """With every rule answered it is the highest."""
    assert MANIFEST["quality_scale"] == "platinum"
    module = importlib.import_module(f"custom_components.{MANIFEST['domain']}")
    assert hasattr(module, "async_setup_entry")
    assert issubclass(config_flow.PasserelleSmsConfigFlow, ConfigFlow)
