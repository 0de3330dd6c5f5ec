"""DevCodeSMS: a text of his own for each recipient (section 2.1.1)."""

import json
from typing import Final

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    MessageTooLongError,
    MissingFieldError,
    NoAnswerError,
)
from custom_components.passerelle_sms.gateways.model.message import SendResult, Sms
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.conftest import GatewayMaker
from tests.simulator import Fault, Simulator
from tests.simulator.devcodesms import SimulatedDevCodeSms

from .test_gateway import MOBILE, OTHER

THIRD: Final = "+237678018813"
FOURTH: Final = "+237678018814"
EVERYBODY: Final = (MOBILE, OTHER, THIRD, FOURTH)
NAMES: Final = {MOBILE: "Awa", OTHER: "Jean", THIRD: "Léa", FOURTH: "Paul"}


def merge(*recipients: str, text: str = "Bonsoir {nom}, citerne vide") -> Sms:
    """Return a message in which each recipient reads his name."""
    return Sms(
        text=text,
        recipients=recipients,
        options=SmsOptions(
            personalisation={
                recipient: {"nom": NAMES[recipient]} for recipient in recipients
            }
        ),
    )


def bodies(simulated: SimulatedDevCodeSms) -> list[tuple[object, object]]:
    """Return the numbers and the texts of each request."""
    read = [json.loads(request.body) for request in simulated.requests]
    return [(body["phone"], body["message"]) for body in read]


def texts(simulated: SimulatedDevCodeSms) -> dict[str, list[str]]:
    """Return what each number was sent."""
    found: dict[str, list[str]] = {}
    for taken in simulated.accepted:
        found.setdefault(taken.recipient, []).append(taken.text)
    return found


def outcomes(result: SendResult) -> list[tuple[str, Outcome]]:
    """Return what became of each recipient's message."""
    return [
        (submission.recipient, submission.outcome) for submission in result.submissions
    ]


@pytest.mark.parametrize("every_text_to_every_number", [False, True])
async def test_each_text_has_a_request_of_its_own(
    simulator: Simulator, client: GatewayMaker, *, every_text_to_every_number: bool
) -> None:
    """So nobody is shown another one's, however the gateway reads a list of texts."""
    simulated = simulator.devcodesms
    simulated.every_text_to_every_number = every_text_to_every_number

    result = await client(simulated).send(merge(*EVERYBODY))

    assert sorted(map(str, bodies(simulated))) == sorted(
        str((number, f"Bonsoir {name}, citerne vide")) for number, name in NAMES.items()
    )
    assert texts(simulated) == {
        number: [f"Bonsoir {name}, citerne vide"] for number, name in NAMES.items()
    }
    assert outcomes(result) == [(each, Outcome.ACCEPTED) for each in EVERYBODY]
    assert {s.recipient: s.submission_id for s in result.submissions} == {
        taken.recipient: taken.submission_id for taken in simulated.accepted
    }
    assert [submission.cost for submission in result.submissions] == [1, 1, 1, 1]
    assert result.remaining == 996


@pytest.mark.parametrize(
    ("recipients", "text"),
    [
        ((MOBILE,), "Bonsoir {nom}"),
        ((MOBILE, OTHER), "Bonsoir à tous"),
    ],
)
async def test_one_text_is_no_list(
    simulator: Simulator,
    client: GatewayMaker,
    recipients: tuple[str, ...],
    text: str,
) -> None:
    """For one recipient, or where all read the same."""
    await client(simulator.devcodesms).send(merge(*recipients, text=text))

    [(_, message)] = bodies(simulator.devcodesms)
    assert message == text.replace("{nom}", "Awa")


async def test_who_reads_the_same_shares_a_request(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """In the order of the recipients, all the same."""
    options = SmsOptions(
        personalisation={MOBILE: {"nom": "A"}, OTHER: {"nom": "B"}, THIRD: {"nom": "A"}}
    )

    result = await client(simulator.devcodesms).send(
        Sms(text="{nom}", recipients=(MOBILE, OTHER, THIRD), options=options)
    )

    assert sorted(bodies(simulator.devcodesms), key=str) == [
        (OTHER, "B"),
        ([MOBILE, THIRD], "A"),
    ]
    assert outcomes(result) == [
        (each, Outcome.ACCEPTED) for each in (MOBILE, OTHER, THIRD)
    ]


async def test_each_pays_for_his_own_text(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """The segments of each text, not of the longest."""
    options = SmsOptions(
        personalisation={MOBILE: {"nom": "ê" * 71}, OTHER: {"nom": "x"}}
    )

    result = await client(simulator.devcodesms).send(
        Sms(text="{nom}", recipients=(MOBILE, OTHER), options=options)
    )

    assert [submission.segments for submission in result.submissions] == [2, 1]
    assert [submission.cost for submission in result.submissions] == [2, 1]


async def test_bad_input_costs_nothing(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """The last recipient's mistake is found before the first is sent to."""
    gateway = client(simulator.devcodesms)
    values = {number: {"nom": "x"} for number in (MOBILE, OTHER)}

    with pytest.raises(MissingFieldError):
        await gateway.send(
            Sms(
                text="{nom}",
                recipients=(MOBILE, OTHER, THIRD),
                options=SmsOptions(personalisation=values),
            )
        )
    with pytest.raises(MessageTooLongError):
        await gateway.send(
            Sms(
                text="{nom}",
                recipients=(MOBILE, OTHER, THIRD),
                options=SmsOptions(
                    personalisation={**values, THIRD: {"nom": "x" * 2000}}
                ),
            )
        )

    assert simulator.devcodesms.requests == []


async def test_a_fault_is_about_its_own_text(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """The gateway falls silent once, and answers the others."""
    simulated = simulator.devcodesms
    simulated.fail(Fault.CUT_AFTER, times=1)

    result = await client(simulated).send(merge(MOBILE, OTHER, THIRD))

    found = [type(submission.error) for submission in result.submissions]
    assert sorted(map(str, found)) == sorted(
        map(str, (NoAnswerError, type(None), type(None)))
    )
    assert len(simulated.accepted) == 3


async def test_a_refusal_is_one_for_everybody(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Each is told, and in the order of the recipients."""
    simulated = simulator.devcodesms
    gateway = client(simulated)
    simulated.api_key = "another"

    result = await gateway.send(merge(*EVERYBODY))

    assert [submission.recipient for submission in result.submissions] == list(
        EVERYBODY
    )
    assert {type(submission.error) for submission in result.submissions} == {
        AuthenticationError
    }
    assert simulated.accepted == []


async def test_one_may_be_refused(simulator: Simulator, client: GatewayMaker) -> None:
    """His row says so, and the other one has his own text."""
    simulated = simulator.devcodesms
    simulated.unreachable = {OTHER}

    result = await client(simulated).send(merge(MOBILE, OTHER))

    assert outcomes(result) == [
        (MOBILE, Outcome.ACCEPTED),
        (OTHER, Outcome.REJECTED),
    ]
    assert texts(simulated) == {MOBILE: ["Bonsoir Awa, citerne vide"]}


@pytest.mark.parametrize(
    ("every_text_to_every_number", "texts_sent", "status", "taken"),
    [
        (False, ["1", "2"], 200, [(MOBILE, "1"), (OTHER, "2")]),
        (False, ["1", "2", "3"], 400, []),
        (
            True,
            ["1", "2"],
            200,
            [(MOBILE, "1"), (MOBILE, "2"), (OTHER, "1"), (OTHER, "2")],
        ),
    ],
)
async def test_the_simulated_gateway_reads_lists_in_two_ways(
    simulator: Simulator,
    client: GatewayMaker,
    every_text_to_every_number: bool,
    texts_sent: list[str],
    status: int,
    taken: list[tuple[str, str]],
) -> None:
    """As pairs or as products: so no list may be sent."""
    simulated = simulator.devcodesms
    simulated.every_text_to_every_number = every_text_to_every_number

    answer = await client(simulated)._transport.request(  # noqa: SLF001 - no client asks so
        "POST",
        "Send_sms_dev",
        json={
            "api_key": simulated.api_key,
            "sender": "MAISON",
            "phone": [MOBILE, OTHER],
            "message": texts_sent,
        },
    )

    assert answer.status == status
    assert [(sms.recipient, sms.text) for sms in simulated.accepted] == taken
