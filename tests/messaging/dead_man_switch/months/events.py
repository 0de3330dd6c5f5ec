"""What happens in a month, at random."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Final

from custom_components.passerelle_sms.gateways.errors import (
    GatewayError,
    NotStoredError,
    RateLimitedError,
)
from custom_components.passerelle_sms.gateways.wire.purpose import Purpose
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.messaging.idle import let_run, until_idle
from tests.simulator import Fault

from .agenda import Agenda
from .ground import MARK
from .house import House
from .record import Hindrance
from .setup import NUMBERS

type Event = Callable[[Agenda], Awaitable[None]]

_LOST: Final = (
    Fault.STALL_AFTER,
    Fault.CUT_AFTER,
    Fault.HALF_ANSWER,
    Fault.ERROR_500_AFTER,
    Fault.STALL_BEFORE,
    Fault.CUT_BEFORE,
    Fault.ERROR_500,
    Fault.HTML,
    Fault.EMPTY,
    Fault.RATE_LIMITED,
)
_LONGEST: Final = timedelta(days=3)
_LONGEST_JUMP: Final = 0.4
"""Of the delay: by how much clocks jump where nobody can compare them."""


def how_long(house: House) -> timedelta:
    """Return how long something lasts: from minutes to days."""
    low, high = house.luck.choice(
        ((0.01, 0.2), (0.2, 0.7), (0.6, 0.99), (0.9, 1.2), (1.2, 4.0), (2.0, 20.0))
    )
    return min(house.plan.delay * house.luck.uniform(low, high), _LONGEST)


# --- the house ends and begins again ---------------------------------------------------


async def restart(agenda: Agenda) -> None:
    """Restart, or update: it is down for moments or minutes."""
    house = agenda.house
    if not house.is_alive:
        return
    house.happened("restart")
    await house.stop()
    minutes = house.luck.choice((0.2, 1, 4, 9))
    _come_back(agenda, timedelta(minutes=minutes))


async def power_cut(agenda: Agenda) -> None:
    """Lose power, in the middle of a renewal or between two."""
    house = agenda.house
    if not house.is_alive:
        return
    await _into_something(house)
    house.happened("power cut")
    await house.lose_power()
    _come_back(agenda, how_long(house))


async def crash(agenda: Agenda) -> None:
    """Be killed, and started again at once."""
    house = agenda.house
    if not house.is_alive:
        return
    await _into_something(house)
    house.happened("crash")
    await house.lose_power()
    _come_back(agenda, timedelta(seconds=house.luck.randint(5, 100)))


async def _into_something(house: House) -> None:
    """Go so far into the next renewal, or into nothing."""
    if house.luck.random() < 0.75:
        house.loop.wire.pace = house.draw_pace()
        house.loop.pace = house.draw_pace()
        await house.clock.go_into_next(house.luck.randint(0, 150))


def _come_back(agenda: Agenda, after: timedelta) -> None:
    async def come_back() -> None:
        await agenda.house.start()

    agenda.later(after, come_back)


async def slow_clock(agenda: Agenda) -> None:
    """Lose power and the time with it: the clock begins where it was, and is set right."""
    house = agenda.house
    if not house.is_alive:
        return
    house.happened("clock lost with the power")
    lost = how_long(house)
    if house.setup.has_own_url:
        lost = min(lost, house.plan.delay * _LONGEST_JUMP)
    await house.lose_power()

    async def come_back() -> None:
        house.clock.set_while_down(-lost)
        await house.start()
        agenda.later(timedelta(minutes=house.luck.choice((0.1, 3, 30))), set_right)

    async def set_right() -> None:
        await _shift(house, lost)

    agenda.later(lost, come_back)


async def stop_and_restore(agenda: Agenda) -> None:
    """Put a backup back, which knows nothing of what stands since."""
    house = agenda.house
    if not house.is_alive or house.backup is None:
        return
    house.happened("restore")
    await house.stop()
    house.restore()
    _come_back(agenda, timedelta(minutes=house.luck.choice((1, 10))))


async def back_up(agenda: Agenda) -> None:
    """Make a backup, to be put back later."""
    house = agenda.house
    if not house.is_alive:
        return
    house.happened("backup")
    await house.back_up()
    agenda.later(how_long(house), partial(stop_and_restore, agenda))


async def full_disk(agenda: Agenda) -> None:
    """Have no room on the disk for a while."""
    house = agenda.house
    house.happened("full disk")
    disk = house.accounts[0].harness.disk
    disk.room = 0

    async def make_room() -> None:
        disk.room = None

    agenda.later(how_long(house) / 2, make_room)


# --- time --------------------------------------------------------------------------------


async def set_clock_here(agenda: Agenda) -> None:
    """Set the clock of the house wrong, and right again."""
    house = agenda.house
    house.happened("clock of the house set")
    by = how_long(house) * house.luck.choice((-1, 1))
    if house.setup.has_own_url:
        by = max(by, -house.plan.delay * _LONGEST_JUMP)
    await _shift(house, by)
    agenda.later(how_long(house), partial(_shift, house, -by))


async def _shift(house: House, by: timedelta) -> None:
    house.record.shifts.append(house.clock.elapsed())
    if house.is_alive:
        house.clock.jump(by)
        await until_idle()
    else:
        house.clock.set_while_down(by)


async def set_clocks_there(agenda: Agenda) -> None:
    """Set the clocks of the gateways wrong, and right again."""
    house = agenda.house
    house.happened("clock of the gateway set")
    # What stands would be sent by a clock that is set forward more.
    most = house.plan.delay * _LONGEST_JUMP
    by = most * house.luck.uniform(-1, 1)

    async def set_right() -> None:
        house.set_there(-by)

    house.set_there(by)
    agenda.later(how_long(house), set_right)


# --- the way to the gateway, and the gateway ----------------------------------------------


async def line_cut(agenda: Agenda) -> None:
    """Have no line for a while."""
    house = agenda.house
    house.happened("line cut")
    await house.cut_line()
    agenda.later(how_long(house), house.listen)


async def lost_answers(agenda: Agenda) -> None:
    """Lose some answers, or requests."""
    house = agenda.house
    house.happened("answers lost")
    account = house.luck.choice(house.accounts)
    fault = house.luck.choice(_LOST)
    house.happened(f"answer lost: {fault.name}")
    operation = house.luck.choice(("send", "send", "cancel", None))
    times = house.luck.choice((1, 1, 2, 3, 8))
    # Some of those before it may go well: by chance the one that cancels is met.
    account.simulated.fail(fault, operation=operation, times=times)
    house.begin_hindrance(Hindrance.FAULTS)

    async def heal() -> None:
        account.simulated.heal()
        house.end_hindrance(Hindrance.FAULTS)

    agenda.later(how_long(house), heal)


async def refused(agenda: Agenda) -> None:
    """Be refused for the credentials, the sender or the credit, and mend it some time."""
    house = agenda.house
    account = house.luck.choice(house.accounts)
    refusals = sorted(account.simulated.refusals, key=lambda one: one.value)
    refusal = house.luck.choice(refusals)
    house.happened(f"refused: {refusal.name}")
    account.simulated.refusal = refusal
    house.begin_hindrance(Hindrance.REFUSED)

    async def mend() -> None:
        account.simulated.refusal = None
        house.end_hindrance(Hindrance.REFUSED)
        if house.is_alive and house.luck.random() < 0.5:
            house.switch.retry()

    agenda.later(how_long(house), mend)


async def empty_account(agenda: Agenda) -> None:
    """Have no credit left, and buy some."""
    house = agenda.house
    account = house.luck.choice(house.accounts)
    house.happened("account empty")
    left = account.simulated.credits
    account.simulated.spend_elsewhere(left)
    house.record.is_spent_elsewhere = True
    house.begin_hindrance(Hindrance.REFUSED)

    async def top_up() -> None:
        account.simulated.top_up(left)
        house.end_hindrance(Hindrance.REFUSED)
        if house.is_alive:
            house.switch.retry()

    agenda.later(how_long(house), top_up)


async def full_budget(agenda: Agenda) -> None:
    """Use up all requests of the hour, by questions or by alerts."""
    house = agenda.house
    budgets = [one.gateway.budget for one in house.accounts if one.gateway.budget]
    if not budgets:
        return
    purpose = house.luck.choice((Purpose.QUESTION, Purpose.MESSAGE))
    house.happened(f"budget used up: {purpose.name}")
    for budget in budgets:
        with suppress(RateLimitedError):
            while True:
                budget.spend(purpose)
    house.record.crowded.append(house.clock.elapsed())
    if purpose is Purpose.MESSAGE:
        house.begin_hindrance(Hindrance.NO_BUDGET)

        async def have_room() -> None:
            house.end_hindrance(Hindrance.NO_BUDGET)

        agenda.later(timedelta(minutes=61), have_room)


async def account_goes(agenda: Agenda) -> None:
    """Take one of the accounts away, and bring it back."""
    house = agenda.house
    if not house.is_alive or house.gone:
        return
    house.happened("account gone")
    account = house.luck.choice(house.accounts).name
    await house.leave(account)
    agenda.later(how_long(house), house.bring_back)


# --- its user ------------------------------------------------------------------------------


async def alert(agenda: Agenda) -> None:
    """Send an alert, and look at the balance."""
    house = agenda.house
    if not house.is_alive:
        return
    house.happened("alert")
    for account in house.accounts:
        # It is refused while the disk is full.
        with suppress(NotStoredError):
            await account.harness.send(NUMBERS[0])
        await account.harness.poll()


async def disarm(agenda: Agenda) -> None:
    """Disarm, and arm again some time."""
    house = agenda.house
    if not house.is_alive or not house.switch.status.is_armed:
        return
    house.happened("disarmed")
    await house.disarm()
    agenda.later(how_long(house), partial(_arm, agenda))


async def _arm(agenda: Agenda) -> None:
    house = agenda.house
    if not house.is_alive:
        agenda.later(house.plan.delay, partial(_arm, agenda))
        return
    if not await house.arm():
        house.happened("not armed")
        agenda.later(house.plan.delay, partial(_arm, agenda))


async def change(agenda: Agenda) -> None:
    """Change the message, the delay or the recipients."""
    house = agenda.house
    what = house.luck.choice(("message", "delay", "recipients"))
    house.happened(f"changed: {what}")
    match what:
        case "message":
            word = house.luck.choice(("ALERTE", "Urgent", "Allo"))
            house.change_plan(template=f"{MARK} {word} {{house}} {{since}}")
        case "delay":
            factor = house.luck.choice((0.5, 2, 3))
            shortest, longest = timedelta(minutes=15), timedelta(hours=24)
            delay = house.plan.delay * factor
            house.change_plan(delay=min(max(delay, shortest), longest))
        case "recipients":
            count = house.luck.randint(0 if house.luck.random() < 0.2 else 1, 3)
            numbers = house.luck.sample(NUMBERS, count)
            house.change_plan(
                recipients=tuple(Recipient(number=number) for number in numbers)
            )
    if house.is_alive:
        house.switch.apply(house.plan)
        await let_run()


async def reload(agenda: Agenda) -> None:
    """Reload: it is another object a moment later, and no time has passed."""
    house = agenda.house
    if not house.is_alive:
        return
    house.happened("reload")
    await house.stop()
    await house.start()


async def broken_cancel(agenda: Agenda) -> None:
    """Arm at a gateway that overlooks, or misreads, what is to take a message back."""
    house = agenda.house
    first = house.accounts[0].simulated
    kinds = [
        name for name in ("overlooks_cancel", "misreads_cancel") if hasattr(first, name)
    ]
    if not kinds or not house.is_alive or not house.switch.status.is_armed:
        return
    kind = house.luck.choice(kinds)
    with suppress(GatewayError):
        await house.disarm()
    house.happened(kind)
    setattr(first, kind, True)
    house.begin_hindrance(Hindrance.NO_CANCEL)
    await house.arm()

    async def mend() -> None:
        setattr(first, kind, False)
        # What was taken instead is in no row.
        house.ground.unknown_before = house.clock.elapsed()
        house.end_hindrance(Hindrance.NO_CANCEL)
        await _arm(agenda)

    agenda.later(how_long(house), mend)


EVENTS: Final[tuple[tuple[Event, int], ...]] = (
    (restart, 3),
    (power_cut, 5),
    (crash, 5),
    (slow_clock, 2),
    (back_up, 2),
    (full_disk, 2),
    (set_clock_here, 2),
    (set_clocks_there, 2),
    (line_cut, 5),
    (lost_answers, 7),
    (refused, 3),
    (empty_account, 2),
    (full_budget, 2),
    (account_goes, 2),
    (alert, 3),
    (disarm, 2),
    (change, 4),
    (reload, 2),
    (broken_cancel, 1),
)


def draw_events(agenda: Agenda) -> None:
    """Put what happens on the agenda, by the luck of the month."""
    house = agenda.house
    events, weights = zip(*EVENTS, strict=True)
    for _ in range(house.setup.events):
        [event] = house.luck.choices(events, weights)
        moment = house.setup.length * house.luck.random()
        agenda.at(moment, partial(event, agenda))
    at = timedelta()
    while at < house.setup.length:
        at += house.plan.delay * house.luck.uniform(1, 8)
        agenda.at(at, partial(look, agenda))


async def look(agenda: Agenda) -> None:
    """Look at the balance, as an account does now and then."""
    house = agenda.house
    if house.is_alive:
        for account in house.accounts:
            await account.harness.poll()
