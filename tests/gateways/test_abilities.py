"""What gateways can do is a type: each ability is whole, and every option has one."""

from dataclasses import fields, is_dataclass
import inspect

import pytest

from custom_components.passerelle_sms.gateways.abilities import (
    account as abilities,
    delivery as delivery_abilities,
    options as message_abilities,
)
from custom_components.passerelle_sms.gateways.abilities.account import (
    ListsAccounts,
    ManagesAccounts,
)
from custom_components.passerelle_sms.gateways.abilities.delivery import (
    CancelsByContent,
    CancelsMessages,
    PushesDelivery,
    PushesDeliveryOnRequest,
    ReceivesReplies,
    TellsDeliveryOnce,
    TracksDelivery,
)
from custom_components.passerelle_sms.gateways.abilities.options import (
    OPTION_ABILITIES,
    AddsStopMention,
    RefusesDuplicates,
    SchedulesMessages,
    SellsLongMessages,
    TagsMessages,
    TakesOwnOptions,
)
from custom_components.passerelle_sms.gateways.abilities.switches import holds_switches
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from tests.conftest import GatewayMaker
from tests.simulator import Simulator

from .stub_gateway import StubGateway

ABSTRACT = [
    held
    for module in (abilities, delivery_abilities)
    for held in vars(module).values()
    if inspect.isclass(held)
    and held.__module__ == module.__name__
    and not is_dataclass(held)
]
CATALOGUE = pytest.mark.parametrize("gateway", GATEWAYS.values(), ids=GATEWAYS)


@pytest.mark.parametrize("ability", ABSTRACT)
def test_an_ability_has_no_half(ability: type) -> None:
    """Whoever inherits it does all that it promises."""
    assert inspect.isabstract(ability)
    with pytest.raises(TypeError):
        ability()


@CATALOGUE
def test_a_gateway_does_all_that_it_promises(gateway: type[Gateway]) -> None:
    """Nothing of what it inherits is left open."""
    assert not inspect.isabstract(gateway)


def test_every_option_is_an_ability() -> None:
    """But for those that each gateway names itself, and what a mail merge is made of."""
    names = {option.name for option in fields(SmsOptions)}

    assert set(OPTION_ABILITIES) == names - {"own", "texts"}
    assert len(set(OPTION_ABILITIES.values())) == len(OPTION_ABILITIES)
    assert OPTION_ABILITIES["allow_replies"] is ReceivesReplies


def test_an_ability_may_be_more_than_another() -> None:
    """Whoever asks for the lesser one finds both."""
    assert issubclass(TellsDeliveryOnce, TracksDelivery)
    assert issubclass(PushesDeliveryOnRequest, PushesDelivery)
    assert issubclass(ManagesAccounts, ListsAccounts)
    assert issubclass(CancelsByContent, CancelsMessages)


@pytest.mark.parametrize(("key", "kind"), GATEWAYS.items())
def test_which_gateways_hold_a_switch(
    simulator: Simulator, client: GatewayMaker, key: str, kind: type[Gateway]
) -> None:
    """SMSECO can schedule, but not take back."""
    is_able = key in {"envoyer_sms_pro", "sms123"}

    assert holds_switches(kind) is is_able
    assert holds_switches(client(simulator.gateways[key])) is is_able


def test_what_cancels_but_does_not_schedule_holds_no_switch() -> None:
    """Both are needed, whoever has them."""

    class Cancels(StubGateway, CancelsMessages):
        """It only cancels."""

    class Schedules(Cancels, SchedulesMessages):
        """It does both."""

    assert not holds_switches(Cancels)
    assert holds_switches(Schedules)


def test_which_gateway_knows_a_scheduled_message_by_its_content() -> None:
    """Envoyer SMS Pro asks for an id."""
    assert [
        key for key, kind in GATEWAYS.items() if issubclass(kind, CancelsByContent)
    ] == ["sms123"]


def test_long_messages_are_not_bought_yet() -> None:
    """Until the user says so."""
    assert SellsLongMessages.long_messages is False


def test_reports_are_not_asked_for_yet() -> None:
    """Until the user says that the gateway knows the address."""
    assert PushesDeliveryOnRequest.delivery_reports is False


# What a gateway says of itself, and the ability that asks for it.
SAID: dict[str, type] = {
    "account_name_length": ManagesAccounts,
    "tag_length": TagsMessages,
    "stop_mention": AddsStopMention,
    "own_options": TakesOwnOptions,
    "duplicate_window": RefusesDuplicates,
    "pushed_by": PushesDelivery,
    "declaration": PushesDeliveryOnRequest,
    "address_proof": PushesDeliveryOnRequest,
}


@CATALOGUE
@pytest.mark.parametrize(("said", "ability"), SAID.items(), ids=SAID)
def test_a_gateway_says_what_its_abilities_ask(
    gateway: type[Gateway], said: str, ability: type
) -> None:
    """And nothing that it hasn't the ability for."""
    assert hasattr(gateway, said) is issubclass(gateway, ability)


def test_no_bound_of_an_ability_is_left_out() -> None:
    """A new one is looked at here too."""
    declared = {
        (name, held)
        for module in (abilities, delivery_abilities, message_abilities)
        for held in vars(module).values()
        if inspect.isclass(held) and held.__module__ == module.__name__
        for name in held.__annotations__
        if not hasattr(held, name)
    }

    assert declared == set(SAID.items())
