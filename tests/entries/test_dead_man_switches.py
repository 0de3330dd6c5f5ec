"""The dead man's switches of an account or a relay, beside the entry that holds them."""

from datetime import timedelta
from pathlib import Path
import shutil
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.backup import async_post_backup, async_pre_backup
from custom_components.passerelle_sms.entries import house_switch
from custom_components.passerelle_sms.entries.dead_man_switches import DeadManSwitches
from custom_components.passerelle_sms.gateways.errors import (
    GatewayError,
    NoAccountAvailableError,
    NotStoredError,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.journal_rows import (
    JournalRows,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.plan import SwitchPlan
from custom_components.passerelle_sms.messaging.dead_man_switch.standing import (
    FollowUp,
    SwitchState,
)
from custom_components.passerelle_sms.messaging.journal.database import Database
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from tests.conftest import (
    AccountMaker,
    RelayMaker,
    journal_of,
    state_of,
    warnings_logged,
)
from tests.messages import Heard
from tests.passing_time import pass_time, quiet
from tests.restarts import start_account, stop_account
from tests.simulator import Fault, Simulator
from tests.switches import (
    MAMAN,
    PAPA,
    PEOPLE,
    add_switch,
    issue_of,
    standing,
    switch_subentry,
)
from tests.test_backup import restore

pytestmark = pytest.mark.usefixtures("socket_enabled")

ARMED: Final = "switch.maison_muette_armed"
PROBLEM: Final = "binary_sensor.maison_muette_problem"
EVENT: Final = "event.maison_muette_dead_man_switch"
MINUTE: Final = timedelta(minutes=1)
PLAN: Final = SwitchPlan(
    template="Plus de nouvelles de {house} depuis {since}",
    recipients=(Recipient(number=MAMAN, name="Maman"),),
    delay=timedelta(hours=1),
    house="Maison",
    language="fr",
)


@pytest.fixture
async def entry(simulator: Simulator, add_account: AccountMaker) -> MockConfigEntry:
    """Return an account whose gateway keeps messages."""
    return await add_account(simulator.envoyer_sms_pro, recipients=PEOPLE)


def only_switch(entry: MockConfigEntry) -> ConfigSubentry:
    """Return the only switch of an entry."""
    [subentry] = entry.get_subentries_of_type("dead_man_switch")
    return subentry


def switches(entry: MockConfigEntry) -> DeadManSwitches:
    """Return the switches of an entry."""
    found: DeadManSwitches = entry.runtime_data.switches
    return found


async def test_what_happens_at_the_start_is_told_once_there_is_who_listens(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Automations are set up last: its row keeps it until then, as the power may go again."""
    await add_switch(hass, entry)
    heard = Heard(hass)
    await stop_account(hass, entry)
    freezer.tick(timedelta(hours=2))
    hass.set_state(CoreState.starting)

    async with quiet(hass):
        await start_account(hass, entry)
    assert [told["type"] for told in heard.all] == []
    [switch] = switches(entry)
    before = switch.state
    assert before.fired is not None

    async with quiet(hass):
        hass.set_state(CoreState.running)
        hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    assert [told["type"] for told in heard.all] == ["switch_fired"]
    assert issue_of(hass, entry, only_switch(entry), "fired") is not None
    assert switch.state.fired is None
    state = hass.states.get(EVENT)
    assert state is not None
    assert state.attributes["event_type"] == "fired"


async def test_a_switch_whose_row_can_not_be_read_is_tried_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    simulator: Simulator,
) -> None:
    """As soon as anything is heard of an account."""
    read = JournalRows.read

    async def fail(_rows: JournalRows, _switch_id: str) -> SwitchState | None:
        raise NotStoredError(words="disk I/O error")

    monkeypatch.setattr(JournalRows, "read", fail)
    await add_switch(hass, entry)
    assert list(switches(entry)) == []
    assert any("can't be armed" in told for told in warnings_logged(caplog))

    monkeypatch.setattr(JournalRows, "read", read)
    async with quiet(hass):
        await entry.runtime_data.coordinator.async_refresh()
    assert state_of(hass, ARMED) == "on"
    assert len(standing(simulator.envoyer_sms_pro)) == 1


async def test_one_that_is_removed_before_it_is_there_leaves_nothing(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """Neither an entity nor a message."""
    subentry = switch_subentry(entry)

    async with quiet(hass):
        hass.config_entries.async_add_subentry(entry, subentry)
        hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)

    assert hass.states.get(ARMED) is None
    assert standing(simulator.envoyer_sms_pro) == []
    assert list(switches(entry)) == []


async def test_one_that_is_removed_while_its_row_is_read_leaves_nothing(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What an earlier run has left standing is taken back."""
    subentry = await add_switch(hass, entry)
    await stop_account(hass, entry)
    read = JournalRows.read

    async def remove_meanwhile(rows: JournalRows, switch_id: str) -> SwitchState | None:
        found = await read(rows, switch_id)
        if switch_id in entry.subentries:
            hass.config_entries.async_remove_subentry(entry, switch_id)
        return found

    monkeypatch.setattr(JournalRows, "read", remove_meanwhile)
    async with quiet(hass):
        await start_account(hass, entry)

    assert subentry.subentry_id not in entry.subentries
    assert standing(simulator.envoyer_sms_pro) == []
    assert list(switches(entry)) == []


async def test_what_is_being_taken_back_is_left_to_the_next_run(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """Home Assistant stops, and goes on with it when it is back."""
    subentry = await add_switch(hass, entry)
    simulator.envoyer_sms_pro.fail(Fault.CUT_BEFORE)
    async with quiet(hass):
        hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await stop_account(hass, entry)
    assert len(standing(simulator.envoyer_sms_pro)) == 1

    simulator.envoyer_sms_pro.heal()
    async with quiet(hass):
        await start_account(hass, entry)

    assert standing(simulator.envoyer_sms_pro) == []
    assert issue_of(hass, entry, subentry, "not_cancelled") is None
    assert await entry.runtime_data.journal.keys_with("dead_man_switch:") == []


async def test_an_account_that_works_again_renews_at_once(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What has failed waits no longer than that."""
    await add_switch(hass, entry)
    [before] = simulator.envoyer_sms_pro.standing()
    simulator.envoyer_sms_pro.fail(Fault.CUT_BEFORE)
    await pass_time(hass, freezer, 31 * MINUTE)
    for _ in range(3):
        await pass_time(hass, freezer, 4 * MINUTE)
    assert state_of(hass, PROBLEM) == "on"
    simulator.envoyer_sms_pro.heal()

    async with quiet(hass):
        await entry.runtime_data.coordinator.async_refresh()

    [after] = [
        message
        for message in simulator.envoyer_sms_pro.standing()
        if message.at > before.at
    ]
    assert after.at > before.at + 40 * MINUTE


async def test_its_requests_are_kept_from_questions(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """While it is armed, and as many as it needs."""
    budget = entry.runtime_data.gateway.budget
    assert budget.set_aside_for_others("") == 0

    subentry = await add_switch(hass, entry)
    assert budget.set_aside_for_others("") == 6
    assert budget.set_aside_for_others(subentry.subentry_id) == 0

    async with quiet(hass):
        data = {**subentry.data, "delay": 30}
        hass.config_entries.async_update_subentry(entry, subentry, data=data)
    assert budget.set_aside_for_others("") == 12

    async with quiet(hass):
        [switch] = switches(entry)
        await switch.disarm()
    assert budget.set_aside_for_others("") == 0


async def test_what_it_costs(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Beside what others need, and not beside what it needs itself."""
    alone = switches(entry).cost(PLAN)
    subentry = await add_switch(hass, entry)

    assert alone.requests_per_hour == 6
    assert alone.request_limit == 100
    shortest = switches(entry).cost(PLAN).shortest_delay
    assert alone.shortest_delay is not None
    assert shortest is not None
    assert switches(entry).cost(PLAN, subentry.subentry_id) == alone


async def test_what_it_costs_at_a_relay(
    simulator: Simulator, add_account: AccountMaker, add_relay: RelayMaker
) -> None:
    """At the first account that can keep its message, if there is one."""
    unable = await add_account(simulator.etech_keys)
    able = await add_account(simulator.sms123)
    relay = await add_relay(unable, able)
    other = await add_relay(unable, title="Autre")

    assert switches(relay).cost(PLAN) == switches(able).cost(PLAN)
    for lacking in (unable, other):
        with pytest.raises(NoAccountAvailableError):
            switches(lacking).cost(PLAN)
        with pytest.raises(GatewayError):
            await switches(lacking).prove(PLAN)


async def test_who_can_not_be_told_that_the_house_is_back_is_logged(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A text that is nothing is refused."""
    await add_switch(hass, entry, message_back="\u200b")
    [switch] = switches(entry)

    async with quiet(hass):
        switch.on_back(FollowUp(message_id="back", recipients=PLAN.recipients))

    [warning] = warnings_logged(caplog)
    assert warning.startswith("Nobody was told that the house is back")
    assert MAMAN not in warning


async def test_a_gateway_that_never_answers_keeps_no_account_from_ending(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What it keeps is told."""
    monkeypatch.setattr(house_switch, "END_LIMIT", 0.05)
    subentry = await add_switch(hass, entry)
    simulator.envoyer_sms_pro.fail(Fault.STALL_BEFORE, operation="cancel")

    await switches(entry).end()

    assert issue_of(hass, entry, subentry, "not_cancelled") is not None
    assert any("has not answered" in told for told in warnings_logged(caplog))
    simulator.envoyer_sms_pro.heal()
    async with quiet(hass):
        simulator.envoyer_sms_pro.release()


async def test_a_restored_journal_arms_anew_and_warns(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    tmp_path: Path,
) -> None:
    """Of what may have been scheduled since, and nobody here knows of."""
    await add_switch(hass, entry)
    path, copy = journal_of(hass, entry), tmp_path / "copy"
    await async_pre_backup(hass)
    shutil.copy(path, copy)
    await async_post_backup(hass)
    await pass_time(hass, freezer, 21 * MINUTE)
    await stop_account(hass, entry)
    restore(copy, path)
    heard = Heard(hass)

    async with quiet(hass):
        await start_account(hass, entry)

    [told] = heard.all
    assert told["type"] == "switch_false_alarm_possible"
    assert told["reason"] == "restored"
    assert told["recipients"] == ["Maman"]
    assert state_of(hass, ARMED) == "on"
    state = hass.states.get(PROBLEM)
    assert state is not None
    assert "restored" in state.attributes["reasons"]
    assert state.attributes["until"] == told["at"]


@pytest.mark.parametrize("writes", range(9))
async def test_the_house_is_back_once_whenever_the_power_goes_again(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    writes: int,
) -> None:
    """Neither twice nor never, after whichever write of the first run it was."""
    simulated = simulator.envoyer_sms_pro
    await add_switch(hass, entry, "Maman", "Papa", message_back="De retour")
    await stop_account(hass, entry)
    freezer.tick(timedelta(hours=2))
    write, left = Database.write, [*range(writes)]

    def write_or_die(database: Database, *work: Any) -> Any:
        if not left:
            raise NotStoredError(words="no power")
        left.pop()
        return write(database, *work)

    with monkeypatch.context() as dying:
        dying.setattr(Database, "write", write_or_die)
        async with quiet(hass):
            await start_account(hass, entry)
        assert left == []
        await stop_account(hass, entry)
    # The guard would hold back the same text.
    freezer.tick(5 * MINUTE)
    async with quiet(hass):
        await start_account(hass, entry)

    back = [one for one in simulated.accepted if one.text == "De retour"]
    assert sorted(f"+{one.recipient}" for one in back) == [MAMAN, PAPA]


async def test_a_journal_that_is_begun_anew_warns_of_what_it_knew(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """What stands was told by nobody else; a switch that is added later has none."""
    await add_switch(hass, entry)
    await stop_account(hass, entry)
    journal_of(hass, entry).write_bytes(b"no journal" * 1000)
    heard = Heard(hass)

    async with quiet(hass):
        await start_account(hass, entry)

    told = [one for one in heard.all if one["type"] == "switch_false_alarm_possible"]
    assert [one["reason"] for one in told] == ["restored"]
    assert told[0]["recipients"] == ["Maman"]
    assert state_of(hass, ARMED) == "on"
    assert len(standing(simulator.envoyer_sms_pro)) == 2

    await add_switch(hass, entry, name="Cave")
    assert len(heard.all) == len(told) + 2
