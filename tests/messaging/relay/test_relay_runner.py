"""A relay hands a message to one account after the other, until one has taken it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.message import Message
from custom_components.passerelle_sms.messaging.model.record import Choice, OnUnknown
from custom_components.passerelle_sms.messaging.model.submission import Stage
from tests.conftest import MAMAN, PAPA
from tests.messaging.fake_disk import nothing
from tests.messaging.idle import until_idle
from tests.messaging.relay_harness import RelayHarness
from tests.simulator import Fault, Simulator

from .conftest import RelayMaker

ALERT = Message(text="Citerne vide", targets=(MAMAN,))


async def test_the_first_account_sends(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """Nobody else is asked."""
    first, second = simulator.etech_keys, simulator.smseco
    relay = await make_relay(first, second)

    record = await relay.sent(ALERT)

    [row] = record.submissions
    assert row.outcome is Outcome.ACCEPTED
    assert [leg.account for leg in row.legs] == ["account-0"]
    assert row.submission_id == row.legs[0].submission_id
    assert (len(first.accepted), len(second.accepted)) == (1, 0)


@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED])
async def test_what_provably_has_not_left_is_sent_by_the_next_account_at_once(
    simulator: Simulator, make_relay: RelayMaker, fault: Fault
) -> None:
    """With the first leg told as what it was."""
    first, second = simulator.etech_keys, simulator.smseco
    relay = await make_relay(first, second)
    first.fail(fault, operation="send")

    record = await relay.sent(ALERT)

    [row] = record.submissions
    assert row.outcome is Outcome.ACCEPTED
    assert [leg.outcome for leg in row.legs] == [Outcome.NOT_SENT, Outcome.ACCEPTED]
    assert [leg.is_passed_on for leg in row.legs] == [True, False]
    assert (len(first.accepted), len(second.accepted)) == (0, 1)


async def test_what_is_in_doubt_is_held_until_the_evidence_decides(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """The next account gets it only once it provably was not taken."""
    first, second = simulator.etech_keys, simulator.smseco
    relay = await make_relay(first, second)
    await relay.accounts[0].poll()
    for text in ("Bonjour", "Bonsoir"):
        # What a segment costs is believed once it was seen twice.
        await relay.sent(Message(text=text, targets=(MAMAN,)))
        await relay.accounts[0].poll()
    taken = len(first.accepted)
    first.fail(Fault.ERROR_500, operation="send", times=1)

    record = await relay.sent(ALERT)
    [row] = record.submissions
    assert (row.outcome, row.stage) == (Outcome.UNKNOWN, Stage.OPEN)
    assert len(second.accepted) == 0

    await relay.clock.advance(720)
    row = await relay.row(record.message_id)
    assert row.outcome is Outcome.ACCEPTED
    assert len(first.accepted) + len(second.accepted) == taken + 1


async def test_with_next_the_next_account_sends_at_once_what_is_in_doubt(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """It may come twice then, as its sender wishes."""
    first, second = simulator.etech_keys, simulator.smseco
    relay = await make_relay(first, second)
    first.fail(Fault.ERROR_500_AFTER, operation="send", times=1)

    record = await relay.sent(
        Message(text="Incendie", targets=(MAMAN,), on_unknown=OnUnknown.NEXT)
    )

    [row] = record.submissions
    assert row.outcome is Outcome.ACCEPTED
    assert [leg.outcome for leg in row.legs] == [Outcome.UNKNOWN, Outcome.ACCEPTED]
    assert (len(first.accepted), len(second.accepted)) == (1, 1)


async def test_a_clock_that_ran_ahead_is_set_back_before_any_account_could_send(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """It waits for its hour once more."""
    first, second = simulator.etech_keys, simulator.smseco
    relay = await make_relay(first, second)
    send_at = relay.clock.now() + timedelta(hours=1)
    record = await relay.sent(replace(ALERT, options=SmsOptions(send_at=send_at)))
    for simulated in (first, second):
        simulated.fail(Fault.RATE_LIMITED, operation="send")
    await relay.clock.advance(3600)
    assert first.asked("send") == second.asked("send") == 1
    for simulated in (first, second):
        simulated.heal()

    relay.clock.jump(timedelta(hours=-1))
    await relay.clock.advance(3599)
    assert (await relay.row(record.message_id)).stage is Stage.PLANNED
    assert len(first.accepted) == len(second.accepted) == 0
    await relay.clock.advance(1)

    assert (await relay.row(record.message_id)).outcome is Outcome.ACCEPTED
    assert len(first.accepted) + len(second.accepted) == 1


async def test_all_have_failed_and_the_first_to_recover_sends(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """It waits as in any outbox, and no longer than 30 seconds after that."""
    first, second = simulator.etech_keys, simulator.smseco
    relay = await make_relay(first, second)
    for simulated in (first, second):
        simulated.fail(Fault.RATE_LIMITED, operation="send")

    record = await relay.sent(ALERT)
    [row] = record.submissions
    assert (row.outcome, row.stage) == (Outcome.QUEUED, Stage.OPEN)
    assert row.failure is not None
    assert row.failure.key == "no_account_available"

    second.heal()
    await relay.clock.advance(40)
    row = await relay.row(record.message_id)
    assert row.outcome is Outcome.ACCEPTED
    assert (len(first.accepted), len(second.accepted)) == (0, 1)


async def test_each_recipient_s_is_the_first_account_that_takes_his_number(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """One request at each of them."""
    french, ivorian = simulator.sms123, simulator.smseco
    relay = await make_relay(french, ivorian)

    record = await relay.sent(
        Message(text="Coupure", targets=("+33612345678", PAPA, MAMAN))
    )

    by_number = {
        row.recipient.number: row.legs[-1].account for row in record.submissions
    }
    assert by_number["+33612345678"] == "account-0"
    assert {row.outcome for row in record.submissions} == {Outcome.ACCEPTED}


async def test_news_of_one_of_many_changes_nothing_of_the_others(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """A report for each of a thousand would write a million rows otherwise."""
    simulated = simulator.smseco
    relay = await make_relay(simulated)
    record = await relay.sent(
        Message(text="Coupure", targets=("+33612345678", PAPA, MAMAN))
    )
    changed: list[str] = []
    relay.store.closed_listeners.add(
        lambda _, rows: changed.extend(row.recipient.number for row in rows)
    )
    [taken] = [one for one in simulated.accepted if one.recipient == PAPA[1:]]
    simulated.report(taken, 56)

    await relay.parts.tracker.ask_about(record.message_id)
    await until_idle()

    delivered = {
        row.recipient.number
        for row in (await relay.kept(record.message_id)).submissions
        if row.delivery and row.delivery.status is DeliveryStatus.DELIVERED
    }
    assert delivered == {PAPA}
    # Once with the news, and once as told.
    assert changed == [PAPA, PAPA]


async def test_what_a_crash_cuts_off_is_asked_of_the_account(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """Under the id that was on disk before the hand-over."""
    first, second = simulator.etech_keys, simulator.smseco
    relay = await make_relay(first, second)
    first.fail(Fault.STALL_AFTER, operation="send", times=1)
    sending = asyncio.create_task(relay.send(ALERT))
    while not first.accepted:
        await asyncio.sleep(0)
    await relay.crash()
    sending.cancel()

    await relay.start()
    await until_idle()

    [record] = [*relay.store]
    [row] = record.submissions
    assert row.outcome is Outcome.UNKNOWN
    assert len(first.accepted) == 1
    assert len(second.accepted) == 0


# --- that it may come twice is told once ------------------------------------------------

FIRE = Message(text="Incendie", targets=(MAMAN,), on_unknown=OnUnknown.NEXT)


async def leave_for_now(relay: RelayHarness, position: int) -> None:
    """Stop one account that is to come back: it is waited for."""
    await relay.remove(position)
    current = relay.parts.accounts.current
    relay.parts.accounts.set(current, missing=[f"account-{position}"])


async def test_a_doubt_that_goes_on_at_once_is_told(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """Not that another account could not take it in between: it comes no oftener."""
    first, second, third = simulator.etech_keys, simulator.smseco, simulator.devcodesms
    relay = await make_relay(first, second, third)
    first.fail(Fault.ERROR_500_AFTER, operation="send", times=1)
    second.fail(Fault.RATE_LIMITED, operation="send", times=1)

    record = await relay.sent(FIRE)

    assert [leg.outcome for leg in record.submissions[0].legs] == [
        Outcome.UNKNOWN,
        Outcome.NOT_SENT,
        Outcome.ACCEPTED,
    ]
    assert relay.observer.passed_on == [(MAMAN,)]


async def test_a_doubt_that_goes_on_after_a_wait_is_told(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """Once, however often it is tried from then on."""
    first, second = simulator.etech_keys, simulator.smseco
    relay = await make_relay(first, second)
    await leave_for_now(relay, 1)
    first.fail(Fault.ERROR_500_AFTER, operation="send", times=1)
    second.fail(Fault.RATE_LIMITED, operation="send", times=2)
    record = await relay.sent(FIRE)
    assert record.submissions[0].is_waiting
    assert relay.observer.passed_on == []
    # No evidence decides before that.
    first.fail(Fault.ERROR_500)

    await relay.bring_back(1)
    await relay.clock.advance(60)

    assert (await relay.row(record.message_id)).outcome is Outcome.ACCEPTED
    assert len(second.accepted) == 1
    assert relay.observer.passed_on == [(MAMAN,)]


async def test_a_doubt_that_goes_on_after_a_crash_is_told(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """The crash has cut it off before the next account could be asked."""
    first, second = simulator.etech_keys, simulator.smseco
    relay = await make_relay(first, second)
    first.fail(Fault.STALL_AFTER, operation="send", times=1)
    sending = asyncio.create_task(relay.send(FIRE))
    while not first.accepted:
        await asyncio.sleep(0)
    await relay.crash()
    sending.cancel()

    await relay.start()
    await until_idle()

    assert len(second.accepted) == 1
    assert relay.observer.passed_on == [(MAMAN,)]


async def test_each_doubt_that_goes_on_is_told(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """It may come three times by then."""
    first, second, third = simulator.etech_keys, simulator.smseco, simulator.devcodesms
    relay = await make_relay(first, second, third)
    for doubtful in (first, second):
        doubtful.fail(Fault.ERROR_500_AFTER, operation="send", times=1)

    await relay.sent(FIRE)

    assert relay.observer.passed_on == [(MAMAN,), (MAMAN,)]


async def test_what_the_user_sends_again_is_no_news_to_him(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """He was asked, and told that it may come twice."""
    first, second = simulator.etech_keys, simulator.smseco
    relay = await make_relay(first, second)
    first.fail(Fault.ERROR_500_AFTER, operation="send", times=1)
    record = await relay.sent(ALERT)
    # No evidence decides.
    first.fail(Fault.ERROR_500)
    await relay.clock.advance(660)
    first.heal()

    await relay.parts.outbox.resolve(record.message_id, Choice.RESEND)
    await until_idle()

    assert (await relay.row(record.message_id)).outcome is Outcome.ACCEPTED
    assert len(first.accepted) + len(second.accepted) == 2
    assert relay.observer.passed_on == []


async def test_a_doubt_about_many_is_told_of_all_together(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """Also where so many wait that they are chosen for in turns."""
    first, second = simulator.etech_keys, simulator.smseco
    relay = await make_relay(first, second)
    await leave_for_now(relay, 1)
    first.fail(Fault.ERROR_500_AFTER, operation="send")
    numbers = tuple(f"+2376956882{one:02}" for one in range(30))
    await relay.sent(replace(FIRE, targets=numbers))

    await relay.bring_back(1)
    await relay.clock.advance(60)

    assert relay.observer.passed_on == [numbers]


@pytest.mark.parametrize(
    ("urgent", "on_unknown", "by_second"),
    [
        (False, OnUnknown.RESEND, 0),
        (True, OnUnknown.HOLD, 0),
        (True, OnUnknown.RESEND, 1),
    ],
)
async def test_without_room_for_the_next_leg_only_what_may_come_twice_goes_on(
    simulator: Simulator,
    make_relay: RelayMaker,
    *,
    urgent: bool,
    on_unknown: OnUnknown,
    by_second: int,
) -> None:
    """All else waits until it can be written down, and leaves once."""
    first, second = simulator.etech_keys, simulator.smseco
    relay = await make_relay(first, second)
    first.fail(Fault.RATE_LIMITED, operation="send")

    def fill() -> None:
        """Let the message with its first leg be the last that has room."""
        relay.disk.room = 0

    relay.disk.on_written = fill
    record = await relay.sent(replace(ALERT, urgent=urgent, on_unknown=on_unknown))
    assert len(second.accepted) == by_second

    relay.disk.on_written = nothing
    relay.disk.room = None
    await relay.clock.advance(60)

    assert (await relay.row(record.message_id)).outcome is Outcome.ACCEPTED
    assert (len(first.accepted), len(second.accepted)) == (0, 1)


async def test_an_account_that_goes_before_it_is_handed_a_message_has_not_sent_it(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """It is on disk that it was to be handed over: the next account sends it at once."""
    first, second = simulator.etech_keys, simulator.smseco
    relay = await make_relay(first, second)

    def go() -> None:
        relay.disk.on_written = nothing
        relay.parts.accounts.set([relay.accounts[1].legs])

    relay.disk.on_written = go
    record = await relay.sent(ALERT)

    [row] = record.submissions
    assert row.outcome is Outcome.ACCEPTED
    assert [leg.outcome for leg in row.legs] == [Outcome.NOT_SENT, Outcome.ACCEPTED]
    assert (len(first.accepted), len(second.accepted)) == (0, 1)
