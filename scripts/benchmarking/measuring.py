"""Sends the messages of a plan inside a running Home Assistant, and measures each."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
import functools
from time import perf_counter

from homeassistant.components.clicksend.notify import HEADERS
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .accounts import (
    Account,
    NotAcceptedError,
    add,
    new_entry,
    next_text,
    numbers,
    relay_data,
    relay_numbers,
)
from .journals import fill_with_awaited, fill_with_closed
from .meter import Meter
from .plan import (
    BARE_POST,
    CLICKSEND,
    IDLE,
    RELAY_ALERT,
    RELAY_GATEWAYS,
    Case,
    Plan,
    Section,
)
from .samples import Sample
from .servers import Addresses

type Send = Callable[[], Awaitable[object]]

# What a message takes otherwise, so that a gap is seen that is the machine's.
_IDLE_SECONDS = 0.05


async def measure(
    hass: HomeAssistant, plan: Plan, addresses: Addresses
) -> list[Sample]:
    """Return what was measured.

    Raises:
        NotAcceptedError: a message was not accepted, or not just once.

    """
    meter = Meter(hass)
    await _measure_alerts(hass, plan, addresses, meter)
    for case in plan.recipient_cases():
        await _measure_recipients(hass, plan, addresses, meter, case)
    await _measure_relay(hass, plan, addresses, meter)
    return meter.samples


async def _measure_alerts(
    hass: HomeAssistant, plan: Plan, addresses: Addresses, meter: Meter
) -> None:
    """Let all that send one alert take turns: a drifting machine is the same for all."""
    cases = plan.alert_cases()
    accounts: dict[Case, Account] = {}
    for case in cases:
        if case.subject in addresses.accounts:
            accounts[case] = await _account(hass, addresses, case)
    first, *others = (
        account for case, account in accounts.items() if case.section is Section.ALERT
    )
    relay = await add(hass, new_entry("Relais", relay_data([first, *others])))
    through = {**accounts, RELAY_ALERT: relay}
    senders = {
        case: through[case].alert
        if case in through
        else _comparison(hass, addresses, case.subject)
        for case in cases
    }
    # The first time, much is imported and connected.
    for send in senders.values():
        await send()
    for _ in range(plan.rounds):
        for case, send in senders.items():
            await meter.measure(case, send)
    for gateway in {case.subject for case in accounts}:
        is_first = first.entry.data["gateway"] == gateway
        times = is_first + sum(case.subject == gateway for case in accounts)
        await _expect(hass, addresses, gateway, times * (1 + plan.rounds))
    await _remove(hass, [relay, *accounts.values()])


async def _measure_recipients(
    hass: HomeAssistant, plan: Plan, addresses: Addresses, meter: Meter, case: Case
) -> None:
    """Send to several recipients, in a house that has no other account."""
    account = await _account(hass, addresses, case)
    wanted = numbers(addresses.accounts[case.subject], case.size)
    before = await _accepted(hass, addresses, case.subject)
    await account.send_to(wanted[:1])
    began, runs = perf_counter(), 0
    while not runs or (
        runs < plan.runs and perf_counter() - began < plan.seconds_per_case
    ):
        await meter.measure(case, functools.partial(account.send_to, wanted))
        runs += 1
    await _expect(hass, addresses, case.subject, before + 1 + runs * case.size)
    await _remove(hass, [account])


async def _measure_relay(
    hass: HomeAssistant, plan: Plan, addresses: Addresses, meter: Meter
) -> None:
    """Send to recipients in three countries, through a relay of all gateways."""
    case = plan.relay_case()
    accounts = [
        await add(hass, new_entry(f"Relais {key}", addresses.accounts[key]))
        for key in RELAY_GATEWAYS
    ]
    relay = await add(hass, new_entry("Relais", relay_data(accounts)))
    wanted = relay_numbers(case.size)
    before = await _accepted_by_all(hass, addresses)
    began, runs = perf_counter(), 0
    while not runs or (
        runs < plan.runs and perf_counter() - began < plan.seconds_per_case
    ):
        await meter.measure(case, functools.partial(relay.send_to, wanted))
        runs += 1
    accepted = await _accepted_by_all(hass, addresses) - before
    if accepted != runs * case.size:
        raise NotAcceptedError(f"{accepted} accepted of {runs} × {case.size}")
    await _remove(hass, [relay, *accounts])


async def _account(hass: HomeAssistant, addresses: Addresses, case: Case) -> Account:
    """Add the account of a case, with what its journal is to hold."""
    data = addresses.accounts[case.subject]
    entry = new_entry(case.key.replace("/", " "), data)
    if case.section is Section.JOURNAL:
        await fill_with_closed(hass, entry, numbers(data, case.size))
    if case.section is Section.AWAITED:
        await fill_with_awaited(hass, entry, numbers(data, case.size))
    return await add(hass, entry)


async def _remove(hass: HomeAssistant, accounts: Iterable[Account]) -> None:
    """Remove accounts: their questions about deliveries must not disturb the next."""
    for account in accounts:
        await hass.config_entries.async_remove(account.entry.entry_id)
    await hass.async_block_till_done()


def _comparison(hass: HomeAssistant, addresses: Addresses, subject: str) -> Send:
    """Return what an alert is compared with."""

    async def post() -> None:
        session = async_get_clientsession(hass)
        async with session.post(
            f"{addresses.clicksend}/sms/send",
            json={"messages": [{"to": "+237650000000", "body": next_text()}]},
            headers=HEADERS,
        ) as response:
            response.raise_for_status()
            await response.read()

    async def notify() -> None:
        await hass.services.async_call(
            "notify", CLICKSEND, {"message": next_text()}, blocking=True
        )

    async def wait() -> None:
        await asyncio.sleep(_IDLE_SECONDS)

    return {IDLE: wait, BARE_POST: post, CLICKSEND: notify}[subject]


async def _expect(
    hass: HomeAssistant, addresses: Addresses, gateway: str, count: int
) -> None:
    """Check that a gateway has accepted so many messages since it was started.

    Raises:
        NotAcceptedError: it has not.

    """
    accepted = await _accepted(hass, addresses, gateway)
    if accepted != count:
        raise NotAcceptedError(f"{gateway} accepted {accepted}, and not {count}")


async def _accepted_by_all(hass: HomeAssistant, addresses: Addresses) -> int:
    """Return how many messages all gateways of a relay have accepted."""
    return sum([await _accepted(hass, addresses, key) for key in RELAY_GATEWAYS])


async def _accepted(hass: HomeAssistant, addresses: Addresses, gateway: str) -> int:
    """Return how many messages a gateway has accepted since it was started."""
    session = async_get_clientsession(hass)
    async with session.get(f"{addresses.accepted}/{gateway}") as response:
        count: int = await response.json()
        return count
