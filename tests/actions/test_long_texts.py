"""Texts that are too long for one message, through the real services."""

from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from tests.actions.calls import call
from tests.conftest import MAMAN, AccountMaker
from tests.messages import Heard, send
from tests.simulator import Simulator

from .long_texts import SENTENCE, joined, letters

pytestmark = pytest.mark.usefixtures("socket_enabled")

LETTERS_217 = (SENTENCE * 5)[:217]


@pytest.mark.parametrize(
    ("key", "count", "messages"),
    [
        ("sms123", 160, 1),
        ("sms123", 217, 2),
        ("sms123", 460, 3),
        ("sms123", 1_500, 10),
        ("envoyer_sms_pro", 459, 1),
        ("envoyer_sms_pro", 900, 2),
        ("envoyer_sms_pro", 1_340, 3),
        ("etech_keys", 3_000, 2),
        ("smseco", 3_000, 2),
        ("devcodesms", 3_000, 2),
    ],
)
async def test_the_parts_say_the_text(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    key: str,
    count: int,
    messages: int,
) -> None:
    """In as few messages as the gateway's own limit allows; what is billed arrives."""
    simulated = simulator.gateways[key]
    entry = await add_account(simulated)
    text = letters(count)

    answer = await send(hass, entry, message=text)

    texts = [one.text for one in simulated.accepted]
    assert len(texts) == messages
    [row] = answer["results"]
    assert row["outcome"] == "accepted"
    assert row["error"] is None
    assert row["segments"] == sum(one.segments for one in simulated.accepted)
    assert answer["segments"] == row["segments"]
    if messages == 1:
        assert texts == [text]
        assert "parts" not in row
        return
    assert joined(texts) == text
    parts = row["parts"]
    assert [part["part"] for part in parts] == [*range(1, messages + 1)]
    assert {part["outcome"] for part in parts} == {"accepted"}
    assert row["submission_id"] == parts[0]["submission_id"]
    ids = [part["submission_id"] for part in parts]
    assert len({*ids} - {None}) in {0, messages}


@pytest.mark.parametrize("key", GATEWAYS)
async def test_one_row_a_recipient(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """Each gets all parts in their order, in as few requests as the gateway allows."""
    simulated = simulator.gateways[key]
    entry = await add_account(simulated)
    text = letters(1_700)

    answer = await send(hass, entry, message=text, target=["Maman", "Papa"])

    assert [row["recipient"] for row in answer["results"]] == ["Maman", "Papa"]
    assert [row["outcome"] for row in answer["results"]] == ["accepted"] * 2
    by_number: dict[str, list[str]] = {}
    for one in simulated.accepted:
        by_number.setdefault(one.recipient, []).append(one.text)
    assert len(by_number) == 2
    assert {joined(texts) for texts in by_number.values()} == {text}
    [found] = (await call(hass, entry, "get_messages", recipient="Papa"))["messages"]
    assert found["text"] == text
    assert [row["outcome"] for row in found["results"]] == ["accepted"] * 2
    assert len(found["results"][0]["parts"]) == len([*by_number.values()][0])


async def test_a_part_that_is_refused(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The row tells which, the rest stays at home, and automations hear of it once."""
    entry = await add_account(simulator.sms123)
    heard = Heard(hass)
    preview = await call(hass, entry, "preview_sms", message=letters(460))
    simulator.sms123.send_elsewhere(MAMAN, preview["parts"][1]["text"])

    answer = await send(hass, entry, message=letters(460))
    await hass.async_block_till_done()

    [row] = answer["results"]
    assert (row["outcome"], row["error"]["key"]) == ("rejected", "duplicate_message")
    assert [part["outcome"] for part in row["parts"]] == [
        "accepted",
        "rejected",
        "not_sent",
    ]
    assert row["parts"][2]["error"]["key"] == "earlier_part_failed"
    assert "earlier part" in row["parts"][2]["error"]["message"]
    assert row["segments"] == 1
    [told] = heard.all
    assert (told["type"], told["key"]) == ("refused", "duplicate_message")
    assert len(simulator.sms123.accepted) == 1
    for outcome, times in {"rejected": 1, "accepted": 0, "not_sent": 0}.items():
        found = await call(hass, entry, "get_messages", outcome=outcome)
        assert len(found["messages"]) == times


async def test_what_is_too_long_may_be_cut_or_refused(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """As the message says, or else the account, also while it runs."""
    entry = await add_account(simulator.sms123, options={"too_long": "cut"})
    await send(hass, entry, message=LETTERS_217)
    [taken] = simulator.sms123.accepted
    assert len(taken.text) <= 160
    assert taken.text.endswith("...")
    assert LETTERS_217.startswith(taken.text.removesuffix("..."))

    hass.config_entries.async_update_entry(entry, options={"too_long": "refuse"})
    await hass.async_block_till_done()
    with pytest.raises(ServiceValidationError) as raised:
        await send(hass, entry, message=LETTERS_217)
    assert raised.value.translation_key == "message_too_long"
    assert len(simulator.sms123.accepted) == 1

    await hass.services.async_call(
        "notify",
        "123_sms_net_maman",
        {"message": LETTERS_217, "data": {"too_long": "split"}},
        blocking=True,
    )
    assert joined([one.text for one in simulator.sms123.accepted[1:]]) == LETTERS_217


async def test_a_preview_tells_the_parts(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Without sending any."""
    entry = await add_account(simulator.sms123)

    told = await call(hass, entry, "preview_sms", message=LETTERS_217)
    assert joined([part["text"] for part in told["parts"]]) == LETTERS_217
    assert (told["messages"], told["segments"]) == (2, 2)
    cut = await call(hass, entry, "preview_sms", message=LETTERS_217, too_long="cut")
    assert (cut["messages"], cut["segments"]) == (1, 1)
    refused = await call(
        hass, entry, "preview_sms", message=LETTERS_217, too_long="refuse"
    )
    assert (refused["messages"], refused["parts"]) == (0, [])
    short = await call(hass, entry, "preview_sms", message="Citerne vide")
    assert short["parts"] == [{"text": "Citerne vide", "segments": 1}]
    assert simulator.sms123.asked("send") == 0


async def test_a_mail_merge_splits_what_each_reads(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Whose text fits gets it whole."""
    entry = await add_account(simulator.sms123)
    values = {"Maman": {"quoi": letters(300)}, "Papa": {"quoi": "rien"}}

    answer = await send(
        hass,
        entry,
        message="Il manque : {quoi}",
        target=["Maman", "Papa"],
        personalisation=values,
    )

    by_number: dict[str, list[str]] = {}
    for one in simulator.sms123.accepted:
        by_number.setdefault(one.recipient, []).append(one.text)
    assert sorted(map(len, by_number.values())) == [1, 3]
    long, short = sorted(by_number.values(), key=len, reverse=True)
    assert joined(long) == f"Il manque : {letters(300)}"
    assert short == ["Il manque : rien"]
    assert ["parts" in row for row in answer["results"]] == [True, False]


async def test_deliveries_are_told_for_all_parts_together(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Delivered once all are; the event comes once."""
    gateway = simulator.envoyer_sms_pro
    entry = await add_account(gateway)
    sent = await send(hass, entry, message=letters(900))
    [first, second] = gateway.accepted
    events = "event.envoyer_sms_pro_delivery"

    gateway.deliver(first.submission_id, first.recipient, 1)
    told = await call(hass, entry, "get_delivery", message_id=sent["message_id"])
    [row] = told["deliveries"]
    assert row["delivery"]["status"] == "pending"
    assert [part["delivery"]["status"] for part in row["parts"]] == [
        "delivered",
        "pending",
    ]
    before = hass.states.get(events)
    assert before is not None
    assert before.state == "unknown"

    gateway.deliver(second.submission_id, second.recipient, 1)
    told = await call(hass, entry, "get_delivery", message_id=sent["message_id"])
    [row] = told["deliveries"]
    assert row["delivery"]["status"] == "delivered"
    await hass.async_block_till_done()
    after = hass.states.get(events)
    assert after is not None
    assert after.attributes["event_type"] == "delivered"


@pytest.mark.parametrize("key", ["sms123", "envoyer_sms_pro"])
async def test_all_parts_are_taken_back_from_the_gateway(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
    key: str,
) -> None:
    """Each by its own request."""
    freezer.move_to(datetime(2026, 11, 20, 12, tzinfo=UTC))
    simulated = simulator.gateways[key]
    entry = await add_account(simulated)
    later = datetime(2026, 11, 20, 12, tzinfo=UTC) + timedelta(hours=2)
    sent = await send(hass, entry, message=letters(900), send_at=later.isoformat())
    assert sent["results"][0]["outcome"] == "accepted"
    credit = simulated.credits

    answer = await call(hass, entry, "cancel_sms", message_id=sent["message_id"])

    [row] = answer["results"]
    assert (row["outcome"], row["error"]["key"]) == ("not_sent", "cancelled")
    assert {part["outcome"] for part in row["parts"]} == {"not_sent"}
    assert simulated.credits > credit


async def test_a_guest_learns_no_id(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    hass_read_only_user: MockUser,
) -> None:
    """Of no part either."""
    entry = await add_account(simulator.envoyer_sms_pro)
    guest = Context(user_id=hass_read_only_user.id)

    answer = await send(hass, entry, message=letters(900), context=guest)

    ids: list[Any] = [part["submission_id"] for part in answer["results"][0]["parts"]]
    assert ids == [None, None]


async def test_what_is_no_text_is_not_split(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Half of it would be nothing."""
    entry = await add_account(simulator.smseco)

    with pytest.raises(ServiceValidationError) as raised:
        await send(hass, entry, message="0" * 3_000, gateway_options={"binary": True})
    assert raised.value.translation_key == "message_too_long"
    assert simulator.smseco.asked("send") == 0


async def test_a_test_asks_about_each_part(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """And sends none."""
    entry = await add_account(simulator.sms123)

    answer = await send(hass, entry, message=LETTERS_217, test=True)

    [row] = answer["results"]
    assert (row["outcome"], row["error"]) == ("not_sent", None)
    assert simulator.sms123.asked("send") == 2
    assert simulator.sms123.accepted == []
