"""Dead man's switches while their entry is reloaded, disabled, removed, or restarted."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.entries.dead_man_switches import DeadManSwitches
from custom_components.passerelle_sms.gateways.errors import (
    GatewayError,
    InsufficientCreditError,
    NotStoredError,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.plan import SwitchPlan
from custom_components.passerelle_sms.messaging.journal.journal import Journal
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from homeassistant.config_entries import ConfigEntry, ConfigEntryDisabler
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from tests.conftest import AccountMaker, state_of
from tests.messages import Heard
from tests.passing_time import pass_time, quiet
from tests.restarts import restart_account, start_account, stop_account
from tests.simulator import Fault, Simulator

from .switches import (
    KEYS,
    MAMAN,
    NAME,
    PEOPLE,
    Keeps,
    add_switch,
    asked,
    issue_of,
    keeps,
    standing,
    switch_subentry,
    turn,
)

pytestmark = pytest.mark.usefixtures("socket_enabled")

type Leave = Callable[[HomeAssistant, ConfigEntry], Awaitable[None]]

ARMED = "switch.maison_muette_armed"
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


async def disable(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Disable an account or a relay."""
    user = ConfigEntryDisabler.USER
    async with quiet(hass):
        await hass.config_entries.async_set_disabled_by(entry.entry_id, user)


async def enable(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Enable it again."""
    async with quiet(hass):
        await hass.config_entries.async_set_disabled_by(entry.entry_id, None)


async def remove(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Remove it."""
    async with quiet(hass):
        await hass.config_entries.async_remove(entry.entry_id)


def plan(delay: timedelta = HOUR) -> SwitchPlan:
    """Return what a switch is to do that is only tried."""
    return SwitchPlan(
        template="Plus de nouvelles de {house} depuis {since}",
        recipients=(Recipient(number=MAMAN, name="Maman"),),
        delay=delay,
        house="Maison",
        language="fr",
    )


@pytest.fixture(params=KEYS)
def simulated(simulator: Simulator, request: pytest.FixtureRequest) -> Keeps:
    """Return each of the gateways that keep messages."""
    key: str = request.param
    return keeps(simulator, key)


@pytest.fixture
async def entry(simulated: Keeps, add_account: AccountMaker) -> MockConfigEntry:
    """Return an account there."""
    return await add_account(simulated, recipients=PEOPLE)


async def test_a_reload_touches_nothing(
    hass: HomeAssistant, simulated: Keeps, entry: MockConfigEntry
) -> None:
    """What stands stands, and nobody asks the gateway."""
    await add_switch(hass, entry)
    stands, requests = simulated.standing(), asked(simulated)

    async with quiet(hass):
        await hass.config_entries.async_reload(entry.entry_id)

    assert simulated.standing() == stands
    assert asked(simulated) == requests
    assert state_of(hass, ARMED) == "on"


async def test_what_happens_during_a_reload_is_told_after_it(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """By the event entity, which is there again."""
    await add_switch(hass, entry)
    heard = Heard(hass)
    [switch] = entry.runtime_data.switches
    assert await hass.config_entries.async_unload(entry.entry_id)

    await switch.disarm()
    assert heard.all == []
    async with quiet(hass):
        await start_account(hass, entry)

    assert [told["type"] for told in heard.all] == ["switch_disarmed"]
    event = hass.states.get("event.maison_muette_dead_man_switch")
    assert event is not None
    assert event.attributes["event_type"] == "disarmed"


async def test_a_disabled_account_leaves_none_standing(
    hass: HomeAssistant, simulated: Keeps, entry: MockConfigEntry
) -> None:
    """It is armed anew when the account is enabled again."""
    subentry = await add_switch(hass, entry, "Maman", "Papa")

    await disable(hass, entry)
    assert standing(simulated) == []
    assert issue_of(hass, entry, subentry, "not_cancelled") is None

    await enable(hass, entry)
    assert len(standing(simulated)) == 2
    assert state_of(hass, ARMED) == "on"


async def test_one_of_an_account_that_was_disabled_in_the_dark_is_armed_anew(
    hass: HomeAssistant, simulated: Keeps, entry: MockConfigEntry
) -> None:
    """That it could not be taken back then has not disarmed it."""
    subentry = await add_switch(hass, entry)
    simulated.fail(Fault.CUT_BEFORE)
    await disable(hass, entry)
    assert issue_of(hass, entry, subentry, "not_cancelled") is not None

    simulated.heal()
    await enable(hass, entry)

    assert state_of(hass, ARMED) == "on"
    assert len(standing(simulated)) == 1
    assert issue_of(hass, entry, subentry, "not_cancelled") is None


async def test_one_that_its_user_has_disarmed_stays_so(
    hass: HomeAssistant, simulated: Keeps, entry: MockConfigEntry
) -> None:
    """Over a restart, and while its account is disabled."""
    await add_switch(hass, entry)
    await turn(hass, ARMED, "off")

    async with quiet(hass):
        await restart_account(hass, entry)
    assert state_of(hass, ARMED) == "off"

    await disable(hass, entry)
    await enable(hass, entry)
    assert state_of(hass, ARMED) == "off"
    assert standing(simulated) == []


async def test_a_removed_account_leaves_none_standing(
    hass: HomeAssistant, simulated: Keeps, entry: MockConfigEntry
) -> None:
    """Nor an issue."""
    await add_switch(hass, entry)

    await remove(hass, entry)

    assert standing(simulated) == []
    assert not [key for key in ir.async_get(hass).issues if key[0] == DOMAIN]


@pytest.mark.parametrize("leave", [disable, remove])
async def test_what_a_dead_gateway_keeps_is_told_until_its_hour(
    hass: HomeAssistant,
    simulated: Keeps,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    leave: Leave,
) -> None:
    """Beyond the entry that it belonged to, and beyond a restart."""
    subentry = await add_switch(hass, entry)
    simulated.fail(Fault.CUT_BEFORE)
    hour = simulated.standing()[0].at

    await leave(hass, entry)

    issue = issue_of(hass, entry, subentry, "not_cancelled")
    assert issue is not None
    assert issue.is_persistent
    told = issue.translation_placeholders
    assert told is not None
    assert told["switch"] == NAME
    assert told["messages"].startswith("- ")
    assert "Maman" in told["messages"]
    assert issue.data is not None
    over = datetime.fromisoformat(str(issue.data["over"]))
    assert hour <= over <= hour + 2 * MINUTE
    assert len(standing(simulated)) == 1

    await pass_time(hass, freezer, HOUR / 2)
    assert issue_of(hass, entry, subentry, "not_cancelled") is not None
    await pass_time(hass, freezer, HOUR)
    assert issue_of(hass, entry, subentry, "not_cancelled") is None


@pytest.mark.parametrize("leave", [disable, remove])
async def test_what_no_disk_can_tell_is_told_as_it_may_stand(
    hass: HomeAssistant,
    simulated: Keeps,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    leave: Leave,
) -> None:
    """Nobody knows then how to take it back: until one delay has passed at the latest."""
    subentry = await add_switch(hass, entry)
    await stop_account(hass, entry)
    [message] = simulated.standing()

    async def fail(_journal: Journal) -> None:
        raise NotStoredError(words="disk I/O error")

    monkeypatch.setattr(Journal, "open", fail)
    async with quiet(hass):
        await start_account(hass, entry)
    await leave(hass, entry)

    issue = issue_of(hass, entry, subentry, "not_cancelled")
    assert issue is not None
    assert issue.is_persistent
    told = issue.translation_placeholders
    assert told is not None
    assert "Maman" in told["messages"]
    assert issue.data is not None
    assert message.at <= datetime.fromisoformat(str(issue.data["over"]))
    await pass_time(hass, freezer, HOUR + 10 * MINUTE)
    assert issue_of(hass, entry, subentry, "not_cancelled") is None


async def test_what_can_be_read_again_is_taken_back_at_the_end(
    hass: HomeAssistant,
    simulated: Keeps,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Although it was never loaded; and what was not there yet has left nothing."""
    subentry = await add_switch(hass, entry)
    await stop_account(hass, entry)
    with monkeypatch.context() as failing:
        failing.setattr(DeadManSwitches, "load", _nothing)
        async with quiet(hass):
            await start_account(hass, entry)
    assert len(standing(simulated)) == 1
    other = switch_subentry(entry, name="Cave")
    hass.config_entries.async_add_subentry(entry, other)

    await disable(hass, entry)

    assert standing(simulated) == []
    for one in (subentry, other):
        assert issue_of(hass, entry, one, "not_cancelled") is None
    await enable(hass, entry)
    assert state_of(hass, ARMED) == "on"


async def _nothing(_switches: DeadManSwitches) -> None:
    """Read nothing."""


async def test_a_removed_switch_is_taken_back_as_soon_as_that_works(
    hass: HomeAssistant,
    simulated: Keeps,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Its user is told as long as it does not; then nothing is left of it."""
    subentry = await add_switch(hass, entry)
    simulated.fail(Fault.CUT_BEFORE)

    async with quiet(hass):
        hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    assert issue_of(hass, entry, subentry, "not_cancelled") is not None
    assert len(standing(simulated)) == 1

    simulated.heal()
    await pass_time(hass, freezer, 6 * MINUTE)

    assert standing(simulated) == []
    assert issue_of(hass, entry, subentry, "not_cancelled") is None
    assert await entry.runtime_data.journal.keys_with("dead_man_switch:") == []


async def test_one_removed_in_the_dark_is_taken_back_after_a_restart(
    hass: HomeAssistant, simulated: Keeps, entry: MockConfigEntry
) -> None:
    """Its row tells what it has left standing."""
    subentry = await add_switch(hass, entry)
    await stop_account(hass, entry)
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    assert len(standing(simulated)) == 1

    async with quiet(hass):
        await start_account(hass, entry)

    assert standing(simulated) == []
    assert await entry.runtime_data.journal.keys_with("dead_man_switch:") == []
    assert list(entry.runtime_data.switches) == []


async def test_a_restart_renews_at_once(
    hass: HomeAssistant,
    simulated: Keeps,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """And leaves one standing."""
    await add_switch(hass, entry)
    [before] = simulated.standing()
    await stop_account(hass, entry)
    freezer.tick(HOUR / 2)
    assert simulated.standing() == [before]

    async with quiet(hass):
        await start_account(hass, entry)

    [after] = simulated.standing()
    assert after.at >= before.at + HOUR / 2
    assert simulated.sent_later() == []


async def test_a_clock_that_is_hours_behind_after_a_power_cut_tells_nobody(
    hass: HomeAssistant,
    simulated: Keeps,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is asked for its time first: an hour that is past there is sent at once."""
    gateway = entry.runtime_data.gateway
    monkeypatch.setattr(type(gateway), "default_url", gateway.url)
    await add_switch(hass, entry)
    await stop_account(hass, entry)
    accepted = len(simulated.accepted)
    freezer.tick(-3 * HOUR)
    simulated.now = lambda: datetime.now(UTC) + 3 * HOUR

    async with quiet(hass):
        await start_account(hass, entry)

    [message] = simulated.standing()
    assert message.at > simulated.now() + HOUR / 2
    assert len(simulated.accepted) == accepted + 1
    assert simulated.sent_later() == []
    assert state_of(hass, ARMED) == "on"


async def test_a_stop_leaves_the_whole_delay(
    hass: HomeAssistant,
    simulated: Keeps,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """To come back in."""
    await add_switch(hass, entry)
    [before] = simulated.standing()
    freezer.tick(10 * MINUTE)

    async with quiet(hass):
        hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)

    [after] = simulated.standing()
    assert after.at >= before.at + 10 * MINUTE


async def test_a_new_name_of_the_house_is_told(
    hass: HomeAssistant, simulated: Keeps, entry: MockConfigEntry
) -> None:
    """What stands is replaced."""
    await add_switch(hass, entry)

    async with quiet(hass):
        await hass.config.async_update(location_name="Chez Mireille")

    [message] = simulated.standing()
    assert "Chez Mireille" in message.text


async def test_a_changed_switch_is_replaced(
    hass: HomeAssistant, simulated: Keeps, entry: MockConfigEntry
) -> None:
    """Its text, its delay, whom it tells."""
    subentry = await add_switch(hass, entry)
    data = {**subentry.data, "message": "Personne depuis {since}", "delay": 120}

    async with quiet(hass):
        hass.config_entries.async_update_subentry(entry, subentry, data=data)

    [message] = simulated.standing()
    assert "Personne depuis" in message.text
    assert message.at > datetime.now(UTC) + 100 * MINUTE


async def test_a_proof_leaves_nothing(
    hass: HomeAssistant, simulated: Keeps, entry: MockConfigEntry
) -> None:
    """Neither at the gateway nor here."""
    async with quiet(hass):
        await entry.runtime_data.switches.prove(plan())

    assert asked(simulated) == 3
    assert standing(simulated) == []
    assert await entry.runtime_data.journal.keys_with("dead_man_switch:") == []


async def test_a_proof_that_fails_says_why(
    hass: HomeAssistant, simulated: Keeps, entry: MockConfigEntry
) -> None:
    """And leaves nothing, either."""
    simulated.credits = Decimal(0)

    async with quiet(hass):
        with pytest.raises(InsufficientCreditError):
            await entry.runtime_data.switches.prove(plan())

    assert standing(simulated) == []
    assert await entry.runtime_data.journal.keys_with("dead_man_switch:") == []


async def test_what_a_proof_has_left_is_told_and_taken_back(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """As anything else is that may be sent."""
    simulated = simulator.envoyer_sms_pro
    entry = await add_account(simulated, recipients=PEOPLE)
    simulated.fail(Fault.CUT_BEFORE, operation="cancel")

    async with quiet(hass):
        with pytest.raises(GatewayError):
            await entry.runtime_data.switches.prove(plan(), "Cave")

    [issue] = [
        issue
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN
    ]
    assert issue.translation_key == "dead_man_switch_not_cancelled"
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["switch"] == "Cave"
    assert len(standing(simulated)) == 1

    simulated.heal()
    await pass_time(hass, freezer, 6 * MINUTE)
    assert standing(simulated) == []
    assert not [key for key in ir.async_get(hass).issues if key[0] == DOMAIN]
