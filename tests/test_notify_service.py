"""`notify.<account>` and `notify.<account>_<recipient>`."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.messaging.journal.journal import JournalQuery
from custom_components.passerelle_sms.messaging.model.record import OnUnknown
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from tests.conftest import PAPA, AccountMaker, state_of
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


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

    with pytest.raises(ServiceValidationError, match="colour"):
        await notify(hass, "etech_keys_papa", data={"colour": "red"})
    with pytest.raises(ServiceValidationError):
        await notify(hass, "etech_keys_papa", data={"encoding": "morse"})
    with pytest.raises(ServiceValidationError):
        await notify(hass, "etech_keys_papa", data={"time_to_live": "48:00:00"})
    with pytest.raises(ServiceValidationError):
        await notify(hass, "etech_keys_papa", data={"on_unknown": "perhaps"})
    assert len(simulator.etech_keys.accepted) == 1


async def test_data_says_how_much_a_message_matters(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It reaches the journal as it was asked for."""
    entry = await add_account(simulator.etech_keys, options={"segments_per_hour": 1})
    await notify(hass, "etech_keys_papa")

    data = {"urgent": True, "on_unknown": "resend", "time_to_live": {"minutes": 5}}
    await notify(hass, "etech_keys_papa", data=data)

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


async def test_follows_the_title_and_the_recipients(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """A renamed account renames its services."""
    entry = await add_account(simulator.etech_keys)

    hass.config_entries.async_update_entry(entry, title="Ma maison")
    await hass.async_block_till_done()

    assert not hass.services.has_service("notify", "etech_keys")
    assert hass.services.has_service("notify", "ma_maison_maman")


async def test_two_accounts_of_one_name_do_not_share_a_service(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The second is numbered, and removing it leaves the first its own."""
    await add_account(simulator.etech_keys, title="Alarme")
    second = await add_account(simulator.smseco, title="Alarme")

    await notify(hass, "alarme_2_maman")
    assert len(simulator.smseco.accepted) == 1
    assert simulator.etech_keys.accepted == []

    await hass.config_entries.async_remove(second.entry_id)
    await notify(hass, "alarme_maman")
    assert len(simulator.etech_keys.accepted) == 1


async def test_what_is_wrong_with_the_data_names_no_number(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """An error ends in the log, and in the trace of an automation."""
    await add_account(simulator.smseco)

    with pytest.raises(ServiceValidationError, match="personalisation") as raised:
        await notify(hass, "smseco", data={"personalisation": {PAPA: "Paul"}})

    assert PAPA[4:] not in str(raised.value)
