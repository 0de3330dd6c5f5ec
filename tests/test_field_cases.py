"""What people write, as they reported it: each case from the call to the gateway."""

from typing import Any, Final

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from tests.conftest import AccountMaker
from tests.messages import send
from tests.simulator import SimulatedGateway, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

CAMEROON: Final = ("etech_keys", "CM")
FRANCE: Final = ("sms123", "FR")
NAMES: Final = {
    "Maman": "+237699128538",
    "L'école": "+237699128540",
    "Mère": "+237699128541",
    "Dupont, Marie": "+237699128542",
    "🥶": "+237699128543",
}

type Place = tuple[str, str]
"""The key of a gateway, and the country of an account there."""


async def account_at(
    simulator: Simulator, add_account: AccountMaker, place: Place, **more: Any
) -> tuple[SimulatedGateway, MockConfigEntry]:
    """Return a simulated gateway, and an account there with recipients."""
    key, country = place
    simulated = simulator.gateways[key]
    entry = await add_account(simulated, country=country, recipients=NAMES, **more)
    return simulated, entry


@pytest.mark.parametrize(
    ("place", "target", "reached"),
    [
        (CAMEROON, "+237\ufe0d 6 99 12 85 31", ["+237699128531"]),
        (CAMEROON, "\u061c+237699128532", ["+237699128532"]),
        (CAMEROON, "\u180e+237699128533", ["+237699128533"]),
        (CAMEROON, "\u3164+237699128534", ["+237699128534"]),
        (CAMEROON, "\u2066699128535\u2069", ["+237699128535"]),
        (CAMEROON, "＋２３７６９９１２８５３６", ["+237699128536"]),
        (CAMEROON, "+٢٣٧٦٩٩١٢٨٥٣٩", ["+237699128539"]),
        (CAMEROON, "६९९१२८५३७", ["+237699128537"]),
        (FRANCE, "06/12/34/56/78", ["+33612345678"]),
        (FRANCE, "06·12·34·56·78", ["+33612345678"]),
        (FRANCE, "06_12_34_56_78", ["+33612345678"]),
        (FRANCE, "06–12–34–56–78", ["+33612345678"]),
        (FRANCE, "07000011564653", ["+337000011564653"]),
        (FRANCE, "+33 7000 0115 64653", ["+337000011564653"]),
        (CAMEROON, 33612345678, ["+33612345678"]),
        (CAMEROON, 687751234, ["+237687751234"]),
        (FRANCE, 237699128531, ["+237699128531"]),
        (CAMEROON, "Maman, +237 6 99 12 85 31", [NAMES["Maman"], "+237699128531"]),
        (CAMEROON, "Maman; Maman;+237699128538", [NAMES["Maman"]]),
        (CAMEROON, '["Maman", "+237699128531"]', [NAMES["Maman"], "+237699128531"]),
        (CAMEROON, "['Maman', '+237699128531']", [NAMES["Maman"], "+237699128531"]),
        (CAMEROON, "Dupont, Marie", [NAMES["Dupont, Marie"]]),
        (CAMEROON, "L’école", [NAMES["L'école"]]),
        (CAMEROON, "l ecole", [NAMES["L'école"]]),
        (CAMEROON, "Me\u0300re", [NAMES["Mère"]]),
        (CAMEROON, "MERE", [NAMES["Mère"]]),
        (CAMEROON, "Mère\u200b", [NAMES["Mère"]]),
        (CAMEROON, "🥶", [NAMES["🥶"]]),
        (CAMEROON, "🥶\ufe0f", [NAMES["🥶"]]),
    ],
)
async def test_who_is_meant_is_reached(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    place: Place,
    target: object,
    reached: list[str],
) -> None:
    """Whatever has made the number or the name; each once."""
    simulated, entry = await account_at(simulator, add_account, place)

    answer = await send(hass, entry, target=target)

    assert [row["outcome"] for row in answer["results"]] == ["accepted"] * len(reached)
    home = "+237" if place is CAMEROON else "+"
    written = [number.removeprefix(home).removeprefix("+") for number in reached]
    assert [one.recipient for one in simulated.accepted] == written


@pytest.mark.parametrize(
    ("place", "target", "key"),
    [
        (FRANCE, "0700011564", "invalid_recipient"),
        (FRANCE, 612345678, "invalid_recipient"),
        (CAMEROON, 222234, "not_a_number"),
        (CAMEROON, "+237 6 99 12 85", "invalid_recipient"),
        (CAMEROON, "Mamann", "not_a_number"),
    ],
)
async def test_who_is_not_meant_is_not_reached(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    place: Place,
    target: object,
    key: str,
) -> None:
    """It is refused, and nothing is asked."""
    simulated, entry = await account_at(simulator, add_account, place)

    with pytest.raises(ServiceValidationError) as raised:
        await send(hass, entry, target=target)

    assert raised.value.translation_key == key
    assert simulated.accepted == []


@pytest.mark.parametrize(
    ("place", "fields", "text", "segments"),
    [
        (FRANCE, {"message": "a" * 160 + "\n"}, "a" * 160, 1),
        (CAMEROON, {"message": "a" * 160 + "\n"}, "a" * 160, 1),
        (CAMEROON, {"message": "Eau", "title": " \u200b"}, "Eau", 1),
        (CAMEROON, {"message": "Eau", "title": None}, "Eau", 1),
        (CAMEROON, {"message": "Eau", "sender": None, "encoding": ""}, "Eau", 1),
        (CAMEROON, {"message": "a" * 100 + "\0"}, "a" * 100, 1),
        (CAMEROON, {"message": f"\x1b[31m{'a' * 90}\x1b[0m"}, "a" * 90, 1),
        (CAMEROON, {"message": "a\u200bb\u00adc\ufeff"}, "abc", 1),
        (CAMEROON, {"message": "<b>Alarme</b>"}, "<b>Alarme</b>", 1),
        (FRANCE, {"message": "a" * 80 + "🥶"}, "a" * 80 + "🥶", 2),
        (
            CAMEROON,
            {"message": "🥶 -12 °C dehors", "encoding": "economical"},
            "-12 C dehors",
            1,
        ),
    ],
)
async def test_what_is_read_and_paid(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    place: Place,
    fields: dict[str, Any],
    text: str,
    segments: int,
) -> None:
    """What no phone shows costs nothing."""
    simulated, entry = await account_at(simulator, add_account, place)

    answer = await send(hass, entry, **fields)

    assert [one.text for one in simulated.accepted] == [text]
    assert answer["segments"] == segments


@pytest.mark.parametrize(
    "text", ["\u200b", "\u00ad", "\u2060 \ufe0f\n", "\x1b[0m", "\u3164"]
)
async def test_a_text_of_which_nothing_is_seen(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, text: str
) -> None:
    """Is not sent, nor billed."""
    simulated, entry = await account_at(simulator, add_account, CAMEROON)

    with pytest.raises(ServiceValidationError) as raised:
        await send(hass, entry, message=text)

    assert raised.value.translation_key == "empty_message"
    assert simulated.accepted == []


async def test_tags_of_other_channels(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Are left out where the account says so."""
    simulated, entry = await account_at(
        simulator, add_account, CAMEROON, options={"strip_tags": True}
    )

    await send(hass, entry, message="<b>Alarme</b> : 3 < 5 &amp; <i>eau</i>")

    assert [one.text for one in simulated.accepted] == ["Alarme : 3 < 5 & eau"]


@pytest.mark.parametrize(
    ("key", "letters", "messages"),
    [("sms123", 217, 2), ("sms123", 480, 4), ("envoyer_sms_pro", 900, 2)],
)
async def test_a_long_text_is_several(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    key: str,
    letters: int,
    messages: int,
) -> None:
    """As many as it takes, none longer than the gateway takes."""
    simulated, entry = await account_at(simulator, add_account, (key, "FR"))
    text = ("alarme " * 200)[:letters]

    answer = await send(hass, entry, message=text, target="+33612345678")

    assert answer["results"][0]["outcome"] == "accepted"
    texts = [one.text for one in simulated.accepted]
    assert len(texts) == messages
    joined = " ".join(one.partition(" ")[2] for one in texts)
    assert joined.split() == text.split()


async def test_options_of_other_notifiers(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The alert is sent; a wrong value of an option of ours is refused."""
    simulated, _ = await account_at(simulator, add_account, CAMEROON, title="Alarme")
    others = {"image": "/a.jpg", "channel": "Alarme", "push": {"sound": "x"}}

    async def notify(**data: object) -> None:
        await hass.services.async_call(
            "notify",
            "alarme_maman",
            {"message": "Eau", "data": {**others, **data}},
            blocking=True,
        )

    await notify()
    with pytest.raises(HomeAssistantError) as raised:
        await notify(urgent="peut-être")

    assert len(simulated.accepted) == 1
    assert raised.value.translation_key == "field_not_switch"


@pytest.mark.parametrize(
    "fields",
    [
        {"time_to_live": "48:00:00"},
        {"time_to_live": {"hours": 48}},
        {"time_to_live": 0},
        {"time_to_live": None},
        {"wait_for_delivery": False, "time_to_live": 10**9},
    ],
)
async def test_no_length_of_time_loses_an_alert(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    fields: dict[str, Any],
) -> None:
    """The nearest that may be is taken."""
    simulated, entry = await account_at(simulator, add_account, FRANCE)

    await send(hass, entry, **fields)

    assert len(simulated.accepted) == 1


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"time_to_live": 1e300}, "field_not_length"),
        ({"wait_for_delivery": -1}, "field_not_length"),
        ({"send_at": "9999-12-31T23:59:59-23:59"}, "field_not_moment"),
        ({"send_at": 1e300}, "field_not_moment"),
        ({"send_at": "2190-01-01 00:00:00"}, "field_too_far"),
        ({"personalisation": 1e300}, "field_not_mapping"),
    ],
)
async def test_what_no_clock_counts_asks_nothing(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    fields: dict[str, Any],
    key: str,
) -> None:
    """A clear error, and no request."""
    simulated, entry = await account_at(simulator, add_account, ("smseco", "CI"))
    simulated.requests.clear()

    with pytest.raises(ServiceValidationError) as raised:
        await send(hass, entry, **fields)

    assert raised.value.translation_key == key
    assert simulated.requests == []
    messages = await hass.services.async_call(
        DOMAIN,
        "get_messages",
        {"config_entry_id": entry.entry_id},
        blocking=True,
        return_response=True,
    )
    assert messages == {"messages": []}
