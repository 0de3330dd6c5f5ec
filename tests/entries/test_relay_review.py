"""Relays hear when one of the accounts has come, gone or changed."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.entries.relay_review import (
    async_listen_to_accounts,
)
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant, callback
from tests.conftest import AccountMaker
from tests.messages import send
from tests.simulator import Simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


class Reviews:
    """How often relays were told to look."""

    def __init__(self) -> None:
        """Begin with never."""
        self.count = 0

    @callback
    def hear(self) -> None:
        """Count it."""
        self.count += 1

    def taken(self) -> int:
        """Return how many there were since the last time."""
        count, self.count = self.count, 0
        return count


@pytest.fixture
async def account(simulator: Simulator, add_account: AccountMaker) -> MockConfigEntry:
    """Return an account."""
    return await add_account(simulator.etech_keys)


@pytest.fixture
async def reviews(
    hass: HomeAssistant, account: MockConfigEntry
) -> AsyncIterator[Reviews]:
    """Return the reviews from now on."""
    reviews = Reviews()
    end = async_listen_to_accounts(hass, reviews.hear)
    yield reviews
    end()


async def test_an_account_that_goes_and_comes(
    hass: HomeAssistant, account: MockConfigEntry, reviews: Reviews
) -> None:
    """When it is disabled, enabled, and removed; not when it is merely unloaded."""
    await hass.config_entries.async_unload(account.entry_id)
    assert reviews.taken() == 0
    await hass.config_entries.async_setup(account.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    reviews.taken()
    await hass.config_entries.async_set_disabled_by(
        account.entry_id, ConfigEntryDisabler.USER
    )
    assert reviews.taken()
    await hass.config_entries.async_set_disabled_by(account.entry_id, None)
    assert reviews.taken()
    await hass.async_block_till_done(wait_background_tasks=True)
    reviews.taken()
    await hass.config_entries.async_remove(account.entry_id)
    assert reviews.taken()


async def test_an_account_with_other_settings(
    hass: HomeAssistant, account: MockConfigEntry, reviews: Reviews
) -> None:
    """Only if they are others: an entry is updated for many a reason."""
    hass.config_entries.async_update_entry(account, pref_disable_polling=True)
    await hass.async_block_till_done()
    assert reviews.taken() == 0

    hass.config_entries.async_update_entry(account, options={"segments_per_hour": 5})
    await hass.async_block_till_done()
    assert reviews.taken() == 1


async def test_an_account_whose_balance_is_told(
    hass: HomeAssistant,
    simulator: Simulator,
    account: MockConfigEntry,
    reviews: Reviews,
) -> None:
    """It can be reached, and may take what waits; not if it is not told."""
    await account.runtime_data.coordinator.async_refresh()
    assert reviews.taken() == 1

    simulator.etech_keys.password = "another"
    await account.runtime_data.coordinator.async_refresh()
    assert reviews.taken() == 0


async def test_an_account_that_rests_and_works_again(
    hass: HomeAssistant,
    simulator: Simulator,
    account: MockConfigEntry,
    reviews: Reviews,
) -> None:
    """Both are heard: it is passed over from now on, and then no longer."""
    simulator.etech_keys.credits = Decimal(0)
    await send(hass, account)
    assert account.runtime_data.rest is not None
    assert reviews.taken()

    simulator.etech_keys.credits = Decimal(100)
    await account.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert account.runtime_data.rest is None
    assert reviews.taken() >= 2
