"""What did not leave is heard of: by automations, and by whoever looks at the repairs."""

from datetime import timedelta
import json
from typing import Final

import pytest

from scripts.demonstration.accounts import DOMAIN, RECIPIENT, Account
from tests.simulator import Simulator

from .alerts import send, settled
from .client import HomeAssistantClient, JsonObject
from .home_assistant import HomeAssistantProcess
from .waiting import until

ALERT: Final = "Coupure de courant à la maison"
FIX: Final = "/api/repairs/issues/fix"

AUTOMATION: Final = """\
counter:
  expired:
    restore: false
input_text:
  expired_for:
automation:
  - alias: Hear what expires
    mode: queued
    triggers:
      - trigger: event
        event_type: passerelle_sms_event
        event_data:
          type: expired
    actions:
      - action: counter.increment
        target:
          entity_id: counter.expired
      - action: input_text.set_value
        target:
          entity_id: input_text.expired_for
        data:
          value: "{{ trigger.event.data.recipients | join(', ') }}"
"""


@pytest.fixture
def extra_configuration() -> str:
    """Return an automation that counts what expires, and keeps for whom."""
    return AUTOMATION


@pytest.fixture
async def expired_while_down(
    house: HomeAssistantProcess, account: Account, simulator: Simulator
) -> Account:
    """Return an account whose alert outlived its time while the house was down."""
    await simulator.close()
    row = await send(house, account, ALERT, time_to_live={"minutes": 5})
    assert row["outcome"] == "queued"
    await house.stop()
    house.set_clock(timedelta(minutes=10))
    await house.start()
    assert await settled(house, account, ALERT) == "expired"
    return account


async def test_an_automation_hears_once_of_what_expired_while_the_house_was_down(
    house: HomeAssistantProcess, expired_while_down: Account
) -> None:
    """It is told when automations listen, and not again after the next start."""

    assert await first_heard(house) == 1
    assert (await house.state("input_text.expired_for"))["state"] == RECIPIENT

    await house.stop()
    await house.start()
    # Another one, to know that nothing came before.
    await send(house, expired_while_down, "Citerne vide", time_to_live={"seconds": 1})
    assert await first_heard(house) == 1


async def test_what_expired_while_the_house_was_down_is_listed_until_acknowledged(
    house: HomeAssistantProcess, expired_while_down: Account
) -> None:
    """One issue, which everybody may read, tells no text; its flow does, and ends it."""

    async def listed() -> JsonObject | None:
        found = await not_left(house)
        return found[0] if found else None

    issue = await until("the issue was there", listed, limit=10)
    assert issue["issue_id"] == f"not_left_{expired_while_down.entry_id}"
    assert issue["is_fixable"]
    assert ALERT not in json.dumps(issue, ensure_ascii=False)

    step = await house.post(FIX, {"handler": DOMAIN, "issue_id": issue["issue_id"]})
    assert step["type"] == "form"
    assert ALERT in json.dumps(step, ensure_ascii=False)
    step = await house.post(f"{FIX}/{step['flow_id']}")
    assert step["type"] == "create_entry"

    assert await not_left(house) == []
    await house.stop()
    await house.start()
    assert await not_left(house) == []


async def first_heard(house: HomeAssistantClient) -> int:
    """Wait until the automation has heard something, and return how often by then."""

    async def heard() -> int | None:
        return int((await house.state("counter.expired"))["state"]) or None

    return await until("the automation heard of it", heard, limit=10)


async def not_left(house: HomeAssistantClient) -> list[JsonObject]:
    """Return the issues about what did not leave."""
    return [
        issue
        for issue in (await house.command("repairs/list_issues"))["issues"]
        if (issue["domain"], issue["translation_key"]) == (DOMAIN, "not_left")
    ]
