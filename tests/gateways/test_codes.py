"""A gateway's code is shown to others: neither a number nor a credential may be one."""

from collections.abc import Awaitable, Callable
import json

import pytest

from custom_components.passerelle_sms.gateways.abilities.delivery import (
    PushesDelivery,
    TellsDeliveryOnce,
    TracksDelivery,
)
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.delivery import Sent
from custom_components.passerelle_sms.gateways.model.message import Sms
from tests.conftest import MAMAN, GatewayMaker
from tests.simulator import Simulator

from .smseco.samples import BURKINA

MOBILE = "+33600000001"
# A password of digits alone: too short for a number.
SECRET = 4_711_815
NUMBER = 695_688_207

type Ask = Callable[[Gateway], Awaitable[str | None]]


async def error_code(gateway: Gateway) -> str | None:
    """Return the code with which a message is refused."""
    recipient = MAMAN if gateway.region == "CM" else MOBILE
    result = await gateway.send(Sms(text="Test", recipients=(recipient,)))
    error = result.submissions[0].error
    assert error is not None
    return error.code


async def delivery_code(gateway: Gateway) -> str | None:
    """Return the code of what the gateway tells about a delivery."""
    assert isinstance(gateway, TracksDelivery)
    [report] = await gateway.delivery([Sent(recipient=MAMAN, submission_id="879")])
    return report.code


async def new_code(gateway: Gateway) -> str | None:
    """Return the code of what the gateway tells once."""
    assert isinstance(gateway, TellsDeliveryOnce)
    [report] = await gateway.new_deliveries()
    return report.code


def rows(code: int) -> str:
    """Return an answer of DevCodeSMS with a code for its only recipient."""
    sms = {"mobileno": MAMAN, "status": "error", "errorcode": code}
    return json.dumps({"success": True, "details": [{"sms": [sms]}]})


@pytest.mark.parametrize(("code", "shown"), [(SECRET, "***"), (NUMBER, "***07")])
@pytest.mark.parametrize(
    ("key", "ask", "answer"),
    [
        ("devcodesms", error_code, rows),
        (
            "envoyer_sms_pro",
            error_code,
            lambda code: (
                "<envoyersmspro><status>fail</status><error>"
                f"<error_id>{code}</error_id></error></envoyersmspro>"
            ),
        ),
        (
            "etech_keys",
            delivery_code,
            lambda code: json.dumps({"etat_sms": code, "libelle_sms": "DELIVERED"}),
        ),
        (
            "smseco",
            new_code,
            lambda code: json.dumps(
                {
                    "statut": 0,
                    "messages": [
                        {"dlrs": [{"statut": code, "destination": BURKINA[1:]}]}
                    ],
                }
            ),
        ),
    ],
)
async def test_a_code_tells_nothing_private(
    simulator: Simulator,
    client: GatewayMaker,
    key: str,
    ask: Ask,
    answer: Callable[[int], str],
    code: int,
    shown: str,
) -> None:
    """Of an error, and of a delivery."""
    simulated = simulator.gateways[key]
    simulated.password = simulated.api_key = str(SECRET)
    simulated.answer_next(answer(code))

    assert (await ask(client(simulated)) or "").removeprefix("-") == shown


@pytest.mark.parametrize(("code", "shown"), [(SECRET, "***"), (NUMBER, "***07")])
async def test_a_pushed_code_tells_nothing_private(
    simulator: Simulator, client: GatewayMaker, code: int, shown: str
) -> None:
    """Whoever calls may write anything."""
    simulator.devcodesms.api_key = str(SECRET)
    gateway = client(simulator.devcodesms)
    assert isinstance(gateway, PushesDelivery)
    row = {"messageid": "1", "mobileno": MAMAN, "reponsecode": code}

    [pushed] = gateway.read_pushed(json.dumps({"dlrlist": [row]}))

    assert pushed.report is not None
    assert pushed.report.code == shown
