"""What the tests with a real Home Assistant may ask for."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
import subprocess

from playwright.async_api import Page, async_playwright
import pytest

from scripts.demonstration.accounts import Account, add_account
from tests.simulator import Simulator

from .fork_server import ForkServer
from .home_assistant import ROOT, HomeAssistantProcess

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests one after the other: each of them fills a machine."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.xdist_group("e2e"))


@pytest.fixture
async def home_assistant(
    socket_enabled: None, tmp_path: Path
) -> AsyncIterator[HomeAssistantProcess]:
    """Return a house of the test's own, started and signed in."""
    async with HomeAssistantProcess(tmp_path / "house") as house:
        await house.onboard()
        yield house


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    """Return what starts a house in a moment, one at a time."""
    with ForkServer() as server:
        yield server


@pytest.fixture
def extra_configuration() -> str:
    """Return what the YAML of a house holds besides; a module may say otherwise."""
    return ""


@pytest.fixture
async def house(
    socket_enabled: None,
    fork_server: ForkServer,
    extra_configuration: str,
    tmp_path: Path,
) -> AsyncIterator[HomeAssistantProcess]:
    """Return a house that starts in a moment, and whose clock can be set."""
    async with HomeAssistantProcess(
        tmp_path / "house", extra=extra_configuration, launch=fork_server.launch
    ) as house:
        await house.onboard()
        yield house


@pytest.fixture
async def account(house: HomeAssistantProcess, simulator: Simulator) -> Account:
    """Return an account of that house at ETECH KEYS, with the recipient Maman."""
    return await add_account(house, simulator, "etech_keys")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of a Chromium."""
    found = subprocess.run(
        [ROOT / "scripts" / "browser"], check=True, stdout=subprocess.PIPE, text=True
    )
    return found.stdout.strip()


@pytest.fixture
async def page(socket_enabled: None, chromium: str) -> AsyncIterator[Page]:
    """Return a page of a real browser, which remembers nothing."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium,
            # Where root runs the tests, and in a container, Chromium needs these.
            args=["--no-sandbox", "--disable-dev-shm-usage"],
        )
        yield await browser.new_page(locale="en-GB")
        await browser.close()
