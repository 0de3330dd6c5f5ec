"""What is committed is fit to be seen by anybody, anywhere."""

import json
from pathlib import Path
import re
import subprocess
import tomllib

from PIL import Image
import pytest

REPOSITORY = Path(__file__).parent.parent
BRAND = REPOSITORY / "custom_components" / "passerelle_sms" / "brand"
LOCK = REPOSITORY / "scripts" / "requirements.lock"

# Written apart, so that this file doesn't hold what it looks for.
REGISTRY_HOSTS = ["py" + "pi.org", "pythonhosted" + ".org", "deb.debian" + ".org"]
REGISTRY_HOSTS += ["npm" + "js.org", "npm" + "js.com"]
MACHINE_PATHS = re.compile(r"(?<![\w.-])/(?:ro" + r"ot|wo" + r"rk|ho" + r"me)/")


def committed() -> list[Path]:
    """Return the text files under version control, new ones included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return [
        path
        for path in (REPOSITORY / name for name in listed)
        if path.is_file() and path.suffix != ".png"
    ]


def test_names_no_registry_and_no_machine() -> None:
    """Neither a package registry's host nor a path of somebody's machine."""
    paths = committed()
    assert len(paths) > 50
    for path in paths:
        text = path.read_text("utf-8")
        assert [host for host in REGISTRY_HOSTS if host in text] == [], path
        assert MACHINE_PATHS.search(text) is None, path


def test_the_lock_holds_versions_and_nothing_else() -> None:
    """Exact ones, and no address."""
    lines = LOCK.read_text("utf-8").splitlines()

    assert len(lines) > 50
    for line in lines:
        assert re.fullmatch(r"[\w.-]+(\[[\w,-]+\])?==[\w.+!-]+( ; .+)?", line), line


def test_versions_agree() -> None:
    """The manifest, the project file, the changelog and the lock."""
    manifest = json.loads((BRAND.parent / "manifest.json").read_text("utf-8"))
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    changelog = (REPOSITORY / "CHANGELOG.md").read_text("utf-8")

    assert manifest["version"] == project["project"]["version"]
    assert f"## {manifest['version']}" in changelog
    locked = LOCK.read_text("utf-8").splitlines()
    for requirement in manifest["requirements"]:
        assert requirement in locked


def test_the_marketplace_file_holds_known_keys() -> None:
    """It refuses any other."""
    known = {
        "content_in_root",
        "country",
        "filename",
        "hacs",
        "hide_default_branch",
        "homeassistant",
        "name",
        "persistent_directory",
        "zip_release",
    }
    assert json.loads((REPOSITORY / "hacs.json").read_text("utf-8")).keys() <= known


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("icon.png", (256, 256)),
        ("icon@2x.png", (512, 512)),
        ("logo.png", (440, 128)),
        ("logo@2x.png", (880, 256)),
        ("dark_logo.png", (440, 128)),
        ("dark_logo@2x.png", (880, 256)),
    ],
)
def test_brand_images_have_their_sizes(name: str, size: tuple[int, int]) -> None:
    """And a transparent ground."""
    with Image.open(BRAND / name) as image:
        assert image.size == size
        assert image.mode == "RGBA"
