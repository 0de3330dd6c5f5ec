"""`get_accounts`, `create_account`, `delete_account` and `transfer_credits`."""

from base64 import b64encode
from decimal import Decimal
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.entries.settings import unique_id
from custom_components.passerelle_sms.messaging.reconciliation.books_json import (
    books_from_json,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from tests.actions.calls import call
from tests.conftest import AccountMaker, state_of
from tests.messages import send
from tests.simulator import Fault, Simulator
from tests.simulator.envoyer_sms_pro import SimulatedAccount, SimulatedEnvoyerSmsPro

pytestmark = pytest.mark.usefixtures("socket_enabled")

# "Fonction liste des comptes" and "Fonction transfert de SMS".
SOCIETE2 = {
    "account_id": "504",
    "name": "SOCIETE2",
    "credits": 5973,
    "request_limit": 200,
}
SOCIETE3 = {
    "account_id": "536",
    "name": "SOCIETE3",
    "credits": 0,
    "request_limit": 100,
}


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedEnvoyerSmsPro:
    """Return the gateway with two accounts behind one login."""
    simulator.envoyer_sms_pro.accounts = {
        "504": SimulatedAccount(
            name="SOCIETE2", credits=Decimal(5973), request_limit=200
        ),
        "536": SimulatedAccount(name="SOCIETE3", credits=Decimal(0)),
    }
    return simulator.envoyer_sms_pro


@pytest.fixture
async def entry(
    simulated: SimulatedEnvoyerSmsPro, add_account: AccountMaker
) -> MockConfigEntry:
    """Return the first of the two, as alerts leave through it."""
    return await add_account(simulated, title="Maison", account_id="504")


async def test_lists_all_accounts(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """With what the gateway tells of each."""
    answer = await call(hass, entry, "get_accounts")

    assert answer == {"accounts": [SOCIETE2, SOCIETE3]}


async def test_creates_an_account(
    hass: HomeAssistant, entry: MockConfigEntry, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """The answer has its id."""
    answer = await call(hass, entry, "create_account", name="Atelier")

    assert simulated.accounts[answer["account_id"]].name == "Atelier"
    assert entry.data["account_id"] == "504"


async def test_alerts_leave_on_when_the_only_account_gets_company(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """From then on no request is complete without the id of the account."""
    simulated = simulator.envoyer_sms_pro
    entry = await add_account(simulated)
    assert "account_id" not in entry.data

    await call(hass, entry, "create_account", name="Atelier")
    await hass.async_block_till_done(wait_background_tasks=True)

    assert entry.data["account_id"] == "1"
    assert entry.unique_id == unique_id(entry.data)
    created = [request.operation for request in simulated.requests].index(
        "create_account"
    )
    secrets = {
        request.headers["Authorization"]
        for request in simulated.requests[created + 1 :]
    }
    secret = f"{simulated.username}:{simulated.password}:1".encode()
    assert secrets == {f"Basic {b64encode(secret).decode()}"}
    [result] = (await send(hass, entry))["results"]
    assert result["outcome"] == "accepted"
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []


@pytest.mark.parametrize("name", ["", " ", "S" * 51])
async def test_a_name_that_no_account_may_have(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulated: SimulatedEnvoyerSmsPro,
    name: str,
) -> None:
    """Nothing is asked."""
    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "create_account", name=name)

    assert raised.value.translation_key == "invalid_name"
    assert "at most 50 characters" in str(raised.value)
    assert simulated.asked("create_account") == 0


async def test_deletes_an_account(
    hass: HomeAssistant, entry: MockConfigEntry, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """The answer has those that are left, as the gateway tells them then."""
    answer = await call(
        hass, entry, "delete_account", account_id="536", name="SOCIETE3"
    )

    assert answer == {"accounts": [{**SOCIETE2, "request_limit": None}]}
    assert simulated.accounts.keys() == {"504"}


@pytest.mark.parametrize("name", ["SOCIETE2", "societe3", "SOCIETE3 ", ""])
async def test_an_account_of_another_name_stays(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulated: SimulatedEnvoyerSmsPro,
    name: str,
) -> None:
    """Whoever doesn't know its name doesn't mean it, and isn't told it either."""
    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "delete_account", account_id="536", name=name)

    assert raised.value.translation_key == "wrong_account_name"
    assert "536" in str(raised.value)
    assert "SOCIETE3" not in str(raised.value)
    assert simulated.asked("delete_account") == 0


async def test_an_account_that_is_not_there(
    hass: HomeAssistant, entry: MockConfigEntry, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """There is nothing to delete."""
    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "delete_account", account_id="537", name="SOCIETE3")

    assert raised.value.translation_key == "unknown_account"
    assert simulated.asked("delete_account") == 0


async def test_an_account_in_use_stays(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulated: SimulatedEnvoyerSmsPro,
    add_account: AccountMaker,
) -> None:
    """Its own, and that of another entry, loaded or not."""
    other = await add_account(simulated, title="Atelier", account_id="536")
    await hass.config_entries.async_unload(other.entry_id)
    asked = len(simulated.requests)

    for account_id, name in (("504", "SOCIETE2"), ("536", "SOCIETE3")):
        with pytest.raises(ServiceValidationError) as raised:
            await call(hass, entry, "delete_account", account_id=account_id, name=name)
        assert raised.value.translation_key == "account_in_use"
        assert account_id in str(raised.value)
    assert len(simulated.requests) == asked


async def test_the_only_account_stays(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """An entry that names none uses it."""
    simulated = simulator.envoyer_sms_pro
    entry = await add_account(simulated)

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "delete_account", account_id="1", name="MAISON")

    assert raised.value.translation_key == "account_in_use"
    assert simulated.asked("delete_account") == 0


async def test_transfers_credits(
    hass: HomeAssistant, entry: MockConfigEntry, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """As the document's example, and the balance follows at once."""
    answer = await call(
        hass,
        entry,
        "transfer_credits",
        from_account_id=504,
        to_account_id=536,
        credits=1000,
    )
    await hass.async_block_till_done(wait_background_tasks=True)

    assert answer == {
        "debited": {**SOCIETE2, "credits": 4973, "request_limit": None},
        "credited": {**SOCIETE3, "credits": 1000, "request_limit": None},
    }
    assert state_of(hass, "sensor.maison_balance") == "4973"


async def test_a_transfer_whose_sum_is_told_disturbs_no_ledger(
    hass: HomeAssistant,
    simulated: SimulatedEnvoyerSmsPro,
    entry: MockConfigEntry,
    add_account: AccountMaker,
) -> None:
    """Of either account: the balance is as much lower, or higher, as was moved."""
    other = await add_account(simulated, title="Atelier", account_id="536")
    before = {
        account: account.runtime_data.ledger.books.credits for account in (entry, other)
    }

    await call(hass, entry, "transfer_credits", **TRANSFER)
    await hass.async_block_till_done(wait_background_tasks=True)

    for account, by in ((entry, -1000), (other, 1000)):
        books = account.runtime_data.ledger.books
        assert not books.is_disturbed
        assert books.credits == before[account] + by


@pytest.mark.parametrize("number", [0, -1, 1.5, "viele", True])
async def test_no_number_of_credits(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulated: SimulatedEnvoyerSmsPro,
    number: object,
) -> None:
    """Money isn't rounded."""
    with pytest.raises(ServiceValidationError, match="“"):
        await call(
            hass,
            entry,
            "transfer_credits",
            from_account_id="504",
            to_account_id="536",
            credits=number,
        )

    assert simulated.asked("transfer_credits") == 0


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"credits": 5974}, "insufficient_credit"),
        ({"to_account_id": "537"}, "unknown_account"),
        ({"to_account_id": "504"}, "invalid_option"),
    ],
)
async def test_a_transfer_that_cannot_be(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulated: SimulatedEnvoyerSmsPro,
    fields: dict[str, Any],
    error: str,
) -> None:
    """The caller can mend it."""
    asked = {"from_account_id": "504", "to_account_id": "536", "credits": 1, **fields}

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "transfer_credits", **asked)

    assert raised.value.translation_key == error
    assert "{" not in str(raised.value)
    assert simulated.accounts["504"].credits == 5973


TRANSFER: dict[str, Any] = {
    "from_account_id": "504",
    "to_account_id": "536",
    "credits": 1000,
}


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("create_account", {"name": "Atelier"}),
        ("delete_account", {"account_id": "549", "name": "SOCIETE4"}),
        ("transfer_credits", TRANSFER),
    ],
)
async def test_every_account_there_knows_before_credits_move(
    hass: HomeAssistant,
    simulator: Simulator,
    simulated: SimulatedEnvoyerSmsPro,
    entry: MockConfigEntry,
    add_account: AccountMaker,
    action: str,
    fields: dict[str, Any],
) -> None:
    """A balance that they move proves nothing about a message in doubt."""
    simulated.accounts["549"] = SimulatedAccount(name="SOCIETE4", credits=Decimal(794))
    other = await add_account(simulated, title="Atelier", account_id="536")
    elsewhere = await add_account(simulator.smseco)
    simulated.fail(Fault.STALL_AFTER, operation=action)

    calling = hass.async_create_task(call(hass, entry, action, **fields))
    await simulated.until_asked(action)

    for account in (entry, other):
        stored = await account.runtime_data.journal.ledger()
        assert stored is not None
        assert books_from_json(stored).is_disturbed
    assert not elsewhere.runtime_data.ledger.books.is_disturbed
    simulated.heal()
    simulated.release()
    with pytest.raises(HomeAssistantError):
        await calling


async def test_a_movement_that_cannot_be_written_down_is_not_made(
    hass: HomeAssistant, entry: MockConfigEntry, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """Durable first."""
    await entry.runtime_data.journal.close()

    with pytest.raises(HomeAssistantError) as raised:
        await call(hass, entry, "transfer_credits", **TRANSFER)

    assert raised.value.translation_key == "action_not_stored"
    assert not isinstance(raised.value, ServiceValidationError)
    assert simulated.asked("transfer_credits") == 0


async def test_a_transfer_that_may_have_been(
    hass: HomeAssistant, entry: MockConfigEntry, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """The caller hears so, nothing is repeated, and the balance is asked for."""
    simulated.fail(Fault.CUT_AFTER, operation="transfer_credits")

    with pytest.raises(HomeAssistantError) as raised:
        await call(hass, entry, "transfer_credits", **TRANSFER)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert raised.value.translation_key == "outcome_unknown"
    assert simulated.asked("transfer_credits") == 1
    assert state_of(hass, "sensor.maison_balance") == "4973"
