"""The options of `send_sms`: what goes out, and what is refused before it costs."""

from datetime import UTC, datetime
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.gateways.abilities.options import (
    DONE_HERE,
    OPTION_ABILITIES,
)
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import slugify
from tests.actions.calls import call
from tests.conftest import MAMAN, PAPA, AccountMaker
from tests.messages import send
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TONIGHT = "2026-11-20T19:30:00+01:00"

OPTIONS: dict[str, tuple[Any, set[str]]] = {
    "send_at": (TONIGHT, {"smseco", "envoyer_sms_pro", "sms123"}),
    "flash": (True, {"smseco", "sms123"}),
    "voice": (True, {"sms123"}),
    "test": (True, {"sms123"}),
    "tag": ("citerne", {"envoyer_sms_pro"}),
    "stop_mention": (True, {"envoyer_sms_pro", "sms123"}),
    "allow_replies": (True, {"envoyer_sms_pro"}),
    "personalisation": ({"Maman": {"nom": "Marie"}}, {"smseco"}),
}
"""By option: a value, and the gateways that know it."""
HERE = {"test", "tag", "personalisation"}
"""The options that are done here where a gateway doesn't know them."""

OWN: dict[str, tuple[Any, str]] = {
    "binary": (True, "smseco"),
    "mwi": (1, "smseco"),
    "pid": (64, "smseco"),
    "rpi": (1, "smseco"),
    "alt_dcs": (1, "smseco"),
    "udhdata": ("050003CC0201", "smseco"),
    "dedupe": (True, "envoyer_sms_pro"),
    "truncate": (True, "envoyer_sms_pro"),
    "allow_malformed_numbers": (True, "envoyer_sms_pro"),
}
"""By option that one gateway knows: a value, and that gateway."""

KEYS = ("etech_keys", "smseco", "envoyer_sms_pro", "sms123", "devcodesms")


@pytest.fixture(autouse=True)
def noon(freezer: FrozenDateTimeFactory) -> None:
    """Stand still at noon."""
    freezer.move_to(NOON)


CELLS = [
    (option, key, "gateway" if key in known_to else "here" if option in HERE else None)
    for option, (_, known_to) in OPTIONS.items()
    for key in KEYS
    # What a gateway can't keep until its hour is kept here: that has its own tests.
    if option != "send_at" or key in known_to
]
"""Each option at each gateway, and who does it; `None` is nobody."""


def test_no_option_and_no_gateway_is_left_out() -> None:
    """What is tried here is all that there is, and who does it as the code says."""
    assert set(KEYS) == set(GATEWAYS)
    assert {*HERE, "send_at"} == DONE_HERE
    assert {option: known_to for option, (_, known_to) in OPTIONS.items()} == {
        option: {key for key in KEYS if issubclass(GATEWAYS[key], ability)}
        for option, ability in OPTION_ABILITIES.items()
    }
    assert {(option, key) for option, (_, key) in OWN.items()} == {
        (option, key)
        for key in KEYS
        for option in getattr(GATEWAYS[key], "own_options", {})
    }


@pytest.mark.parametrize(("option", "key", "done"), CELLS)
@pytest.mark.parametrize("service", ["send_sms", "notify"])
async def test_an_option_is_known_or_done_here_or_refused(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    option: str,
    key: str,
    done: str | None,
    service: str,
) -> None:
    """One that nobody does costs nothing, and the error names the gateways that do."""
    value, known_to = OPTIONS[option]
    simulated = simulator.gateways[key]
    # A fixed line, as a voice wants one.
    entry = await add_account(simulated, recipients={"Maman": "+33123456789"})
    fields = {"message": "Bonjour {nom}", option: value}

    async def ask() -> dict[str, Any]:
        if service == "send_sms":
            return await send(hass, entry, **fields)
        await hass.services.async_call(
            "notify",
            f"{slugify(entry.title)}_maman",
            {"message": fields["message"], "data": {option: value}},
            blocking=True,
        )
        return {}

    if done is None:
        with pytest.raises(ServiceValidationError) as raised:
            await ask()
        assert raised.value.translation_key == "option_not_supported"
        details = raised.value.translation_placeholders or {}
        names = {GATEWAYS[one].name for one in known_to}
        assert details["option"] == option
        assert set(details["others"].split(", ")) == names
        for language in ("en", "fr"):
            sentences = await async_get_translations(
                hass, language, "exceptions", {DOMAIN}
            )
            sentence = sentences[
                f"component.{DOMAIN}.exceptions.option_not_supported.message"
            ].format(**details)
            assert all(name in sentence for name in {*names, GATEWAYS[key].name})
        assert simulated.asked("send") == 0
        return
    answer = await ask()
    rows = answer.get("results", ())
    is_test = option == "test"
    assert {row["outcome"] for row in rows} <= {"not_sent" if is_test else "accepted"}
    assert [row["error"] for row in rows] == [None] * len(rows)
    assert simulated.asked("send") == (0 if is_test and done == "here" else 1)
    if service == "send_sms":
        assert answer.get("tested_by") == (
            None if not is_test else key if done == "gateway" else "here"
        )
    if option == "personalisation":
        assert [taken.text for taken in simulated.accepted] == ["Bonjour Marie"]
    [kept] = (await call(hass, entry, "get_messages"))["messages"] or [{}]
    assert kept.get("tag") == (value if option == "tag" else None)
    assert bool(kept) is not is_test


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("option", OWN)
async def test_an_option_of_one_gateway(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    option: str,
    key: str,
) -> None:
    """All others refuse it before anything is asked."""
    value, known_to = OWN[option]
    entry = await add_account(simulator.gateways[key])

    if key == known_to:
        answer = await send(hass, entry, gateway_options={option: value})
        assert answer["results"][0]["outcome"] == "accepted"
        return
    with pytest.raises(ServiceValidationError) as raised:
        await send(hass, entry, gateway_options={option: value})
    assert raised.value.translation_key == "option_not_supported"
    assert simulator.gateways[key].asked("send") == 0


@pytest.mark.parametrize(
    ("options", "key", "refused"),
    [
        ({"pid": 256}, "smseco", "invalid_option"),
        ({"pid": True}, "smseco", "invalid_option"),
        ({"udhdata": "xyz"}, "smseco", "invalid_option"),
        ({"binary": "yes"}, "smseco", "invalid_option"),
        ({"dedupe": 1}, "envoyer_sms_pro", "invalid_option"),
    ],
)
async def test_a_wrong_value_costs_nothing(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    options: dict[str, Any],
    key: str,
    refused: str,
) -> None:
    """Each option has its own range."""
    entry = await add_account(simulator.gateways[key])

    with pytest.raises(ServiceValidationError) as raised:
        await send(hass, entry, gateway_options=options)

    assert raised.value.translation_key == refused
    assert simulator.gateways[key].asked("send") == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"gateway_options": {"pid": 1.5}},
        {"gateway_options": {"pid": [1]}},
        {"personalisation": {"Maman": "Marie"}},
        {"send_at": "ce soir"},
        {"wait_for_delivery": "bientôt"},
    ],
)
async def test_what_no_gateway_could_mean(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    fields: dict[str, Any],
) -> None:
    """It is said before anything is asked."""
    entry = await add_account(simulator.smseco)

    with pytest.raises(ServiceValidationError, match="“"):
        await send(hass, entry, **fields)

    assert simulator.smseco.asked("send") == 0


async def test_in_the_past(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """A message for yesterday is a mistake, and not one for now."""
    entry = await add_account(simulator.smseco)

    with pytest.raises(ServiceValidationError) as raised:
        await send(hass, entry, send_at="2026-11-20T12:59:00+01:00")

    assert raised.value.translation_key == "schedule_in_past"
    assert simulator.smseco.asked("send") == 0


async def test_at_the_hour_of_the_house(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Without a zone that is meant; the gateway is told in its own."""
    await hass.config.async_set_time_zone("Africa/Douala")
    entry = await add_account(simulator.smseco)

    await send(hass, entry, send_at="2026-11-20 19:30:00")

    assert [*simulator.smseco.scheduled.values()] == [
        datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
    ]


async def test_everybody_reads_a_text_of_his_own(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """By the recipient's name, or by the number as anybody writes it."""
    entry = await add_account(simulator.smseco)

    answer = await send(
        hass,
        entry,
        message="Bonjour {nom}",
        target=["Maman", "+225 07 57 12 34 56"],
        personalisation={
            "maman": {"nom": "Marie"},
            "00225 0757123456": {"nom": "Paul"},
        },
    )

    assert [row["outcome"] for row in answer["results"]] == ["accepted", "accepted"]
    read = {taken.recipient: taken.text for taken in simulator.smseco.accepted}
    assert read == {MAMAN[1:]: "Bonjour Marie", PAPA[1:]: "Bonjour Paul"}


async def test_nobody_reads_a_bare_field(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """A recipient without a value is a mistake that costs nothing."""
    entry = await add_account(simulator.smseco)

    with pytest.raises(ServiceValidationError, match="nom") as raised:
        await send(
            hass,
            entry,
            message="Bonjour {nom}",
            target=["Maman", "Papa"],
            personalisation={"Maman": {"nom": "Marie"}},
        )

    assert raised.value.translation_key == "missing_field"
    assert simulator.smseco.asked("send") == 0


async def test_a_test_here_looks_at_all_that_can_be_looked_at(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Text, sender and options for all, each target for itself: no request is made."""
    gateway = simulator.etech_keys
    entry = await add_account(gateway)

    answer = await send(hass, entry, target=["Maman", "Personne"], test=True)
    wrongs: tuple[dict[str, Any], ...]
    wrongs = ({"sender": "!"}, {"message": " "}, {"tag": "x" * 51})
    for wrong in wrongs:
        with pytest.raises(ServiceValidationError):
            await send(hass, entry, test=True, **wrong)

    assert [row["outcome"] for row in answer["results"]] == ["not_sent", "rejected"]
    assert answer["results"][1]["error"]["key"] == "not_a_number"
    assert answer["tested_by"] == "here"
    assert gateway.asked("send") == 0
    assert entry.runtime_data.guard.segments_last_day == 0
    assert (await call(hass, entry, "get_messages"))["messages"] == []


async def test_a_test_leaves_no_trace(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Nothing is sent, charged, counted or kept, and it is no failure."""
    gateway = simulator.sms123
    entry = await add_account(gateway)

    await call(hass, entry, "send_sms", answer=False, message="Essai", test=True)
    listed = await call(hass, entry, "get_messages")

    assert gateway.accepted == []
    assert listed["messages"] == []
    assert entry.runtime_data.guard.segments_last_day == 0


async def test_a_test_that_was_sent_all_the_same_is_kept_and_counted(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It was charged."""
    simulator.sms123.overlooks_test = True
    entry = await add_account(simulator.sms123)

    answer = await send(hass, entry, test=True)
    listed = await call(hass, entry, "get_messages")

    assert answer["results"][0]["outcome"] == "accepted"
    assert [row["message_id"] for row in listed["messages"]] == [answer["message_id"]]
    assert entry.runtime_data.guard.segments_last_day == 1


async def test_a_test_that_fails_says_why(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """As the message would."""
    entry = await add_account(simulator.sms123)
    for _ in range(2):
        simulator.sms123.answer_next("82")

    answer = await send(hass, entry, test=True)
    with pytest.raises(HomeAssistantError):
        await call(hass, entry, "send_sms", answer=False, message="Essai", test=True)

    assert answer["results"][0]["outcome"] == "rejected"
    assert answer["results"][0]["error"]["key"] == "invalid_auth"


async def test_the_notify_service_takes_them_too(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """In its data."""
    await add_account(simulator.envoyer_sms_pro)

    await hass.services.async_call(
        "notify",
        "envoyer_sms_pro_maman",
        {
            "message": "Citerne vide",
            "data": {"tag": "citerne", "gateway_options": {"dedupe": True}},
        },
        blocking=True,
    )

    [message] = simulator.envoyer_sms_pro.messages.values()
    assert message.tag == "citerne"
