"""The house stands on three floors, and imports only go down."""

import ast
from collections.abc import Iterator
from pathlib import Path
import sys

import custom_components.passerelle_sms as house
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS

HOUSE = Path(house.__file__).parent
NAME = "custom_components.passerelle_sms"
LIBRARIES = {"aiohttp", "defusedxml", "yarl"}
LOWER_FLOORS = {"messaging", "gateways"}
# Every module and every folder of the face: what stands on neither lower floor.
FACE = [
    f"{NAME}.{path.stem}"
    for path in HOUSE.iterdir()
    if (path.suffix == ".py" or any(path.glob("*.py")))
    and path.stem not in {"__init__", *LOWER_FLOORS}
]


def imports(path: Path) -> Iterator[str]:
    """Yield the full names of the modules that a file imports."""
    package = [*NAME.split("."), *path.relative_to(HOUSE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            yield ".".join([*base, *([node.module] if node.module else [])])


def violations(floor: str, forbidden: tuple[str, ...]) -> list[str]:
    """Return what a floor imports though it must not."""
    return [
        f"{path.name} imports {name}"
        for path in (HOUSE / floor).rglob("*.py")
        for name in imports(path)
        if name.startswith(forbidden)
    ]


def test_the_gateways_know_nothing_above_them() -> None:
    """Neither Home Assistant nor a floor of ours: only the wire."""
    paths = list((HOUSE / "gateways").rglob("*.py"))
    assert len(paths) > 10
    known = f"{NAME}.gateways"
    outside = {
        name.split(".", maxsplit=1)[0]
        for path in paths
        for name in imports(path)
        if not name.startswith(known)
    }

    assert "homeassistant" not in outside
    assert "custom_components" not in outside
    assert outside - sys.stdlib_module_names <= LIBRARIES


def test_messaging_knows_no_entity_service_or_flow() -> None:
    """Home Assistant's helpers may be used there, its face may not."""
    forbidden = (
        "homeassistant.components",
        "homeassistant.config_entries",
        "homeassistant.helpers.entity",
        "homeassistant.data_entry_flow",
    )
    assert violations("messaging", forbidden) == []
    assert violations("messaging", tuple(FACE)) == []


def test_nothing_above_the_gateways_names_one() -> None:
    """What a gateway can do is a type: another gateway needs nothing up here."""
    names = set(GATEWAYS) | {gateway.__name__ for gateway in GATEWAYS.values()}
    above = [path for path in HOUSE.rglob("*.py") if "gateways" not in path.parts]

    for path in above:
        text = path.read_text("utf-8")
        assert [name for name in names if name in text] == [], path.name


def test_files_can_be_read_in_one_sitting() -> None:
    """A longer file has to answer whether it has two jobs."""
    long = {
        path.name: lines
        for path in HOUSE.rglob("*.py")
        if (lines := len(path.read_text("utf-8").splitlines())) > 350
    }

    assert long == {}
