"""What every test may ask for."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
import logging
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

# Home Assistant finds custom components in the package of this name.
import custom_components  # noqa: F401 - imported for its effect
from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.entries.settings import unique_id
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.wire import elapsed_time
from custom_components.passerelle_sms.gateways.wire.transport import Timeouts
from custom_components.passerelle_sms.messaging.journal import journal_access
from custom_components.passerelle_sms.messaging.journal.database import Database, Opened
from custom_components.passerelle_sms.messaging.journal.opening import open_file
from custom_components.passerelle_sms.messaging.model.submission import RowKey
from homeassistant.config_entries import (
    ConfigFlowResult,
    ConfigSubentryData,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util import dt as dt_util
from tests.simulator.tls import make_certificate

from .simulator import SimulatedGateway, Simulator

type GatewayMaker = Callable[[SimulatedGateway], Gateway]
type AccountMaker = Callable[..., Awaitable[MockConfigEntry]]
type RelayMaker = Callable[..., Awaitable[MockConfigEntry]]

MAMAN = RowKey("+237695688207")
PAPA = RowKey("+2250757123456")


# Loggers that warn of the machine or of any custom integration, never of ours.
OTHERS = {"aiohttp_fast_zlib", "homeassistant.loader"}


def warnings_logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged at warning or above.

    asyncio's own remark that something took a tenth of a second is about the machine
    that runs the tests.
    """
    return [
        message
        for record in caplog.get_records("call")
        if record.levelno >= logging.WARNING
        and record.name not in OTHERS
        and not (message := record.getMessage()).startswith("Executing ")
    ]


@pytest.fixture(autouse=True)
def _custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant load the integration under test."""


@pytest.fixture(autouse=True)
def _time_that_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let time pass where a test sets its clock on: that is no jump of the wall clock.

    Tests about jumps put a clock of their own in this one's place.
    """

    def seconds_since_boot() -> float:
        return dt_util.utcnow().timestamp()

    monkeypatch.setattr(elapsed_time, "seconds_since_boot", seconds_since_boot)


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """Return a folder of the test's own: an account's journal is a real file in it."""
    return str(tmp_path)


@pytest.fixture
def journals(monkeypatch: pytest.MonkeyPatch) -> list[Database]:
    """Return the files of the journals that are opened from now on."""
    files: list[Database] = []

    def opened(path: Path) -> tuple[Database, Opened]:
        file, found = open_file(path)
        files.append(file)
        return file, found

    monkeypatch.setattr(journal_access, "open_file", opened)
    return files


@pytest.fixture
async def simulator(socket_enabled: None) -> AsyncIterator[Simulator]:
    """Return the five gateways, listening on loopback."""
    async with Simulator() as simulator:
        yield simulator


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a certificate for loopback, with its key, that nobody vouches for."""
    return make_certificate(tmp_path)


@pytest.fixture
async def session(socket_enabled: None) -> AsyncIterator[aiohttp.ClientSession]:
    """Return an HTTP session of the test's own."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def client(simulator: Simulator, session: aiohttp.ClientSession) -> GatewayMaker:
    """Return a maker of clients that talk to a simulated gateway's account.

    Their patience is short, as what stalls in a test stalls for ever, but longer than a
    busy machine needs to answer: else what is well would be in doubt.
    """

    def make(simulated: SimulatedGateway) -> Gateway:
        return GATEWAYS[simulated.key](
            session,
            Credentials(
                username=simulated.username,
                password=simulated.password,
                api_key=simulated.api_key,
            ),
            url=URL(simulator.url(simulated.key)),
            sender="MAISON",
            timeouts=Timeouts(connect=2, read=1, total=4),
        )

    return make


def state_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state of an entity that must be there."""
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state.state


def journal_of(hass: HomeAssistant, entry: MockConfigEntry) -> Path:
    """Return where an account's journal is."""
    name = f"passerelle_sms.{entry.entry_id}.journal"
    return Path(hass.config.path(STORAGE_DIR, name))


def suggested_values(
    form: ConfigFlowResult | SubentryFlowResult,
) -> dict[str, Any]:
    """Return what a form shows in each of its fields."""
    schema = form["data_schema"]
    assert schema is not None
    return {
        str(marker): (marker.description or {}).get("suggested_value")
        for marker in schema.schema
    }


def account_data(simulator: Simulator, simulated: SimulatedGateway) -> dict[str, Any]:
    """Return what a config entry holds for a simulated gateway's account."""
    fields = GATEWAYS[simulated.key].credential_fields
    return {
        "gateway": simulated.key,
        **{field: getattr(simulated, field) for field in fields},
        "sender": "MAISON",
        "country": "CM",
        "url": simulator.url(simulated.key),
        "verify_ssl": True,
    }


def recipients_data(recipients: Mapping[str, str]) -> list[ConfigSubentryData]:
    """Return what a config entry holds for its recipients."""
    return [
        ConfigSubentryData(
            data={"name": name, "phone": number},
            subentry_type="recipient",
            title=name,
            unique_id=number,
        )
        for name, number in recipients.items()
    ]


@pytest.fixture
def add_account(hass: HomeAssistant, simulator: Simulator) -> AccountMaker:
    """Return a maker of loaded accounts, with the recipients Maman and Papa."""

    async def add(
        simulated: SimulatedGateway,
        *,
        title: str | None = None,
        recipients: dict[str, str] | None = None,
        options: dict[str, Any] | None = None,
        wait_for_balance: bool = True,
        **data: Any,
    ) -> MockConfigEntry:
        if recipients is None:
            recipients = {"Maman": MAMAN, "Papa": PAPA}
        held = {**account_data(simulator, simulated), **data}
        entry = MockConfigEntry(
            domain=DOMAIN,
            title=title or GATEWAYS[simulated.key].name,
            data=held,
            options=options or {},
            unique_id=unique_id(held),
            subentries_data=recipients_data(recipients),
        )
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        # The balance is asked for in the background.
        await hass.async_block_till_done(wait_background_tasks=wait_for_balance)
        return entry

    return add


@pytest.fixture
def add_relay(hass: HomeAssistant) -> RelayMaker:
    """Return a maker of loaded relays, with the recipients Maman and Papa.

    Its accounts are entries, in the order in which they are chosen.
    """

    async def add(
        *accounts: MockConfigEntry,
        title: str = "Relais",
        recipients: dict[str, str] | None = None,
        options: dict[str, Any] | None = None,
        **data: Any,
    ) -> MockConfigEntry:
        if recipients is None:
            recipients = {"Maman": MAMAN, "Papa": PAPA}
        entry = MockConfigEntry(
            domain=DOMAIN,
            title=title,
            data={
                "gateway": "relay",
                "name": title,
                "accounts": [account.entry_id for account in accounts],
                "country": "CM",
                **data,
            },
            options=options or {},
            subentries_data=recipients_data(recipients),
        )
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        return entry

    return add
