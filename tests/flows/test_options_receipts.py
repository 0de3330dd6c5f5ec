"""The option that messages ask for receipts, and the proof of the address."""

import asyncio
from collections.abc import AsyncIterator
import copy
import json
from pathlib import Path
import typing
from typing import Any, Final

from aiohttp import web
from aiohttp.test_utils import RawTestServer
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.passerelle_sms.flows import address_check
from custom_components.passerelle_sms.flows.address_check import Trouble
from custom_components.passerelle_sms.gateways.abilities.delivery import (
    PushesDeliveryOnRequest,
)
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.conftest import AccountMaker, suggested_values
from tests.messages import send
from tests.pushed_reports import path_of
from tests.simulator import Simulator
from tests.simulator.tls import served_over_tls

from .test_options import options_of

pytestmark = pytest.mark.usefixtures("socket_enabled")


class Elsewhere:
    """A server that is not the house, at the address where the house should be."""

    def __init__(self) -> None:
        """Answer as the house does, until told otherwise."""
        self.response = web.Response(text="OK")
        self.calls: list[web.BaseRequest] = []
        self.is_slow = False

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer any request."""
        self.calls.append(request)
        if self.is_slow:
            await asyncio.Event().wait()
        return self.response


@pytest.fixture
async def elsewhere(hass: HomeAssistant) -> AsyncIterator[Elsewhere]:
    """Return a server that listens at the external address of the house."""
    elsewhere = Elsewhere()
    server = RawTestServer(elsewhere.answer)
    await server.start_server()
    hass.config.external_url = str(server.make_url("")).rstrip("/")
    yield elsewhere
    await server.close()


async def switch_on(
    hass: HomeAssistant, entry: MockConfigEntry, **fields: Any
) -> ConfigFlowResult:
    """Open the options, and choose that messages ask for receipts."""
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert suggested_values(form)["delivery_reports"] is False
    return await again(hass, form, **fields)


async def again(
    hass: HomeAssistant, form: ConfigFlowResult, **fields: Any
) -> ConfigFlowResult:
    """Submit a form of the options, with receipts."""
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], {**options_of(form), "delivery_reports": True, **fields}
    )
    await hass.async_block_till_done()
    return result


@pytest.mark.parametrize("key", GATEWAYS)
async def test_receipts_are_asked_for_only_where_they_may_be(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """Elsewhere there is no such option."""
    entry = await add_account(simulator.gateways[key])

    form = await hass.config_entries.options.async_init(entry.entry_id)

    is_offered = "delivery_reports" in suggested_values(form)
    assert is_offered is issubclass(GATEWAYS[key], PushesDeliveryOnRequest)
    words = form["description_placeholders"]
    assert words is not None
    assert bool(words["declaration"]) is is_offered


async def test_the_address_is_proved_when_receipts_are_switched_on(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """Home Assistant calls itself as the gateway would, and messages ask from then on."""
    entry = await add_account(simulator.sms123)
    client = await hass_client_no_auth()
    hass.config.external_url = str(client.make_url("")).rstrip("/")

    result = await switch_on(hass, entry)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["delivery_reports"] is True
    await send(hass, entry)
    assert len(simulator.sms123.receipts.asked) == 1
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert suggested_values(form)["delivery_reports"] is True


ANSWERS: Final = {
    "a page": web.Response(text="<h1>Bienvenue</h1>", content_type="text/html"),
    "the word in a page": web.Response(text="OK", content_type="text/html"),
    "more than the word": web.Response(text="OK\n"),
    "much more": web.Response(text="OK" * 100_000),
    "nothing": web.Response(),
    "not found": web.Response(text="OK", status=404),
    "another address": web.Response(status=302, headers={"Location": "/login"}),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
async def test_something_else_that_answers(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    elsewhere: Elsewhere,
    answer: web.Response,
) -> None:
    """It is told once, and the user may go on."""
    elsewhere.response = copy.copy(answer)
    entry = await add_account(simulator.sms123)

    form = await switch_on(hass, entry, poll_minutes=45)

    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {"delivery_reports": "address_wrong_answer"}
    assert suggested_values(form)["delivery_reports"] is True
    assert suggested_values(form)["poll_minutes"] == 45
    assert entry.options == {}
    [request] = elsewhere.calls
    assert (request.method, request.path_qs) == ("GET", path_of(entry))

    result = await again(hass, form)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["delivery_reports"] is True
    assert len(elsewhere.calls) == 1


async def test_an_address_that_stalls(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    elsewhere: Elsewhere,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The form doesn't wait for long."""
    monkeypatch.setattr(address_check, "PATIENCE", 0.05)
    elsewhere.is_slow = True
    entry = await add_account(simulator.sms123)

    form = await switch_on(hass, entry)

    assert form["errors"] == {"delivery_reports": "address_unreachable"}


@pytest.mark.parametrize(
    ("external_url", "error"),
    [
        # Only its own network knows it.
        (None, "address_missing"),
        # Many routers let no house call its own outside address.
        ("http://127.0.0.1:9", "address_unreachable"),
    ],
)
async def test_a_house_that_cannot_reach_itself(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    external_url: str | None,
    error: str,
) -> None:
    """It may be reached all the same: the second time, the user is believed."""
    hass.config.external_url = external_url
    entry = await add_account(simulator.sms123)

    form = await switch_on(hass, entry)
    assert form["errors"] == {"delivery_reports": error}

    result = await again(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["delivery_reports"] is True


async def test_a_certificate_that_nobody_vouches_for(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    certificate: Path,
) -> None:
    """The gateway would look at it too, so that is told apart."""
    entry = await add_account(simulator.sms123)
    # In debug mode asyncio reports a handshake that is broken off, and that late.
    hass.loop.set_debug(False)
    async with served_over_tls(simulator.sms123, certificate) as secure:
        hass.config.external_url = str(URL(secure).origin())

        form = await switch_on(hass, entry)

    assert form["errors"] == {"delivery_reports": "address_not_secure"}


async def test_the_address_is_proved_only_when_it_is_new(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    elsewhere: Elsewhere,
) -> None:
    """Not when another option changes, nor when receipts are switched off."""
    entry = await add_account(simulator.sms123, options={"delivery_reports": True})
    for choice in (True, False, False):
        form = await hass.config_entries.options.async_init(entry.entry_id)
        result = await again(hass, form, delivery_reports=choice)
        assert result["type"] is FlowResultType.CREATE_ENTRY

    assert elsewhere.calls == []
    assert entry.options["delivery_reports"] is False


async def test_a_sender_is_looked_at_before_the_address(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    elsewhere: Elsewhere,
) -> None:
    """Nobody is called for a form that is wrong anyway."""
    entry = await add_account(simulator.sms123)

    form = await switch_on(hass, entry, sender="MAISONDUBOIS")
    assert form["errors"] == {"sender": "invalid_sender"}
    assert elsewhere.calls == []

    result = await again(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert len(elsewhere.calls) == 1


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("reason", typing.get_args(Trouble.__value__))
def test_every_reason_has_words(language: str, reason: str) -> None:
    """Of why the address doesn't answer."""
    path = Path(address_check.__file__).parents[1] / "translations" / f"{language}.json"
    words = json.loads(path.read_text("utf-8"))["options"]["error"]

    assert words[reason]
