"""DevCodeSMS: a text of his own for each recipient (section 2.1.1)."""

import json
from typing import Final

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    GatewayBrokenError,
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

from .test_gateway import MOBILE, OTHER, row, sent

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


async def test_lists_of_numbers_and_texts_go_side_by_side(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """The first text for the first number; two first, then all that are left."""
    simulated = simulator.devcodesms
    gateway = client(simulated)

    result = await gateway.send(merge(*EVERYBODY))

    assert bodies(simulated) == [
        (
            [MOBILE, OTHER],
            ["Bonsoir Awa, citerne vide", "Bonsoir Jean, citerne vide"],
        ),
        (
            [THIRD, FOURTH],
            ["Bonsoir Léa, citerne vide", "Bonsoir Paul, citerne vide"],
        ),
    ]
    assert texts(simulated) == {
        number: [f"Bonsoir {name}, citerne vide"] for number, name in NAMES.items()
    }
    assert outcomes(result) == [(each, Outcome.ACCEPTED) for each in EVERYBODY]
    assert [submission.submission_id for submission in result.submissions] == [
        taken.submission_id for taken in simulated.accepted
    ]
    assert [submission.cost for submission in result.submissions] == [1, 1, 1, 1]
    assert result.remaining == 996

    # From now on all together.
    await gateway.send(merge(*EVERYBODY))
    assert bodies(simulated)[2][0] == list(EVERYBODY)


async def test_a_gateway_that_sends_every_text_to_everybody_is_asked_one_by_one(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """What happened is told as it is, and happens to nobody else."""
    simulated = simulator.devcodesms
    simulated.every_text_to_every_number = True
    gateway = client(simulated)

    result = await gateway.send(merge(*EVERYBODY))

    assert bodies(simulated)[0][0] == [MOBILE, OTHER]
    assert sorted(map(str, bodies(simulated)[1:])) == sorted(
        str((number, f"Bonsoir {NAMES[number]}, citerne vide"))
        for number in (THIRD, FOURTH)
    )
    assert outcomes(result) == [(each, Outcome.ACCEPTED) for each in EVERYBODY]
    assert [submission.cost for submission in result.submissions] == [2, 2, 1, 1]
    assert [submission.segments for submission in result.submissions] == [1, 1, 1, 1]
    assert result.remaining == 994

    await gateway.send(merge(MOBILE, OTHER))
    assert simulated.asked("send") == 5
    assert {number: len(read) for number, read in texts(simulated).items()} == {
        MOBILE: 3,
        OTHER: 3,
        THIRD: 1,
        FOURTH: 1,
    }


async def test_a_gateway_that_changes_its_mind_is_noticed(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Every answer to two lists is looked at."""
    simulated = simulator.devcodesms
    gateway = client(simulated)
    await gateway.send(merge(MOBILE, OTHER))
    simulated.every_text_to_every_number = True
    await gateway.send(merge(MOBILE, OTHER))

    await gateway.send(merge(MOBILE, OTHER))

    assert [number for number, _ in bodies(simulated)[:2]] == [[MOBILE, OTHER]] * 2
    assert sorted(str(number) for number, _ in bodies(simulated)[2:]) == sorted(
        (MOBILE, OTHER)
    )


async def test_an_answer_that_shows_nothing_teaches_nothing(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """One of the two was not spoken of: the others go alone, and two are tried again."""
    simulated = simulator.devcodesms
    simulated.answer_next(sent(row()))
    gateway = client(simulated)

    result = await gateway.send(merge(MOBILE, OTHER, THIRD))

    assert outcomes(result) == [
        (MOBILE, Outcome.ACCEPTED),
        (OTHER, Outcome.UNKNOWN),
        (THIRD, Outcome.ACCEPTED),
    ]
    assert [number for number, _ in bodies(simulated)] == [[MOBILE, OTHER], THIRD]
    await gateway.send(merge(MOBILE, OTHER, THIRD))
    assert [number for number, _ in bodies(simulated)[2:]] == [[MOBILE, OTHER], THIRD]


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


async def test_the_first_two_may_read_the_same(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Their one text is no list, and shows nothing."""
    options = SmsOptions(
        personalisation={MOBILE: {"nom": "A"}, OTHER: {"nom": "A"}, THIRD: {"nom": "B"}}
    )

    await client(simulator.devcodesms).send(
        Sms(text="{nom}", recipients=(MOBILE, OTHER, THIRD), options=options)
    )

    assert bodies(simulator.devcodesms) == [([MOBILE, OTHER], "A"), (THIRD, "B")]


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


async def test_a_fault_is_about_its_own_part(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """The gateway falls silent at first, then breaks."""
    simulated = simulator.devcodesms
    simulated.fail(Fault.CUT_AFTER, times=1)
    simulated.fail(Fault.ERROR_500, times=1)
    gateway = client(simulated)

    result = await gateway.send(merge(MOBILE, OTHER, THIRD))

    assert [type(submission.error) for submission in result.submissions] == [
        NoAnswerError,
        NoAnswerError,
        GatewayBrokenError,
    ]
    assert result.remaining is None
    assert len(simulated.accepted) == 2


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


async def test_one_of_a_list_may_be_refused(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """His row says so, and the other one has his own text."""
    simulated = simulator.devcodesms
    simulated.unreachable = {OTHER}

    result = await client(simulated).send(merge(MOBILE, OTHER))

    assert outcomes(result) == [
        (MOBILE, Outcome.ACCEPTED),
        (OTHER, Outcome.REJECTED),
    ]
    assert texts(simulated) == {MOBILE: ["Bonsoir Awa, citerne vide"]}


async def test_the_simulated_gateway_refuses_lists_that_do_not_match(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Three texts for two numbers belong to nobody."""
    simulated = simulator.devcodesms
    gateway = client(simulated)

    answer = await gateway._transport.request(  # noqa: SLF001 - no client asks so
        "POST",
        "Send_sms_dev",
        json={
            "api_key": simulated.api_key,
            "sender": "MAISON",
            "phone": [MOBILE, OTHER],
            "message": ["1", "2", "3"],
        },
    )

    assert answer.status == 400
    assert simulated.accepted == []
