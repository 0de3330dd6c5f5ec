"""Receipts that a message asks for, over Home Assistant's own server."""

import asyncio
from datetime import timedelta
from http import HTTPStatus
import json
import logging
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import ClientResponse
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.messaging.journal.database import Database
from homeassistant.components.webhook import async_handle_webhook
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util.aiohttp import MockRequest
from tests.actions.calls import call
from tests.conftest import MAMAN, PAPA, AccountMaker, warnings_logged
from tests.messages import send
from tests.pushed_reports import Client, path_of, statuses
from tests.restarts import start_account, stop_account
from tests.simulator import Fault, Simulator
from tests.simulator.sms123 import SimulatedSms123
from tests.simulator.sms123_receipts import PROOF
from tests.simulator.sms123_wire import ReferenceStyle
from tests.test_webhook_abuse import Heartbeat

pytestmark = pytest.mark.usefixtures("socket_enabled")

ON: Final = {"delivery_reports": True}
EVENT: Final = "event.123_sms_net_delivery"
DELIVERED: Final = DeliveryStatus.DELIVERED
PENDING: Final = DeliveryStatus.PENDING


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedSms123:
    """Return the simulated gateway."""
    return simulator.sms123


@pytest.fixture
async def entry(simulator: Simulator, add_account: AccountMaker) -> MockConfigEntry:
    """Return a loaded account whose messages ask for receipts."""
    return await add_account(simulator.sms123, options=ON)


@pytest.fixture
async def client(
    simulated: SimulatedSms123,
    entry: MockConfigEntry,
    hass_client_no_auth: ClientSessionGenerator,
) -> Client:
    """Return somebody on the internet; the gateway knows the address, and has tried it."""
    client = await hass_client_no_auth()
    await simulated.receipts.declare(client.make_url(path_of(entry)))
    return client


async def visit(
    client: Client, entry: MockConfigEntry, *, method: str = "GET", **fields: str
) -> ClientResponse:
    """Call with these fields, whoever it is."""
    query = f"?{urlencode(fields)}" if fields else ""
    return await client.request(method, path_of(entry) + query)


async def told(answer: ClientResponse) -> tuple[int, str, str]:
    """Return what the gateway looks at in an answer."""
    return answer.status, answer.content_type, await answer.text()


def number_of(recipient: str) -> str:
    """Return an E.164 number as the gateway writes it."""
    return recipient.removeprefix("+")


# --- from the message to the event ------------------------------------------------


@pytest.mark.parametrize(
    "style",
    [style for style in ReferenceStyle if style is not ReferenceStyle.NONE],
)
@pytest.mark.parametrize("callers_reference", [False, True])
@pytest.mark.parametrize(("error", "status"), [("", "delivered"), ("7", "undelivered")])
async def test_a_receipt_is_told(
    hass: HomeAssistant,
    simulated: SimulatedSms123,
    entry: MockConfigEntry,
    client: Client,
    style: ReferenceStyle,
    callers_reference: bool,
    error: str,
    status: str,
) -> None:
    """By the event entity and by `get_delivery`, whoever has named the message."""
    simulated.receipts.style = style
    simulated.receipts.callers_reference = callers_reference
    await send(hass, entry, target=["Papa"])
    sent = await send(hass, entry)
    assert sent["results"][0]["delivery"]["status"] == "pending"
    taken = simulated.accepted[-1]

    assert await simulated.receipts.push(taken.submission_id, error) == PROOF
    await hass.async_block_till_done()

    state = hass.states.get(EVENT)
    assert state is not None
    assert state.attributes["event_type"] == status
    assert state.attributes["message_id"] == sent["message_id"]
    assert state.attributes["recipient"] == "Maman"
    answer = await call(hass, entry, "get_delivery", message_id=sent["message_id"])
    [row] = answer["deliveries"]
    assert row["delivery"]["status"] == status
    assert row["delivery"]["gateway_code"] == (error or None)
    assert (
        row["submission_id"] == simulated.receipts.asked[taken.submission_id].reference
    )


async def test_a_receipt_is_waited_for(
    hass: HomeAssistant,
    simulated: SimulatedSms123,
    entry: MockConfigEntry,
    client: Client,
) -> None:
    """By `wait_for_delivery`, for as long as it takes."""
    sending = hass.async_create_task(send(hass, entry, wait_for_delivery="00:02:00"))
    await simulated.until_asked("send")

    await simulated.receipts.push(simulated.accepted[0].submission_id, "ok")

    [result] = (await sending)["results"]
    assert result["delivery"]["status"] == "delivered"


async def test_a_receipt_before_the_answer(
    hass: HomeAssistant,
    simulated: SimulatedSms123,
    entry: MockConfigEntry,
    client: Client,
) -> None:
    """It waits for it."""
    simulated.seconds_to_answer["send"] = 60
    sending = hass.async_create_task(send(hass, entry))
    await simulated.until_asked("send")
    [taken] = simulated.accepted

    assert await simulated.receipts.push(taken.submission_id) == PROOF
    simulated.release()
    sent = await sending
    # It is looked for once the answer is known, by a task of its own.
    await entry.runtime_data.tracker.wait(sent["message_id"], timedelta(seconds=10))

    assert await statuses(entry) == {MAMAN: DELIVERED}


async def test_the_same_receipt_again(
    hass: HomeAssistant,
    simulated: SimulatedSms123,
    entry: MockConfigEntry,
    client: Client,
) -> None:
    """It is answered, and told once; a late "not delivered" changes nothing."""
    heard: list[str] = []
    entry.runtime_data.observer.async_listen_to_deliveries(
        lambda record, submission: heard.append(submission.recipient.number)
    )
    await send(hass, entry)
    [taken] = simulated.accepted

    for error in ("0", "0", "", "12"):
        assert await simulated.receipts.push(taken.submission_id, error) == PROOF
    await hass.async_block_till_done()

    assert heard == [MAMAN]
    assert await statuses(entry) == {MAMAN: DELIVERED}


async def test_an_address_that_has_a_query(
    hass: HomeAssistant,
    simulated: SimulatedSms123,
    entry: MockConfigEntry,
    client: Client,
) -> None:
    """The gateway appends a second question mark to it."""
    await send(hass, entry)
    [taken] = simulated.accepted
    address = client.make_url(path_of(entry)).with_query(client="7")

    assert await simulated.receipts.push(taken.submission_id, address=address) == PROOF

    assert await statuses(entry) == {MAMAN: DELIVERED}


async def test_a_receipt_through_the_cloud(
    hass: HomeAssistant,
    simulated: SimulatedSms123,
    entry: MockConfigEntry,
    client: Client,
) -> None:
    """It comes as something like a request."""
    await send(hass, entry)
    [taken] = simulated.accepted
    query = f"erreur=&refenvoi={taken.submission_id}&gsm={taken.recipient}"

    answers = [
        await async_handle_webhook(
            hass,
            entry.data["webhook_id"],
            MockRequest(b"", "cloud", method=method, query_string=asked),
        )
        for method, asked in (("GET", None), ("HEAD", query), ("GET", query))
    ]

    assert [(a.status, a.content_type, a.text) for a in answers] == [PROOF] * 3
    assert await statuses(entry) == {MAMAN: DELIVERED}


# --- what is believed -------------------------------------------------------------


async def test_what_was_not_sent_is_not_believed(
    hass: HomeAssistant,
    simulated: SimulatedSms123,
    entry: MockConfigEntry,
    client: Client,
) -> None:
    """Never by number alone, nor by reference alone; and nobody learns that."""
    await send(hass, entry, target=["Maman", "Papa"])
    maman, papa = (
        next(t for t in simulated.accepted if t.recipient == number_of(number))
        for number in (MAMAN, PAPA)
    )
    forged: list[dict[str, str]] = [
        {"erreur": "0", "refenvoi": "99999", "gsm": maman.recipient},
        {"erreur": "0", "refenvoi": "o", "gsm": maman.recipient},
        {"erreur": "0", "refenvoi": "", "gsm": maman.recipient},
        {"erreur": "0", "gsm": maman.recipient},
        {"erreur": "0", "refenvoi": maman.submission_id},
        {"erreur": "0", "refenvoi": maman.submission_id, "gsm": ""},
        {"erreur": "0", "refenvoi": maman.submission_id, "gsm": papa.recipient},
        {"erreur": "0", "refenvoi": maman.submission_id, "gsm": "688207"},
        {"refenvoi": maman.submission_id, "gsm": maman.recipient},
        {},
    ]

    for fields in forged:
        assert await told(await visit(client, entry, **fields)) == PROOF

    assert await statuses(entry) == {MAMAN: PENDING, PAPA: PENDING}
    await simulated.receipts.push(maman.submission_id)
    assert await statuses(entry) == {MAMAN: DELIVERED, PAPA: PENDING}


async def test_a_doubt_is_not_settled_by_a_number(
    hass: HomeAssistant,
    simulated: SimulatedSms123,
    entry: MockConfigEntry,
    client: Client,
) -> None:
    """Whoever knows the address and a number would declare a lost alert delivered."""
    simulated.fail(Fault.CUT_BEFORE, operation="send", times=1)
    answer = await send(hass, entry)
    assert answer["results"][0]["outcome"] == "unknown"

    for reference in ("12345", "o", "h0123456789ab"):
        fields = {"erreur": "0", "refenvoi": reference, "gsm": number_of(MAMAN)}
        assert await told(await visit(client, entry, **fields)) == PROOF

    assert await statuses(entry) == {MAMAN: None}


async def test_two_accounts_hear_each_for_itself(
    hass: HomeAssistant,
    simulated: SimulatedSms123,
    add_account: AccountMaker,
    entry: MockConfigEntry,
    client: Client,
) -> None:
    """What one account has sent is nothing that another one's address may tell."""
    simulated.api_key = "an0ther-k3y"
    simulated.username = "autre"
    other = await add_account(simulated, title="Autre", options=ON)
    await send(hass, other)
    [taken] = simulated.accepted

    await simulated.receipts.push(taken.submission_id)
    assert await statuses(other) == {MAMAN: PENDING}

    address = client.make_url(path_of(other))
    await simulated.receipts.push(taken.submission_id, address=address)
    assert await statuses(other) == {MAMAN: DELIVERED}


# --- the address ------------------------------------------------------------------


async def test_the_address_is_there_before_the_option(
    simulated: SimulatedSms123,
    add_account: AccountMaker,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """The gateway tries it when it is declared, with a call that says nothing."""
    entry = await add_account(simulated)
    client = await hass_client_no_auth()

    await simulated.receipts.declare(client.make_url(path_of(entry)))

    assert simulated.receipts.address is not None


async def test_a_receipt_after_the_option_was_switched_off(
    hass: HomeAssistant,
    simulated: SimulatedSms123,
    entry: MockConfigEntry,
    client: Client,
) -> None:
    """What was asked for before is heard; what is sent then asks for nothing."""
    await send(hass, entry)
    hass.config_entries.async_update_entry(entry, options={})
    await hass.async_block_till_done()

    answer = await send(hass, entry, target=["Papa"])
    assert answer["results"][0]["delivery"] is None
    assert len(simulated.receipts.asked) == 1

    await simulated.receipts.push(simulated.accepted[0].submission_id)
    await hass.async_block_till_done()
    state = hass.states.get(EVENT)
    assert state is not None
    assert state.attributes["event_type"] == "delivered"


async def test_an_account_that_is_unloaded(
    hass: HomeAssistant,
    simulated: SimulatedSms123,
    entry: MockConfigEntry,
    client: Client,
) -> None:
    """As in a reload, its receipts are taken at once: a gateway may not come again."""
    await send(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)

    assert await simulated.receipts.push(simulated.accepted[0].submission_id) == PROOF

    await hass.config_entries.async_setup(entry.entry_id)
    assert await statuses(entry) == {MAMAN: DELIVERED}


async def test_what_cannot_be_taken_yet(
    hass: HomeAssistant,
    simulated: SimulatedSms123,
    entry: MockConfigEntry,
    client: Client,
) -> None:
    """It is not answered as taken: the gateway is to come again."""
    await send(hass, entry)
    [taken] = simulated.accepted
    await stop_account(hass, entry)

    status, _, body = await simulated.receipts.push(taken.submission_id)
    assert (status, body) == (HTTPStatus.SERVICE_UNAVAILABLE, "")

    await start_account(hass, entry)
    assert await simulated.receipts.push(taken.submission_id) == PROOF
    assert await statuses(entry) == {MAMAN: DELIVERED}


async def test_what_cannot_be_written_down(
    hass: HomeAssistant,
    simulated: SimulatedSms123,
    add_account: AccountMaker,
    hass_client_no_auth: ClientSessionGenerator,
    journals: list[Database],
) -> None:
    """The gateway is to come again; who says nothing is answered as ever."""
    entry = await add_account(simulated, options=ON)
    client = await hass_client_no_auth()
    await simulated.receipts.declare(client.make_url(path_of(entry)))
    await send(hass, entry)
    [taken] = simulated.accepted
    [file] = journals
    file.connection.execute("PRAGMA query_only = 1")

    status, _, _ = await simulated.receipts.push(taken.submission_id)
    assert status == HTTPStatus.SERVICE_UNAVAILABLE
    assert await told(await visit(client, entry)) == PROOF

    file.connection.execute("PRAGMA query_only = 0")
    assert await simulated.receipts.push(taken.submission_id) == PROOF
    assert await statuses(entry) == {MAMAN: DELIVERED}


async def test_the_address_is_a_secret(
    hass: HomeAssistant,
    simulated: SimulatedSms123,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither it nor a number is in the diagnostics, or in what we log."""
    caplog.set_level("DEBUG", "custom_components.passerelle_sms")
    assert await async_setup_component(hass, "diagnostics", {})
    client = await hass_client()
    await simulated.receipts.declare(client.make_url(path_of(entry)))
    await send(hass, entry)
    await simulated.receipts.push(simulated.accepted[0].submission_id, MAMAN[1:])
    await visit(client, entry, erreur="1", refenvoi="1", gsm=MAMAN)
    await visit(client, entry, method="POST", gsm=MAMAN)

    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    logged = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components")
    ]
    assert any("HTTP 405" in line for line in logged)
    for text in (json.dumps(diagnostics), *logged):
        assert entry.data["webhook_id"] not in text
        assert MAMAN[4:] not in text


# --- calls that no gateway would make ---------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("", id="nothing"),
        pytest.param("?", id="a question mark"),
        pytest.param("?erreur=0&refenvoi=1&gsm=2" + "&x" * 900, id="too many fields"),
        pytest.param("?erreur=0&refenvoi=" + "1" * 9000, id="too long"),
        pytest.param("?" + "&" * 20_000, id="nothing at length"),
        pytest.param("?erreur[]=0&refenvoi[]=1&gsm[]=2", id="arrays"),
        pytest.param("?erreur=%00&refenvoi=%ff%fe&gsm=%e9", id="not UTF-8"),
        pytest.param("?erreur=0&refenvoi=%ED%A0%80&gsm=2", id="half a pair"),
        pytest.param("?%&%%&=&==", id="no query"),
    ],
)
async def test_what_is_malformed(
    entry: MockConfigEntry,
    client: Client,
    caplog: pytest.LogCaptureFixture,
    query: str,
) -> None:
    """It is answered as ever, and nobody is bothered with it."""
    url = client.make_url("/").with_path(path_of(entry))
    answer = await client.session.get(
        type(url)(f"{url}{query}", encoded=True), allow_redirects=False
    )

    assert await told(answer) == PROOF
    assert warnings_logged(caplog) == []


async def test_what_is_beyond_the_servers_own_bound(
    hass: HomeAssistant, entry: MockConfigEntry, client: Client
) -> None:
    """Home Assistant's server reads no longer line; through the cloud, we don't."""
    answer = await client.get(f"{path_of(entry)}?x={'1' * 30_000}")
    assert answer.status == HTTPStatus.BAD_REQUEST

    through_the_cloud = await async_handle_webhook(
        hass,
        entry.data["webhook_id"],
        MockRequest(b"", "cloud", method="GET", query_string="1" * 100_000),
    )
    assert through_the_cloud.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


async def test_a_body_says_nothing(
    hass: HomeAssistant,
    simulated: SimulatedSms123,
    entry: MockConfigEntry,
    client: Client,
) -> None:
    """Only the query of a call is read."""
    await send(hass, entry)
    [taken] = simulated.accepted
    fields = {"erreur": "0", "refenvoi": taken.submission_id, "gsm": taken.recipient}

    answer = await client.get(path_of(entry), data=fields)

    assert await told(answer) == PROOF
    assert await statuses(entry) == {MAMAN: PENDING}


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", 200), ("POST", 405), ("PUT", 405)]
)
async def test_other_ways_to_call(
    hass: HomeAssistant,
    simulated: SimulatedSms123,
    entry: MockConfigEntry,
    client: Client,
    caplog: pytest.LogCaptureFixture,
    method: str,
    status: int,
) -> None:
    """They tell nothing, and nobody writes the secret address into a log."""
    await send(hass, entry)
    [taken] = simulated.accepted
    fields = {"erreur": "0", "refenvoi": taken.submission_id, "gsm": taken.recipient}

    answer = await visit(client, entry, method=method, **fields)

    assert answer.status == status
    assert await answer.text() == ""
    assert await statuses(entry) == {MAMAN: PENDING}
    logged = [r.getMessage() for r in caplog.records if r.levelno > logging.DEBUG]
    # What a server writes about every request is the user's own to switch on.
    ours = [line for line in logged if not line.startswith("127.0.0.1")]
    assert not any(entry.data["webhook_id"] in line for line in ours)


FORGED: Final = 500


async def test_nothing_in_a_flood_is_believed(
    hass: HomeAssistant,
    simulated: SimulatedSms123,
    entry: MockConfigEntry,
    client: Client,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Forged and repeated receipts: the house lives on, and hears the right one."""
    await send(hass, entry, target=["Maman", "Papa"])
    maman, papa = simulated.accepted
    await simulated.receipts.push(maman.submission_id)
    known = await statuses(entry)
    heard: list[Any] = []
    entry.runtime_data.observer.async_listen_to_deliveries(
        lambda record, submission: heard.append(submission)
    )
    heartbeat = Heartbeat()

    async def forge(number: int) -> None:
        fields: dict[str, str] = {"erreur": "0", "refenvoi": f"9{number:06}"}
        if number % 3 == 0:
            fields = {"erreur": "1", "refenvoi": maman.submission_id}
        answer = await visit(
            client,
            entry,
            **fields,
            gsm=maman.recipient if number % 3 == 0 else papa.recipient,
        )
        assert await told(answer) == PROOF

    for first in range(0, FORGED, 10):
        await asyncio.gather(*map(forge, range(first, first + 10)))

    heartbeat.stop()
    assert heartbeat.longest_gap < 0.5
    assert heard == []
    assert await statuses(entry) == known
    await simulated.receipts.push(papa.submission_id)
    assert (await statuses(entry)).keys() == {MAMAN, PAPA}
    assert set((await statuses(entry)).values()) == {DELIVERED}
    assert warnings_logged(caplog) == []
