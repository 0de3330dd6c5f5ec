"""`cancel_sms`: out of the outbox, or back from the gateway."""

from datetime import UTC, datetime

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from tests.actions.calls import call
from tests.conftest import AccountMaker
from tests.messages import send
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TONIGHT = "2026-11-20 18:30:00+00:00"


@pytest.fixture(autouse=True)
def noon(freezer: FrozenDateTimeFactory) -> None:
    """Stand still at noon."""
    freezer.move_to(NOON)


async def test_the_credit_comes_back(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """A scheduled message is taken back for everybody."""
    gateway = simulator.envoyer_sms_pro
    entry = await add_account(gateway)
    sent = await send(hass, entry, target=["Maman", "Papa"], send_at=TONIGHT)
    assert [row["outcome"] for row in sent["results"]] == ["accepted", "accepted"]
    before = gateway.credits

    answer = await call(hass, entry, "cancel_sms", message_id=sent["message_id"])

    assert answer["credits_back"] == 2
    assert gateway.credits == before + 2
    assert [row["outcome"] for row in answer["results"]] == ["not_sent", "not_sent"]
    assert answer["results"][0]["error"]["key"] == "cancelled"
    assert answer["send_at"] == "2026-11-20T10:30:00-08:00"
    [message] = gateway.messages.values()
    assert message.is_cancelled


async def test_taken_back_by_its_text(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Where the gateway knows a message by what it says, and when."""
    entry = await add_account(simulator.sms123)
    sent = await send(hass, entry, send_at=TONIGHT)

    answer = await call(hass, entry, "cancel_sms", message_id=sent["message_id"])

    assert answer["credits_back"] is None
    assert answer["results"][0]["outcome"] == "not_sent"


async def test_what_the_gateway_has_sent_at_once_says_so(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Also to whoever wants to take it back."""
    simulator.sms123.overlooks_diff = True
    entry = await add_account(simulator.sms123)

    sent = await send(hass, entry, send_at=TONIGHT)
    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "cancel_sms", message_id=sent["message_id"])
    listed = await call(hass, entry, "get_messages")

    assert sent["results"][0]["outcome"] == "accepted"
    assert sent["results"][0]["sent_at_once"] is True
    assert raised.value.translation_key == "not_cancellable"
    assert listed["messages"][0]["results"][0]["sent_at_once"] is True


async def test_what_still_waits_here_never_leaves(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """At any gateway: it has not heard of it."""
    gateway = simulator.etech_keys
    entry = await add_account(gateway)
    gateway.fail(Fault.RATE_LIMITED, operation="send")
    sent = await send(hass, entry)
    assert sent["results"][0]["outcome"] == "queued"

    answer = await call(hass, entry, "cancel_sms", message_id=sent["message_id"])
    gateway.heal()
    await entry.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)

    assert answer["results"][0]["outcome"] == "not_sent"
    assert gateway.accepted == []
    assert len(entry.runtime_data.store) == 0
    # It has cost nothing, so the same text may be sent again at once.
    again = await send(hass, entry)
    assert again["results"][0]["outcome"] == "accepted"


async def test_twice(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The second time there is nothing left, and nobody is asked."""
    entry = await add_account(simulator.envoyer_sms_pro)
    sent = await send(hass, entry, send_at=TONIGHT)
    await call(hass, entry, "cancel_sms", message_id=sent["message_id"])

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "cancel_sms", message_id=sent["message_id"])

    assert raised.value.translation_key == "already_cancelled"
    assert simulator.envoyer_sms_pro.asked("cancel") == 1


async def test_an_answer_that_is_lost_is_asked_for_again(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The gateway says that it has been cancelled: that settles it."""
    gateway = simulator.envoyer_sms_pro
    entry = await add_account(gateway)
    sent = await send(hass, entry, send_at=TONIGHT)
    gateway.fail(Fault.CUT_AFTER, operation="cancel", times=1)
    with pytest.raises(HomeAssistantError) as raised:
        await call(hass, entry, "cancel_sms", message_id=sent["message_id"])
    assert raised.value.translation_key == "outcome_unknown"

    answer = await call(hass, entry, "cancel_sms", message_id=sent["message_id"])

    assert answer["credits_back"] is None
    assert answer["results"][0]["outcome"] == "not_sent"


async def test_what_has_left_has_left(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """A message that was for now can't be taken back."""
    entry = await add_account(simulator.envoyer_sms_pro)
    sent = await send(hass, entry)

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "cancel_sms", message_id=sent["message_id"])

    assert raised.value.translation_key == "not_cancellable"
    assert simulator.envoyer_sms_pro.asked("cancel") == 0


async def test_a_gateway_that_takes_nothing_back(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The error names those that do."""
    entry = await add_account(simulator.smseco)
    sent = await send(hass, entry, send_at=TONIGHT)

    with pytest.raises(ServiceValidationError, match="Envoyer SMS Pro, 123-SMS"):
        await call(hass, entry, "cancel_sms", message_id=sent["message_id"])


async def test_a_message_that_nobody_knows(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """That is said."""
    entry = await add_account(simulator.envoyer_sms_pro)

    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, entry, "cancel_sms", message_id="01M7W4EX1X")

    assert raised.value.translation_key == "unknown_message"


async def test_a_guest_learns_neither_text_nor_number(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    hass_read_only_user: MockUser,
) -> None:
    """He may take back what he has the id of, which need not be his own."""
    entry = await add_account(simulator.envoyer_sms_pro)
    sent = await send(hass, entry, target=["Maman", "+237699128531"], send_at=TONIGHT)

    answer = await call(
        hass,
        entry,
        "cancel_sms",
        context=Context(user_id=hass_read_only_user.id),
        message_id=sent["message_id"],
    )

    assert answer["text"] is None
    assert [row["recipient"] for row in answer["results"]] == ["Maman", "***31"]
    assert answer["credits_back"] == 2
