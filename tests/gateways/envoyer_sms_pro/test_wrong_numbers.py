"""Envoyer SMS Pro: one wrong number among others, which the gateway refuses with it."""

from dataclasses import replace
from decimal import Decimal

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    GatewayBrokenError,
    GatewayError,
    InsufficientCreditError,
    InvalidRecipientError,
    RateLimitedError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.message import Sms
from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.simulator import Fault, Simulator
from tests.simulator.envoyer_sms_pro import SimulatedEnvoyerSmsPro

from .samples import (
    BAD,
    FRANCE,
    LUXEMBOURG,
    SMS,
    Maker,
    fail,
    maker,
    outcomes,
    submitted,
)


@pytest.fixture
def make(simulator: Simulator, session: aiohttp.ClientSession) -> Maker:
    """Return a maker of clients."""
    return maker(simulator, session)


THIRD = "+33600000003"


async def test_a_wrong_number_does_not_stop_the_others(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """The refusal proves that nobody got it: the others do, in one more request."""
    simulated.wrong_numbers = {"35200000077"}

    result = await make().send(
        Sms(text="a" * 161, recipients=(FRANCE, LUXEMBOURG, THIRD))
    )

    assert simulated.asked("send") == 2
    assert (
        submitted(simulated, 0)["recipients"] == "33600000001,35200000077,33600000003"
    )
    assert submitted(simulated, 1) == {
        **submitted(simulated, 0),
        "recipients": "33600000001,33600000003",
    }
    assert [each.recipient for each in simulated.accepted] == [
        "33600000001",
        "33600000003",
    ]
    first, wrong, third = result.submissions
    assert [first.recipient, wrong.recipient, third.recipient] == [
        FRANCE,
        LUXEMBOURG,
        THIRD,
    ]
    assert (first.outcome, third.outcome) == (Outcome.ACCEPTED, Outcome.ACCEPTED)
    assert (first.cost, first.segments) == (Decimal(2), 2)
    assert type(wrong.error) is InvalidRecipientError
    assert wrong.outcome is Outcome.REJECTED
    assert str(wrong.error) == "invalid recipient: code 3, Wrong numbers"
    assert result.remaining == 996


async def test_wrong_numbers_in_two_requests_do_not_wait_for_each_other(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Both slots are taken, and both need one further request."""
    simulated.credits = Decimal(3000)
    recipients = tuple(f"+3360000{number:04}" for number in range(2000))
    simulated.wrong_numbers = {"33600000007", "33600001007"}

    result = await make().send(replace(SMS, recipients=recipients))

    assert simulated.asked("send") == 4
    taken = [acceptance.recipient for acceptance in simulated.accepted]
    assert len(taken) == len(set(taken)) == 1998
    assert [r for r, o in outcomes(result).items() if o is not Outcome.ACCEPTED] == [
        "+33600000007",
        "+33600001007",
    ]


@pytest.mark.parametrize(
    "listed",
    [
        "33600000001,35200000077,33600000003",
        # Not numbers of this request, so the list isn't understood.
        "33600000001,33699999999",
        "33600000001 33699999999",
        "3360000",
        "06 99 99 99 99",
        "",
        "tous",
    ],
)
async def test_a_list_that_is_no_part_of_the_batch_refuses_all(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, listed: str
) -> None:
    """Nothing further is asked."""
    simulated.answer_next(fail(3, f"{BAD} - Wrong numbers : {listed}"), status=400)

    result = await make().send(Sms(text="a", recipients=(FRANCE, LUXEMBOURG, THIRD)))

    assert simulated.asked("send") == 1
    assert [type(each.error) for each in result.submissions] == [
        InvalidRecipientError
    ] * 3


@pytest.mark.parametrize(
    "listed",
    [
        "33600000001",
        " +33 6 00 00 00 01.",
        "0033600000001",
        "06 00 00 00 01",
        "0600000001;",
        "+33 (0)6 00 00 00 01",
        "33600000001,0600000001",
        "33600000001 0600000001",
        "33600000001 | 06.00.00.00.01",
    ],
)
async def test_reads_a_list_however_it_is_written(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, listed: str
) -> None:
    """As it was sent, as it is dialled, in any order and between any marks."""
    simulated.answer_next(fail(3, f"{BAD} - Wrong numbers : {listed}"), status=400)

    result = await make().send(Sms(text="a", recipients=(FRANCE, LUXEMBOURG)))

    assert outcomes(result) == {FRANCE: Outcome.REJECTED, LUXEMBOURG: Outcome.ACCEPTED}


async def test_two_numbers_that_are_dialled_alike_are_not_guessed(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """`0692123456` may be either; as they were sent they are understood."""
    both = ("+33692123456", "+262692123456")
    simulated.answer_next(fail(3, f"{BAD} - Wrong numbers : 0692123456"))

    result = await make().send(Sms(text="a", recipients=both))
    assert outcomes(result) == dict.fromkeys(both, Outcome.REJECTED)

    simulated.answer_next(fail(3, f"{BAD} - Wrong numbers : 33692123456"))
    result = await make().send(Sms(text="a", recipients=both))
    assert outcomes(result) == {
        "+33692123456": Outcome.REJECTED,
        "+262692123456": Outcome.ACCEPTED,
    }


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (500, fail(3, f"{BAD} - Wrong numbers : 33600000001")),
        (200, fail(5, f"{BAD} - Wrong numbers : 33600000001")),
        (200, fail(3, f"{BAD} - Wrong numbers : 33600000001").replace("fail", "ok")),
        (
            200,
            fail(3, f"{BAD} - Wrong numbers : 33600000001").replace("fail", "success"),
        ),
    ],
)
async def test_without_the_proof_nothing_further_is_asked(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, status: int, answer: str
) -> None:
    """Only a decided error 3 says that nothing was sent."""
    simulated.answer_next(answer, status=status)

    await make().send(Sms(text="a", recipients=(FRANCE, LUXEMBOURG)))

    assert simulated.asked("send") == 1


@pytest.mark.parametrize(
    ("status", "answer", "outcome", "error"),
    [
        (400, fail(5, "Not enough SMS"), Outcome.REJECTED, InsufficientCreditError),
        (
            400,
            fail(3, f"{BAD} - Wrong numbers : 33600000001"),
            Outcome.REJECTED,
            InvalidRecipientError,
        ),
        (400, "", Outcome.NOT_SENT, RateLimitedError),
        (502, "", Outcome.UNKNOWN, GatewayBrokenError),
        (200, "", Outcome.UNKNOWN, UnreadableAnswerError),
    ],
)
async def test_what_comes_of_the_second_request_stands(
    simulated: SimulatedEnvoyerSmsPro,
    make: Maker,
    status: int,
    answer: str,
    outcome: Outcome,
    error: type[GatewayError],
) -> None:
    """Never a third; and the refused one stays refused."""
    simulated.answer_next(fail(3, f"{BAD} - Wrong numbers : 35200000077"))
    simulated.answer_next(answer, status=status)

    result = await make().send(Sms(text="a", recipients=(FRANCE, LUXEMBOURG, THIRD)))

    first, wrong, third = result.submissions
    assert simulated.asked("send") == 2
    assert wrong.outcome is Outcome.REJECTED
    for submission in (first, third):
        assert submission.outcome is outcome
        assert type(submission.error) is error
    assert simulated.accepted == []


async def test_a_second_request_that_is_cut_is_not_repeated(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """It may have been taken, and it was."""
    simulated.answer_next(fail(3, f"{BAD} - Wrong numbers : 35200000077"))
    simulated.fail(Fault.CUT_AFTER)

    result = await make().send(Sms(text="a", recipients=(FRANCE, LUXEMBOURG)))

    assert outcomes(result) == {FRANCE: Outcome.UNKNOWN, LUXEMBOURG: Outcome.REJECTED}
    assert [each.recipient for each in simulated.accepted] == ["33600000001"]
