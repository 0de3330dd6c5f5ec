"""Adding and changing a dead man's switch."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
import json
from pathlib import Path
from string import Formatter
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.passerelle_sms import config_flow
from custom_components.passerelle_sms.config_flow import PasserelleSmsConfigFlow
from custom_components.passerelle_sms.const import DOMAIN
from custom_components.passerelle_sms.entries.dead_man_switches import DeadManSwitches
from custom_components.passerelle_sms.flows.switch_forms import suggested_text
from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    GatewayError,
    InsufficientCreditError,
    InvalidRecipientError,
    NoAccountAvailableError,
    NoAnswerError,
    NotCancellableError,
    OutboxFullError,
    RejectedError,
    RelayWithoutAccountsError,
    SenderNotRegisteredError,
    TakenAsMessageError,
)
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.segments import is_gsm7
from custom_components.passerelle_sms.messaging.dead_man_switch.cost import SwitchCost
from custom_components.passerelle_sms.messaging.dead_man_switch.plan import SwitchPlan
from custom_components.passerelle_sms.messaging.dead_man_switch.proof import (
    NotTakenBackError,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.standing import Standing
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntryDisabler,
    ConfigSubentry,
    SubentryFlowContext,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData, UnknownHandler
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.conftest import MAMAN, PAPA, AccountMaker, RelayMaker, suggested_values
from tests.flows.relays import add_account_entry, choices
from tests.groups import add_group, subentry_of
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

TANTE: Final = "+33612345678"
FIXED: Final = "+33123456789"
COST: Final = SwitchCost(
    requests_per_hour=12,
    request_limit=200,
    credits_held=Decimal("4.50"),
    credits_fired=Decimal("2.250"),
    segments=2,
    shortest_delay=timedelta(minutes=15),
)
TYPED: Final = {
    "name": "Maison muette",
    "message": "{house} muette depuis {since}",
    "delay": 30,
}


@dataclass
class Switches:
    """The switches of an account or a relay, as its channel holds them."""

    costs: SwitchCost | GatewayError = COST
    failure: GatewayError | None = None
    asked: list[SwitchPlan] = field(default_factory=list)
    proved: list[SwitchPlan] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def cost(self, plan: SwitchPlan, switch_id: str) -> SwitchCost:
        """Return what any switch costs."""
        self.asked.append(plan)
        self.ids.append(switch_id)
        if isinstance(self.costs, GatewayError):
            raise self.costs
        return self.costs

    async def prove(self, plan: SwitchPlan, name: str) -> None:
        """Prove a switch, or fail to."""
        self.proved.append(plan)
        self.names.append(name)
        if self.failure is not None:
            raise self.failure


STANDING: Final = Standing(
    number=1,
    account="",
    recipients=(Recipient(number=MAMAN, name="Maman"),),
    text="",
    since=datetime(2026, 12, 24, 18, tzinfo=UTC),
    fires_at=datetime(2026, 12, 24, 18, 37, tzinfo=UTC),
)


@pytest.fixture
def switches(monkeypatch: pytest.MonkeyPatch) -> Switches:
    """Return the switches of all accounts and relays."""
    switches = Switches()

    def cost(self: DeadManSwitches, plan: SwitchPlan, switch_id: str) -> SwitchCost:
        return switches.cost(plan, switch_id)

    async def prove(self: DeadManSwitches, plan: SwitchPlan, name: str) -> None:
        await switches.prove(plan, name)

    monkeypatch.setattr(DeadManSwitches, "cost", cost, raising=False)
    monkeypatch.setattr(DeadManSwitches, "prove", prove)
    return switches


@pytest.fixture(params=["account", "relay"])
async def entry(
    request: pytest.FixtureRequest,
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
    switches: Switches,
) -> MockConfigEntry:
    """Return an account at a gateway that keeps messages, or a relay with one."""
    hass.config.location_name = "Chez nous"
    account = await add_account(simulator.envoyer_sms_pro, title="Pro")
    if request.param == "account":
        return account
    other = await add_account(simulator.etech_keys, title="Etech", recipients={})
    return await add_relay(other, account)


async def open_flow(
    hass: HomeAssistant, entry: MockConfigEntry, subentry_id: str | None = None
) -> SubentryFlowResult:
    """Open the flow that adds a switch, or changes one."""
    context = SubentryFlowContext(source=SOURCE_USER)
    if subentry_id is not None:
        context = SubentryFlowContext(
            source=SOURCE_RECONFIGURE, subentry_id=subentry_id
        )
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, "dead_man_switch"), context=context
    )


async def fill_in(
    hass: HomeAssistant, form: SubentryFlowResult, **fields: Any
) -> SubentryFlowResult:
    """Submit a form."""
    result = await hass.config_entries.subentries.async_configure(
        form["flow_id"], fields
    )
    await hass.async_block_till_done()
    return result


async def add_switch(
    hass: HomeAssistant, entry: MockConfigEntry, *titles: str, **typed: Any
) -> ConfigSubentry:
    """Add a switch that tells recipients and groups, by their titles."""
    fields = {**TYPED, "recipients": ids(entry, *titles), **typed}
    form = await fill_in(hass, await open_flow(hass, entry), **fields)
    await fill_in(hass, form)
    return subentry_of(entry, fields["name"])


def ids(entry: MockConfigEntry, *titles: str) -> list[str]:
    """Return the ids of recipients and groups."""
    return [subentry_of(entry, title).subentry_id for title in titles]


def switches_in(entry: MockConfigEntry) -> list[ConfigSubentry]:
    """Return the switches of an entry."""
    return entry.get_subentries_of_type("dead_man_switch")


def told(form: SubentryFlowResult) -> dict[str, str]:
    """Return what the sentences of a form name."""
    return dict(form["description_placeholders"] or {})


async def said(
    hass: HomeAssistant, form: SubentryFlowResult, key: str, language: str = "en"
) -> str:
    """Return one of a form's sentences as it is read."""
    sentences = await async_get_translations(
        hass, language, "config_subentries", {DOMAIN}
    )
    prefix = f"component.{DOMAIN}.config_subentries.dead_man_switch"
    return sentences[f"{prefix}.{key}"].format(**told(form))


# --- a new one ------------------------------------------------------------------------


async def test_adds_a_switch(
    hass: HomeAssistant, entry: MockConfigEntry, switches: Switches
) -> None:
    """Once its cost was read, and the gateway has shown that it takes messages back."""
    await add_group(hass, entry, "Famille", "Papa", "Maman")
    form = await open_flow(hass, entry)
    assert form["step_id"] == "user"
    assert [label for _, label in choices(form, "recipients")] == [
        "Maman",
        "Papa",
        "Famille",
    ]
    assert suggested_values(form) == {
        "name": None,
        "message": suggested_text("en"),
        "recipients": None,
        "delay": 60,
        "message_back": None,
    }
    papa, family = ids(entry, "Papa", "Famille")

    form = await fill_in(
        hass,
        form,
        name="  Maison   muette ",
        message=" {house} muette depuis {since}\n",
        recipients=[papa, family],
        delay=30,
        message_back=" De retour ",
    )

    assert form["step_id"] == "cost"
    assert not form["errors"]
    assert switches.proved == []
    assert switches_in(entry) == []

    result = await fill_in(hass, form)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert told(result) == {"recipients": "Papa, Maman", "delay": "30"}
    [switch] = switches_in(entry)
    assert switch.title == "Maison muette"
    assert switch.data == {
        "name": "Maison muette",
        "message": "{house} muette depuis {since}",
        "recipients": [papa, family],
        "delay": 30,
        "message_back": "De retour",
    }
    assert switches.proved == [
        SwitchPlan(
            template="{house} muette depuis {since}",
            recipients=(
                Recipient(number=PAPA, name="Papa"),
                Recipient(number=MAMAN, name="Maman"),
            ),
            delay=timedelta(minutes=30),
            house="Chez nous",
            language="en",
            zone=dt_util.get_default_time_zone(),
        )
    ]
    assert switches.names == ["Maison muette"]
    assert set(switches.ids) == {""}


async def test_shows_what_it_costs(
    hass: HomeAssistant, entry: MockConfigEntry, switches: Switches
) -> None:
    """Its requests and credits, its text word for word, and whom it reaches."""
    form = await fill_in(
        hass,
        await open_flow(hass, entry),
        **{**TYPED, "message": "*{house}* <muette> {since}\n2. Appelle"},
        recipients=ids(entry, "Maman", "Papa"),
    )

    figures = told(form)
    shown = {
        "name": "Maison muette",
        "delay": "30",
        "requests": "12",
        "limit": "200",
        "held": "4.5",
        "fired": "2.25",
        "segments": "2",
        "recipients": "Maman, Papa",
        "unreached": "—",
        "gateway": "Envoyer SMS Pro",
    }
    assert figures.items() >= shown.items()
    first, second = figures["text"].splitlines()
    assert first.startswith(r"> \*Chez nous\* \<muette\> 20")
    assert second == r"> 2\. Appelle"
    for language in ("en", "fr"):
        text = await said(hass, form, "step.cost.description", language)
        assert "{" not in text
        assert "200" in text


async def test_an_unknown_price_and_no_limit_are_shown_as_such(
    hass: HomeAssistant, entry: MockConfigEntry, switches: Switches
) -> None:
    """No figure is made up; and without a limit, no delay is too short for it."""
    switches.costs = replace(
        COST,
        request_limit=None,
        credits_held=None,
        credits_fired=None,
        shortest_delay=None,
    )

    form = await fill_in(
        hass, await open_flow(hass, entry), **TYPED, recipients=ids(entry, "Papa")
    )

    figures = told(form)
    assert form["step_id"] == "cost"
    assert (figures["limit"], figures["held"], figures["fired"]) == ("∞", "—", "—")


async def test_french(
    hass: HomeAssistant, entry: MockConfigEntry, switches: Switches
) -> None:
    """A French house is proposed a French text, and told amounts as they are written."""
    hass.config.language = "fr"
    form = await open_flow(hass, entry)
    suggested = suggested_values(form)["message"]
    assert suggested.startswith("{house} ne répond plus depuis {since}")
    for step in ("description", "data_description.message", "data_description.delay"):
        text = await said(hass, form, f"step.user.{step}", "fr")
        assert "Envoyer SMS Pro" in text or "1440 minutes" in text

    form = await fill_in(
        hass,
        form,
        **{**TYPED, "message": suggested},
        recipients=ids(entry, "Papa"),
    )

    assert told(form)["held"] == "4,5"
    assert switches.asked[-1].language == "fr"


@pytest.mark.parametrize("language", ["fr", "fr-CA", "en", "en-GB", "de"])
def test_what_is_proposed_is_written_economically(language: str) -> None:
    """Each says both, in signs that cost one."""
    text = suggested_text(language)

    assert is_gsm7(text.format(house="", since=""))
    assert {name for _, name, _, _ in Formatter().parse(text)} >= {"house", "since"}
    assert ("ne répond plus" in text) is language.startswith("fr")


# --- who may have one -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gateway", "offered"),
    [
        ("etech_keys", False),
        ("smseco", False),
        ("envoyer_sms_pro", True),
        ("sms123", True),
        ("devcodesms", False),
    ],
)
def test_offered_where_the_gateway_keeps_messages(
    hass: HomeAssistant, gateway: str, offered: bool
) -> None:
    """And gives them back."""
    account = add_account_entry(hass, "Un", gateway)

    kinds = PasserelleSmsConfigFlow.async_get_supported_subentry_types(account)

    assert ("dead_man_switch" in kinds) is offered
    assert [*kinds][:2] == ["recipient", "group"]


async def test_a_relay_offers_it_as_soon_as_an_account_can(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
) -> None:
    """Also if that comes later: Home Assistant asks once what a relay may hold."""
    some = [await add_account(one) for one in (simulator.etech_keys, simulator.smseco)]
    able = await add_account(simulator.sms123, title="123")
    relay = await add_relay(*some)
    assert "dead_man_switch" in relay.supported_subentry_types

    result = await open_flow(hass, relay)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "no_able_account"
    told = result["description_placeholders"]
    assert told == {"others": "Envoyer SMS Pro, 123-SMS.net"}

    data = {**relay.data, "accounts": [*relay.data["accounts"], able.entry_id]}
    hass.config_entries.async_update_entry(relay, data=data)
    await hass.async_block_till_done()
    assert "dead_man_switch" in relay.supported_subentry_types
    assert (await open_flow(hass, relay))["type"] is FlowResultType.FORM


async def test_no_form_opens_elsewhere(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker
) -> None:
    """Nor by its name."""
    entry = await add_account(simulator.etech_keys)

    with pytest.raises(UnknownHandler):
        await open_flow(hass, entry)


async def test_guests_add_none(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    switches: Switches,
    hass_client: ClientSessionGenerator,
    hass_read_only_access_token: str,
) -> None:
    """Home Assistant opens forms to administrators only."""
    assert await async_setup_component(hass, "config", {})
    opened = {"handler": [entry.entry_id, "dead_man_switch"]}
    url = "/api/config/config_entries/subentries/flow"
    statuses = []
    for token in (hass_read_only_access_token, None):
        client = await (hass_client(token) if token else hass_client())
        answer = await client.post(url, json=opened)
        statuses.append(answer.status)

    assert statuses == [HTTPStatus.UNAUTHORIZED, HTTPStatus.OK]
    assert switches.proved == []


async def test_without_recipients_there_is_no_switch(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    switches: Switches,
) -> None:
    """The form says what to do first."""
    entry = await add_account(simulator.envoyer_sms_pro, recipients={})

    result = await open_flow(hass, entry)

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "no_recipients"


async def test_a_disabled_account_adds_none(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    switches: Switches,
) -> None:
    """Whether it is disabled before the form is opened, or while it is."""
    entry = await add_account(simulator.sms123)
    form = await open_flow(hass, entry)
    cost = await fill_in(
        hass, await open_flow(hass, entry), **TYPED, recipients=ids(entry, "Papa")
    )
    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )

    for result in (
        await open_flow(hass, entry),
        await fill_in(hass, form, **TYPED, recipients=ids(entry, "Papa")),
        await fill_in(hass, cost),
    ):
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "account_not_loaded"
    assert switches.proved == []


async def test_a_relay_without_such_an_account_adds_none(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
    switches: Switches,
) -> None:
    """Its other accounts can't keep the message."""
    account = await add_account(simulator.sms123, title="123")
    other = await add_account(simulator.etech_keys, title="Etech")
    relay = await add_relay(account, other)
    form = await open_flow(hass, relay)
    await hass.config_entries.async_set_disabled_by(
        account.entry_id, ConfigEntryDisabler.USER
    )

    for result in (
        await open_flow(hass, relay),
        await fill_in(hass, form, **TYPED, recipients=ids(relay, "Papa")),
    ):
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "no_account"


@pytest.mark.parametrize("error", [NoAccountAvailableError, RelayWithoutAccountsError])
async def test_nor_one_whose_accounts_have_just_gone(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    switches: Switches,
    error: type[GatewayError],
) -> None:
    """As the switches know best."""
    switches.costs = error()

    result = await fill_in(
        hass, await open_flow(hass, entry), **TYPED, recipients=ids(entry, "Papa")
    )

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "no_account"


# --- what is wrong ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"name": " \u200b "}, {"name": "name_empty"}),
        ({"name": "M" * 201}, {"name": "too_long"}),
        ({"message": " \n\u200b"}, {"message": "message_empty"}),
        ({"recipients": []}, {"recipients": "nobody_chosen"}),
        ({"delay": 14}, {"delay": "delay_out_of_range"}),
        ({"delay": 1441}, {"delay": "delay_out_of_range"}),
        ({"delay": -1e300}, {"delay": "delay_out_of_range"}),
        ({"message_back": "M" * 10_001}, {"message_back": "message_back_too_long"}),
        (
            {"name": "", "message": "", "recipients": [], "delay": 0},
            {
                "name": "name_empty",
                "message": "message_empty",
                "recipients": "nobody_chosen",
                "delay": "delay_out_of_range",
            },
        ),
    ],
)
async def test_says_what_is_wrong_and_recovers(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    switches: Switches,
    typed: dict[str, Any],
    errors: dict[str, str],
) -> None:
    """Beside the fields, at no cost, and what was typed stays."""
    usual = {**TYPED, "recipients": ids(entry, "Papa"), "message_back": "De retour"}

    form = await fill_in(hass, await open_flow(hass, entry), **{**usual, **typed})

    assert form["step_id"] == "user"
    assert form["errors"] == errors
    shown = suggested_values(form)
    assert all(shown[name] == usual[name] for name in usual.keys() - typed.keys())
    for key in errors.values():
        assert "{" not in await said(hass, form, f"error.{key}")
    assert switches.asked == []
    form = await fill_in(hass, form, **usual)
    assert form["step_id"] == "cost"


@pytest.mark.parametrize("delay", [15, 1440, 15.0])
async def test_the_bounds_of_the_delay_are_taken(
    hass: HomeAssistant, entry: MockConfigEntry, switches: Switches, delay: float
) -> None:
    """Both of them."""
    await add_switch(hass, entry, "Papa", delay=delay)

    [plan] = switches.proved
    assert plan.delay == timedelta(minutes=delay)
    assert type(switches_in(entry)[0].data["delay"]) is int


async def test_a_text_must_fit_one_message(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    switches: Switches,
) -> None:
    """With what is filled in; the form says by how much it doesn't, and that is exact."""
    hass.config.location_name = "Une maison dont le nom est long"
    entry = await add_account(simulator.sms123)
    message = f"{{house}} {{since}} {'x' * 200}"
    form = await open_flow(hass, entry)
    fields = {**TYPED, "recipients": ids(entry, "Papa")}

    form = await fill_in(hass, form, **{**fields, "message": message})

    assert form["errors"] == {"message": "message_too_long"}
    assert suggested_values(form)["message"] == message
    excess = int(told(form)["excess"])
    assert told(form)["excess"] in await said(hass, form, "error.message_too_long")
    for too_many, errors in (
        (excess - 1, {"message": "message_too_long"}),
        (excess, {}),
    ):
        shorter = message[: len(message) - too_many]
        form = await fill_in(hass, form, **{**fields, "message": shorter})
        assert (form["errors"] or {}) == errors
    assert form["step_id"] == "cost"


async def test_a_text_of_any_length_is_answered(
    hass: HomeAssistant, entry: MockConfigEntry, switches: Switches
) -> None:
    """Nothing that long fits anywhere."""
    form = await fill_in(
        hass,
        await open_flow(hass, entry),
        **{**TYPED, "message": "é" * 1_000_000},
        recipients=ids(entry, "Papa"),
    )

    assert form["errors"] == {"message": "message_too_long"}
    assert 1_000_000 > int(told(form)["excess"]) > 990_000


async def test_it_must_fit_wherever_a_relay_may_leave_it(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    add_relay: RelayMaker,
    switches: Switches,
) -> None:
    """An account that takes less may have to keep it one day."""
    first = await add_account(simulator.envoyer_sms_pro, title="Pro")
    second = await add_account(simulator.sms123, title="123")
    relay = await add_relay(first, second)

    form = await fill_in(
        hass,
        await open_flow(hass, relay),
        **{**TYPED, "message": "x" * 200},
        recipients=ids(relay, "Papa"),
    )

    assert form["errors"] == {"message": "message_too_long"}
    assert told(form)["gateway"] == "123-SMS.net"


async def test_a_delay_that_the_limit_cannot_carry(
    hass: HomeAssistant, entry: MockConfigEntry, switches: Switches
) -> None:
    """The form says which is the shortest that it can, in whole minutes."""
    switches.costs = replace(COST, shortest_delay=timedelta(minutes=44, seconds=1))
    form = await open_flow(hass, entry)
    fields = {**TYPED, "recipients": ids(entry, "Papa")}

    form = await fill_in(hass, form, **{**fields, "delay": 44})

    assert form["errors"] == {"delay": "delay_too_short"}
    assert told(form)["shortest"] == "45"
    for language in ("en", "fr"):
        text = await said(hass, form, "error.delay_too_short", language)
        assert "45 minutes" in text
        assert "200" in text
    assert suggested_values(form)["delay"] == 44
    form = await fill_in(hass, form, **{**fields, "delay": 45})
    assert form["step_id"] == "cost"


async def test_a_limit_that_can_carry_none(
    hass: HomeAssistant, entry: MockConfigEntry, switches: Switches
) -> None:
    """That is about no field in particular."""
    switches.costs = replace(COST, shortest_delay=None)

    form = await fill_in(
        hass, await open_flow(hass, entry), **TYPED, recipients=ids(entry, "Papa")
    )

    assert form["errors"] == {"base": "no_delay"}
    assert "(200 requests" in await said(hass, form, "error.no_delay")


async def test_tells_whom_no_text_message_reaches(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    switches: Switches,
) -> None:
    """Nobody is left out without a word; and if that is everybody, it is an error."""
    entry = await add_account(
        simulator.sms123, recipients={"Tante": TANTE, "Salon": FIXED}
    )
    form = await open_flow(hass, entry)

    form = await fill_in(hass, form, **TYPED, recipients=ids(entry, "Salon"))
    assert form["errors"] == {"recipients": "nobody_reached"}

    form = await fill_in(hass, form, **TYPED, recipients=ids(entry, "Salon", "Tante"))
    assert form["step_id"] == "cost"
    assert told(form)["recipients"] == "Tante"
    assert told(form)["unreached"] == "Salon"


async def test_tells_whom_the_gateway_does_not_reach(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    switches: Switches,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As its client knows which numbers it can write."""

    def local_number(self: Gateway, recipient: str) -> str:
        if recipient == PAPA:
            raise InvalidRecipientError
        return recipient

    monkeypatch.setattr(Gateway, "local_number", local_number)

    form = await fill_in(
        hass,
        await open_flow(hass, entry),
        **TYPED,
        recipients=ids(entry, "Papa", "Maman"),
    )

    assert told(form)["recipients"] == "Maman"
    assert told(form)["unreached"] == "Papa"


async def test_says_what_the_gateways_rules_refuse(
    hass: HomeAssistant,
    simulator: Simulator,
    add_account: AccountMaker,
    switches: Switches,
) -> None:
    """In the sentence of that error."""
    entry = await add_account(simulator.envoyer_sms_pro, sender="+237695688207")

    form = await fill_in(
        hass, await open_flow(hass, entry), **TYPED, recipients=ids(entry, "Papa")
    )

    assert form["errors"] == {"base": "refused"}
    text = await said(hass, form, "error.refused")
    assert "Envoyer SMS Pro" in text
    assert "sender" in text
    assert "695688207" not in text


async def test_says_why_its_cost_is_not_known(
    hass: HomeAssistant, entry: MockConfigEntry, switches: Switches
) -> None:
    """Whatever the reason."""
    switches.costs = OutboxFullError()

    form = await fill_in(
        hass, await open_flow(hass, entry), **TYPED, recipients=ids(entry, "Papa")
    )

    assert form["errors"] == {"base": "refused"}
    assert told(form)["reason"]


async def test_nobody_else_is_chosen(
    hass: HomeAssistant, entry: MockConfigEntry, switches: Switches
) -> None:
    """Only who stands in the list."""
    with pytest.raises(InvalidData):
        await fill_in(hass, await open_flow(hass, entry), **TYPED, recipients=["x"])


# --- the proof --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "error", "words"),
    [
        (AuthenticationError(code="-8", words="Non"), "invalid_auth", "(-8: Non)"),
        (NoAnswerError(), "cannot_connect", "network"),
        (InsufficientCreditError(code="7"), "insufficient_credit", "(7)"),
        (SenderNotRegisteredError(sender="X", words="Non"), "refused", "(Non)"),
        (RejectedError(code="99", words="Plus tard"), "refused", "Plus tard"),
        (NotTakenBackError([STANDING]), "not_cancelled", "2026-12-24 18:37 to Maman"),
        (NotCancellableError(), "not_cancelled", "2026-12-24 18:30 to Papa"),
        (TakenAsMessageError(), "not_cancelled", "2026-12-24 18:30 to Papa"),
    ],
)
async def test_a_proof_that_fails_adds_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    switches: Switches,
    freezer: FrozenDateTimeFactory,
    failure: GatewayError,
    error: str,
    words: str,
) -> None:
    """It is told as the gateway said it, nothing typed is lost, and it can be repeated."""
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to("2026-12-24 18:00:00")
    fields = {**TYPED, "recipients": ids(entry, "Papa"), "message_back": "De retour"}
    form = await fill_in(hass, await open_flow(hass, entry), **fields)
    switches.failure = failure

    form = await fill_in(hass, form)

    assert form["step_id"] == "user"
    assert form["errors"] == {"base": error}
    assert suggested_values(form) == fields
    assert words in await said(hass, form, f"error.{error}")
    assert "{" not in await said(hass, form, f"error.{error}", "fr")
    assert switches_in(entry) == []
    assert len(switches.proved) == 1

    switches.failure = None
    form = await fill_in(hass, form, **fields)
    result = await fill_in(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert len(switches.proved) == 2


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_every_error_has_words_that_can_be_filled_in(
    hass: HomeAssistant, entry: MockConfigEntry, switches: Switches, language: str
) -> None:
    """Whichever it is, the form names all that its sentence wants."""
    path = Path(config_flow.__file__).parent / "translations" / f"{language}.json"
    words = json.loads(path.read_text("utf-8"))["config_subentries"]["dead_man_switch"]
    form = await open_flow(hass, entry)
    always = told(form)
    named = {
        "message_too_long": {"excess"},
        "delay_too_short": {"requests", "limit", "shortest"},
        "no_delay": {"limit"},
        "refused": {"reason"},
        "not_cancelled": {"at", "recipients"},
    }

    for key, text in words["error"].items():
        wanted = {name for _, name, _, _ in Formatter().parse(text) if name}
        assert wanted <= always.keys() | named.get(key, set()), key
    for step in ("user", "reconfigure"):
        texts = [words["step"][step]["description"]]
        texts += words["step"][step]["data_description"].values()
        for text in texts:
            assert "{gateway}" not in text.format(**always)


# --- a change ---------------------------------------------------------------------------


async def test_changes_a_switch(
    hass: HomeAssistant, entry: MockConfigEntry, switches: Switches
) -> None:
    """The form shows it as it is now; a change is proved by each renewal."""
    switch = await add_switch(hass, entry, "Papa", "Maman", message_back="De retour")
    hass.config_entries.async_update_subentry(entry, switch, title="Silence")
    papa, maman = ids(entry, "Papa", "Maman")
    hass.config_entries.async_remove_subentry(entry, papa)
    switches.proved.clear()
    switches.ids.clear()
    form = await open_flow(hass, entry, switch.subentry_id)
    assert form["step_id"] == "reconfigure"
    assert suggested_values(form) == {
        **TYPED,
        "name": "Silence",
        "recipients": [maman],
        "message_back": "De retour",
    }

    fields = {**TYPED, "name": "Muette", "recipients": [maman], "delay": 90}
    form = await fill_in(hass, form, **fields)
    assert form["step_id"] == "reconfigure_cost"
    for language in ("en", "fr"):
        text = await said(hass, form, "step.reconfigure_cost.description", language)
        assert "{" not in text
    assert entry.subentries[switch.subentry_id].title == "Silence"
    result = await fill_in(hass, form)

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert told(result) == {"recipients": "Maman", "delay": "90"}
    changed = entry.subentries[switch.subentry_id]
    assert changed.title == "Muette"
    assert changed.data == fields
    assert switches.proved == []
    # What it takes of the budget already is not another's.
    assert set(switches.ids) == {switch.subentry_id}


async def test_says_what_is_wrong_with_a_change(
    hass: HomeAssistant, entry: MockConfigEntry, switches: Switches
) -> None:
    """On the same form."""
    switch = await add_switch(hass, entry, "Papa")
    form = await open_flow(hass, entry, switch.subentry_id)

    form = await fill_in(
        hass, form, **{**TYPED, "delay": 1}, recipients=ids(entry, "Papa")
    )

    assert form["step_id"] == "reconfigure"
    assert form["errors"] == {"delay": "delay_out_of_range"}
    assert switch.data["delay"] == 30


# --- what goes meanwhile ----------------------------------------------------------------


async def test_who_goes_while_the_form_is_open_is_not_told(
    hass: HomeAssistant, entry: MockConfigEntry, switches: Switches
) -> None:
    """The form comes again without him; once nobody is left, it ends."""
    papa, maman = ids(entry, "Papa", "Maman")
    form = await open_flow(hass, entry)
    hass.config_entries.async_remove_subentry(entry, papa)

    form = await fill_in(hass, form, **TYPED, recipients=[papa])

    assert form["errors"] == {"recipients": "nobody_chosen"}
    assert suggested_values(form)["recipients"] == []
    assert choices(form, "recipients") == [(maman, "Maman")]
    hass.config_entries.async_remove_subentry(entry, maman)
    result = await fill_in(hass, form, **TYPED, recipients=[maman])
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "no_recipients"


@pytest.mark.parametrize("is_new", [True, False])
async def test_who_goes_while_the_cost_is_read_is_not_told(
    hass: HomeAssistant, entry: MockConfigEntry, switches: Switches, is_new: bool
) -> None:
    """What is left of them is; nobody is asked for again."""
    papa, maman = ids(entry, "Papa", "Maman")
    subentry_id = None
    if not is_new:
        switch = await add_switch(hass, entry, "Papa", name="Autre")
        subentry_id = switch.subentry_id
    switches.proved.clear()
    some = await fill_in(
        hass,
        await open_flow(hass, entry, subentry_id),
        **TYPED,
        recipients=[papa, maman],
    )
    nobody = await fill_in(
        hass, await open_flow(hass, entry, subentry_id), **TYPED, recipients=[papa]
    )
    hass.config_entries.async_remove_subentry(entry, papa)

    await fill_in(hass, some)
    nobody = await fill_in(hass, nobody)

    [kept] = switches_in(entry)
    assert kept.data["recipients"] == [maman]
    assert nobody["step_id"] == ("user" if is_new else "reconfigure")
    assert nobody["errors"] == {"recipients": "nobody_chosen"}
    assert [len(plan.recipients) for plan in switches.proved] == [1] * is_new


async def test_a_group_that_nobody_is_in_tells_nobody(
    hass: HomeAssistant, entry: MockConfigEntry, switches: Switches
) -> None:
    """It is there, but empty."""
    await add_group(hass, entry, "Famille", "Papa")
    [papa, family] = ids(entry, "Papa", "Famille")
    hass.config_entries.async_remove_subentry(entry, papa)

    form = await fill_in(
        hass, await open_flow(hass, entry), **TYPED, recipients=[family]
    )

    assert form["errors"] == {"recipients": "nobody_chosen"}
    assert suggested_values(form)["recipients"] == [family]
    assert switches.asked == []
