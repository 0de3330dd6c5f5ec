"""Questions that cost requests are for administrators and automations."""

from typing import Any, Final

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.services import async_setup_services
from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from tests.actions.calls import FIELDS, answers, call
from tests.conftest import AccountMaker
from tests.messages import send
from tests.simulator import Simulator

from .walk import OPEN_ACTIONS

pytestmark = pytest.mark.usefixtures("socket_enabled")

# What each asks a gateway for, where that can do it.
QUESTIONS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "get_accounts": ("envoyer_sms_pro", {}),
    "get_replies": ("envoyer_sms_pro", {}),
    "get_stop_status": ("envoyer_sms_pro", {"recipient": "Maman"}),
    "get_senders": ("smseco", {}),
    "check_numbers": ("smseco", {"target": ["Maman"]}),
    "get_transactions": ("etech_keys", {}),
    "get_messages": ("etech_keys", {}),
}


@pytest.fixture
def guest(hass_read_only_user: MockUser) -> Context:
    """Return who asks: a user who is no administrator."""
    return Context(user_id=hass_read_only_user.id)


@pytest.mark.parametrize("action", QUESTIONS)
async def test_a_guest_asks_no_gateway(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    guest: Context,
    hass_admin_user: MockUser,
    action: str,
) -> None:
    """He is refused before anything is asked; others are answered."""
    key, fields = QUESTIONS[action]
    entry = await add_account(simulator.gateways[key], options={"identical_minutes": 0})
    await send(hass, entry)
    await hass.async_block_till_done(wait_background_tasks=True)
    asked = len(simulator.gateways[key].requests)

    with pytest.raises(Unauthorized):
        await call(hass, entry, action, context=guest, **fields)

    assert len(simulator.gateways[key].requests) == asked
    for context in (None, Context(user_id=hass_admin_user.id)):
        assert await call(hass, entry, action, context=context, **fields)


@pytest.mark.parametrize(
    "key", [key for key in GATEWAYS if key not in {"sms123", "devcodesms"}]
)
async def test_a_guest_reads_what_the_journal_knows(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    guest: Context,
    key: str,
) -> None:
    """However often he asks; an automation has the gateway asked."""
    gateway = simulator.gateways[key]
    entry = await add_account(gateway)
    sent = await send(hass, entry)
    await hass.async_block_till_done(wait_background_tasks=True)
    asked = len(gateway.requests)

    for _ in range(5):
        answer = await call(
            hass, entry, "get_delivery", context=guest, message_id=sent["message_id"]
        )
    assert len(gateway.requests) == asked
    [row] = answer["deliveries"]
    assert (row["recipient"], row["submission_id"]) == ("Maman", None)
    assert row["delivery"]["status"] == "pending"

    answer = await call(hass, entry, "get_delivery", message_id=sent["message_id"])
    assert len(gateway.requests) == asked + 1
    assert answer["deliveries"][0]["submission_id"]


async def test_questions_leave_the_reserve(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    hass_admin_user: MockUser,
) -> None:
    """Whoever asks them: the next alert leaves all the same."""
    gateway = simulator.envoyer_sms_pro
    entry = await add_account(gateway)
    await send(hass, entry)
    admin = Context(user_id=hass_admin_user.id)

    async def ask_on() -> None:
        while True:
            await call(hass, entry, "get_stop_status", context=admin, recipient="Maman")

    with pytest.raises(HomeAssistantError) as raised:
        await ask_on()
    assert raised.value.translation_key == "action_rate_limited"
    assert len(gateway.requests) == 80
    sent = await send(hass, entry, message="Fuite d'eau")

    assert sent["results"][0]["outcome"] == "accepted"


async def test_what_is_not_there_is_told_after_who_may_ask(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    guest: Context,
) -> None:
    """A guest learns not even which gateway an account has."""
    entry = await add_account(simulator.devcodesms)

    for action, fields in FIELDS.items():
        with pytest.raises(Unauthorized):
            await call(hass, entry, action, context=guest, **fields)
        with pytest.raises(ServiceValidationError):
            await call(hass, entry, action, **fields)


async def test_a_user_who_is_gone_is_a_guest(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """What he has set going before he was removed, say."""
    entry = await add_account(simulator.etech_keys)
    gone = Context(user_id="nobody")

    with pytest.raises(Unauthorized):
        await call(hass, entry, "get_messages", context=gone)
    sent = await send(hass, entry, context=gone)

    assert sent["results"][0]["submission_id"] is None


def test_every_question_is_asked_here(hass: HomeAssistant) -> None:
    """Every action that changes nothing, but for those that are for everybody."""
    async_setup_services(hass)
    asking = {
        name
        for name in hass.services.async_services_for_domain(DOMAIN)
        if answers(hass, name) is SupportsResponse.ONLY
    }

    assert asking - OPEN_ACTIONS == QUESTIONS.keys() - {"check_numbers"}
