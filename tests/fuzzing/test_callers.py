"""Whatever a caller gives is read or refused in words, and costs the loop little."""

import asyncio
from decimal import Decimal
import os
from typing import Any, Final

from hypothesis import HealthCheck, given, settings, strategies as st
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.passerelle_sms.actions.quoting import quoted_day
from custom_components.passerelle_sms.bounds import LONGEST_TEXT
from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.gateways.wire.redaction import hide_numbers
from custom_components.passerelle_sms.messaging.recipients.address_book import (
    MOST_TARGETS,
)
from custom_components.passerelle_sms.messaging.tracking.tracker import Tracker
from homeassistant.auth.const import GROUP_ID_USER
from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from tests.conftest import MAMAN, PAPA, AccountMaker
from tests.groups import add_group
from tests.simulator import Simulator

from .callers import ACTIONS, NOTIFY_FIELDS, fields_of
from .steps import longest_step_of

pytestmark = pytest.mark.usefixtures("socket_enabled")

# `scripts/fuzz` gives more: a tenth of its number, as each goes through a whole house.
_EXAMPLES: Final = int(os.environ.get("FUZZ_EXAMPLES", "600")) // 10
_MOST_SECONDS: Final = 0.05
_LONGEST_SENTENCE: Final = 1000
_CALLERS: Final = ("automation", "administrator", "guest")

type Call = tuple[str, str, dict[str, Any]]
"""The domain and the name of a service, and what it is called with."""


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
) -> MockConfigEntry:
    """Return an account that nothing runs out of, and where nobody waits."""

    async def told(*_: object) -> None:
        """Wait for no delivery."""

    monkeypatch.setattr(Tracker, "wait", told)
    simulator.gateways[key].credits = Decimal(10**9)
    entry = await add_account(
        simulator.gateways[key],
        title="Alarme",
        options={
            "segments_per_hour": 100_000,
            "segments_per_day": 100_000,
            "identical_minutes": 0,
        },
    )
    await add_group(hass, entry, "Famille", "Papa", "Maman")
    await add_group(hass, entry, "Vide")
    return entry


@st.composite
def calls(draw: st.DrawFn, entry_id: str) -> Call:
    """Return a call of an action, a notify service or the notify entity."""
    kind = draw(st.sampled_from(["action", "send", "service", "entity"]))
    if kind == "entity":
        fields = draw(fields_of(("message", "title"), {"message"}))
        return "notify", "send_message", fields
    if kind == "service":
        name = draw(st.sampled_from(["alarme", "alarme_maman", "alarme_famille"]))
        return "notify", name, draw(fields_of(NOTIFY_FIELDS, {"message"}))
    name = "send_sms" if kind == "send" else draw(st.sampled_from(sorted(ACTIONS)))
    markers = ACTIONS[name].fields
    needed = {str(one) for one in markers if isinstance(one, probatio.Required)}
    fields = draw(fields_of(tuple(map(str, markers)), needed))
    return DOMAIN, name, {"config_entry_id": entry_id, **fields}


@pytest.mark.parametrize("key", ["envoyer_sms_pro", "smseco", "sms123"])
@settings(
    max_examples=_EXAMPLES,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(data=st.data())
async def test_every_call_is_read_or_refused_in_words(
    hass: HomeAssistant, entry: MockConfigEntry, key: str, data: st.DataObject
) -> None:
    """By whoever: no bare exception, no number told, no long step of the loop."""
    call = data.draw(calls(entry.entry_id))
    caller = data.draw(st.sampled_from(_CALLERS))
    context = await _context_of(hass, caller)

    async def operation() -> None:
        await _judged(hass, call, context)

    assert await longest_step_of(operation, _MOST_SECONDS) < _MOST_SECONDS


async def _context_of(hass: HomeAssistant, caller: str) -> Context:
    if caller == "automation":
        return Context()
    for user in await hass.auth.async_get_users():
        if user.name == caller:
            return Context(user_id=user.id)
    user = MockUser(name=caller, is_owner=caller == "administrator")
    if caller == "guest":
        group = await hass.auth.async_get_group(GROUP_ID_USER)
        assert group is not None
        user.groups.append(group)
    return Context(user_id=user.add_to_hass(hass).id)


async def _judged(hass: HomeAssistant, call: Call, context: Context) -> None:
    """Call a service; what it raises is in words that tell no number."""
    domain, name, fields = call
    supported = hass.services.supports_response(domain, name)
    target = {"entity_id": "notify.maman"} if name == "send_message" else None
    try:
        await hass.services.async_call(
            domain,
            name,
            dict(fields),
            blocking=True,
            context=context,
            target=target,
            return_response=supported is not SupportsResponse.NONE,
        )
    except Unauthorized:
        assert context.user_id is not None
    except HomeAssistantError as error:
        _check_words(error)
    except probatio.Invalid:
        # Home Assistant's own schema of its own service.
        assert name == "send_message"


def _check_words(error: HomeAssistantError) -> None:
    """Check that an error is a sentence, and tells no number."""
    sentence = str(error)
    sentence.encode()
    assert error.translation_key, sentence
    assert len(sentence) <= _LONGEST_SENTENCE
    assert MAMAN[1:] not in sentence
    assert PAPA[1:] not in sentence
    if error.translation_key.startswith("field_"):
        for told in (error.translation_placeholders or {}).values():
            assert hide_numbers(told) == told or quoted_day(told) == told


@pytest.mark.parametrize("key", ["smseco"])
async def test_the_most_that_may_be_given_costs_little(
    hass: HomeAssistant, entry: MockConfigEntry, key: str
) -> None:
    """All recipients, at home, abroad or unknown; the longest text; a text for each."""
    numbers = [f"+2376991{number:05}" for number in range(MOST_TARGETS)]
    values = {number: {"nom": "é" * 90} for number in numbers}
    own = {
        number: {"nom": f"Zoë {number} {'ê à l’heure ' * 20}"[:158]}
        for number in numbers
    }
    context = await _context_of(hass, "guest")
    for fields in (
        {"message": "Citerne vide", "target": numbers},
        {"message": "Citerne vide", "target": ", ".join(numbers)},
        {"message": "Vide", "target": [f"4479111{n:05}" for n in range(MOST_TARGETS)]},
        {
            "message": "Vide",
            "target": [f"{'漢字ß' * 80}{n}"[-255:] for n in range(390)],
        },
        {"message": "{nom} !", "target": numbers, "personalisation": values},
        {"message": "{nom} !", "target": numbers, "personalisation": own},
        {"message": "é" * LONGEST_TEXT, "target": "Maman"},
    ):
        call = (DOMAIN, "send_sms", {"config_entry_id": entry.entry_id, **fields})

        async def operation(call: Call = call) -> None:
            await _judged(hass, call, context)

        assert await longest_step_of(operation, _MOST_SECONDS) < _MOST_SECONDS


async def test_a_long_step_is_seen() -> None:
    """Wherever in an operation it is."""

    async def operation() -> None:
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(sum, range(3_000_000))
        await asyncio.sleep(0)

    assert await longest_step_of(operation, at_most=0.005) > 0.005
