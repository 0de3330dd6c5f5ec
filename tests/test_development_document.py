"""docs/development.md leads a developer to what is there."""

from pathlib import Path
import re
import subprocess
from typing import Final

REPOSITORY: Final = Path(__file__).parent.parent
TEXT: Final = (REPOSITORY / "docs" / "development.md").read_text("utf-8")
CODE: Final = re.compile(r"`([^`]+)`")
BLOCK: Final = re.compile(r"```\n(.*?)```", re.DOTALL)
FOLDER: Final = re.compile(r"^( *)((?:[\w.]+/ ?)+)", re.MULTILINE)
# Home Assistant's and Python's.
OTHERS: Final = {"None", "Store"}


def files() -> list[str]:
    """Return all files under version control, new ones included."""
    return subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()


def named() -> set[str]:
    """Return what stands as code in the text, without the blocks."""
    return {*CODE.findall(re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL))}


def test_every_file_is_there() -> None:
    """By its name, or by its path from wherever the sentence is about."""
    paths = [f"/{path}" for path in files()]
    told = {one for one in named() if re.fullmatch(r"[\w/.]+\.(py|yaml|json|md)", one)}

    assert len(told) > 40
    missing = {one for one in told if not any(p.endswith(f"/{one}") for p in paths)}
    assert missing == {"docs/X.fr.md"}


def test_every_folder_of_the_plan_is_there() -> None:
    """At the place where it is drawn."""
    [plan] = [block for block in BLOCK.findall(TEXT) if "custom_components/" in block]
    there = {str(folder) for path in files() for folder in Path(path).parents}
    above: dict[int, str] = {}

    for indent, folders in FOLDER.findall(plan):
        depth = len(indent)
        parents = [path for at, path in above.items() if at < depth]
        for folder in folders.split():
            path = str(Path(parents[-1] if parents else "", folder))
            assert path in there, path
            above = {at: one for at, one in above.items() if at < depth}
            above[depth] = path


def test_every_command_is_there() -> None:
    """As a script that can be run."""
    commands = {
        one.split()[0] for one in named() if one.startswith(("scripts/", ".ci/"))
    }

    assert len(commands) >= 7
    for command in commands:
        assert (REPOSITORY / command).stat().st_mode & 0o100, command


def test_every_class_is_there() -> None:
    """By its name, somewhere in the code or its tests."""
    code = "\n".join(
        (REPOSITORY / path).read_text("utf-8")
        for path in files()
        if path.endswith(".py")
    )
    classes = {one for one in named() if re.fullmatch(r"(?:[A-Z][a-z]+)+", one)}

    assert len(classes) > 30
    for name in classes - OTHERS:
        assert re.search(rf"\bclass {name}\b", code), name
