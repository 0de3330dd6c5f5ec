"""Tests of a switch as a house lives with it."""

from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    CannotConnectError,
    InsufficientCreditError,
    NoAnswerError,
    NotCancellableError,
    RateLimitedError,
    RelayWithoutAccountsError,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.observer import Reason
from tests.messaging.fake_clock import FakeClock
from tests.messaging.fake_disk import nothing
from tests.messaging.idle import until_idle

from .fakes import HOUR, MAMAN, PAPA, Failing, FakeCarrier, House

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def seconds(time: timedelta) -> float:
    """Return a time as the clock takes it."""
    return time.total_seconds()


# --- while all is well -------------------------------------------------------------------


async def test_a_new_switch_stands_from_its_start(
    house: House, carrier: FakeCarrier
) -> None:
    """Whoever adds it has proved it."""
    await house.start()

    [message] = carrier.standing
    assert message.recipients == (MAMAN,)
    assert message.fires_at == house.clock.now() + HOUR
    assert house.switch.status.is_armed
    assert house.switch.status.fires_at == message.fires_at
    assert house.reasons == []


async def test_it_is_renewed_each_third_of_the_delay(
    house: House, carrier: FakeCarrier
) -> None:
    """In a day nothing is sent, and the first try is always enough."""
    await house.start()
    await house.clock.advance(seconds(DAY))

    assert carrier.sent == []
    assert len(carrier.standing) == 1
    scheduled = [one for one in carrier.requests if one[0] == "schedule"]
    assert len(scheduled) == 1 + 24 * 3
    assert not any(uses_reserve for _, _, uses_reserve in carrier.requests[1:])
    assert carrier.most == 2
    assert house.heard.events == ["armed"]


async def test_the_new_one_is_accepted_before_the_old_one_is_taken_back(
    house: House, carrier: FakeCarrier
) -> None:
    """In this order, always."""
    await house.start()
    await house.clock.advance(seconds(HOUR))

    asked = [(what, number) for what, number, _ in carrier.requests]
    assert asked[:5] == [
        ("schedule", 1),
        ("schedule", 2),
        ("cancel", 1),
        ("schedule", 3),
        ("cancel", 2),
    ]


async def test_a_renewal_costs_two_writes(house: House) -> None:
    """An SD card lives long."""
    await house.start()
    before = house.rows.writes
    await house.clock.advance(seconds(HOUR / 3))

    assert house.rows.writes - before == 2


async def test_no_text_is_told_twice(house: House, carrier: FakeCarrier) -> None:
    """A gateway would refuse the second one for a day."""
    await house.start()
    for _ in range(3):
        house.switch.apply(house.plan)
        await house.stop()
        house.build()
        await house.start()

    texts = [one.text for one in carrier.kept.values()]
    assert len(texts) == len(set(texts))


# --- silence ---------------------------------------------------------------------------------


async def test_a_house_that_stays_dead_is_told_of_at_its_hour(
    house: House, carrier: FakeCarrier
) -> None:
    """By the gateway."""
    await house.start()
    await house.crash()
    await house.clock.advance(seconds(HOUR + MINUTE))

    [message] = carrier.sent
    assert message.since == house.clock.now() - HOUR - MINUTE


@pytest.mark.parametrize("down", [MINUTE, 30 * MINUTE, 59 * MINUTE])
async def test_a_house_that_is_back_in_time_fires_nothing(
    house: House, carrier: FakeCarrier, down: timedelta
) -> None:
    """However late, as long as the delay isn't over."""
    await house.start()
    await house.down(down)

    assert carrier.sent == []
    assert len(carrier.standing) == 1
    assert "fired" not in house.heard.events


async def test_a_house_that_is_back_tells_that_it_fired(
    house: House, carrier: FakeCarrier
) -> None:
    """From when to when, whom, and once; and it stands again."""
    await house.start()
    begun = house.clock.now()
    await house.down(3 * HOUR)
    await house.clock.advance(seconds(DAY))

    [fired] = house.heard.fired
    assert (fired.since, fired.until) == (begun, begun + 3 * HOUR)
    assert fired.recipients == (MAMAN,)
    assert len(carrier.sent) == 1
    assert len(carrier.standing) == 1


async def test_it_tells_that_it_fired_once_somebody_listens(
    house: House, carrier: FakeCarrier
) -> None:
    """Not before Home Assistant has started, though the power goes again meanwhile."""
    await house.start()
    begun = house.clock.now()
    house.heard.is_listening = False
    await house.down(3 * HOUR)
    await house.clock.advance(seconds(MINUTE))
    assert house.heard.fired == []
    await house.down(5 * MINUTE)
    assert not house.switch.is_over
    house.heard.is_listening = True
    house.switch.review()
    await until_idle()

    [fired] = house.heard.fired
    assert (fired.since, fired.until) == (begun, begun + 3 * HOUR)
    assert len(carrier.standing) == 1
    await house.clock.advance(seconds(DAY))
    assert len(house.heard.fired) == 1


async def test_a_dead_line_fires_it_although_the_house_lives(
    house: House, carrier: FakeCarrier
) -> None:
    """Nobody outside has heard of the house; as soon as the line is back it is told."""
    await house.start()
    carrier.refusal = CannotConnectError()
    carrier.cancelling.extend([Failing(error=CannotConnectError())] * 3)
    await house.clock.advance(seconds(2 * HOUR))
    assert len(carrier.sent) == 1
    assert Reason.NOT_RENEWED in house.reasons
    carrier.refusal = None
    carrier.cancelling.clear()
    await house.clock.advance(seconds(10 * MINUTE))

    [fired] = house.heard.fired
    assert fired.recipients == (MAMAN,)
    assert house.reasons == []


async def test_what_is_renewed_late_is_told(house: House, carrier: FakeCarrier) -> None:
    """It would soon have been sent."""
    await house.start()
    carrier.refusal = CannotConnectError()
    await house.clock.advance(seconds(50 * MINUTE))
    carrier.refusal = None
    await house.clock.advance(seconds(5 * MINUTE))

    assert house.heard.events == ["armed", "renewed_late"]
    assert carrier.sent == []


async def test_a_stop_leaves_the_whole_delay(
    house: House, carrier: FakeCarrier
) -> None:
    """So that an update of an hour, less a minute, fires nothing."""
    await house.start()
    await house.clock.advance(seconds(19 * MINUTE))
    await house.stop()
    [message] = carrier.standing

    assert message.fires_at == house.clock.now() + HOUR


# --- requests that fail --------------------------------------------------------------------------


async def test_one_lost_renewal_fires_nothing(
    house: House, carrier: FakeCarrier
) -> None:
    """It is tried again soon."""
    await house.start()
    carrier.scheduling.extend([Failing(error=CannotConnectError())] * 5)
    await house.clock.advance(seconds(3 * HOUR))

    assert carrier.sent == []
    assert house.heard.events == ["armed"]


async def test_the_second_try_may_use_the_reserve(
    house: House, carrier: FakeCarrier
) -> None:
    """Alerts come first until it is about to be sent."""
    await house.start()
    carrier.scheduling.extend([Failing(error=RateLimitedError())] * 40)
    await house.clock.advance(seconds(45 * MINUTE))

    uses = [
        uses_reserve for what, _, uses_reserve in carrier.requests if what == "schedule"
    ]
    assert uses[1] is False
    assert uses[-1] is True


async def test_what_can_not_be_renewed_for_too_many_requests_is_taken_back(
    house: House, carrier: FakeCarrier
) -> None:
    """The house lives: nobody is to be told that it doesn't."""
    await house.start()
    carrier.refusal = RateLimitedError()
    await house.clock.advance(seconds(2 * HOUR))

    assert carrier.sent == []
    assert carrier.standing == []
    assert Reason.NOT_RENEWED in house.reasons
    carrier.refusal = None
    await house.clock.advance(seconds(10 * MINUTE))
    assert len(carrier.standing) == 1


@pytest.mark.parametrize("error", [InsufficientCreditError, AuthenticationError])
async def test_a_refused_renewal_takes_the_old_one_back(
    house: House, carrier: FakeCarrier, error: type[InsufficientCreditError]
) -> None:
    """And says why nothing stands, until it does again."""
    await house.start()
    carrier.refusal = error()
    await house.clock.advance(seconds(3 * HOUR))

    assert carrier.standing == carrier.sent == []
    [problem] = house.switch.status.problems
    assert problem.reason is Reason.REFUSED
    assert problem.failure is not None
    assert problem.failure.key == error.key
    # As often as it would be renewed, and no more.
    assert len([one for one in carrier.requests if one[0] == "schedule"]) <= 10

    carrier.refusal = None
    house.switch.retry()
    await until_idle()
    assert len(carrier.standing) == 1
    assert house.reasons == []


async def test_a_cancel_that_fails_keeps_anything_from_being_scheduled(
    house: House, carrier: FakeCarrier
) -> None:
    """Until it worked: it is repeated, and shown."""
    await house.start()
    carrier.cancelling.extend([Failing(error=NoAnswerError())] * 4)
    await house.clock.advance(seconds(25 * MINUTE))

    assert Reason.NOT_CANCELLED in house.reasons
    assert [one[0] for one in carrier.requests].count("schedule") == 2
    [(reason, at, numbers)] = house.heard.warnings
    assert reason is Reason.NOT_CANCELLED
    assert at == house.clock.now() - 25 * MINUTE + HOUR
    assert numbers == (MAMAN.number,)

    await house.clock.advance(seconds(2 * HOUR))
    assert carrier.most == 2
    assert carrier.sent == []
    assert house.reasons == []


async def test_a_cancel_that_works_again_is_followed_by_a_new_message(
    house: House, carrier: FakeCarrier
) -> None:
    """The account was refused and is not any more: nobody waits for the next third."""
    await house.start()
    carrier.refusal = AuthenticationError()
    carrier.cancelling.extend([Failing(error=AuthenticationError())] * 3)
    await house.clock.advance(seconds(22 * MINUTE))
    assert Reason.REFUSED in house.reasons
    [old] = carrier.standing

    carrier.refusal = None
    await house.clock.advance(seconds(6 * MINUTE))
    [new] = carrier.standing
    assert new.number > old.number
    assert house.reasons == []


async def test_a_cancel_whose_answer_was_lost_is_believed_when_it_is_repeated(
    house: House, carrier: FakeCarrier
) -> None:
    """The gateway knows nothing of it any more: that is what it answers."""
    await house.start()
    carrier.cancelling.append(Failing(error=NoAnswerError(), is_taken=True))
    await house.clock.advance(seconds(3 * HOUR))

    assert carrier.sent == []
    assert house.reasons == []
    assert house.heard.warnings == []


# --- doubt -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_taken", [False, True])
async def test_a_doubt_is_taken_back_where_the_content_is_enough(
    house: House, carrier: FakeCarrier, is_taken: bool
) -> None:
    """At once, and nothing is sent."""
    carrier.by_content = True
    await house.start()
    carrier.scheduling.append(Failing(error=NoAnswerError(), is_taken=is_taken))
    await house.clock.advance(seconds(3 * HOUR))

    assert carrier.sent == []
    assert house.heard.warnings == []
    assert carrier.most <= 2


@pytest.mark.parametrize("is_taken", [False, True])
async def test_a_doubt_without_an_id_is_told_with_its_hour(
    house: House, carrier: FakeCarrier, is_taken: bool
) -> None:
    """It may be sent although the house lives; never more than two stand."""
    await house.start()
    carrier.scheduling.append(Failing(error=NoAnswerError(), is_taken=is_taken))
    await house.clock.advance(seconds(HOUR / 3))
    hour = house.clock.now() + HOUR

    assert house.heard.warnings == [(Reason.DOUBT, hour, (MAMAN.number,))]
    assert Reason.DOUBT in house.reasons
    await house.clock.advance(seconds(3 * HOUR))
    assert [one.fires_at for one in carrier.sent] == [hour] * is_taken
    assert carrier.most <= 2
    assert house.reasons == []
    assert len(carrier.standing) == 1


async def test_many_doubts_leave_no_more_than_two_messages(
    house: House, carrier: FakeCarrier
) -> None:
    """However long the gateway takes what it doesn't answer to."""
    await house.start()
    carrier.scheduling.extend([Failing(error=NoAnswerError(), is_taken=True)] * 30)
    await house.clock.advance(seconds(6 * HOUR))

    assert carrier.most <= 2
    hours = {at for _, at, _ in house.heard.warnings}
    assert {one.fires_at for one in carrier.sent} <= hours


# --- the user ------------------------------------------------------------------------------------------


async def test_it_is_proved_before_it_is_armed(
    house: House, carrier: FakeCarrier
) -> None:
    """One schedule and one cancel, which is asked for again: it must say that it is done."""
    await house.start()
    await house.switch.disarm()
    assert carrier.standing == []
    carrier.requests.clear()
    await house.switch.arm()

    assert [what for what, _, _ in carrier.requests] == [
        "schedule",
        "cancel",
        "cancel",
        "schedule",
    ]
    assert len(carrier.standing) == 1
    assert house.heard.events == ["armed", "disarmed", "armed"]


async def test_a_gateway_that_only_says_that_it_cancels_is_not_relied_on(
    house: House, carrier: FakeCarrier
) -> None:
    """It says so twice, the message stands, and that is told: it may be charged yet."""
    await house.start()
    await house.switch.disarm()
    carrier.is_overlooking = True

    with pytest.raises(NotCancellableError):
        await house.switch.arm()

    assert not house.switch.status.is_armed
    [left] = carrier.standing
    assert [one.number for one in carrier.noted] == [left.number]
    assert [one.reason for one in house.switch.status.problems] == [
        Reason.NOT_CANCELLED
    ]
    assert house.heard.events[-1] == "false_alarm_possible"


async def test_another_delay_is_not_told_as_a_late_renewal(house: House) -> None:
    """What is short by the new one was in time by the old one."""
    await house.start()
    house.change(delay=8 * HOUR)
    await until_idle()

    assert house.heard.events == ["armed"]


@pytest.mark.parametrize("which", ["scheduling", "cancelling"])
async def test_what_can_not_be_proved_is_not_armed(
    house: House, carrier: FakeCarrier, which: str
) -> None:
    """And what it left behind is taken back."""
    await house.start()
    await house.switch.disarm()
    getattr(carrier, which).append(Failing(error=AuthenticationError()))

    with pytest.raises(AuthenticationError):
        await house.switch.arm()
    await house.clock.advance(seconds(HOUR))
    assert carrier.standing == carrier.sent == []
    assert not house.switch.status.is_armed


async def test_what_can_not_be_taken_back_is_tried_on_after_disarming(
    house: House, carrier: FakeCarrier
) -> None:
    """The user hears of it at once."""
    await house.start()
    carrier.cancelling.append(Failing(error=CannotConnectError()))

    with pytest.raises(CannotConnectError):
        await house.switch.disarm()
    assert Reason.NOT_CANCELLED in house.reasons
    await house.clock.advance(seconds(5 * MINUTE))
    assert carrier.standing == []
    assert house.reasons == []


async def test_what_the_gateway_took_for_a_message_is_never_asked_for_again(
    house: House, carrier: FakeCarrier
) -> None:
    """Each repetition might be one more message."""
    await house.start()
    carrier.is_mistaken = True
    await house.clock.advance(seconds(DAY))

    assert [what for what, _, _ in carrier.requests].count("cancel") <= 2
    assert not house.switch.status.is_armed
    assert Reason.SENT_EARLY in house.reasons


async def test_without_an_account_nothing_can_be_armed(house: House) -> None:
    """It says so."""
    await house.start()
    await house.switch.disarm()
    house.carriers.away.add("account-1")

    with pytest.raises(RelayWithoutAccountsError):
        await house.switch.arm()


async def test_a_change_replaces_what_stands(
    house: House, carrier: FakeCarrier
) -> None:
    """At once: whom, what, and how late."""
    await house.start()
    house.change(recipients=(PAPA,), delay=2 * HOUR, template="{house} : autre {since}")
    await until_idle()

    [message] = carrier.standing
    assert message.recipients == (PAPA,)
    assert message.fires_at == house.clock.now() + 2 * HOUR
    assert message.text.startswith("Maison : autre")


async def test_nobody_left_takes_it_back_and_says_so(
    house: House, carrier: FakeCarrier
) -> None:
    """The last recipient was removed."""
    await house.start()
    house.change(recipients=())
    await until_idle()

    assert carrier.standing == []
    assert house.reasons == [Reason.NOBODY]


async def test_the_end_leaves_nothing(house: House, carrier: FakeCarrier) -> None:
    """Neither at the gateway nor on disk."""
    await house.start()
    await house.switch.end()

    assert carrier.standing == []
    assert house.rows.rows == {}


async def test_the_end_is_tried_on(house: House, carrier: FakeCarrier) -> None:
    """Until its row can be deleted."""
    await house.start()
    carrier.cancelling.append(Failing(error=CannotConnectError()))
    await house.switch.end()
    [left] = house.switch.state.standing
    assert left.numbers == {MAMAN.number}
    await house.clock.advance(seconds(5 * MINUTE))

    assert carrier.standing == []
    assert house.rows.rows == {}


async def test_an_account_that_is_disabled_leaves_nothing(
    house: House, carrier: FakeCarrier
) -> None:
    """It is armed anew as a new one is."""
    await house.start()
    await house.switch.withdraw()
    assert carrier.standing == []
    assert house.rows.rows == {}

    await house.down(DAY)
    assert len(carrier.standing) == 1
    assert house.heard.events == ["armed", "armed"]
    assert carrier.sent == []


async def test_what_a_disabled_account_could_not_take_back_disarms_nothing(
    house: House, carrier: FakeCarrier
) -> None:
    """Enabled again it guards the house, and takes that back."""
    await house.start()
    carrier.cancelling.append(Failing(error=CannotConnectError()))
    await house.switch.withdraw()
    assert len(carrier.standing) == 1
    assert carrier.requests[-1][0] == "cancel"

    await house.down(MINUTE)

    [message] = carrier.standing
    assert message.fires_at == house.clock.now() + HOUR
    assert house.switch.status.is_armed
    assert house.reasons == []


async def test_one_that_its_user_has_disarmed_stays_so_where_its_account_is_disabled(
    house: House, carrier: FakeCarrier
) -> None:
    """Its row tells that."""
    await house.start()
    await house.switch.disarm()
    await house.switch.withdraw()

    await house.down(MINUTE)

    assert not house.switch.status.is_armed
    assert carrier.standing == []


# --- the clocks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [HOUR, -HOUR])
async def test_the_later_clock_counts(
    house: House, carrier: FakeCarrier, ahead: timedelta
) -> None:
    """An hour in the past would be sent at once. A gap is a problem."""
    carrier.ahead = ahead
    await house.start()

    [message] = carrier.standing
    assert message.fires_at == house.clock.now() + HOUR + max(ahead, timedelta())
    assert house.reasons == [Reason.CLOCK]


@pytest.mark.parametrize("jump", [DAY, -DAY, HOUR, -HOUR])
async def test_a_clock_that_is_set_renews_at_once(
    house: House, carrier: FakeCarrier, jump: timedelta
) -> None:
    """What stands was dated by another clock."""
    carrier.tells_time = False
    await house.start()
    # The gateway's own clock goes on as it did.
    carrier.ahead = -jump
    house.clock.jump(jump)
    await until_idle()

    [message] = carrier.kept.values()
    assert message.fires_at == house.clock.now() + HOUR


# --- disks and backups -------------------------------------------------------------------------------------


async def test_a_full_disk_fires_nothing(house: House, carrier: FakeCarrier) -> None:
    """The house lives; that a crash would be forgotten is shown."""
    await house.start()
    house.rows.is_full = True
    await house.clock.advance(seconds(5 * HOUR))

    assert carrier.sent == []
    assert house.reasons == [Reason.NOT_STORED]
    house.rows.is_full = False
    await house.clock.advance(seconds(HOUR))
    assert house.reasons == []


async def test_a_restored_row_arms_anew_and_tells_of_the_older_one(
    house: House, carrier: FakeCarrier
) -> None:
    """What the other file knew may still be sent."""
    await house.start()
    old = dict(house.rows.rows)
    await house.clock.advance(seconds(5 * HOUR))
    await house.crash()
    house.rows.rows, house.rows.file = old, "file-2"
    await house.start()

    until = house.clock.now() + HOUR
    assert (Reason.RESTORED, until, (MAMAN.number,)) in house.heard.warnings
    assert Reason.RESTORED in house.reasons
    await house.clock.advance(seconds(2 * HOUR))
    assert house.reasons == []
    assert len(carrier.sent) == 1
    assert carrier.sent[0].fires_at <= until


@pytest.mark.parametrize("by_content", [False, True])
@pytest.mark.parametrize("writes", range(1, 7))
async def test_a_crash_between_two_requests_forgets_nothing(
    house: House, carrier: FakeCarrier, by_content: bool, writes: int
) -> None:
    """Whatever is on disk then, nothing is sent that was not told of."""
    carrier.by_content = by_content
    await house.start()
    before = house.rows.writes

    def cut_off() -> None:
        carrier.is_cut_off |= house.rows.writes - before >= writes

    house.rows.on_written = cut_off
    while not carrier.is_cut_off:
        await house.clock.advance(60)
    await house.crash()
    house.rows.on_written = nothing
    await house.clock.advance(60)
    await house.start()
    await house.clock.advance(seconds(3 * HOUR))

    assert len(carrier.standing) == 1
    assert {one.fires_at for one in carrier.sent} <= {
        at for _, at, _ in house.heard.warnings
    }
    assert carrier.most <= 2


# --- several recipients and accounts -------------------------------------------------------------------------


async def test_recipients_who_share_no_request_stand_by_themselves(
    house: House, carrier: FakeCarrier
) -> None:
    """One of them is refused; the other is still told."""
    carrier.shares_requests = False
    house.change(recipients=(MAMAN, PAPA))
    await house.start()
    assert len(carrier.standing) == 2
    carrier.scheduling.append(Failing(error=NotCancellableError()))
    await house.clock.advance(seconds(HOUR / 3))

    [message] = carrier.standing
    assert message.recipients == (PAPA,)
    assert house.reasons == [Reason.REFUSED]
    await house.clock.advance(seconds(HOUR / 3 + MINUTE))
    assert len(carrier.standing) == 2
    assert house.reasons == []


async def test_the_next_account_takes_what_the_first_refuses(clock: FakeClock) -> None:
    """At once, and the first one's message is taken back."""
    first, second = FakeCarrier(clock), FakeCarrier(clock, "account-2")
    house = House(first, second, clock=clock)
    await house.start()
    first.refusal = InsufficientCreditError()
    await clock.advance(seconds(HOUR / 3))

    assert first.standing == []
    assert len(second.standing) == 1
    assert house.reasons == []


async def test_an_account_that_goes_hands_over_to_the_next(clock: FakeClock) -> None:
    """Nothing is left at it."""
    first, second = FakeCarrier(clock), FakeCarrier(clock, "account-2")
    house = House(first, second, clock=clock)
    await house.start()
    house.carriers.going.add("account-1")
    assert await house.switch.leave("account-1") == ()

    assert first.standing == []
    assert len(second.standing) == 1


async def test_nothing_stands_where_nobody_would_put_it_off(
    house: House, carrier: FakeCarrier
) -> None:
    """The only account was taken out of its relay, and is there as before."""
    await house.start()
    house.carriers.going.add("account-1")
    house.switch.review()
    await until_idle()
    assert carrier.standing == []
    assert house.reasons == [Reason.NO_ACCOUNT]

    house.carriers.going.clear()
    house.switch.review()
    await until_idle()
    assert len(carrier.standing) == 1
    assert house.reasons == []


async def test_the_only_account_that_goes_takes_its_message_with_it(
    house: House, carrier: FakeCarrier
) -> None:
    """It says that no account is left."""
    await house.start()
    house.carriers.going.add("account-1")
    assert await house.switch.leave("account-1") == ()

    assert carrier.standing == []
    assert house.reasons == [Reason.NO_ACCOUNT]


# --- who is told that the house is back ---------------------------------------------------


async def test_who_was_alarmed_is_to_be_told_until_that_is_done(
    house: House, carrier: FakeCarrier
) -> None:
    """Over crashes too, and always under the same id."""
    await house.start()
    await house.down(2 * HOUR)

    assert house.heard.events[-1] == "fired"
    [first, *again] = house.heard.follow_ups
    assert first.recipients == (MAMAN,)
    await house.down(MINUTE)
    assert {*again, *house.heard.follow_ups} == {first}
    assert len(house.heard.fired) == 1

    await house.switch.end_follow_up(first)
    house.heard.follow_ups.clear()
    await house.down(MINUTE)
    assert house.heard.follow_ups == []


async def test_a_disk_that_was_full_makes_the_same_silence_of_it(
    house: House, carrier: FakeCarrier
) -> None:
    """What could not be written down is found anew, under the same id."""
    await house.start()
    await house.crash()
    house.rows.is_full = True
    await house.down(2 * HOUR)
    house.rows.is_full = False
    await house.down(MINUTE)

    assert len({told.message_id for told in house.heard.follow_ups}) == 1


async def test_a_row_goes_only_once_all_were_told(
    house: House, carrier: FakeCarrier
) -> None:
    """Also of a switch that was removed meanwhile."""
    await house.start()
    await house.down(2 * HOUR)
    [follow_up] = set(house.heard.follow_ups)

    await house.switch.end()
    assert "switch-1" in house.rows.rows

    await house.switch.end_follow_up(follow_up)
    assert house.switch.is_over
    assert house.rows.rows == {}
    # Nothing of it comes back.
    await house.switch.end_follow_up(follow_up)
    assert house.rows.rows == {}


async def test_a_restored_row_tells_nobody_again_that_the_house_is_back(
    house: House, carrier: FakeCarrier
) -> None:
    """That may have left since it was copied."""
    await house.start()
    await house.down(2 * HOUR)
    assert house.heard.follow_ups
    house.heard.follow_ups.clear()

    house.rows.file = "file-2"
    await house.down(MINUTE)

    assert house.heard.follow_ups == []
    assert house.rows.rows["switch-1"].follow_up is None
