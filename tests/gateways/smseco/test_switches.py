"""SMSECO: the same happens wherever its document may be understood in two ways."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal
from itertools import product

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    GatewayError,
)
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.model.message import Sms
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.conftest import GatewayMaker
from tests.simulator import Simulator
from tests.simulator.smseco import (
    DELIVERY_PATHS,
    NUMBER_CHECK_PATHS,
    NumberStyle,
    SimulatedSmsEco,
)
from tests.simulator.smseco_answers import AnswerForm, ReportShape
from tests.simulator.smseco_request import BodyReading

from .samples import BURKINA, IVORIAN, OTHER, account

NAMES = {BURKINA: "Philo", IVORIAN: "Zoë", OTHER: "Ange"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """A server, as the document may mean it."""

    answer_form: AnswerForm = AnswerForm.PRINTED
    report_shape: ReportShape = ReportShape.PRINTED
    number_style: NumberStyle = NumberStyle.AS_PRINTED
    body_reading: BodyReading = BodyReading.URL_DECODED
    counts_recipients: bool = True
    bills_by_unicode: bool = False
    merges_values: bool = True
    single_object: bool = False
    echoes_msgid: bool = False
    tells_unknown_operations: bool = False
    delivery_path: str = DELIVERY_PATHS[0]
    number_check_path: str = NUMBER_CHECK_PATHS[0]

    def set(self, simulated: SimulatedSmsEco) -> None:
        """Make a server such a one."""
        for switch in fields(self):
            setattr(simulated, switch.name, getattr(self, switch.name))


def _positions() -> Iterator[Switches]:
    """Yield every form with every shape, and every other switch with every form."""
    for form, shape in product(AnswerForm, ReportShape):
        yield Switches(answer_form=form, report_shape=shape)
        yield Switches(answer_form=form, report_shape=shape, single_object=True)
    for form in AnswerForm:
        yield from (
            *(Switches(answer_form=form, number_style=style) for style in NumberStyle),
            *(Switches(answer_form=form, body_reading=read) for read in BodyReading),
            Switches(answer_form=form, counts_recipients=False),
            Switches(answer_form=form, bills_by_unicode=True),
            Switches(answer_form=form, merges_values=False),
            Switches(answer_form=form, echoes_msgid=True),
            *(
                Switches(
                    answer_form=form,
                    tells_unknown_operations=tells,
                    delivery_path=DELIVERY_PATHS[1],
                    number_check_path=NUMBER_CHECK_PATHS[1],
                )
                for tells in (False, True)
            ),
        )


@pytest.mark.parametrize("switches", [*_positions()], ids=str)
async def test_all_goes_the_same_way(
    simulator: Simulator, client: GatewayMaker, switches: Switches
) -> None:
    """A mail merge, its deliveries, a check of numbers, the account, a refusal."""
    simulated = simulator.smseco
    switches.set(simulated)
    gateway = account(client, simulator)

    result = await gateway.send(
        Sms(
            text="Bonjour {nom}",
            recipients=tuple(NAMES),
            reference="maison-15",
            options=SmsOptions(
                personalisation={who: {"nom": name} for who, name in NAMES.items()}
            ),
        )
    )

    assert {one.outcome for one in result.submissions} == {Outcome.ACCEPTED}
    taken = {f"+{one.recipient}": one for one in simulated.accepted}
    assert {who: one.text for who, one in taken.items()} == {
        who: f"Bonjour {name}" for who, name in NAMES.items()
    }
    for one in result.submissions:
        assert one.submission_id == taken[one.recipient].submission_id
        assert (one.segments, one.cost) == (1, Decimal(1))
    assert result.remaining == simulated.credits == Decimal(997)

    for accepted in simulated.accepted:
        simulated.report(accepted, 56)
    reports = await gateway.new_deliveries()
    assert {report.status for report in reports} == {DeliveryStatus.DELIVERED}
    assert {f"+{report.recipient}" for report in reports} == set(NAMES)
    for report in reports:
        accepted = taken[f"+{report.recipient}"]
        sending_id = simulated.sending_of(accepted)
        assert report.submission_id in {accepted.submission_id, sending_id}
        assert report.sending_id == sending_id
    assert await gateway.new_deliveries() == ()
    assert gateway.last_unreadable is None

    checked = await gateway.check_numbers((BURKINA, "+2261234"), "maison-16")
    assert [one.outcome for one in checked.submissions] == [
        Outcome.ACCEPTED,
        Outcome.REJECTED,
    ]

    assert (await gateway.balance()).credits == simulated.credits
    assert await gateway.senders() == ("MAISON",)
    simulated.password = "changed"
    with pytest.raises(GatewayError) as raised:
        await gateway.balance()
    assert type(raised.value) is AuthenticationError
