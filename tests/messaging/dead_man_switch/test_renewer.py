"""Tests of what a switch does where not all of what it asks for is done."""

from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    CannotConnectError,
    InsufficientCreditError,
    InvalidRecipientError,
    NoAnswerError,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.carrier import (
    ScheduleResult,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.observer import Reason
from custom_components.passerelle_sms.messaging.dead_man_switch.standing import Standing
from tests.messaging.fake_clock import FakeClock

from .fakes import HOUR, MAMAN, PAPA, Failing, FakeCarrier, House

MINUTE = timedelta(minutes=1)


async def disarmed(house: House) -> None:
    """Let a switch begin for two recipients, and be disarmed."""
    house.change(recipients=(MAMAN, PAPA))
    await house.start()
    await house.switch.disarm()
    house.heard.events.clear()
    for one in house.carriers.all:
        one.requests.clear()


def scheduled(carrier: FakeCarrier) -> int:
    """Return how often an account was asked to keep something."""
    return [what for what, _, _ in carrier.requests].count("schedule")


# --- whom the gateway refuses -----------------------------------------------------------


@pytest.mark.parametrize("shares_requests", [True, False])
@pytest.mark.parametrize("refused", [MAMAN, PAPA])
async def test_whom_the_gateway_refuses_leaves_nobody_else_unguarded(
    house: House, carrier: FakeCarrier, refused: object, shares_requests: bool
) -> None:
    """One rule for arming by hand and for a new one: it stands for the others, and says so."""
    carrier.shares_requests = shares_requests
    carrier.refused = {one.number for one in (MAMAN, PAPA) if one is refused}
    await disarmed(house)

    await house.switch.arm()

    assert house.switch.status.is_armed
    assert house.heard.events == ["armed"]
    assert house.reasons == [Reason.REFUSED]
    [message] = carrier.standing
    assert message.numbers == {MAMAN.number, PAPA.number} - carrier.refused


async def test_a_new_one_is_told_as_armed_although_somebody_is_refused(
    house: House, carrier: FakeCarrier
) -> None:
    """As one is that is armed by hand."""
    carrier.refused = {PAPA.number}
    house.change(recipients=(MAMAN, PAPA))
    await house.start()

    assert house.heard.events == ["armed"]
    assert house.reasons == [Reason.REFUSED]


async def test_what_stands_for_nobody_is_not_armed(
    house: House, carrier: FakeCarrier
) -> None:
    """Also where that is found out only after the proof."""
    await disarmed(house)
    carrier.scheduling.extend([None, Failing(error=AuthenticationError())])

    with pytest.raises(AuthenticationError):
        await house.switch.arm()

    assert not house.switch.status.is_armed
    assert carrier.standing == []
    assert house.heard.events == []
    await house.clock.advance(HOUR.total_seconds())
    assert scheduled(carrier) == 2


async def test_a_proof_that_is_refused_for_all_says_why(
    house: House, carrier: FakeCarrier
) -> None:
    """None of them can be told, so nothing is armed."""
    carrier.shares_requests = False
    carrier.refused = {MAMAN.number, PAPA.number}
    await disarmed(house)

    with pytest.raises(InvalidRecipientError):
        await house.switch.arm()

    assert scheduled(carrier) == 2
    assert not house.switch.status.is_armed


async def test_a_proof_asks_no_more_where_the_account_is_refused(
    house: House, carrier: FakeCarrier
) -> None:
    """That says all there is to say, also of the other recipients."""
    carrier.shares_requests = False
    await disarmed(house)
    carrier.refusal = AuthenticationError()

    with pytest.raises(AuthenticationError):
        await house.switch.arm()

    assert scheduled(carrier) == 1


# --- a relay -------------------------------------------------------------------------------


async def test_the_next_account_is_asked_for_whom_the_first_refuses(
    clock: FakeClock,
) -> None:
    """Once each time, and not as long as it takes: the message stands for both then."""
    first, second = FakeCarrier(clock), FakeCarrier(clock, "account-2")
    first.refused = {PAPA.number}
    house = House(first, second, clock=clock)
    house.change(recipients=(MAMAN, PAPA))

    await house.start()

    assert scheduled(first) == scheduled(second) == 1
    assert first.standing == []
    [message] = second.standing
    assert message.numbers == {MAMAN.number, PAPA.number}
    assert house.reasons == []


async def test_an_answer_that_leaves_one_of_them_open_makes_no_crowd_of_requests(
    house: House, carrier: FakeCarrier
) -> None:
    """It is tried again in its time, as what is lost for all of them is."""
    carrier.by_content = True
    carrier.doubted = {PAPA.number}
    house.change(recipients=(MAMAN, PAPA))

    await house.start()
    assert scheduled(carrier) == 1
    await house.clock.advance((10 * MINUTE).total_seconds())

    assert 2 <= scheduled(carrier) <= 5
    assert carrier.most <= 2


async def test_what_one_account_keeps_is_not_taken_back_as_another_refuses_all(
    clock: FakeClock,
) -> None:
    """The first can't send to one of them, and the second has no credit left."""
    first, second = FakeCarrier(clock), FakeCarrier(clock, "account-2")
    first.shares_requests = False
    first.refused = {PAPA.number}
    second.refusal = InsufficientCreditError()
    house = House(first, second, clock=clock)
    house.change(recipients=(PAPA, MAMAN))
    await house.start()

    for _ in range(12 * 60):
        [message] = first.standing
        assert message.numbers == {MAMAN.number}
        await clock.advance(60)

    assert first.sent == []
    assert house.reasons == [Reason.REFUSED]
    # Three times an hour: once for each of them here, and once for both there.
    rounds = 12 * 3 + 1
    assert scheduled(second) <= rounds
    assert scheduled(first) <= 2 * rounds


# --- what goes wrong besides ---------------------------------------------------------------


async def test_a_proof_whose_second_question_is_lost_arms_nothing(
    house: House, carrier: FakeCarrier
) -> None:
    """Nobody knows then if it takes back what it says."""
    await disarmed(house)
    carrier.cancelling.extend([None, Failing(error=NoAnswerError())])

    with pytest.raises(NoAnswerError):
        await house.switch.arm()

    assert not house.switch.status.is_armed
    assert carrier.standing == []
    assert house.reasons == []


async def test_a_proof_takes_back_what_is_sure_and_then_what_is_not(
    house: House, carrier: FakeCarrier
) -> None:
    """An answer may leave open what became of one of them."""
    carrier.by_content = True
    carrier.doubted = {PAPA.number}
    await disarmed(house)

    await house.switch.arm()

    (_, proof, _), *taken_back = carrier.requests[:3]
    assert taken_back == [("cancel", proof, True)] * 2
    assert house.switch.status.is_armed
    [message] = carrier.standing
    assert message.numbers == {MAMAN.number}
    assert house.reasons == [Reason.NOT_RENEWED]


async def test_a_row_that_can_not_be_deleted_hinders_no_end(
    house: House, carrier: FakeCarrier
) -> None:
    """The message is taken back all the same."""
    await house.start()
    house.rows.is_full = True

    await house.switch.end()

    assert carrier.standing == []
    assert house.switch.is_over


async def test_one_that_has_not_begun_takes_nothing_back_as_the_house_stops(
    house: House, carrier: FakeCarrier
) -> None:
    """Its accounts may not be there yet: what stands goes on standing."""
    await house.start()
    await house.crash()
    carrier.requests.clear()
    await house.switch.load()
    house.carriers.going.add(carrier.account)

    await house.stop()

    assert carrier.requests == []
    assert len(carrier.standing) == 1


async def test_a_gateway_that_is_slow_to_fail_lets_its_user_have_a_turn(
    house: House, carrier: FakeCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one recipient's request waits for its answer, the pause of the other's ends."""
    carrier.shares_requests = False
    house.change(recipients=(MAMAN, PAPA))
    schedule = carrier.schedule

    async def time_out(message: Standing, *, uses_reserve: bool) -> ScheduleResult:
        assert scheduled(carrier) < 100
        carrier.scheduling.append(Failing(error=CannotConnectError()))
        house.clock.tick(10 * MINUTE)
        return await schedule(message, uses_reserve=uses_reserve)

    monkeypatch.setattr(carrier, "schedule", time_out)
    await house.start()

    await house.switch.disarm()
    assert not house.switch.status.is_armed
