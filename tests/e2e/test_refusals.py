"""A gateway that refuses an account, or all that it is sent, under automations that loop."""

from decimal import Decimal
import time
from typing import Final

import pytest

from scripts.demonstration.accounts import RECIPIENT, Account
from tests.simulator import Simulator

from .alerts import outcomes, send, settled, taken
from .client import HomeAssistantClient
from .home_assistant import HomeAssistantProcess
from .waiting import until

ALERT: Final = "Fuite d'eau à la cave"
LOOP: Final = 12
"""For how many seconds a loop is watched."""
MOST_REQUESTS: Final = 100
SLOWEST_ANSWER: Final = 2
"""How long Home Assistant may take to answer meanwhile, in seconds."""
AUTOMATION_ID: Final = "automation.alert_on_every_refusal"

AUTOMATION: Final = f"""\
script:
  alert_on_every_error:
    fields:
      entry: {{}}
    sequence:
      - repeat:
          count: 2400
          sequence:
            - action: passerelle_sms.send_sms
              continue_on_error: true
              data:
                config_entry_id: "{{{{ entry }}}}"
                message: "Erreur {{{{ repeat.index }}}}"
                target: ["{RECIPIENT}"]
automation:
  - alias: Alert on every refusal
    initial_state: false
    mode: queued
    max: 100
    max_exceeded: silent
    triggers:
      - trigger: event
        event_type: passerelle_sms_event
        event_data:
          type: refused
    actions:
      - action: passerelle_sms.send_sms
        continue_on_error: true
        data:
          config_entry_id: "{{{{ trigger.event.data.config_entry_id }}}}"
          message: "Refusé {{{{ now().timestamp() }}}}"
          target: ["{RECIPIENT}"]
"""


@pytest.fixture
def extra_configuration() -> str:
    """Return a script that sends in a loop, and an automation that does on a refusal."""
    return AUTOMATION


async def slowest_answer(house: HomeAssistantClient) -> float:
    """Ask Home Assistant again and again for a while; return the longest time it took."""
    end = time.monotonic() + LOOP
    slowest = 0.0
    while (asked := time.monotonic()) < end:
        await house.get("/api/")
        slowest = max(slowest, time.monotonic() - asked)
    return slowest


async def test_an_error_loop_without_credit_hardly_reaches_the_gateway(
    house: HomeAssistantProcess, account: Account
) -> None:
    """Home Assistant answers meanwhile, and what waits leaves after a top-up."""
    account.simulated.credits = Decimal(0)
    before = len(account.simulated.requests)
    await house.call_service(
        "script",
        "turn_on",
        {
            "entity_id": "script.alert_on_every_error",
            "variables": {"entry": account.entry_id},
        },
    )

    assert await slowest_answer(house) < SLOWEST_ANSWER
    assert len(account.simulated.requests) - before <= MOST_REQUESTS

    async def all_waiting() -> dict[str, str] | None:
        told = await outcomes(house, account)
        # The one that is tried now and then is `unknown` while it is.
        return told if {*told.values()} == {"queued"} else None

    waiting = await until("all were queued", all_waiting)

    account.simulated.credits = Decimal(1000)

    async def all_taken() -> bool | None:
        return taken(account).keys() == waiting.keys() or None

    await until("what waited had left", all_taken, limit=90)
    assert set(taken(account).values()) == {1}


async def test_a_loop_on_our_own_event_stays_within_the_caps(
    house: HomeAssistantProcess, account: Account
) -> None:
    """Each message is refused by the gateway, and each refusal sends another."""
    for _ in range(10 * MOST_REQUESTS):
        account.simulated.answer_next("destinataire incorrect", operation="send")

    await house.call_service("automation", "turn_on", {"entity_id": AUTOMATION_ID})

    row = await send(house, account, ALERT)

    assert row["outcome"] == "rejected"
    assert await slowest_answer(house) < SLOWEST_ANSWER
    assert 2 < account.simulated.asked("send") <= MOST_REQUESTS
    await house.call_service("automation", "turn_off", {"entity_id": AUTOMATION_ID})


async def test_an_alert_leaves_half_a_minute_after_the_gateway_is_back(
    house: HomeAssistantProcess, account: Account, simulator: Simulator
) -> None:
    """Nobody has to do anything."""
    await simulator.close()
    assert (await send(house, account, ALERT))["outcome"] == "queued"

    await simulator.open()

    assert await settled(house, account, ALERT, limit=30) == "accepted"
    assert taken(account) == {ALERT: 1}
