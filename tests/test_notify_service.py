"""`notify.<account>` and `notify.<account>_<recipient>`."""

from datetime import timedelta
import json
from pathlib import Path
from types import MappingProxyType
from typing import Any, override
from unittest.mock import Mock

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    async_mock_service,
    mock_integration,
    mock_platform,
)

from custom_components.passerelle_sms import notify_service
from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.messaging.journal.journal import JournalQuery
from custom_components.passerelle_sms.messaging.model.record import OnUnknown
from custom_components.passerelle_sms.notify_service import async_setup_service_names
from custom_components.passerelle_sms.service_names import STORAGE_KEY
from homeassistant.components.notify import (
    BaseNotificationService,
    async_setup as set_up_notify,
)
from homeassistant.config_entries import ConfigEntryDisabler, ConfigSubentry
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.discovery import async_load_platform
from homeassistant.helpers.service import async_get_cached_service_description
from homeassistant.helpers.typing import ConfigType
from homeassistant.setup import async_setup_component
from tests.conftest import MAMAN, PAPA, AccountMaker, state_of, warnings_logged
from tests.restarts import start_account, stop_account
from tests.simulator import Fault, Simulator
from tests.test_init import notify_services

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
def neighbours(hass: HomeAssistant) -> list[ServiceCall]:
    """Return the calls of another integration's service, `notify.voisins`."""
    return async_mock_service(hass, "notify", "voisins")


async def notify(hass: HomeAssistant, name: str, **fields: Any) -> None:
    """Call a notify service."""
    await hass.services.async_call(
        "notify", name, {"message": "Citerne vide", **fields}, blocking=True
    )


@pytest.mark.parametrize("key", GATEWAYS)
async def test_sends_through_every_gateway(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """To everybody, to one by service, and to one by target."""
    simulated = simulator.gateways[key]
    await add_account(simulated, title="Alarme")

    await notify(hass, "alarme")
    assert len(simulated.accepted) == 2

    # 123-SMS.net takes one text for one number only once a day.
    await notify(hass, "alarme_maman", message="Citerne pleine")
    assert len(simulated.accepted) == 3

    await notify(hass, "alarme", target=["Papa"], title="Maison")
    assert simulated.accepted[-1].text == "Maison\nCiterne vide"
    assert simulated.accepted[-1].recipient.endswith(PAPA[-9:])
    assert len(simulated.accepted) == 4


async def test_data_holds_the_fields_of_send_sms(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The same fields, checked in the same way."""
    await add_account(simulator.etech_keys)

    await notify(
        hass, "etech_keys_papa", data={"sender": "ALARME", "encoding": "exact"}
    )
    assert simulator.etech_keys.accepted[0].sender == "ALARME"

    for wrong in (
        {"encoding": "morse"},
        {"time_to_live": "-1:00"},
        {"on_unknown": "perhaps"},
        # Everybody else would get what is not for them.
        {"target": ["Papa"]},
    ):
        with pytest.raises(ServiceValidationError, match=next(iter(wrong))):
            await notify(hass, "etech_keys_papa", data=wrong)
    with pytest.raises(ServiceValidationError, match="Only a relay"):
        await notify(hass, "etech_keys_papa", data={"on_unknown": "next"})
    assert len(simulator.etech_keys.accepted) == 1


async def test_data_for_other_notifiers_loses_no_alert(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """What they take is ignored, and what is empty left out; it goes to whom it is for."""
    await add_account(simulator.smseco)

    data = {
        "image": "/x.jpg",
        "push": {"sound": 1},
        "ttl": 0,
        "sender": None,
        "title": 1,
    }
    await notify(hass, "smseco", title=None, target="Papa", data=data)
    await notify(hass, "smseco_maman", message="Citerne pleine", data=None)

    assert [one.text for one in simulator.smseco.accepted] == [
        "Citerne vide",
        "Citerne pleine",
    ]
    assert simulator.smseco.accepted[0].recipient.endswith(PAPA[-9:])


@pytest.mark.parametrize("empty", [None, "", [], " "])
async def test_a_target_left_empty_is_not_everybody(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, empty: object
) -> None:
    """Without one, everybody is meant: that is said by leaving it out."""
    await add_account(simulator.smseco)

    with pytest.raises(ServiceValidationError) as raised:
        await notify(hass, "smseco", target=empty)

    assert raised.value.translation_key == "empty_target"
    assert not simulator.smseco.accepted


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"message": "a" * 10_001}, "field_too_long"),
        ({"message": None}, "field_missing"),
        ({"message": []}, "field_not_text"),
        ({"colour": "red"}, "field_unknown"),
        ({"data": "urgent"}, "field_not_mapping"),
        ({"target": {"Papa": 1}}, "field_not_list"),
    ],
)
async def test_what_is_wrong_is_said_in_words(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    fields: dict[str, object],
    key: str,
) -> None:
    """By this service's own fields too."""
    await add_account(simulator.smseco)

    with pytest.raises(ServiceValidationError) as raised:
        await notify(hass, "smseco", **fields)

    assert raised.value.translation_key == key


async def test_data_says_how_much_a_message_matters(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It reaches the journal as it was asked for."""
    entry = await add_account(simulator.etech_keys, options={"segments_per_hour": 1})
    await notify(hass, "etech_keys_papa")

    data = {"urgent": True, "on_unknown": "resend", "time_to_live": {"minutes": 5}}
    await notify(hass, "etech_keys_papa", message="Citerne pleine", data=data)

    [record, _] = await entry.runtime_data.journal.find(JournalQuery())
    assert record.urgent
    assert record.on_unknown is OnUnknown.RESEND
    assert record.expires - record.created == timedelta(minutes=5)
    assert len(simulator.etech_keys.accepted) == 2


async def test_returns_when_the_message_is_queued(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It is on its way: an alarm must not report a failure that is none."""
    await add_account(simulator.etech_keys)
    simulator.etech_keys.fail(Fault.RATE_LIMITED, operation="send")

    await notify(hass, "etech_keys", target=["Maman", "Papa"])

    assert simulator.etech_keys.accepted == []
    assert state_of(hass, "sensor.etech_keys_pending_messages") == "1"


async def test_raises_when_a_recipient_is_rejected_and_names_him(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The others have got theirs."""
    await add_account(simulator.etech_keys)

    with pytest.raises(HomeAssistantError, match="ma soeur"):
        await notify(hass, "etech_keys", target=["Maman", "ma soeur"])

    assert len(simulator.etech_keys.accepted) == 1


async def test_raises_when_the_outcome_is_not_known(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """A message that may have left is not reported as sent, and not repeated."""
    await add_account(simulator.etech_keys)
    simulator.etech_keys.fail(Fault.CUT_AFTER, operation="send")

    with pytest.raises(HomeAssistantError, match="may have left"):
        await notify(hass, "etech_keys_maman")

    assert len(simulator.etech_keys.accepted) == 1


async def test_what_is_wrong_with_the_data_names_no_number(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """An error ends in the log, and in the trace of an automation."""
    await add_account(simulator.smseco)

    with pytest.raises(ServiceValidationError, match="personalisation") as raised:
        await notify(hass, "smseco", data={"personalisation": {PAPA: "Paul"}})

    assert PAPA[4:] not in str(raised.value)


# --- beside the services of others ------------------------------------------------


def group(name: str) -> ConfigType:
    """Return a configuration with a group of notify services."""
    voisins = {"platform": "group", "name": name, "services": [{"action": "voisins"}]}
    return {"notify": [voisins]}


async def write_down(hass: HomeAssistant) -> None:
    """Let everything be written that would be at a stop."""
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()


async def restart(
    hass: HomeAssistant, *entries: MockConfigEntry, config: ConfigType | None = None
) -> None:
    """Set up the integration anew, and its accounts in this order."""
    for entry in entries:
        await stop_account(hass, entry)
    await write_down(hass)
    await async_setup_service_names(hass, config or {})
    for entry in entries:
        assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


def rename(hass: HomeAssistant, entry: MockConfigEntry, old: str, new: str) -> None:
    """Give a recipient another title, as the user interface does."""
    [subentry] = [one for one in entry.subentries.values() if one.title == old]
    hass.config_entries.async_update_subentry(entry, subentry, title=new)


async def test_a_group_in_yaml_keeps_its_name_beside_a_recipient_that_comes_later(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    neighbours: list[ServiceCall],
) -> None:
    """Each is reached by its own service, and the group's outlives the recipient's."""
    simulated = simulator.etech_keys
    assert await async_setup_component(hass, DOMAIN, group("etech_keys_famille"))
    entry = await add_account(simulated, recipients={"Famille": MAMAN})

    await notify(hass, "etech_keys_famille")
    assert (len(neighbours), len(simulated.accepted)) == (1, 0)
    await notify(hass, "etech_keys_famille_2")
    assert (len(neighbours), len(simulated.accepted)) == (1, 1)

    hass.config_entries.async_remove_subentry(entry, next(iter(entry.subentries)))
    await hass.async_block_till_done()
    await notify(hass, "etech_keys_famille")
    assert len(neighbours) == 2
    assert notify_services(hass) == {"voisins", "etech_keys", "etech_keys_famille"}


async def test_a_group_in_yaml_gets_its_name_from_a_recipient_that_was_there_first(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    neighbours: list[ServiceCall],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Ours goes by another name from the next start on, which is said once."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated, recipients={"Famille": MAMAN})
    config = group("etech_keys_famille")

    await restart(hass, entry, config=config)
    assert not hass.services.has_service("notify", "etech_keys_famille")
    await stop_account(hass, entry)
    await write_down(hass)
    await set_up_notify(hass, config)
    await async_setup_service_names(hass, config)
    await start_account(hass, entry)

    await notify(hass, "etech_keys_famille")
    assert (len(neighbours), len(simulated.accepted)) == (1, 0)
    await notify(hass, "etech_keys_famille_2")
    assert len(simulated.accepted) == 1
    [warning] = warnings_logged(caplog)
    assert "notify.etech_keys_famille " in warning
    assert "notify.etech_keys_famille_2 " in warning


def write_configuration(hass: HomeAssistant, config: ConfigType) -> None:
    """Write a configuration into Home Assistant's folder; JSON is YAML too."""
    Path(hass.config.path("configuration.yaml")).write_text(json.dumps(config))


async def test_a_group_that_is_added_to_yaml_and_reloaded_gets_its_name(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    neighbours: list[ServiceCall],
) -> None:
    """Also while Home Assistant runs."""
    simulated = simulator.etech_keys
    assert await async_setup_component(hass, "group", {})
    await add_account(simulated, recipients={"Famille": MAMAN})
    config = {"homeassistant": {}, **group("etech_keys_famille")}
    write_configuration(hass, config)

    await hass.services.async_call("group", "reload", blocking=True)
    await hass.async_block_till_done(wait_background_tasks=True)

    await notify(hass, "etech_keys_famille")
    assert (len(neighbours), len(simulated.accepted)) == (1, 0)
    await notify(hass, "etech_keys_famille_2")
    assert len(simulated.accepted) == 1


async def test_a_reload_without_a_notify_platform_reads_no_configuration(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Automations are reloaded whenever one is saved."""
    read: list[HomeAssistant] = []

    async def read_yaml(hass: HomeAssistant) -> ConfigType:
        read.append(hass)
        raise HomeAssistantError

    monkeypatch.setattr(notify_service, "async_hass_config_yaml", read_yaml)
    await add_account(simulator.etech_keys)
    for domain in ("automation", "of_no_integration", "group"):
        async_mock_service(hass, domain, "reload")
        await hass.services.async_call(domain, "reload", blocking=True)
        await hass.async_block_till_done()
        # A configuration with an error, as the group's, changes nothing.
        assert len(read) == (domain == "group")
    assert hass.services.has_service("notify", "etech_keys")


async def test_a_service_that_is_set_up_by_discovery_gets_its_name(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its base class would say nothing, and leave it without a service."""
    heard: list[str] = []

    class OtherService(BaseNotificationService):
        @override
        async def async_send_message(self, message: str, **kwargs: Any) -> None:
            heard.append(message)

    async def get_service(*_: object) -> OtherService:
        return OtherService()

    other = Mock(spec_set=["async_get_service"], async_get_service=get_service)
    mock_integration(hass, MockModule("other"))
    mock_platform(hass, "other.notify", other)
    await add_account(simulator.etech_keys)

    await async_load_platform(hass, "notify", "other", {"name": "ETECH KEYS"}, {})
    await hass.async_block_till_done()

    await notify(hass, "etech_keys")
    assert heard == ["Citerne vide"]
    await notify(hass, "etech_keys_2", target=["Papa"])
    assert len(simulator.etech_keys.accepted) == 1
    [warning] = warnings_logged(caplog)
    assert "use notify.etech_keys_2 " in warning


async def test_a_service_of_another_integration_is_never_touched(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Whether it was there first, or takes a name of ours while we run."""
    first = async_mock_service(hass, "notify", "etech_keys")
    entry = await add_account(simulator.etech_keys)
    late = async_mock_service(hass, "notify", "etech_keys_2_papa")

    await notify(hass, "etech_keys")
    await notify(hass, "etech_keys_2_papa")
    assert (len(first), len(late)) == (1, 1)
    await notify(hass, "etech_keys_2_papa_2")
    await notify(hass, "etech_keys_2", target=["Maman"])
    assert len(simulator.etech_keys.accepted) == 2

    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert notify_services(hass) == {"etech_keys", "etech_keys_2_papa"}


async def test_a_service_that_another_integration_removes_is_there_again(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Home Assistant's base class removes by name, not by owner."""
    await add_account(simulator.etech_keys)

    hass.services.async_remove("notify", "etech_keys_papa")
    await hass.async_block_till_done()

    await notify(hass, "etech_keys_papa")
    assert len(simulator.etech_keys.accepted) == 1


# --- names of our own -------------------------------------------------------------


@pytest.mark.parametrize("is_reversed", [False, True])
async def test_two_accounts_of_one_title_keep_their_names(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    is_reversed: bool,
) -> None:
    """After a restart too, whichever is set up first."""
    first = await add_account(simulator.etech_keys, title="Maison")
    second = await add_account(simulator.smseco, title="Maïson")
    here = notify_services(hass)
    assert here == {
        *("maison", "maison_maman", "maison_papa"),
        *("maison_2", "maison_2_maman", "maison_2_papa"),
    }

    order = (second, first) if is_reversed else (first, second)
    await restart(hass, *order)

    assert notify_services(hass) == here
    await notify(hass, "maison_maman")
    assert len(simulator.etech_keys.accepted) == 1
    await notify(hass, "maison_2_maman")
    assert len(simulator.smseco.accepted) == 1


async def test_without_the_file_names_are_given_in_the_order_of_the_accounts(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    simulator: Simulator,
    add_account: AccountMaker,
) -> None:
    """Whichever is set up first then."""
    first = await add_account(simulator.etech_keys, title="Maison")
    second = await add_account(simulator.smseco, title="Maison")
    for entry in (first, second):
        await stop_account(hass, entry)
    await write_down(hass)
    del hass_storage[STORAGE_KEY]

    await async_setup_service_names(hass, {})
    for entry in (second, first):
        assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()

    await notify(hass, "maison_2_maman")
    assert len(simulator.smseco.accepted) == 1
    assert simulator.etech_keys.accepted == []


async def test_removing_one_of_two_accounts_leaves_the_other_its_services(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The names of the one that is gone are free for a newcomer only."""
    first = await add_account(simulator.etech_keys, title="Alarme")
    second = await add_account(simulator.smseco, title="Alarme")

    await hass.config_entries.async_remove(first.entry_id)
    await restart(hass, second)

    assert notify_services(hass) == {"alarme_2", "alarme_2_maman", "alarme_2_papa"}
    await add_account(simulator.devcodesms, title="Alarme")
    await notify(hass, "alarme_maman")
    assert len(simulator.devcodesms.accepted) == 1


async def test_a_renamed_account_has_its_old_services_beside_the_new_ones(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """As long as it exists; nobody has to change an automation at once."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated, recipients={"Papa": PAPA})

    hass.config_entries.async_update_entry(entry, title="Ma maison")
    await hass.async_block_till_done()
    await restart(hass, entry)

    names = {"etech_keys", "etech_keys_papa", "ma_maison", "ma_maison_papa"}
    assert notify_services(hass) == names
    for number, name in enumerate(sorted(names)):
        await notify(hass, name, message=f"Citerne vide {number}")
    assert len(simulated.accepted) == 4
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert notify_services(hass) == set()


async def test_a_renamed_recipient_is_reached_by_both_names(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """As a target only by the new one; a newcomer of the old name gets a number."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated)

    rename(hass, entry, "Papa", "Grand-père")
    await hass.async_block_till_done()

    await notify(hass, "etech_keys_papa")
    await notify(hass, "etech_keys_grand_pere", message="Citerne pleine")
    await notify(hass, "etech_keys", message="Courant coupé", target=["Grand-père"])
    assert [sms.recipient[-9:] for sms in simulated.accepted] == [PAPA[-9:]] * 3
    with pytest.raises(HomeAssistantError, match="Papa"):
        await notify(hass, "etech_keys", target=["Papa"])
    state = hass.states.get("notify.papa")
    assert state is not None
    assert state.name == "Grand-père"
    add_recipient(hass, entry, "Papa", "+237699128531")
    await hass.async_block_till_done()
    await notify(hass, "etech_keys_papa_2")
    assert simulated.accepted[-1].recipient.endswith("699128531")


def add_recipient(
    hass: HomeAssistant, entry: MockConfigEntry, name: str, phone: str
) -> None:
    """Add a recipient to an account."""
    subentry = ConfigSubentry(
        data=MappingProxyType({"name": name, "phone": phone}),
        subentry_type="recipient",
        title=name,
        unique_id=phone,
    )
    hass.config_entries.async_add_subentry(entry, subentry)


async def test_recipients_of_one_name_are_each_reached(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The user interface lets two have one title, or two that differ in accents."""
    simulated = simulator.etech_keys
    entry = await add_account(simulated)
    rename(hass, entry, "Papa", "Mämân")
    await hass.async_block_till_done()
    rename(hass, entry, "Mämân", "Maman")
    await hass.async_block_till_done()

    await notify(hass, "etech_keys_maman_2")
    await notify(hass, "etech_keys_maman")
    assert [sms.recipient[-9:] for sms in simulated.accepted] == [PAPA[-9:], MAMAN[-9:]]
    await notify(hass, "etech_keys", message="Citerne pleine")
    assert len(simulated.accepted) == 4


async def test_a_title_without_a_letter_is_no_name(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It might be a number, which would be shown wherever names are."""
    entry = await add_account(simulator.etech_keys)

    rename(hass, entry, "Papa", "00 225 07")
    await hass.async_block_till_done()

    assert notify_services(hass) == {
        "etech_keys",
        "etech_keys_maman",
        "etech_keys_papa",
    }
    await notify(hass, "etech_keys", target=["Papa"])
    assert len(simulator.etech_keys.accepted) == 1


async def test_a_recipient_who_was_just_removed_gets_nothing(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Nor does anybody else: the caller is told."""
    entry = await add_account(simulator.etech_keys)
    hass.config_entries.async_remove_subentry(entry, next(iter(entry.subentries)))

    with pytest.raises(ServiceValidationError):
        await notify(hass, "etech_keys_maman")

    assert simulator.etech_keys.accepted == []
    await hass.async_block_till_done()


async def test_a_disabled_account_has_no_service_and_keeps_its_names(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """A newcomer does not get them."""
    first = await add_account(simulator.etech_keys, title="Maison")
    await hass.config_entries.async_set_disabled_by(
        first.entry_id, ConfigEntryDisabler.USER
    )
    assert notify_services(hass) == set()

    second = await add_account(simulator.smseco, title="Maison", recipients={})
    await restart(hass, second)
    assert notify_services(hass) == {"maison_2"}

    await hass.config_entries.async_set_disabled_by(first.entry_id, None)
    await hass.async_block_till_done()
    assert len(notify_services(hass)) == 4


async def test_the_user_interface_is_told_the_fields(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Those of every notify service."""
    await add_account(simulator.etech_keys)

    described = async_get_cached_service_description(hass, "notify", "etech_keys_papa")

    assert described is not None
    assert set(described["fields"]) == {"message", "title", "target", "data"}
    assert "etech_keys_papa" in described["name"]
