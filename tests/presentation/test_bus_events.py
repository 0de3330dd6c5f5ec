"""What is told on Home Assistant's bus: once each, and without a number."""

from contextlib import suppress
from datetime import timedelta
import json

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.failure import Failure
from custom_components.passerelle_sms.messaging.model.record import Joined
from custom_components.passerelle_sms.messaging.model.submission import Stage
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from custom_components.passerelle_sms.presentation.bus_events import (
    async_tell_message,
    async_tell_passed_on,
    async_tell_refused,
)
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from tests.conftest import MAMAN, PAPA, AccountMaker
from tests.messages import Heard, hold, send
from tests.passing_time import quiet
from tests.relays import (
    CREATED,
    delivered_by,
    failed_at,
    leg_at,
    message,
    relay_entry,
    relayed,
)
from tests.simulator import Fault, Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_a_refusal_by_the_gateway(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """With the error's key and the message; a number shows its last two digits."""
    entry = await add_account(simulator.etech_keys, title="Alarme")
    heard = Heard(hass)
    simulator.etech_keys.answer_next("destinataire incorrect")

    answer = await send(hass, entry, target=["+237 6 99 12 85 31"])
    await hass.async_block_till_done()

    [told] = heard.all
    [recipient] = told.pop("recipients")
    assert recipient.endswith("***31")
    assert "128" not in recipient
    assert told == {
        "type": "refused",
        "config_entry_id": entry.entry_id,
        "account": "Alarme",
        "message_id": answer["message_id"],
        "outcome": "rejected",
        "key": "invalid_recipient",
    }


async def test_what_goes_well_is_no_event(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Neither accepted nor queued."""
    entry = await add_account(simulator.etech_keys)
    heard = Heard(hass)

    await send(hass, entry)
    simulator.etech_keys.fail(Fault.RATE_LIMITED, operation="send")
    await send(hass, entry, message="Citerne pleine")
    await hass.async_block_till_done()

    assert heard.all == []


@pytest.mark.parametrize("message", ["Citerne vide", " "])
async def test_a_tag_is_told_with_what_was_refused(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, message: str
) -> None:
    """By the gateway or here; an automation knows its own by it."""
    entry = await add_account(simulator.etech_keys)
    heard = Heard(hass)
    simulator.etech_keys.answer_next("destinataire incorrect")

    with suppress(ServiceValidationError):
        await send(hass, entry, message=message, tag="citerne")
    await hass.async_block_till_done()

    assert [told["tag"] for told in heard.all] == ["citerne"]


async def test_a_refusal_of_the_whole_message_by_the_guard(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It never came into the outbox, so it has no id."""
    entry = await add_account(simulator.etech_keys, options={"segments_per_hour": 1})
    await send(hass, entry)
    heard = Heard(hass)

    with pytest.raises(ServiceValidationError, match="runaway"):
        await send(hass, entry, message="Citerne pleine", target=["Papa", MAMAN])
    await hass.async_block_till_done()

    [told] = heard.all
    assert told["type"] == "refused"
    assert told["key"] == "hourly_cap"
    assert told["message_id"] is None
    assert told["outcome"] == "rejected"
    assert told["recipients"] == ["Papa", "Maman"]


async def test_a_refusal_with_nobody_to_send_to(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """There is no one to name."""
    entry = await add_account(simulator.etech_keys)
    heard = Heard(hass)

    with pytest.raises(ServiceValidationError):
        await send(hass, entry, target=[])
    await hass.async_block_till_done()

    assert [(told["key"], told["recipients"]) for told in heard.all] == [
        ("empty_target", [])
    ]


async def test_a_refusal_for_some(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Who had the text a moment ago, and who can't be sent to; each once."""
    entry = await add_account(simulator.etech_keys)
    await send(hass, entry)
    heard = Heard(hass)

    answer = await send(hass, entry, target=["Maman", "Papa", "+225 57 12 34 56"])
    await hass.async_block_till_done()

    assert [row["outcome"] for row in answer["results"]] == [
        "rejected",
        "accepted",
        "rejected",
    ]
    told = {event["key"]: event for event in heard.all}
    assert len(heard.all) == 2
    assert told["identical_message"]["recipients"] == ["Maman"]
    [old] = told["old_ivorian_number"]["recipients"]
    assert old.endswith("***56")
    assert {event["message_id"] for event in heard.all} == {answer["message_id"]}


async def test_an_unknown_outcome_is_told_when_the_user_has_to_choose(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Once, not again after a restart, where only the issue comes back."""
    entry = await add_account(simulator.etech_keys)
    heard = Heard(hass)

    message_id = await hold(hass, simulator.etech_keys, entry, freezer)

    [told] = heard.all
    assert told["recipients"] == ["Maman"]
    assert told["key"] == "no_answer"
    assert told["outcome"] == "unknown"
    issue_id = f"unknown_outcome_{entry.entry_id}_{message_id}"
    ir.async_delete_issue(hass, "passerelle_sms", issue_id)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert heard.all == [told]
    assert ir.async_get(hass).async_get_issue("passerelle_sms", issue_id) is not None


async def test_a_turn_after_a_restart_is_told(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What waited then, and expires now."""
    entry = await add_account(simulator.etech_keys)
    simulator.etech_keys.fail(Fault.RATE_LIMITED, operation="send")
    answer = await send(hass, entry, target=["Maman", "Papa"], time_to_live="00:10:00")
    freezer.tick(1)
    heard = Heard(hass)
    # What is tried again at once must not be cut off by the time that passes.
    async with quiet(hass):
        assert await hass.config_entries.async_reload(entry.entry_id)
    assert heard.all == []

    freezer.tick(timedelta(minutes=11))
    async_fire_time_changed(hass)
    told = await heard.until(1)
    # Both together or one after the other, as they come to be written down.
    while sum(len(event["recipients"]) for event in heard.all) < 2:
        await heard.until(len(heard.all) + 1)
    await hass.async_block_till_done()

    assert told["type"] == "expired"
    assert told["message_id"] == answer["message_id"]
    assert told["key"] == "rate_limited"
    assert told["outcome"] == "expired"
    expired = [name for event in heard.all for name in event["recipients"]]
    assert sorted(expired) == ["Maman", "Papa"]
    assert MAMAN not in json.dumps(heard.all)


NO_CREDIT = Failure(key="insufficient_credit", code="82", words=f"Solde 0 {MAMAN}")
ON_NO_ANSWER = Failure(key="no_answer")


@pytest.mark.parametrize(
    ("kind", "outcome", "stage"),
    [
        ("refused", Outcome.REJECTED, Stage.CLOSED),
        ("unknown", Outcome.UNKNOWN, Stage.HELD),
        ("expired", Outcome.EXPIRED, Stage.CLOSED),
    ],
)
async def test_what_fails_at_a_relay_is_told_with_its_legs(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    kind: str,
    outcome: Outcome,
    stage: Stage,
) -> None:
    """Each with its account's title and the error's key: no number, no id, no words."""
    first = await add_account(simulator.etech_keys, title="Premier")
    second = await add_account(simulator.smseco, title="Second")
    relay = relay_entry(hass, first, second)
    legs = failed_at(first, NO_CREDIT), leg_at(second, failure=ON_NO_ANSWER)
    record = message(
        [relayed(*legs, outcome=outcome, stage=stage, failure=ON_NO_ANSWER)]
    )
    heard = Heard(hass)

    async_tell_message(hass, relay, record, record.submissions)
    await hass.async_block_till_done()

    assert heard.all == [
        {
            "type": kind,
            "config_entry_id": relay.entry_id,
            "account": "Relais",
            "message_id": record.message_id,
            "recipients": ["Maman"],
            "outcome": outcome.value,
            "key": "no_answer",
            "legs": [
                {
                    "gateway": "etech_keys",
                    "account": "Premier",
                    "outcome": "rejected",
                    "key": "insufficient_credit",
                },
                {
                    "gateway": "smseco",
                    "account": "Second",
                    "outcome": "unknown",
                    "key": "no_answer",
                },
            ],
        }
    ]


async def test_recipients_are_told_together_where_their_legs_are_alike(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Whatever the ids are that only the gateways know."""
    first = await add_account(simulator.etech_keys)
    second = await add_account(simulator.smseco)
    relay = relay_entry(hass, first, second)
    rejected = {"outcome": Outcome.REJECTED, "failure": NO_CREDIT}
    papa = Recipient(number=PAPA, name="Papa")
    awa = Recipient(number="+22507000000", name="Awa")
    record = message(
        [
            relayed(failed_at(first, NO_CREDIT, submission_id="1"), **rejected),
            relayed(
                failed_at(first, NO_CREDIT, submission_id="2"),
                recipient=papa,
                **rejected,
            ),
            relayed(failed_at(second, NO_CREDIT), recipient=awa, **rejected),
        ]
    )
    heard = Heard(hass)

    async_tell_message(hass, relay, record, record.submissions)
    await hass.async_block_till_done()

    assert [told["recipients"] for told in heard.all] == [["Maman", "Papa"], ["Awa"]]


async def test_a_leg_of_an_account_that_is_gone_is_told_without_a_title(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Its id would tell nobody anything."""
    first = await add_account(simulator.etech_keys)
    relay = relay_entry(hass, first)
    record = message(
        [
            relayed(
                failed_at(first, NO_CREDIT), outcome=Outcome.REJECTED, failure=NO_CREDIT
            )
        ]
    )
    await hass.config_entries.async_remove(first.entry_id)
    heard = Heard(hass)

    async_tell_message(hass, relay, record, record.submissions)
    await hass.async_block_till_done()

    [told] = heard.all
    [leg] = told["legs"]
    assert leg["account"] is None
    assert leg["gateway"] == "etech_keys"


async def test_what_a_relay_refuses_itself_is_told_without_a_leg(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """There is a list all the same, for the templates of those who listen."""
    account = await add_account(simulator.etech_keys)
    relay = relay_entry(hass, account)
    heard = Heard(hass)

    async_tell_refused(hass, relay, "hourly_cap", ["Maman"])
    async_tell_refused(hass, account, "hourly_cap", ["Maman"])
    await hass.async_block_till_done()

    of_relay, of_account = heard.all
    assert of_relay["legs"] == []
    assert "legs" not in of_account


async def test_a_message_that_is_passed_on_is_told_to_come_twice_perhaps(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """With why the account before is not trusted, whoever refused it in between."""
    first = await add_account(simulator.etech_keys, title="Premier")
    second = await add_account(simulator.smseco, title="Second")
    third = await add_account(simulator.devcodesms, title="Troisième")
    relay = relay_entry(hass, first, second, third)
    sent = relayed(
        leg_at(first, failure=ON_NO_ANSWER, is_passed_on=True),
        failed_at(second, NO_CREDIT),
        leg_at(third),
        outcome=Outcome.UNKNOWN,
        stage=Stage.OPEN,
    )
    joined = Joined(message_id="2", created=CREATED, time_to_live=timedelta(minutes=5))
    record = message([sent], joined=(joined,))
    heard = Heard(hass)

    async_tell_passed_on(hass, relay, record, [sent])
    await hass.async_block_till_done()

    [told] = heard.all
    legs = told.pop("legs")
    assert [(leg["account"], leg["outcome"], leg["key"]) for leg in legs] == [
        ("Premier", "unknown", "no_answer"),
        ("Second", "rejected", "insufficient_credit"),
        ("Troisième", "unknown", None),
    ]
    assert told == {
        "type": "passed_on",
        "config_entry_id": relay.entry_id,
        "account": "Relais",
        "message_id": record.message_id,
        "recipients": ["Maman"],
        "outcome": "unknown",
        "key": "no_answer",
        "may_come_twice": True,
        "joined": ["2"],
    }


async def test_what_is_passed_on_for_the_same_reason_is_told_together(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """A thousand recipients of an alert are no thousand events."""
    first = await add_account(simulator.etech_keys)
    second = await add_account(simulator.smseco)
    relay = relay_entry(hass, first, second)
    doubt = leg_at(first, failure=ON_NO_ANSWER, is_passed_on=True)
    late = delivered_by(first, delivery=None, is_passed_on=True)
    rows = [
        relayed(one, leg_at(second), recipient=Recipient(number=number, name=name))
        for one, number, name in (
            (doubt, "+237695688201", "Maman"),
            (late, "+237695688202", "Papa"),
            (doubt, "+237695688203", "Awa"),
        )
    ]
    heard = Heard(hass)

    async_tell_passed_on(hass, relay, message(rows), rows)
    await hass.async_block_till_done()

    assert [(told["recipients"], told["key"]) for told in heard.all] == [
        (["Maman", "Awa"], "no_answer"),
        (["Papa"], None),
    ]


async def test_what_is_passed_on_is_told_once_automations_listen(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """A delivery that did not come in time has no error; and whoever watches passes it on."""
    account = await add_account(simulator.etech_keys)
    late = delivered_by(account, delivery=None, is_passed_on=True)
    record = message([relayed(late, leg_at(account))])
    observer = account.runtime_data.observer
    heard = Heard(hass)
    hass.set_state(CoreState.starting)

    observer.on_passed_on(record, record.submissions)
    await hass.async_block_till_done()
    assert heard.all == []
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()

    [told] = heard.all
    assert told["type"] == "passed_on"
    assert told["key"] is None
    assert told["outcome"] == "accepted"
