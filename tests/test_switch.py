"""A dead man's switch as its user sees it: armed, disarmed, and what is shown of it."""

from datetime import datetime, timedelta
from decimal import Decimal

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from homeassistant.auth.const import GROUP_ID_USER
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.conftest import AccountMaker, state_of
from tests.messages import Heard
from tests.passing_time import pass_time, quiet
from tests.restarts import start_account, stop_account
from tests.simulator import Fault, Simulator

from .switches import (
    KEYS,
    MAMAN,
    PEOPLE,
    add_switch,
    entity_of,
    issue_of,
    keeps,
    standing,
    turn,
)

pytestmark = pytest.mark.usefixtures("socket_enabled")

ARMED = "switch.maison_muette_armed"
PROBLEM = "binary_sensor.maison_muette_problem"
EVENT = "event.maison_muette_dead_man_switch"
FIRES_AT = "sensor.maison_muette_fires_at"
LAST_RENEWED = "sensor.maison_muette_last_renewed"
# Repeats what it was sent.
REFUSAL = (
    "<envoyersmspro><status>fail</status><error><error_id>3</error_id>"
    f"<error_message>Wrong numbers : {MAMAN}</error_message></error></envoyersmspro>"
)


def event_type(hass: HomeAssistant) -> str | None:
    """Return what has happened last."""
    state = hass.states.get(EVENT)
    assert state is not None
    told: str | None = state.attributes["event_type"]
    return told


@pytest.fixture
async def entry(simulator: Simulator, add_account: AccountMaker) -> MockConfigEntry:
    """Return an account whose gateway keeps messages."""
    return await add_account(simulator.envoyer_sms_pro, recipients=PEOPLE)


@pytest.mark.parametrize("key", KEYS)
async def test_it_is_armed_when_it_is_added_and_disarmed_by_its_user(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """At each gateway that keeps messages; automations hear of both."""
    simulated = keeps(simulator, key)
    entry = await add_account(simulated, recipients=PEOPLE)
    heard = Heard(hass)

    await add_switch(hass, entry)
    assert state_of(hass, ARMED) == "on"
    assert state_of(hass, PROBLEM) == "off"
    assert standing(simulated) == [MAMAN[1:]]
    assert event_type(hass) == "armed"

    await turn(hass, ARMED, "off")
    assert state_of(hass, ARMED) == "off"
    assert standing(simulated) == []
    assert event_type(hass) == "disarmed"

    await turn(hass, ARMED, "on")
    assert state_of(hass, ARMED) == "on"
    assert standing(simulated) == [MAMAN[1:]]
    assert event_type(hass) == "armed"
    assert [told["type"] for told in heard.all] == [
        "switch_armed",
        "switch_disarmed",
        "switch_armed",
    ]
    assert {told["switch"] for told in heard.all} == {"Maison muette"}
    assert {told["config_entry_id"] for told in heard.all} == {entry.entry_id}


async def test_it_has_a_device_of_its_own(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """Which is the subentry's, and is called what that is called."""
    subentry = await add_switch(hass, entry)

    registry = er.async_get(hass)
    mine = [
        known
        for known in er.async_entries_for_config_entry(registry, entry.entry_id)
        if known.config_subentry_id == subentry.subentry_id
    ]
    prefix = f"{entry.entry_id}_{subentry.subentry_id}"
    assert {known.unique_id for known in mine} == {
        f"{prefix}_armed",
        f"{prefix}_dead_man_switch",
        f"{prefix}_fires_at",
        f"{prefix}_last_renewed",
        f"{prefix}_problem",
    }
    hidden = {known.entity_id for known in mine if known.disabled}
    assert hidden == {FIRES_AT, LAST_RENEWED}
    [device_id] = {known.device_id for known in mine}
    assert device_id is not None
    device = dr.async_get(hass).async_get(device_id)
    assert isinstance(device, dr.DeviceEntry)
    assert device.name == "Maison muette"
    assert device.manufacturer == "Envoyer SMS Pro"
    assert device.config_entry_id == entry.entry_id
    assert device.config_subentry_id == subentry.subentry_id

    hass.config_entries.async_update_subentry(entry, subentry, title="Village")
    await hass.async_block_till_done()

    renamed = dr.async_get(hass).async_get(device_id)
    assert renamed is not None
    assert renamed.name == "Village"


async def test_it_goes_with_its_subentry(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """All that is shown of it, and what stands."""
    subentry = await add_switch(hass, entry)
    other = await add_switch(hass, entry, "Papa", name="Cave", delay=120)
    assert len(standing(simulator.envoyer_sms_pro)) == 2

    async with quiet(hass):
        hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)

    assert hass.states.get(ARMED) is None
    assert state_of(hass, entity_of(hass, entry, other, "armed")) == "on"
    assert len(standing(simulator.envoyer_sms_pro)) == 1
    assert len(list(entry.runtime_data.switches)) == 1
    known = await entry.runtime_data.journal.keys_with("dead_man_switch:")
    assert known == [f"dead_man_switch:{other.subentry_id}"]


async def test_moments_are_shown_to_whoever_wants_them(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """And follow each renewal."""
    await add_switch(hass, entry)
    registry = er.async_get(hass)
    for entity_id in (FIRES_AT, LAST_RENEWED):
        registry.async_update_entity(entity_id, disabled_by=None)
    async with quiet(hass):
        await hass.config_entries.async_reload(entry.entry_id)

    renewed = datetime.fromisoformat(state_of(hass, LAST_RENEWED))
    fires_at = datetime.fromisoformat(state_of(hass, FIRES_AT))
    assert timedelta(minutes=59) < fires_at - renewed <= timedelta(minutes=60)

    for _ in range(5):
        await pass_time(hass, freezer, timedelta(minutes=5))
    later = datetime.fromisoformat(state_of(hass, LAST_RENEWED))
    assert timedelta(minutes=19) < later - renewed < timedelta(minutes=26)
    assert datetime.fromisoformat(state_of(hass, FIRES_AT)) > fires_at


@pytest.mark.parametrize("by_guest", [False, True])
async def test_what_the_gateway_refuses_stays_disarmed(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    by_guest: bool,
) -> None:
    """Whoever arms it is told why; a guest not in the gateway's own words."""
    await add_switch(hass, entry)
    await turn(hass, ARMED, "off")
    simulator.envoyer_sms_pro.answer_next(REFUSAL, status=402, content_type="text/xml")
    group = await hass.auth.async_get_group(GROUP_ID_USER)
    assert group is not None
    user = MockUser(groups=[group]).add_to_hass(hass)
    user_id = user.id if by_guest else None

    async with quiet(hass):
        with pytest.raises(HomeAssistantError) as raised:
            await hass.services.async_call(
                "switch",
                "turn_on",
                {"entity_id": ARMED},
                blocking=True,
                context=Context(user_id=user_id),
            )

    assert raised.value.translation_key == "switch_not_armed"
    told = raised.value.translation_placeholders
    assert told is not None
    assert told["switch"] == "Maison muette"
    assert ("Wrong numbers" in told["reason"]) is not by_guest
    assert state_of(hass, ARMED) == "off"
    assert standing(simulator.envoyer_sms_pro) == []


async def test_what_can_not_be_taken_back_is_told_until_it_is(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """To whoever disarms it, and to everybody as long as it may be sent."""
    subentry = await add_switch(hass, entry)
    simulator.envoyer_sms_pro.fail(Fault.ERROR_500, operation="cancel")

    async with quiet(hass):
        with pytest.raises(HomeAssistantError) as raised:
            await hass.services.async_call(
                "switch", "turn_off", {"entity_id": ARMED}, blocking=True
            )
    assert raised.value.translation_key == "switch_not_disarmed"
    assert state_of(hass, ARMED) == "off"
    issue = issue_of(hass, entry, subentry, "not_cancelled")
    assert issue is not None
    assert issue.is_persistent
    assert issue.translation_placeholders is not None
    assert "Maman (" in issue.translation_placeholders["messages"]
    assert MAMAN not in str(issue.translation_placeholders)

    simulator.envoyer_sms_pro.heal()
    await pass_time(hass, freezer, timedelta(minutes=6))

    assert standing(simulator.envoyer_sms_pro) == []
    assert issue_of(hass, entry, subentry, "not_cancelled") is None


async def test_a_refused_renewal_is_a_problem(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """As long as nobody would be told; the user learns why."""
    subentry = await add_switch(hass, entry)
    simulated = simulator.envoyer_sms_pro
    simulated.credits = Decimal(0)

    await pass_time(hass, freezer, timedelta(minutes=21))
    assert state_of(hass, PROBLEM) == "on"
    state = hass.states.get(PROBLEM)
    assert state is not None
    assert state.attributes["reasons"] == ["refused"]
    assert state.attributes["error"] == "insufficient_credit"
    issue = issue_of(hass, entry, subentry, "refused")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert "credit" in issue.translation_placeholders["reason"]

    simulated.credits = Decimal(1000)
    await pass_time(hass, freezer, timedelta(minutes=21))
    assert state_of(hass, PROBLEM) == "off"
    assert issue_of(hass, entry, subentry, "refused") is None
    assert standing(simulated) == [MAMAN[1:]]


async def test_what_takes_a_cancellation_for_a_message_is_disarmed(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Nobody is to be alarmed again and again; the user arms it once that is mended."""
    simulated = simulator.sms123
    entry = await add_account(simulated, recipients=PEOPLE)
    subentry = await add_switch(hass, entry)
    simulated.misreads_cancel = True

    await pass_time(hass, freezer, timedelta(minutes=21))

    assert state_of(hass, ARMED) == "off"
    state = hass.states.get(PROBLEM)
    assert state is not None
    assert "sent_early" in state.attributes["reasons"]
    issue = issue_of(hass, entry, subentry, "sent_early")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["gateway"] == "123-SMS.net"

    simulated.misreads_cancel = False
    await pass_time(hass, freezer, timedelta(hours=2))
    await turn(hass, ARMED, "on")
    assert state_of(hass, ARMED) == "on"
    assert issue_of(hass, entry, subentry, "sent_early") is None


async def test_a_silent_house_hears_that_it_has_fired(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Once: who was told, and since when; they are told that it is back."""
    simulated = simulator.envoyer_sms_pro
    subentry = await add_switch(
        hass, entry, "Maman", "Papa", message_back="La maison est de retour"
    )
    heard = Heard(hass)
    await stop_account(hass, entry)
    freezer.tick(timedelta(hours=2))
    assert len(simulated.sent_later()) == 2

    async with quiet(hass):
        await start_account(hass, entry)

    assert event_type(hass) == "fired"
    state = hass.states.get(EVENT)
    assert state is not None
    assert state.attributes["recipients"] == ["Maman", "Papa"]
    silent_since = datetime.fromisoformat(state.attributes["silent_since"])
    silent_until = datetime.fromisoformat(state.attributes["silent_until"])
    assert silent_until - silent_since >= timedelta(hours=2)
    fired = [told for told in heard.all if told["type"] == "switch_fired"]
    assert [told["recipients"] for told in fired] == [["Maman", "Papa"]]
    issue = issue_of(hass, entry, subentry, "fired")
    assert issue is not None
    assert issue.is_fixable
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["count"] == "2"
    assert issue.translation_placeholders["recipients"] == "Maman, Papa"
    back = [one for one in simulated.accepted if "de retour" in one.text]
    assert len(back) == 2
    assert state_of(hass, ARMED) == "on"

    await stop_account(hass, entry)
    async with quiet(hass):
        await start_account(hass, entry)
    assert len([one for one in simulated.accepted if "de retour" in one.text]) == 2
    assert [one["type"] for one in heard.all].count("switch_fired") == 1
