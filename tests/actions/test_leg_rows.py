"""The legs of a relay's message in an answer."""

from dataclasses import replace
import json

import pytest

from custom_components.passerelle_sms.actions.leg_rows import async_leg_rows
from custom_components.passerelle_sms.actions.outcome_rows import async_error_row
from custom_components.passerelle_sms.actions.responses import (
    async_answer,
    async_message_response,
)
from custom_components.passerelle_sms.gateways.errors import (
    CannotConnectError,
    GatewayError,
    NotANumberError,
    RateLimitedError,
    TlsFailedError,
)
from custom_components.passerelle_sms.gateways.model.limits import Limits, SenderRule
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.failure import (
    DeliveryState,
    Failure,
)
from custom_components.passerelle_sms.messaging.model.leg import Leg
from custom_components.passerelle_sms.messaging.model.report import (
    RecipientResult,
    Report,
    result_for,
)
from custom_components.passerelle_sms.messaging.model.submission import Stage
from custom_components.passerelle_sms.messaging.recipients.address_book import (
    UnusableTarget,
)
from custom_components.passerelle_sms.presentation.exceptions import async_explain
from custom_components.passerelle_sms.presentation.gateway_facts import KnownGateway
from homeassistant.core import HomeAssistant
from homeassistant.util.json import JsonObjectType
from tests.conftest import MAMAN, AccountMaker
from tests.relays import delivered_by, failed_at, leg_at, message, relayed
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

RELAY = KnownGateway(
    key="relay", name="Relais", site="", sender_rule=SenderRule(), limits=Limits()
)
# With what a gateway may repeat of what it was sent.
NO_CREDIT = Failure(key="insufficient_credit", code="82", words=f"Solde 0 {MAMAN}")
NOT_REGISTERED = Failure(key="sender_not_registered", code="-8")
KEYS = [
    "gateway",
    "account",
    "outcome",
    "error",
    "submission_id",
    "cost",
    "at",
    "delivery",
]


async def test_a_leg_tells_where_when_and_what_became_of_it(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """By the clock of the house, and in the order in which they were tried."""
    await hass.config.async_set_time_zone("Africa/Douala")
    first = await add_account(simulator.etech_keys, title="Premier")
    second = await add_account(simulator.smseco, title="Second")
    record = message([relayed(failed_at(first, NO_CREDIT), delivered_by(second))])

    rows = await async_leg_rows(hass, record, record.submissions[0].legs)

    assert [list(told) for told in rows if isinstance(told, dict)] == [KEYS, KEYS]
    assert rows == [
        {
            "gateway": "etech_keys",
            "account": "Premier",
            "outcome": "rejected",
            "error": {
                "key": "insufficient_credit",
                "message": (
                    f"Not enough credit at ETECH KEYS (82: Solde 0 {MAMAN}). "
                    "Top up at https://sms.etech-keys.com/."
                ),
                "gateway_code": "82",
                "gateway_message": f"Solde 0 {MAMAN}",
            },
            "submission_id": "77-1",
            "cost": None,
            "at": "2026-12-24T18:01:00+01:00",
            "delivery": None,
        },
        {
            "gateway": "smseco",
            "account": "Second",
            "outcome": "accepted",
            "error": None,
            "submission_id": "88-2",
            "cost": 1.5,
            "at": "2026-12-24T18:02:00+01:00",
            "delivery": {
                "status": "delivered",
                "at": "2026-12-24T18:00:00+01:00",
                "billed": None,
                "gateway_code": None,
                "gateway_message": None,
            },
        },
    ]


async def test_a_guest_reads_no_id_and_no_words_in_a_leg(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """The mere code is his, as elsewhere."""
    entry = await add_account(simulator.etech_keys)
    delivery = DeliveryState(code="59", words=MAMAN)
    legs = [failed_at(entry, NO_CREDIT), delivered_by(entry, delivery=delivery)]

    rows = await async_leg_rows(hass, message([]), legs, for_guest=True)

    told = json.dumps(rows)
    assert MAMAN not in told
    assert "Solde" not in told
    assert "77-1" not in told
    assert "88-2" not in told
    assert '"gateway_code": "82"' in told
    assert '"gateway_code": "59"' in told


async def test_an_error_names_the_sender_of_the_legs_own_account(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """It is the account's business, whatever the relay is called."""
    entry = await add_account(simulator.smseco, sender="CITERNE")
    leg = failed_at(entry, NOT_REGISTERED)

    [told] = await async_leg_rows(hass, message([]), [leg])

    assert isinstance(told, dict)
    assert isinstance(told["error"], dict)
    assert told["error"]["message"] == (
        "The sender “CITERNE” is not registered at SMSECO (-8). "
        "Register it at http://www.smseco.com/."
    )


async def test_a_leg_of_an_account_that_is_gone(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Its gateway still explains what went wrong there."""
    entry = await add_account(simulator.smseco)
    leg = failed_at(entry, NO_CREDIT)
    await hass.config_entries.async_remove(entry.entry_id)

    [told] = await async_leg_rows(hass, message([]), [leg])

    assert isinstance(told, dict)
    assert told["account"] is None
    assert told["gateway"] == "smseco"
    assert isinstance(told["error"], dict)
    assert "Not enough credit at SMSECO" in str(told["error"]["message"])


async def results(
    hass: HomeAssistant, *legs: Leg, **fields: object
) -> list[JsonObjectType]:
    """Return the rows of a relay's message, as `get_messages` tells them."""
    record = message([relayed(*legs, **fields)])
    response = await async_message_response(hass, record, RELAY)
    rows = response["results"]
    assert isinstance(rows, list)
    return [told for told in rows if isinstance(told, dict)]


async def test_a_row_tells_the_gateway_that_counts_and_its_legs(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """With nothing that may come twice, as the first leg was refused."""
    first = await add_account(simulator.etech_keys)
    second = await add_account(simulator.smseco)

    [told] = await results(hass, failed_at(first, NO_CREDIT), delivered_by(second))

    assert told["gateway"] == "smseco"
    assert isinstance(told["legs"], list)
    legs = [leg for leg in told["legs"] if isinstance(leg, dict)]
    assert [leg["gateway"] for leg in legs] == ["etech_keys", "smseco"]
    assert "may_come_twice" not in told


async def test_a_row_says_that_it_may_come_twice(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """A leg was passed on of which nobody knew whether it had left."""
    first = await add_account(simulator.etech_keys)
    second = await add_account(simulator.smseco)
    in_doubt = leg_at(first, outcome=Outcome.UNKNOWN, is_passed_on=True)

    [told] = await results(hass, in_doubt, delivered_by(second))

    assert told["may_come_twice"] is True


async def test_before_an_account_is_chosen_there_is_no_gateway(
    hass: HomeAssistant,
) -> None:
    """And no leg; that is told, so that templates find a list."""
    [told] = await results(hass, outcome=Outcome.QUEUED, stage=Stage.OPEN)

    assert told["gateway"] is None
    assert told["legs"] == []


async def test_a_rows_error_is_explained_with_the_gateway_that_made_it(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """What only the relay itself knows is explained with the relay."""
    first = await add_account(simulator.etech_keys)
    second = await add_account(simulator.smseco)
    legs = failed_at(first, NO_CREDIT), failed_at(second, NOT_REGISTERED)
    full = Failure(key="outbox_full")
    rejected = {"outcome": Outcome.REJECTED}

    [theirs] = await results(hass, *legs, failure=NO_CREDIT, **rejected)
    [own] = await results(hass, *legs, failure=full, **rejected)

    assert isinstance(theirs["error"], dict)
    assert "at ETECH KEYS" in str(theirs["error"]["message"])
    assert isinstance(own["error"], dict)
    assert "wait for Relais" in str(own["error"]["message"])


async def test_the_answer_of_a_relay_has_legs_for_all_of_its_targets(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Also for a target that is no number, which nobody was asked to send to."""
    entry = await add_account(simulator.smseco)
    record = message([relayed(delivered_by(entry))])
    nobody = UnusableTarget(target="x", error=NotANumberError(number="x"))
    report = Report(
        record=record,
        results=(
            result_for(record, MAMAN, "relay"),
            RecipientResult.unusable(nobody, "relay"),
        ),
    )

    answer = await async_answer(hass, report, RELAY, for_guest=True)

    rows = answer["results"]
    assert isinstance(rows, list)
    maman, x = rows
    assert isinstance(maman, dict)
    assert isinstance(x, dict)
    assert maman["gateway"] == "smseco"
    assert isinstance(maman["legs"], list)
    [leg] = maman["legs"]
    assert isinstance(leg, dict)
    assert leg["submission_id"] is None
    assert x["gateway"] is None
    assert x["legs"] == []


async def test_the_answer_of_an_account_has_no_legs(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Its message is handed to nobody else."""
    entry = await add_account(simulator.smseco)
    record = message([replace(relayed(), segments=1)])
    gateway = entry.runtime_data.gateway
    report = Report(record=record, results=(result_for(record, MAMAN, gateway.key),))

    answer = await async_answer(hass, report, gateway, for_guest=False)

    assert isinstance(answer["results"], list)
    [told] = answer["results"]
    assert isinstance(told, dict)
    assert told["gateway"] == "smseco"
    assert "legs" not in told


@pytest.mark.parametrize(
    "error", [CannotConnectError(), RateLimitedError(), TlsFailedError()]
)
async def test_an_attempt_that_failed_is_not_said_to_wait(
    hass: HomeAssistant, error: GatewayError
) -> None:
    """What has not left at an account, the next one sends."""
    told = await async_error_row(
        hass, Failure.of(error), RELAY, for_guest=False, waits=False
    )

    assert told is not None
    assert told["key"] == error.key
    assert "waits" not in str(told["message"])
    assert "waits" in await async_explain(hass, Failure.of(error), RELAY)
