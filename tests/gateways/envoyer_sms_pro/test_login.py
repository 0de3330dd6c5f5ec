"""Envoyer SMS Pro: how the login is told, where a colon makes it ambiguous."""

from datetime import timedelta

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    RateLimitedError,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.wire.purpose import Purpose
from custom_components.passerelle_sms.gateways.wire.request_budget import RequestBudget
from tests.simulator import Fault, Simulator
from tests.simulator.envoyer_sms_pro import SimulatedEnvoyerSmsPro

from .samples import (
    ACCEPTED,
    FRANCE,
    SMS,
    STATUS,
    Maker,
    fail,
    maker,
    open_accounts,
    outcomes,
    submitted,
)


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedEnvoyerSmsPro:
    """Return the gateway, with a password that looks like one with an account's id."""
    simulated = simulator.envoyer_sms_pro
    simulated.password = "pass:w0rd"
    simulated.splits_at_first_colon = True
    return simulated


@pytest.fixture
def make(simulator: Simulator, session: aiohttp.ClientSession) -> Maker:
    """Return a maker of clients."""
    return maker(simulator, session)


def ways(simulated: SimulatedEnvoyerSmsPro) -> list[str]:
    """Return how each request told its login."""
    return [
        "header" if "Authorization" in request.headers else "form"
        for request in simulated.requests
    ]


@pytest.mark.parametrize("account_id", ["", "504"])
async def test_what_the_header_cannot_say_the_form_says(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, account_id: str
) -> None:
    """After a 401, once, by solution 2; and from then on at once."""
    if account_id:
        open_accounts(simulated)
    budget = RequestBudget(100)
    gateway = make(account_id=account_id, budget=budget)

    first = await gateway.send(SMS)
    second = await gateway.send(SMS)

    assert outcomes(first) == outcomes(second) == {FRANCE: Outcome.ACCEPTED}
    assert len(simulated.accepted) == 2
    assert ways(simulated) == ["header", "form", "form"]
    # Each of them is one of the hour.
    assert budget.used == 3
    login = {"login": simulated.username, "password": simulated.password}
    if account_id:
        login["accountid"] = account_id
    form = submitted(simulated)
    assert form.items() >= login.items()
    assert form["text"] == SMS.text
    assert ("accountid" in form) is bool(account_id)


async def test_a_gateway_that_reads_the_header_rightly_is_asked_once(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """The safest way goes first: a colon is allowed in a password."""
    simulated.splits_at_first_colon = False
    open_accounts(simulated)

    await make(account_id="504").send(SMS)

    assert ways(simulated) == ["header"]


async def test_a_login_with_a_colon_goes_into_the_form(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """No header can hold it."""
    simulated.username = "06:12"

    balance = await make().balance()

    assert balance.credits == 1000
    assert ways(simulated) == ["form"]


async def test_an_only_account_and_a_colon(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Every way once at most, until one works; then that one."""
    gateway = make(account_id="504", is_only=True)
    open_accounts(simulated)

    for _ in range(2):
        assert outcomes(await gateway.send(SMS)) == {FRANCE: Outcome.ACCEPTED}

    assert ways(simulated) == ["header", "form", "header", "form", "form"]
    assert len(simulated.accepted) == 2


@pytest.mark.parametrize(
    ("password", "asked"),
    [("wr0ng:passw0rd", ["header", "form"]), ("wr0ng", ["header"])],
)
async def test_a_wrong_password_is_wrong_in_both_ways(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, password: str, asked: list[str]
) -> None:
    """Without a colon there is nothing that the second way would say better."""
    with pytest.raises(AuthenticationError):
        await make(password=password).balance()

    assert ways(simulated) == asked


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, "<html/>"),
        (302, ""),
        (400, "Bad Request"),
        (400, fail(5, "Not enough SMS")),
        (401, ACCEPTED),
        (403, "Forbidden"),
        (404, "Not Found"),
        (500, fail(1, "Authentication failed")),
        (503, ""),
    ],
)
async def test_nothing_but_a_refused_login_is_repeated(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, status: int, answer: str
) -> None:
    """Any other answer doesn't prove that nothing was done."""
    simulated.answer_next(answer, status=status, operation="send")

    result = await make().send(SMS)

    assert outcomes(result)[FRANCE] is not Outcome.ACCEPTED
    assert simulated.asked("send") == 1
    assert simulated.accepted == []


@pytest.mark.parametrize(
    "fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.HALF_ANSWER]
)
async def test_what_may_have_been_done_is_not_repeated(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, fault: Fault
) -> None:
    """Not in another way either."""
    simulated.fail(fault, operation="send", times=1)

    result = await make().send(SMS)

    assert outcomes(result) == {FRANCE: Outcome.UNKNOWN}
    assert simulated.asked("send") == 1


@pytest.mark.parametrize("status", [200, 400, 401])
async def test_a_refused_login_is_told_by_status_or_id(
    simulated: SimulatedEnvoyerSmsPro, make: Maker, status: int
) -> None:
    """401, or "Vous n'avez pas pu être identifié", whatever the status around it."""
    simulated.answer_next(fail(1, "Authentication failed"), status=status)

    result = await make().send(SMS)

    assert outcomes(result) == {FRANCE: Outcome.ACCEPTED}
    assert ways(simulated) == ["header", "form"]


async def test_what_has_worked_may_work_no_more(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Then the other way has its turn, once, and is the one to remember."""
    gateway = make()
    await gateway.send(SMS)
    simulated.splits_at_first_colon = False
    for _ in range(2):
        simulated.answer_next(fail(1, "Authentication failed"), status=401)
        await gateway.send(SMS)

    assert len(simulated.accepted) == 3
    assert ways(simulated) == ["header", "form", "form", "header", "header", "form"]


async def test_the_second_request_needs_room_too(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """The hour is never passed over; nothing was sent, and the message waits."""
    budget = RequestBudget(5)
    for _ in range(4):
        budget.spend(Purpose.MESSAGE)

    result = await make(budget=budget).send(SMS)

    [submission] = result.submissions
    assert type(submission.error) is RateLimitedError
    assert submission.error.wait is not None
    assert submission.error.wait > timedelta(minutes=59)
    assert ways(simulated) == ["header"]
    assert simulated.accepted == []


async def test_no_secret_gets_out_of_the_form(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """The gateway echoes what it is asked, and a page may show all of it."""
    gateway = make()
    await gateway.balance()
    body = simulated.requests[-1].body
    simulated.answer_next(f"<p>{body} {simulated.password}</p>")

    result = await gateway.send(SMS)

    for text in (repr(result), gateway.last_unreadable or ""):
        assert text
        for secret in (simulated.username, simulated.password, "pass%3Aw0rd"):
            assert secret not in text


async def test_a_balance_is_read_by_either_way(
    simulated: SimulatedEnvoyerSmsPro, make: Maker
) -> None:
    """Questions go the same way as messages."""
    simulated.answer_next(fail(1, "Authentication failed"), status=401)
    simulated.answer_next(STATUS)

    assert (await make().balance()).credits == 564
