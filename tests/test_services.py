"""`send_sms` and `preview_sms`."""

import asyncio
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.messaging.outbox.outbox import MOST_OPEN
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from tests.conftest import MAMAN, PAPA, AccountMaker, state_of
from tests.messages import confirm_refusal
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

ALL = pytest.mark.parametrize("key", GATEWAYS)
OLD_IVORIAN = "+225 57 12 34 56"


async def send(
    hass: HomeAssistant, entry: MockConfigEntry, *, answer: bool = True, **fields: Any
) -> dict[str, Any]:
    """Call `send_sms`."""
    data = {"config_entry_id": entry.entry_id, "message": "Citerne vide", **fields}
    response = await hass.services.async_call(
        DOMAIN, "send_sms", data, blocking=True, return_response=answer
    )
    return response or {}


@ALL
async def test_sends_and_answers(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """One row per recipient, in the order of the targets; the balance follows at once."""
    simulated = simulator.gateways[key]
    entry = await add_account(simulated)
    before = simulated.credits

    answer = await send(hass, entry, target=["Papa", "+237 6 99 12 85 31"])

    assert answer["segments"] == 1
    assert answer["encoding"] == "gsm7"
    assert answer["message_id"]
    rows = answer["results"]
    assert [row["recipient"] for row in rows] == ["Papa", "+237699128531"]
    assert [row["outcome"] for row in rows] == ["accepted", "accepted"]
    assert {row["gateway"] for row in rows} == {key}
    assert all(row["segments"] == 1 for row in rows)
    assert all(row["error"] is None for row in rows)
    assert len(simulated.accepted) == 2
    await hass.async_block_till_done(wait_background_tasks=True)
    balance = state_of(hass, f"sensor.{entity_prefix(key)}_balance")
    assert balance == str(before - 2) == str(simulated.credits)


def entity_prefix(key: str) -> str:
    """Return how Home Assistant writes a gateway's name in an entity id."""
    return {"sms123": "123_sms_net"}.get(key, key)


@ALL
async def test_sends_to_everybody_known_when_nobody_is_named(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """Without a target the account's recipients are meant."""
    entry = await add_account(simulator.gateways[key])

    answer = await send(hass, entry)

    assert [row["recipient"] for row in answer["results"]] == ["Maman", "Papa"]


@ALL
async def test_fifty_recipients_take_no_more_requests_than_needed(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """As many as the gateway takes in one request, and nobody twice."""
    simulated = simulator.gateways[key]
    entry = await add_account(simulated)
    numbers = [f"+2376991200{number:02}" for number in range(50)]

    answer = await send(hass, entry, target=numbers)

    limit = GATEWAYS[key].limits.recipients_per_request
    assert simulated.asked("send") <= -(-50 // limit)
    assert [row["outcome"] for row in answer["results"]] == ["accepted"] * 50
    assert len({accepted.recipient for accepted in simulated.accepted}) == 50
    assert len(simulated.accepted) == 50


@ALL
async def test_one_bad_number_does_not_stop_the_others(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """Its row says why."""
    simulated = simulator.gateways[key]
    entry = await add_account(simulated)

    answer = await send(
        hass, entry, target=["Maman", "ma soeur", OLD_IVORIAN, "12", "Papa"]
    )

    rows = answer["results"]
    assert [row["outcome"] for row in rows] == [
        "accepted",
        "rejected",
        "rejected",
        "rejected",
        "accepted",
    ]
    assert [row["error"] and row["error"]["key"] for row in rows] == [
        None,
        "not_a_number",
        "old_ivorian_number",
        "not_a_number",
        None,
    ]
    assert "since 31 January 2021" in rows[2]["error"]["message"]
    assert len(simulated.accepted) == 2


@ALL
@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"message": ""}, "empty_message"),
        ({"message": " \n "}, "empty_message"),
        ({"target": []}, "empty_target"),
        ({"target": ["ma soeur"]}, "not_a_number"),
        ({"target": [OLD_IVORIAN]}, "old_ivorian_number"),
        # What YAML makes of 0757123456 without quotes.
        ({"target": [0o757123456]}, "invalid_recipient"),
        ({"sender": "MAISONDUBOIS"}, "invalid_sender"),
        ({"sender": "237695688207"}, "invalid_sender"),
        ({"sender": "123456"}, "invalid_sender"),
        (
            {"message": "Fuite d'eau à la cave. " * 90, "too_long": "refuse"},
            "message_too_long",
        ),
        ({"on_unknown": "next"}, "next_needs_relay"),
        ({"on_unknown": "next", "test": True}, "next_needs_relay"),
    ],
)
@pytest.mark.parametrize("answer", [True, False])
async def test_bad_input_costs_nothing(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    key: str,
    fields: dict[str, Any],
    error: str,
    answer: bool,
) -> None:
    """A clear error, and not even a request."""
    simulated = simulator.gateways[key]
    entry = await add_account(simulated)

    with pytest.raises(ServiceValidationError) as raised:
        await send(hass, entry, answer=answer, **fields)

    assert raised.value.translation_key == error
    assert "{" not in str(raised.value)
    assert "237695688207" not in str(raised.value)
    assert simulated.asked("send") == 0


async def test_a_template_makes_a_number_of_digits(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Home Assistant renders digits to a quantity; it is meant as it was written."""
    entry = await add_account(simulator.etech_keys)

    await send(hass, entry, target=695688207)

    assert simulator.etech_keys.accepted[0].recipient == "695688207"


async def test_nobody_known_and_nobody_named(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """There is nobody to send to."""
    entry = await add_account(simulator.etech_keys, recipients={})

    with pytest.raises(ServiceValidationError) as raised:
        await send(hass, entry)

    assert raised.value.translation_key == "empty_target"


@ALL
async def test_an_emoji_costs_what_is_told(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """The right encoding, and the segments that the gateway takes."""
    simulated = simulator.gateways[key]
    entry = await add_account(simulated)

    answer = await send(hass, entry, message="Fumée 🔥 au garage", target=["Maman"])

    assert answer["encoding"] == "ucs2"
    assert answer["results"][0]["outcome"] == "accepted"
    assert simulated.accepted[0].text == "Fumée 🔥 au garage"
    assert answer["segments"] == simulated.accepted[0].segments == 1


@ALL
async def test_a_cut_after_acceptance_is_unknown_and_never_repeated(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """Exactly one acceptance, and the row says that it isn't known."""
    simulated = simulator.gateways[key]
    entry = await add_account(simulated)
    simulated.fail(Fault.CUT_AFTER, operation="send")

    answer = await send(hass, entry, target=["Maman"])

    [row] = answer["results"]
    assert row["outcome"] == "unknown"
    assert row["error"]["key"] == "no_answer"
    assert len(simulated.accepted) == 1
    assert simulated.asked("send") == 1


@ALL
async def test_who_wants_no_answer_hears_of_a_failure(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """The error names the recipient, in words."""
    simulated = simulator.gateways[key]
    entry = await add_account(simulated)
    simulated.fail(Fault.CUT_AFTER, operation="send")

    with pytest.raises(HomeAssistantError, match=r"Maman: .*may have left") as raised:
        await send(hass, entry, answer=False, target=["Maman", MAMAN])

    assert MAMAN not in str(raised.value)


@ALL
async def test_not_enough_credit(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """The message waits; the row says why, and where to top up."""
    simulated = simulator.gateways[key]
    entry = await add_account(simulated)
    simulated.credits *= 0

    answer = await send(hass, entry, target=["Papa"])

    [row] = answer["results"]
    assert row["outcome"] == "queued"
    assert row["error"]["key"] == "insufficient_credit"
    assert GATEWAYS[key].site in row["error"]["message"]


async def test_errors_speak_the_language_of_the_house(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """A French house reads French."""
    hass.config.language = "fr"
    entry = await add_account(simulator.etech_keys)
    simulator.etech_keys.credits *= 0

    answer = await send(hass, entry, target=["Papa"])

    assert answer["results"][0]["error"]["message"].startswith("Plus assez de crédit")


async def test_an_unregistered_sender(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The gateway refuses it, and nothing is charged."""
    simulated = simulator.smseco
    entry = await add_account(simulated)
    before = simulated.credits

    answer = await send(hass, entry, target=["Papa"], sender="INCONNU")

    [row] = answer["results"]
    assert row["error"]["key"] == "sender_not_registered"
    assert row["error"]["gateway_code"] == "-8"
    assert simulated.credits == before


@ALL
async def test_dead_credentials_while_sending_ask_the_user(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """The flow that asks for the secret opens once the gateway has refused it twice."""
    simulated = simulator.gateways[key]
    entry = await add_account(simulated)
    simulated.password = simulated.api_key = "another"

    answer = await send(hass, entry, target=["Papa"])
    flow = await confirm_refusal(hass, entry)

    assert answer["results"][0]["error"]["key"] == "invalid_auth"
    assert flow["context"]["source"] == "reauth"


async def test_names_the_missing_account(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """An account that isn't there, or is disabled, is an error of the caller's."""
    entry = await add_account(simulator.etech_keys)
    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )

    with pytest.raises(ServiceValidationError, match="not loaded"):
        await send(hass, entry)
    with pytest.raises(ServiceValidationError, match="not found"):
        await hass.services.async_call(
            DOMAIN,
            "send_sms",
            {"config_entry_id": "nowhere", "message": "Test"},
            blocking=True,
        )


async def test_a_title_stands_on_its_own_line(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """As the phone shows it."""
    entry = await add_account(simulator.etech_keys)

    await send(hass, entry, title="Maison", target=[PAPA])

    assert simulator.etech_keys.accepted[0].text == "Maison\nCiterne vide"


async def preview(
    hass: HomeAssistant, entry: MockConfigEntry, **fields: Any
) -> dict[str, Any]:
    """Call `preview_sms`."""
    response = await hass.services.async_call(
        DOMAIN,
        "preview_sms",
        {"config_entry_id": entry.entry_id, **fields},
        blocking=True,
        return_response=True,
    )
    assert response
    return response


DEAR = (
    "Température de la cave : 21,5 °C. Le gel menace, fermez l'arrivée d'eau bientôt."
)


async def test_preview_tells_what_makes_a_text_dear(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Encoding, segments, the culprits and the saving; nothing is sent or asked."""
    entry = await add_account(simulator.etech_keys)
    asked = len(simulator.etech_keys.requests)

    exact = await preview(hass, entry, message=DEAR, encoding="exact")
    automatic = await preview(hass, entry, message=DEAR)

    assert exact["encoding"] == "ucs2"
    assert exact["segments"] == 2
    assert exact["outside"] == ["°", "ô"]
    assert exact["economical_segments"] == 1
    assert exact["saved_segments"] == 1
    assert automatic["encoding"] == "gsm7"
    assert automatic["segments"] == 1
    assert "bientot" in automatic["text"]
    assert "Température" in automatic["text"]
    assert len(simulator.etech_keys.requests) == asked


async def test_what_is_previewed_is_what_is_sent(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The account's own option counts for both, and the call's wins over it."""
    entry = await add_account(simulator.etech_keys, options={"encoding": "exact"})

    shown = await preview(hass, entry, message=DEAR)
    await send(hass, entry, message=DEAR, target=["Papa"])
    await send(hass, entry, message=DEAR, target=["Papa"], encoding="economical")

    first, second = simulator.etech_keys.accepted
    assert first.text == shown["text"] == DEAR
    assert second.segments == 1


async def test_preview_of_nothing(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """There is nothing to tell of an empty text."""
    entry = await add_account(simulator.etech_keys)

    with pytest.raises(ServiceValidationError) as raised:
        await preview(hass, entry, message=" ")

    assert raised.value.translation_key == "empty_message"


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"segments_per_hour": 1}, "hourly_cap", "1 of the 1 that an hour"),
        ({"segments_per_day": 1}, "daily_cap", "1 of the 1 that a day"),
    ],
)
async def test_a_runaway_automation_is_stopped(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    options: dict[str, int],
    error: str,
    words: str,
) -> None:
    """With the numbers, and when there is room again."""
    entry = await add_account(simulator.etech_keys, options=options)
    await send(hass, entry, target=["Papa"])

    with pytest.raises(ServiceValidationError) as raised:
        await send(hass, entry, target=["Papa"], message="Encore")

    assert raised.value.translation_key == error
    assert words in str(raised.value)
    assert "{" not in str(raised.value)
    assert len(simulator.etech_keys.accepted) == 1


async def test_the_same_text_again(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Once is enough, also of what is urgent."""
    entry = await add_account(simulator.etech_keys)
    await send(hass, entry, target=["Papa"])

    with pytest.raises(ServiceValidationError, match="less than 1 min ago") as raised:
        await send(hass, entry, target=["Papa"])

    assert PAPA not in str(raised.value)
    with pytest.raises(ServiceValidationError, match="less than 1 min ago"):
        await send(hass, entry, target=["Papa"], urgent=True)
    assert len(simulator.etech_keys.accepted) == 1


@pytest.mark.parametrize("answer", [True, False])
async def test_a_disk_that_takes_nothing_is_no_mistake_of_the_callers(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, answer: bool
) -> None:
    """The message is refused aloud, and can be sent again at once."""
    entry = await add_account(simulator.etech_keys)
    await entry.runtime_data.journal.close()

    for _ in range(2):
        with pytest.raises(HomeAssistantError) as raised:
            await send(hass, entry, answer=answer)
        assert raised.value.translation_key == "not_stored"
        assert not isinstance(raised.value, ServiceValidationError)

    assert simulator.etech_keys.asked("send") == 0


async def test_a_full_outbox_is_no_mistake_of_the_callers(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """More than the outbox takes wait already."""
    options = {"segments_per_hour": 10_000, "segments_per_day": 10_000}
    entry = await add_account(simulator.etech_keys, options=options)
    simulator.etech_keys.fail(Fault.RATE_LIMITED)
    await asyncio.gather(
        *(
            send(hass, entry, target=["Papa"], message=f"Message {number}")
            for number in range(MOST_OPEN)
        )
    )

    with pytest.raises(HomeAssistantError) as raised:
        await send(hass, entry, target=["Papa"])

    assert raised.value.translation_key == "outbox_full"
    assert not isinstance(raised.value, ServiceValidationError)
    state = state_of(hass, "sensor.etech_keys_pending_messages")
    assert state == str(MOST_OPEN)
