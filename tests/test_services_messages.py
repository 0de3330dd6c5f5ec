"""`get_messages`."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.passerelle_sms.const import DOMAIN
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from tests.conftest import MAMAN, PAPA, AccountMaker
from tests.messages import send
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def get(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    *,
    context: Context | None = None,
    **fields: Any,
) -> list[Any]:
    """Call `get_messages`, and return its rows."""
    answer = await hass.services.async_call(
        DOMAIN,
        "get_messages",
        {"config_entry_id": entry.entry_id, **fields},
        blocking=True,
        return_response=True,
        context=context,
    )
    assert answer is not None
    rows = answer["messages"]
    assert isinstance(rows, list)
    return rows


async def texts(
    hass: HomeAssistant, entry: MockConfigEntry, **fields: Any
) -> list[str]:
    """Return the texts of the rows."""
    return [row["text"] for row in await get(hass, entry, **fields)]


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> MockConfigEntry:
    """Return an account that has sent three messages, an hour apart."""
    await hass.config.async_set_time_zone("Africa/Douala")
    freezer.move_to("2026-11-20 08:00:00+00:00")
    entry = await add_account(simulator.etech_keys)
    simulator.etech_keys.answer_next("destinataire incorrect")
    await send(hass, entry, message="Un", target=["Papa"])
    freezer.move_to("2026-11-20 09:00:00+00:00")
    await send(hass, entry, message="Deux", target=["Maman", "Papa"])
    # Its deliveries are asked about an hour later, and tell nothing then.
    simulator.etech_keys.fail(Fault.ERROR_500, operation="delivery")
    freezer.move_to("2026-11-20 10:00:00+00:00")
    simulator.etech_keys.fail(Fault.RATE_LIMITED, operation="send")
    await send(hass, entry, message="Trois", urgent=True, time_to_live="00:30:00")
    return entry


async def test_a_row_tells_everything(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """Newest first, in the time of the house, with the results of `send_sms`."""
    newest, accepted, refused = await get(hass, entry)

    assert newest.pop("message_id")
    [result] = newest.pop("results")
    assert newest == {
        "kind": "message",
        "send_at": None,
        "created": "2026-11-20T11:00:00+01:00",
        "expires": "2026-11-20T11:30:00+01:00",
        "text": "Trois",
        "segments": 1,
        "encoding": "gsm7",
        "urgent": True,
        "tag": None,
    }
    assert result["outcome"] == "queued"
    assert "tried again" in result["error"]["message"]
    assert result["error"]["key"] == "rate_limited"
    assert refused["results"][0]["error"]["key"] == "invalid_recipient"
    assert [row["recipient"] for row in accepted["results"]] == ["Maman", "Papa"]
    assert accepted["results"][0] == {
        "recipient": "Maman",
        "outcome": "accepted",
        "gateway": "etech_keys",
        "submission_id": accepted["results"][0]["submission_id"],
        "segments": 1,
        "cost": accepted["results"][0]["cost"],
        "error": None,
        "delivery": {
            "status": "pending",
            "at": None,
            "billed": None,
            "gateway_code": None,
            "gateway_message": None,
        },
    }


async def test_by_tag(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    """To the letter, whatever is in it."""
    simulator.etech_keys.heal()
    tag = 'L\'eau "du jardin", côté % 🚿'
    await send(hass, entry, message="Quatre", tag=tag)
    await send(hass, entry, message="Cinq", tag="eau")

    assert await texts(hass, entry, tag=tag) == ["Quatre"]
    assert await texts(hass, entry, tag="eau", recipient="Maman") == ["Cinq"]
    assert await texts(hass, entry, tag="Eau") == []
    [row] = await get(hass, entry, tag=tag)
    assert row["tag"] == tag
    with pytest.raises(ServiceValidationError) as raised:
        await get(hass, entry, tag="x" * 51)
    assert raised.value.translation_key == "invalid_option"


async def test_by_recipient(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """By name or by number, as a target is written."""
    assert await texts(hass, entry, recipient="papa") == ["Deux", "Un"]
    assert await texts(hass, entry, recipient=PAPA) == ["Deux", "Un"]
    assert await texts(hass, entry, recipient=MAMAN[4:]) == ["Trois", "Deux"]
    with pytest.raises(ServiceValidationError) as raised:
        await get(hass, entry, recipient="ma soeur")
    assert raised.value.translation_key == "not_a_number"


async def test_by_outcome_time_and_number(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """Without a zone a time is the house's own."""
    assert await texts(hass, entry, outcome="rejected") == ["Un"]
    assert await texts(hass, entry, outcome="expired") == []
    assert await texts(hass, entry, since="2026-11-20 10:00:00") == ["Trois", "Deux"]
    assert await texts(hass, entry, until="2026-11-20T09:00:00+00:00") == ["Un"]
    assert await texts(hass, entry, limit=1) == ["Trois"]


async def test_it_is_for_administrators(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_admin_user: MockUser,
    hass_read_only_user: MockUser,
) -> None:
    """It shows everybody's texts and numbers."""
    assert await get(hass, entry, context=Context(user_id=hass_admin_user.id))
    with pytest.raises(Unauthorized):
        await get(hass, entry, context=Context(user_id=hass_read_only_user.id))


async def test_a_journal_that_cannot_be_read(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """It is no mistake of the caller's."""
    await entry.runtime_data.journal.close()

    with pytest.raises(HomeAssistantError) as raised:
        await get(hass, entry)

    assert raised.value.translation_key == "journal_unusable"
    assert not isinstance(raised.value, ServiceValidationError)
