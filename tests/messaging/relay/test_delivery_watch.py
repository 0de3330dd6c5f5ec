"""A message that does not arrive in time is sent by the next account, too."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from custom_components.passerelle_sms.gateways.errors import RecipientBlockedError
from custom_components.passerelle_sms.gateways.model.message import SendResult, Sms
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.message import Message
from custom_components.passerelle_sms.messaging.model.record import OnUnknown
from tests.conftest import MAMAN
from tests.messaging.fake_disk import nothing
from tests.messaging.idle import until_idle
from tests.messaging.journal_files import copied, files_of, put_back
from tests.simulator import Fault, SimulatedGateway, Simulator

from .conftest import RelayMaker

ALERT = Message(text="Citerne vide", targets=(MAMAN,))
WITHIN = timedelta(minutes=5)
MANY = tuple(f"+2376956882{one:02}" for one in range(3))


def taken(*gateways: SimulatedGateway) -> list[int]:
    """Return how many messages each has taken."""
    return [len(gateway.accepted) for gateway in gateways]


async def test_what_is_not_delivered_in_time_goes_on_and_is_told_once(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """Also where the next account can't take it, and the one after it does."""
    first, second, third = simulator.smseco, simulator.etech_keys, simulator.devcodesms
    relay = await make_relay(first, second, third, deliver_within=WITHIN)
    second.fail(Fault.RATE_LIMITED, operation="send")
    record = await relay.sent(ALERT)

    await relay.clock.advance(290)
    assert taken(third) == [0]
    await relay.clock.advance(20)

    row = await relay.row(record.message_id)
    assert [leg.outcome for leg in row.legs] == [
        Outcome.ACCEPTED,
        Outcome.NOT_SENT,
        Outcome.ACCEPTED,
    ]
    assert taken(first, third) == [1, 1]
    assert relay.observer.passed_on == [(MAMAN,)]


async def test_each_account_has_its_time(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """Until none is left; each may have sent it, which is told each time."""
    first, second, third = simulator.smseco, simulator.etech_keys, simulator.devcodesms
    relay = await make_relay(first, second, third, deliver_within=WITHIN)
    await relay.sent(ALERT)

    await relay.clock.advance(310)
    assert taken(first, second, third) == [1, 1, 0]
    await relay.clock.advance(280)
    assert taken(third) == [0]
    await relay.clock.advance(30)
    assert taken(third) == [1]
    await relay.clock.advance(3600)

    assert taken(first, second, third) == [1, 1, 1]
    assert relay.observer.passed_on == [(MAMAN,), (MAMAN,)]


async def test_what_has_arrived_goes_nowhere_else(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """By the first account, or by the second one."""
    first, second, third = simulator.smseco, simulator.etech_keys, simulator.devcodesms
    relay = await make_relay(first, second, third, deliver_within=WITHIN)
    record = await relay.sent(replace(ALERT, text="Bonjour"))
    first.report(first.accepted[0], 56)
    await relay.parts.tracker.ask_about(record.message_id)
    await relay.clock.advance(310)
    assert taken(first, second, third) == [1, 0, 0]

    record = await relay.sent(ALERT)
    await relay.clock.advance(310)
    second.label = "DELIVERED"
    await relay.parts.tracker.ask_about(record.message_id)
    await relay.clock.advance(3600)

    assert taken(first, second, third) == [2, 1, 0]


async def test_what_nobody_can_take_in_time_waits_for_who_can(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """An account that only pauses at that moment must not lose it."""
    first, second = simulator.smseco, simulator.etech_keys
    relay = await make_relay(first, second, deliver_within=WITHIN)
    second.fail(Fault.RATE_LIMITED, operation="send")
    record = await relay.sent(ALERT)
    await relay.clock.advance(600)
    assert taken(first, second) == [1, 0]

    second.heal()
    await relay.clock.advance(60)

    assert taken(first, second) == [1, 1]
    assert relay.observer.passed_on == [(MAMAN,)]
    row = await relay.row(record.message_id)
    assert [leg.outcome for leg in row.legs] == [Outcome.ACCEPTED, Outcome.ACCEPTED]


async def test_it_is_waited_for_no_longer_than_it_lives(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """It is no alert any more then."""
    first, second = simulator.smseco, simulator.etech_keys
    relay = await make_relay(first, second, deliver_within=WITHIN)
    second.fail(Fault.RATE_LIMITED, operation="send")
    await relay.sent(ALERT)
    await relay.clock.advance(3590)

    second.heal()
    await relay.clock.advance(3600)

    assert taken(first, second) == [1, 0]


async def test_what_is_late_together_shares_a_request(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """As few as the gateway allows, and an event for all."""
    first, second = simulator.etech_keys, simulator.smseco
    relay = await make_relay(first, second, deliver_within=WITHIN)
    record = await relay.sent(replace(ALERT, targets=MANY))

    await relay.clock.advance(310)

    assert taken(first, second) == [3, 3]
    assert second.asked("send") == 1
    assert relay.observer.passed_on == [MANY]
    rows = (await relay.kept(record.message_id)).submissions
    assert [len(row.legs) for row in rows] == [2, 2, 2]


async def test_who_has_opted_out_there_gets_it_nowhere_else(
    simulator: Simulator, make_relay: RelayMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor later: he wants none."""
    first, second, third = simulator.smseco, simulator.etech_keys, simulator.devcodesms
    relay = await make_relay(first, second, third, deliver_within=WITHIN)

    async def refuse(sms: Sms) -> SendResult:
        return SendResult.failed(sms.recipients, RecipientBlockedError())

    monkeypatch.setattr(relay.accounts[1].gateway, "send", refuse)
    await relay.sent(ALERT)

    await relay.clock.advance(3600)

    assert taken(first, second, third) == [1, 0, 0]


@pytest.mark.parametrize(
    ("on_unknown", "by_third"), [(OnUnknown.HOLD, 0), (OnUnknown.NEXT, 1)]
)
async def test_a_doubt_at_the_next_account_goes_on_as_its_sender_chose(
    simulator: Simulator,
    make_relay: RelayMaker,
    on_unknown: OnUnknown,
    by_third: int,
) -> None:
    """Else it is as good as sent there, until evidence says otherwise."""
    first, second, third = simulator.smseco, simulator.etech_keys, simulator.devcodesms
    relay = await make_relay(first, second, third, deliver_within=WITHIN)
    second.fail(Fault.ERROR_500_AFTER, operation="send")
    await relay.sent(replace(ALERT, on_unknown=on_unknown))

    await relay.clock.advance(310)

    assert taken(first, second, third) == [1, 1, by_third]
    assert relay.observer.passed_on == [(MAMAN,)] * (1 + by_third)


async def test_a_restart_while_it_is_late_sends_nothing_twice(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """The next leg is on disk before it is handed over."""
    first, second = simulator.smseco, simulator.etech_keys
    relay = await make_relay(first, second)
    relay.deliver_within = relay.parts.tracker.deliver_within = WITHIN
    record = await relay.sent(ALERT)
    await relay.clock.advance(200)
    await relay.crash()
    await relay.start()
    await relay.clock.advance(110)
    assert taken(first, second) == [1, 1]

    await relay.crash()
    await relay.start()
    await relay.clock.advance(3600)

    assert taken(first, second) == [1, 1]
    assert len((await relay.row(record.message_id)).legs) == 2


async def test_a_journal_that_was_restored_passes_nothing_on(
    simulator: Simulator, make_relay: RelayMaker, tmp_path: Path
) -> None:
    """The next account may have had it since; what is sent from then on goes on."""
    first, second = simulator.smseco, simulator.etech_keys
    relay = await make_relay(first, second)
    relay.deliver_within = relay.parts.tracker.deliver_within = WITHIN
    await relay.sent(ALERT)
    journals = {
        tmp_path / "relay.journal": relay.journal,
        tmp_path / "account-0.journal": relay.accounts[0].journal,
        tmp_path / "account-1.journal": relay.accounts[1].journal,
    }
    for journal in journals.values():
        await journal.begin_backup()
    backup = {path: copied(files_of(path)) for path in journals}
    for journal in journals.values():
        await journal.end_backup()
    await relay.clock.advance(310)
    assert taken(first, second) == [1, 1]

    for _ in ("restored", "restarted later"):
        await relay.stop()
        relay.build()
        for path, files in backup.items():
            put_back(path, files)
        backup.clear()
        await relay.start()
        await relay.clock.advance(400)
        assert taken(first, second) == [1, 1]

    await relay.sent(replace(ALERT, text="Encore"))
    await relay.clock.advance(310)
    assert taken(first, second) == [2, 2]


async def test_news_while_it_is_handed_over_begins_nothing_more(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """It won't arrive by the first: the second is at it already."""
    first, second, third = simulator.smseco, simulator.etech_keys, simulator.devcodesms
    relay = await make_relay(first, second, third, deliver_within=WITHIN)
    record = await relay.sent(ALERT)
    kept = await relay.kept(record.message_id)
    watch = relay.parts.tracker._watch  # noqa: SLF001 # who is told twice

    await relay.clock.advance(299)
    relay.clock._elapsed += timedelta(seconds=2)  # noqa: SLF001 # without the alarm
    watch.start()
    watch.watch(kept, kept.submissions)
    watch.start()
    await until_idle()

    assert taken(first, second, third) == [1, 1, 0]


async def test_it_is_asked_whether_it_has_arrived_before_it_goes_on(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """The account may not have asked for as long again as it is old."""
    first, second = simulator.etech_keys, simulator.smseco
    relay = await make_relay(first, second, deliver_within=timedelta(minutes=15))
    await relay.accounts[0].tracker.start()
    await relay.sent(ALERT)
    await relay.clock.advance(700)
    first.label = "DELIVERED"

    await relay.clock.advance(3600)

    assert taken(first, second) == [1, 0]


async def test_it_is_asked_whether_it_has_arrived_while_the_house_was_down(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """Its time is over when the house comes back."""
    first, second = simulator.etech_keys, simulator.smseco
    relay = await make_relay(first, second)
    relay.deliver_within = relay.parts.tracker.deliver_within = WITHIN
    await relay.sent(ALERT)
    await relay.crash()
    first.label = "DELIVERED"
    await relay.clock.advance(600)

    for account in relay.accounts:
        await account.start()
        await account.tracker.start()
    await relay.start_relay()
    await relay.clock.advance(3600)

    assert taken(first, second) == [1, 0]


async def test_what_the_gateway_says_will_not_arrive_goes_on_at_once(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """Nobody waits for its time to be over, and it goes on once."""
    first, second = simulator.smseco, simulator.etech_keys
    relay = await make_relay(first, second, deliver_within=WITHIN)
    record = await relay.sent(ALERT)
    first.report(first.accepted[0], 62)

    await relay.parts.tracker.ask_about(record.message_id)
    await relay.clock.advance(1)
    assert taken(first, second) == [1, 1]

    await relay.clock.advance(3600)
    assert taken(first, second) == [1, 1]
    assert relay.observer.passed_on == [(MAMAN,)]


async def test_what_cannot_be_written_down_goes_on_once_it_can(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """What is not on disk is not handed over: after a crash it would be sent again."""
    first, second = simulator.smseco, simulator.etech_keys
    relay = await make_relay(first, second, deliver_within=WITHIN)
    record = await relay.sent(ALERT)
    relay.disk.room = 0
    await relay.clock.advance(320)
    assert taken(first, second) == [1, 0]
    assert relay.observer.passed_on == []

    relay.disk.room = None
    await relay.clock.advance(60)

    assert taken(first, second) == [1, 1]
    assert relay.observer.passed_on == [(MAMAN,)]
    assert len((await relay.row(record.message_id)).legs) == 2


async def test_an_end_that_cannot_be_written_down_is_asked_of_the_account(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """It was handed over: nobody sends it again, and its end is known in the end."""
    first, second, third = simulator.smseco, simulator.etech_keys, simulator.devcodesms
    relay = await make_relay(first, second, third, deliver_within=WITHIN)
    record = await relay.sent(ALERT)

    def fill() -> None:
        """Let the leg on the disk be the last that has room."""
        relay.disk.room = 0

    relay.disk.on_written = fill
    await relay.clock.advance(320)
    relay.disk.on_written = nothing
    assert taken(first, second, third) == [1, 1, 0]
    [_, leg] = (await relay.row(record.message_id)).legs
    assert leg.is_open

    await relay.crash()
    relay.disk.room = None
    await relay.start()
    await until_idle()

    [_, leg] = (await relay.row(record.message_id)).legs
    assert (leg.is_open, leg.outcome) == (False, Outcome.ACCEPTED)
    assert taken(first, second, third) == [1, 1, 0]
