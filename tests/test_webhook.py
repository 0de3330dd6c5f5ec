"""Delivery reports that a gateway sends by itself, over Home Assistant's own server."""

from dataclasses import replace
import json
import sys
import threading
from types import ModuleType
from typing import Final

from hass_nabucasa import CloudError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.passerelle_sms.gateways.abilities.delivery import PushesDelivery
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.messaging.journal.database import Database
from custom_components.passerelle_sms.webhook import (
    async_delivery_url,
    pushes_delivery,
    with_webhook_id,
)
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from tests.actions.calls import call as action
from tests.conftest import MAMAN, PAPA, AccountMaker, journal_of
from tests.messages import patiently, send
from tests.pushed_reports import (
    ANYTHING,
    TOO_LONG,
    Caller,
    Client,
    call,
    codes,
    deliveries,
    path_of,
    statuses,
)
from tests.restarts import start_account, stop_account
from tests.simulator import Acceptance, Fault, Simulator
from tests.simulator.devcodesms import DELIVERED, UNDELIVERED
from tests.test_config_flow import filled_in, open_form, submit

pytestmark = pytest.mark.usefixtures("socket_enabled")

STRANGER: Final = "+237699128531"


@pytest.fixture
async def entry(simulator: Simulator, add_account: AccountMaker) -> MockConfigEntry:
    """Return a loaded account whose gateway sends delivery reports."""
    return await add_account(simulator.devcodesms)


@pytest.fixture
async def client(
    entry: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator
) -> Client:
    """Return somebody on the internet who calls the house."""
    return await hass_client_no_auth()


# --- what is believed -------------------------------------------------------------


async def test_a_report_of_what_was_sent(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    client: Client,
) -> None:
    """It is taken, written down and answered; nobody else's message changes."""
    await send(hass, entry, target=["Maman", "Papa"])
    maman = simulator.devcodesms.accepted[0]
    assert set((await statuses(entry)).values()) == {DeliveryStatus.PENDING}

    answer = await call(client, entry, simulator.devcodesms.delivery_report([maman]))

    assert await codes(answer) == [1]
    assert await statuses(entry) == {
        MAMAN: DeliveryStatus.DELIVERED,
        PAPA: DeliveryStatus.PENDING,
    }


@pytest.mark.parametrize(
    ("status", "delivery"),
    [
        (1, DeliveryStatus.DELIVERED),
        ("1", DeliveryStatus.DELIVERED),
        ("1 DELIVRD – Le message est délivré", DeliveryStatus.DELIVERED),
        (0, DeliveryStatus.UNDELIVERED),
        ("0 UNDELIV", DeliveryStatus.UNDELIVERED),
        ("UNDELIV – Le message n’est pas délivré", DeliveryStatus.UNDELIVERED),
    ],
)
@pytest.mark.parametrize("charset", ["utf-8", "cp1252"])
async def test_a_report_as_php_may_write_it(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    client: Client,
    status: object,
    delivery: DeliveryStatus,
    charset: str,
) -> None:
    """With blanks in its names, numbers for words, and octets of either kind."""
    simulated = simulator.devcodesms
    simulated.blanks_in_names = True
    await send(hass, entry)
    report = json.loads(simulated.delivery_report(simulated.accepted))
    report["dlrlist"][0][" status "] = status
    body = json.dumps(report, ensure_ascii=False).encode(charset)

    answer = await call(client, entry, body)

    assert answer.status == 200
    [answered] = (await answer.json())["dlrlist"]
    assert answered[" reponse code"] == 1
    assert answered[" status "] == status
    assert await statuses(entry) == {MAMAN: delivery}


async def test_what_was_not_sent_is_not_believed(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    client: Client,
) -> None:
    """Neither an unknown id nor somebody else's number; each row for itself."""
    simulated = simulator.devcodesms
    await send(hass, entry)
    [sent] = simulated.accepted
    forged = [
        replace(sent, submission_id="brk.ocm.0"),
        replace(sent, recipient=STRANGER),
        replace(sent, recipient=""),
    ]

    answer = await call(client, entry, simulated.delivery_report(forged))
    assert await codes(answer) == [0, 0, 0]
    assert await statuses(entry) == {MAMAN: DeliveryStatus.PENDING}

    answer = await call(client, entry, simulated.delivery_report([*forged, sent]))
    assert await codes(answer) == [0, 0, 0, 1]
    assert await statuses(entry) == {MAMAN: DeliveryStatus.DELIVERED}


async def test_it_settles_no_doubt(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    client: Client,
) -> None:
    """Whoever knows the address and a number would declare a lost alert delivered."""
    simulated = simulator.devcodesms
    simulated.fail(Fault.CUT_BEFORE, operation="send", times=1)
    sent = await send(hass, entry)
    assert sent["results"][0]["outcome"] == "unknown"
    now = simulated.now()
    forged = Acceptance(
        recipient=MAMAN,
        text="",
        sender="",
        submission_id="brk.ocm.0",
        segments=1,
        cost=1,
        at=now,
    )

    for answered in (DELIVERED, UNDELIVERED):
        body = simulated.delivery_report([forged], answered)
        assert await codes(await call(client, entry, body)) == [0]
        nameless = body.replace("brk.ocm.0", "")
        assert await codes(await call(client, entry, nameless)) == [0]

    told = await action(hass, entry, "get_delivery", message_id=sent["message_id"])
    assert [row["outcome"] for row in told["deliveries"]] == ["unknown"]
    assert await statuses(entry) == {MAMAN: None}


async def test_the_same_report_again(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    client: Client,
) -> None:
    """It is taken, as the gateway wants to hear, and changes nothing."""
    simulated = simulator.devcodesms
    await send(hass, entry)
    report = simulated.delivery_report(simulated.accepted)
    assert await codes(await call(client, entry, report)) == [1]
    [known] = (await deliveries(entry)).values()

    assert await codes(await call(client, entry, report)) == [1]
    late = simulated.delivery_report(simulated.accepted, UNDELIVERED)
    assert await codes(await call(client, entry, late)) == [1]

    assert list((await deliveries(entry)).values()) == [known]


async def test_what_cannot_be_written_down(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    hass_client_no_auth: ClientSessionGenerator,
    journals: list[Database],
) -> None:
    """The gateway is to come again, and is believed then."""
    simulated = simulator.devcodesms
    entry = await add_account(simulated)
    client = await hass_client_no_auth()
    await send(hass, entry)
    report = simulated.delivery_report(simulated.accepted)
    [file] = journals
    file.connection.execute("PRAGMA query_only = 1")

    answer = await call(client, entry, report)

    assert answer.status == 503
    assert await statuses(entry) == {MAMAN: DeliveryStatus.PENDING}
    file.connection.execute("PRAGMA query_only = 0")
    assert await codes(await call(client, entry, report)) == [1]
    assert await statuses(entry) == {MAMAN: DeliveryStatus.DELIVERED}


async def test_who_does_not_wait_for_the_answer(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    hass_client_no_auth: ClientSessionGenerator,
    journals: list[Database],
) -> None:
    """What is being written down by then is, and everybody hears of it."""
    simulated = simulator.devcodesms
    entry = await add_account(simulated)
    client = await hass_client_no_auth()
    await send(hass, entry)
    report = simulated.delivery_report(simulated.accepted).encode()
    heard: list[str] = []
    entry.runtime_data.observer.async_listen_to_deliveries(
        lambda record, submission: heard.append(submission.recipient.number)
    )
    writing, may_write = threading.Event(), threading.Event()

    def hold(statement: str) -> None:
        writing.set()
        may_write.wait(10)

    journals[0].connection.set_trace_callback(hold)
    caller = Caller(client, entry)
    await caller.begin(f"Content-Length: {len(report)}", report)
    await patiently(writing)
    await caller.hang_up()
    # The house has seen that by the time it has answered somebody else.
    assert (await client.get(path_of(entry))).status == 405

    may_write.set()
    await hass.async_block_till_done()

    assert heard == [MAMAN]
    assert await statuses(entry) == {MAMAN: DeliveryStatus.DELIVERED}


# --- the address ------------------------------------------------------------------


@pytest.mark.parametrize("key", GATEWAYS)
async def test_an_account_older_than_its_address(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """It gets one that cannot be guessed, and keeps it; where the gateway calls."""
    entry = await add_account(simulator.gateways[key])

    if not issubclass(GATEWAYS[key], PushesDelivery):
        assert "webhook_id" not in entry.data
        assert await async_delivery_url(hass, entry) is None
        return
    webhook_id = entry.data["webhook_id"]
    assert len(webhook_id) == 64
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert entry.data["webhook_id"] == webhook_id


async def test_a_new_account_has_its_address(
    hass: HomeAssistant,
    simulator: Simulator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """From the beginning, so that it need not be loaded twice."""
    form = await open_form(hass, "devcodesms")
    result = await submit(hass, form, filled_in(simulator, "devcodesms"))
    await hass.async_block_till_done()

    entry = result["result"]
    assert result["data"]["webhook_id"] == entry.data["webhook_id"]
    client = await hass_client_no_auth()
    answer = await client.post(path_of(entry), data=ANYTHING)
    assert await codes(answer) == [0]


def test_a_relay_has_no_address() -> None:
    """Reports come to its accounts."""
    data = {"gateway": "relay", "name": "Alertes", "accounts": [], "country": "CM"}

    assert not pushes_delivery(data)
    assert with_webhook_id(data) == data


async def test_an_account_that_is_unloaded(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    client: Client,
) -> None:
    """As in a reload, its reports are taken at once: a gateway may not come again."""
    await send(hass, entry)
    report = simulator.devcodesms.delivery_report(simulator.devcodesms.accepted)
    await hass.config_entries.async_unload(entry.entry_id)

    assert await codes(await call(client, entry, report)) == [1]


async def test_an_account_that_has_not_begun(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    client: Client,
) -> None:
    """The gateway is to come again, and is heard once it is loaded."""
    await send(hass, entry)
    report = simulator.devcodesms.delivery_report(simulator.devcodesms.accepted)
    await stop_account(hass, entry)

    assert (await call(client, entry, report)).status == 503
    await start_account(hass, entry)
    assert await statuses(entry) == {MAMAN: DeliveryStatus.PENDING}

    assert await codes(await call(client, entry, report)) == [1]


async def test_an_account_whose_journal_cannot_be_opened(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry, client: Client
) -> None:
    """Its messages may arrive all the same: no report is taken for read."""
    await send(hass, entry)
    report = simulator.devcodesms.delivery_report(simulator.devcodesms.accepted)
    await entry.runtime_data.journal.close()

    assert (await call(client, entry, report)).status == 503


async def test_a_disabled_account(
    hass: HomeAssistant, entry: MockConfigEntry, client: Client
) -> None:
    """Its address leads nowhere, until it is enabled again."""
    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )
    answer = await call(client, entry, ANYTHING)
    assert answer.status == 200
    assert await answer.read() == b""

    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)

    assert await codes(await call(client, entry, ANYTHING)) == [0]


async def test_two_accounts_hear_each_for_itself(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    entry: MockConfigEntry,
    client: Client,
) -> None:
    """What one account has sent is nothing that another one's address may tell."""
    simulator.devcodesms.api_key = "an0ther-k3y"
    other = await add_account(simulator.devcodesms, title="Autre")
    await send(hass, other)
    report = simulator.devcodesms.delivery_report(simulator.devcodesms.accepted)

    assert await codes(await call(client, entry, report)) == [0]
    assert await codes(await call(client, other, report)) == [1]


async def test_the_address_is_a_secret(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither it nor a number is in the diagnostics, or in what we log."""
    caplog.set_level("DEBUG", "custom_components.passerelle_sms")
    assert await async_setup_component(hass, "diagnostics", {})
    client = await hass_client()
    await send(hass, entry)
    report = simulator.devcodesms.delivery_report(simulator.devcodesms.accepted)

    for body in (report, MAMAN, TOO_LONG):
        await call(client, entry, body)

    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    logged = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components")
    ]
    assert any("HTTP 413" in line for line in logged)
    for text in (json.dumps(told), *logged):
        assert entry.data["webhook_id"] not in text
        assert MAMAN[4:] not in text


async def test_a_removed_account(
    hass: HomeAssistant, entry: MockConfigEntry, client: Client
) -> None:
    """Its address leads nowhere."""
    await hass.config_entries.async_remove(entry.entry_id)

    answer = await call(client, entry, ANYTHING)
    assert answer.status == 200
    assert await answer.read() == b""


# --- the address in Home Assistant's cloud ----------------------------------------


class Cloud(ModuleType):
    """Home Assistant's cloud, as its integration shows it to others.

    The real one can be imported only with half of Home Assistant's integrations.
    """

    class CloudNotAvailable(HomeAssistantError):
        """It can't be asked."""

    def __init__(self) -> None:
        """Begin with a subscription, connected, and nobody's address."""
        super().__init__("homeassistant.components.cloud")
        self.subscribed = True
        self.error: Exception | None = None
        self.hooks: dict[str, str] = {}

    def async_active_subscription(self, hass: HomeAssistant) -> bool:
        """Return whether there is a subscription."""
        return self.subscribed

    async def async_get_or_create_cloudhook(
        self, hass: HomeAssistant, webhook_id: str
    ) -> str:
        """Return the address for a webhook, the same for ever."""
        if self.error:
            raise self.error
        number = len(self.hooks)
        return self.hooks.setdefault(webhook_id, f"https://hooks.example/{number}")

    async def async_delete_cloudhook(
        self, hass: HomeAssistant, webhook_id: str
    ) -> None:
        """Forget an address."""
        if self.error:
            raise self.error
        if webhook_id not in self.hooks:
            raise ValueError("Hook is not enabled for the cloud.")
        del self.hooks[webhook_id]


@pytest.fixture
def cloud(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """Return Home Assistant's cloud, in use."""
    cloud = Cloud()
    monkeypatch.setitem(sys.modules, cloud.__name__, cloud)
    hass.config.components.add("cloud")
    hass.config.external_url = "https://maison.example"
    return cloud


async def test_the_cloud_is_preferred(
    hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry
) -> None:
    """One address, however often it is asked for; given back with the account."""
    url = await async_delivery_url(hass, entry)

    assert url == "https://hooks.example/0"
    assert await async_delivery_url(hass, entry) == url
    assert list(cloud.hooks) == [entry.data["webhook_id"]]
    await hass.config_entries.async_remove(entry.entry_id)
    assert cloud.hooks == {}


async def test_without_a_subscription(
    hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry
) -> None:
    """The house's own address, and nothing to give back."""
    cloud.subscribed = False

    url = await async_delivery_url(hass, entry)

    assert url == f"https://maison.example{path_of(entry)}"
    assert await hass.config_entries.async_remove(entry.entry_id)


@pytest.mark.parametrize(
    "error", [Cloud.CloudNotAvailable(), CloudError(), TimeoutError(), ValueError()]
)
async def test_a_cloud_that_cannot_be_asked(
    hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry, error: Exception
) -> None:
    """The house's own address leads to the same place, and the account can go."""
    cloud.error = error

    url = await async_delivery_url(hass, entry)

    assert url == f"https://maison.example{path_of(entry)}"
    journal = journal_of(hass, entry)
    assert journal.exists()
    await hass.config_entries.async_remove(entry.entry_id)
    assert not journal.exists()
