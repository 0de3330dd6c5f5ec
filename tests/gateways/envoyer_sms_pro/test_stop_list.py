"""Envoyer SMS Pro: the list of those who want no messages."""

from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.envoyer_sms_pro import EnvoyerSmsPro
from custom_components.passerelle_sms.gateways.errors import (
    NeverSentThereError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.delivery import (
    DeliveryStatus,
    Sent,
)
from tests.simulator import Simulator
from tests.simulator.envoyer_sms_pro import SimulatedEnvoyerSmsPro

from .samples import FRANCE, LUXEMBOURG, SMS, Maker, maker, submitted

type Operation = Callable[[EnvoyerSmsPro, str], Awaitable[bool | None]]

OPERATIONS: dict[str, Operation] = {
    "check": EnvoyerSmsPro.is_stopped,
    "activate": EnvoyerSmsPro.activate_stop,
    "deactivate": EnvoyerSmsPro.deactivate_stop,
}
# "Fonction consultation STOP SMS", "Retour du serveur".
CHECKED = """<?xml version="1.0" encoding="UTF-8"?>
<envoyersmspro>
  <status>success</status>
  <stopsms>
    <phone_number>33600000001</phone_number>
    <stop_sms_status_id>1</stop_sms_status_id>
  </stopsms>
</envoyersmspro>
"""
# "Fonction activation STOP SMS" and "Fonction désactivation STOP SMS".
CHANGED = CHECKED.replace("<stop_sms_status_id>1</stop_sms_status_id>", "")


@pytest.fixture
def make(simulator: Simulator, session: aiohttp.ClientSession) -> Maker:
    """Return a maker of clients."""
    return maker(simulator, session)


@pytest.mark.parametrize(
    ("name", "answer", "result"),
    [
        ("check", CHECKED, True),
        ("check", CHECKED.replace("_id>1<", "_id>0<"), False),
        ("check", CHECKED.replace("33600000001", "+33 6 00 00 00 01"), True),
        ("activate", CHANGED, None),
        ("deactivate", CHANGED, None),
    ],
)
async def test_reads_what_the_document_prints(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    name: str,
    answer: str,
    result: bool | None,
) -> None:
    """The number goes out "au format international", in digits."""
    simulated.answer_next(answer, content_type="text/xml")

    assert await OPERATIONS[name](make(), FRANCE) is result

    [request] = simulated.requests
    assert (request.method, request.path) == ("POST", f"stopsms/{name}")
    assert submitted(simulated) == {"phonenumber": "33600000001"}


async def test_who_is_on_the_list_gets_no_message(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Put on it, taken off it, and looked up in between."""
    gateway = make()
    await gateway.send(SMS)
    assert not await gateway.is_stopped(FRANCE)

    await gateway.activate_stop(FRANCE)
    assert await gateway.is_stopped(FRANCE)
    assert simulated.stopped == {"33600000001"}
    [submission] = (await gateway.send(SMS)).submissions
    [report] = await gateway.delivery(
        [Sent(recipient=FRANCE, submission_id=submission.submission_id)]
    )
    assert report.status is DeliveryStatus.OPTED_OUT

    await gateway.deactivate_stop(FRANCE)
    assert not await gateway.is_stopped(FRANCE)


@pytest.mark.parametrize("name", OPERATIONS)
async def test_only_those_who_were_sent_to_can_be_on_it(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, name: str
) -> None:
    """The refusal brings the number, which stays inside."""
    gateway = make()
    await gateway.send(SMS)

    with pytest.raises(NeverSentThereError) as raised:
        await OPERATIONS[name](gateway, LUXEMBOURG)

    assert "35200000077" not in str(raised.value)
    assert simulated.stopped == set()


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize(
    "answer",
    [
        CHECKED.replace("33600000001", "33600000002"),
        CHECKED.replace("<phone_number>33600000001</phone_number>", ""),
        "<envoyersmspro><status>success</status></envoyersmspro>",
    ],
)
async def test_an_answer_about_somebody_else_proves_nothing(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, name: str, answer: str
) -> None:
    """Nor does one about nobody."""
    simulated.answer_next(answer)

    with pytest.raises(UnreadableAnswerError):
        await OPERATIONS[name](make(), FRANCE)


@pytest.mark.parametrize("status", ["", "2", "oui"])
async def test_a_status_is_on_or_off(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, status: str
) -> None:
    """No other is among "Les statuts de STOP SMS"."""
    simulated.answer_next(CHECKED.replace("_id>1<", f"_id>{status}<"))

    with pytest.raises(UnreadableAnswerError):
        await make().is_stopped(FRANCE)
