"""Sending to a group, in each way, through an account and through a relay."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.actions.calls import call
from tests.conftest import MAMAN, PAPA, AccountMaker, RelayMaker
from tests.groups import add_group, subentry_of
from tests.messages import send
from tests.simulator import Simulator
from tests.test_changes import device_names, say
from tests.test_init import notify_services

pytestmark = pytest.mark.usefixtures("socket_enabled")

TANTE = "+237699128531"
RECIPIENTS = {"Maman": MAMAN, "Papa": PAPA, "Tante": TANTE}


@pytest.fixture
def guest(hass_read_only_user: MockUser) -> Context:
    """Return what a guest does."""
    return Context(user_id=hass_read_only_user.id)


@pytest.fixture(params=["account", "relay"])
async def entry(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
    request: pytest.FixtureRequest,
) -> MockConfigEntry:
    """Return an account, or a relay, called Alarme, with a family of two."""
    if request.param == "account":
        entry = await add_account(
            simulator.etech_keys, title="Alarme", recipients=RECIPIENTS
        )
    else:
        accounts = [
            await add_account(simulated, recipients={})
            for simulated in (simulator.etech_keys, simulator.smseco)
        ]
        entry = await add_relay(*accounts, title="Alarme", recipients=RECIPIENTS)
    await add_group(hass, entry, "Famille", "Papa", "Maman")
    return entry


def outcomes(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what became of a message, by recipient."""
    return [(row["recipient"], row["outcome"]) for row in answer["results"]]


def whose(number: str) -> str:
    """Return whose a number is, as the gateway writes it: at home without its country."""
    [name] = [name for name, own in RECIPIENTS.items() if own.endswith(number)]
    return name


def sent_to(simulator: Simulator) -> set[str]:
    """Return those who have got something, which each has got once."""
    names = [whose(one.recipient) for one in simulator.etech_keys.accepted]
    assert len(set(names)) == len(names)
    return set(names)


async def test_each_member_gets_it_once(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """With a row of his own, also who is named beside it."""
    answer = await send(hass, entry, target=["Famille", "Maman", TANTE])

    assert outcomes(answer) == [
        ("Papa", "accepted"),
        ("Maman", "accepted"),
        ("Tante", "accepted"),
    ]
    assert sent_to(simulator) == {"Maman", "Papa", "Tante"}


@pytest.mark.parametrize("way", ["alarme_famille", "send_message"])
async def test_it_has_a_service_and_an_entity(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry, way: str
) -> None:
    """Which send to its members alone."""
    fields = {"entity_id": "notify.famille"} if way == "send_message" else {}

    await say(hass, way, "Citerne vide", **fields)

    assert sent_to(simulator) == {"Maman", "Papa"}


async def test_it_is_a_device_of_its_own(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """As a recipient is."""
    entity = er.async_get(hass).async_get("notify.famille")
    maman = er.async_get(hass).async_get("notify.maman")

    assert entity is not None
    assert maman is not None
    group = subentry_of(entry, "Famille")
    assert entity.unique_id == f"{entry.entry_id}_{group.subentry_id}_sms"
    assert entity.config_subentry_id == group.subentry_id
    assert entity.translation_key == "group"
    device, other = (
        dr.async_get(hass).async_get(one.device_id or "") for one in (entity, maman)
    )
    assert isinstance(device, dr.DeviceEntry)
    assert isinstance(other, dr.DeviceEntry)
    assert device.name == "Famille"
    assert device.via_device_id == other.via_device_id


async def test_a_rename_is_followed(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """Of the group and of a member; the service of the old name goes on."""
    group, papa = subentry_of(entry, "Famille"), subentry_of(entry, "Papa")

    hass.config_entries.async_update_subentry(entry, group, title="La tribu")
    hass.config_entries.async_update_subentry(entry, papa, title="Père")
    await hass.async_block_till_done()

    assert {"alarme_famille", "alarme_la_tribu"} <= notify_services(hass)
    assert {"La tribu", "Père"} <= device_names(hass, entry)
    await say(hass, "alarme_famille", "Un")
    answer = await send(hass, entry, message="Deux", target=["la tribu"])
    assert outcomes(answer) == [("Père", "accepted"), ("Maman", "accepted")]
    assert len(simulator.etech_keys.accepted) == 4


async def test_a_group_that_goes(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """With its service, entity and device; its members stay."""
    group = subentry_of(entry, "Famille")

    hass.config_entries.async_remove_subentry(entry, group.subentry_id)
    await hass.async_block_till_done()

    assert "alarme_famille" not in notify_services(hass)
    assert {"alarme_maman", "alarme_papa"} <= notify_services(hass)
    assert hass.states.get("notify.famille") is None
    assert "Famille" not in device_names(hass, entry)


async def test_a_member_who_goes_gets_nothing_more(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """The others do; once nobody is left, it is refused, and nobody else gets it."""
    for name in ("Papa", "Maman"):
        gone = subentry_of(entry, name)
        hass.config_entries.async_remove_subentry(entry, gone.subentry_id)
        await hass.async_block_till_done()
        if name == "Papa":
            await say(hass, "alarme_famille", "Un")
            assert sent_to(simulator) == {"Maman"}

    for service, fields in (
        ("alarme_famille", {}),
        ("alarme", {"target": "Famille"}),
        ("send_message", {"entity_id": "notify.famille"}),
    ):
        with pytest.raises(ServiceValidationError) as raised:
            await say(hass, service, "Deux", **fields)
        assert raised.value.translation_key == "empty_group"
        placeholders = raised.value.translation_placeholders
        assert placeholders is not None
        assert placeholders["group"] == "Famille"
    answer = await send(hass, entry, message="Trois", target=["Famille", "Tante"])
    assert outcomes(answer) == [("Famille", "rejected"), ("Tante", "accepted")]
    assert answer["results"][0]["error"]["key"] == "empty_group"
    assert "Famille" in answer["results"][0]["error"]["message"]
    assert sent_to(simulator) == {"Maman", "Tante"}


async def test_everybody_is_told_once(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """Without a target, groups add nobody."""
    await say(hass, "alarme", "Citerne vide")

    assert sent_to(simulator) == {"Maman", "Papa", "Tante"}


@pytest.mark.parametrize("alone_first", [True, False])
async def test_values_by_a_groups_name(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    guest: Context,
    alone_first: bool,
) -> None:
    """Are those of each member, but for who is named alone; for a guest as well."""
    given = [("Maman", {"heure": "9 h"}), ("Famille", {"heure": "7 h"})]
    values = dict(given if alone_first else given[::-1])

    for context in (None, guest):
        simulator.etech_keys.accepted.clear()
        await send(
            hass,
            entry,
            context=context,
            message=f"Réveil à {{heure}}, {'vous' if context else 'toi'}",
            target=["Famille"],
            personalisation=values,
        )
        taken = {
            whose(one.recipient): one.text.split(",")[0]
            for one in simulator.etech_keys.accepted
        }
        assert taken == {"Maman": "Réveil à 9 h", "Papa": "Réveil à 7 h"}


async def test_messages_to_any_member_are_found(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """And where they are is told for the members alone."""
    to_papa = await send(hass, entry, message="Un", target=["Papa", "Tante"])
    await send(hass, entry, message="Deux", target=["Tante"])
    to_both = await send(hass, entry, message="Trois", target=["Famille"])

    found = await call(hass, entry, "get_messages", recipient="famille")
    told = await call(
        hass,
        entry,
        "get_delivery",
        message_id=to_papa["message_id"],
        recipient="Famille",
    )
    latest = await call(hass, entry, "get_delivery", recipient="Famille")

    assert [one["message_id"] for one in found["messages"]] == [
        to_both["message_id"],
        to_papa["message_id"],
    ]
    assert [row["recipient"] for row in told["deliveries"]] == ["Papa"]
    assert told["error"] is None
    assert [row["recipient"] for row in latest["deliveries"]] == [
        "Papa",
        "Maman",
        "Papa",
    ]
    assert latest["others"] == []


async def test_a_guest_asks_by_a_groups_name(
    hass: HomeAssistant, entry: MockConfigEntry, guest: Context
) -> None:
    """He is told of its members, by their names."""
    await add_group(hass, entry, "Amis", "Tante")
    sent = await send(hass, entry, context=guest, target=["Famille", "Tante", PAPA])
    fields = {"context": guest, "message_id": sent["message_id"]}

    told = await call(hass, entry, "get_delivery", recipient="FAMILLE", **fields)
    friends = await call(hass, entry, "get_delivery", recipient="Amis", **fields)

    assert [row["recipient"] for row in told["deliveries"]] == ["Papa", "Maman"]
    assert [row["recipient"] for row in friends["deliveries"]] == ["Tante"]


async def test_an_empty_group_is_asked_about_in_vain(
    hass: HomeAssistant, entry: MockConfigEntry, guest: Context
) -> None:
    """By whoever, and in words: never about everybody."""
    await add_group(hass, entry, "Vide")
    sent = await send(hass, entry)

    for action, context, fields in (
        ("get_messages", None, {}),
        ("get_delivery", None, {}),
        ("get_delivery", None, {"message_id": sent["message_id"]}),
        ("get_delivery", guest, {"message_id": sent["message_id"]}),
    ):
        with pytest.raises(ServiceValidationError) as raised:
            await call(hass, entry, action, context=context, recipient="Vide", **fields)
        assert raised.value.translation_key == "empty_group"


@pytest.mark.parametrize(
    ("key", "action", "fields"),
    [
        ("envoyer_sms_pro", "get_stop_status", {"recipient": "Famille"}),
        ("envoyer_sms_pro", "activate_stop", {"recipient": "famille"}),
        ("envoyer_sms_pro", "deactivate_stop", {"recipient": "Famille"}),
        ("sms123", "add_contact", {"phone": "Famille", "groups": ["Amis"]}),
        ("sms123", "update_contact", {"phone": "Famille", "group": "Amis"}),
        (
            "sms123",
            "update_contact",
            {"phone": "Papa", "new_phone": "Famille", "group": "Amis"},
        ),
        ("sms123", "delete_contact", {"phone": "Famille"}),
    ],
)
async def test_what_is_done_for_one_refuses_a_group(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    key: str,
    action: str,
    fields: dict[str, Any],
) -> None:
    """In words that name it, and asks the gateway nothing."""
    simulated = simulator.gateways[key]
    entry = await add_account(simulated)
    await add_group(hass, entry, "Famille", "Papa", "Maman")
    asked = len(simulated.requests)

    with pytest.raises(HomeAssistantError, match="“Famille” is a group") as raised:
        await call(hass, entry, action, **fields)

    assert raised.value.translation_key == "not_one_recipient"
    assert len(simulated.requests) == asked


async def test_the_numbers_of_a_group_are_checked(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Each once."""
    entry = await add_account(simulator.smseco)
    await add_group(hass, entry, "Famille", "Papa", "Maman")

    checked = await call(hass, entry, "check_numbers", target=["Famille", "Papa"])

    assert outcomes(checked) == [("Papa", "accepted"), ("Maman", "accepted")]
    assert len(simulator.smseco.checked) == 2


async def test_who_is_asked_about(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Members alone, where the gateway is asked one by one."""
    entry = await add_account(simulator.etech_keys, recipients=RECIPIENTS)
    await add_group(hass, entry, "Famille", "Papa", "Maman")
    sent = await send(hass, entry, target=["Papa", "Maman", "Tante"])

    await call(
        hass,
        entry,
        "get_delivery",
        message_id=sent["message_id"],
        recipient="Famille",
    )

    assert simulator.etech_keys.asked("delivery") == 2
