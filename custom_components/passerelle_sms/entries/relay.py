"""A relay that is enabled: it takes messages in, and hands them to its accounts."""

import asyncio
from functools import partial
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN, GATEWAY_RELAY
from ..gateways.errors import GatewayError
from ..gateways.gateway import check_tag
from ..gateways.model.limits import Limits, SenderRule
from ..messaging.model.report import RecipientResult
from ..messaging.model.submission import SubmissionRecord
from ..messaging.relay.assembly import RelayParts, assemble_relay
from ..messaging.relay.relay_tracker import RelayTracker
from ..presentation.gateway_facts import GatewayFacts, KnownGateway
from ..presentation.issues import RELAY_ACCOUNT_GONE, async_forget_issue
from ..presentation.relay_issues import async_tell_relay_account_gone
from .account import (
    Account,
    async_get_account,
    async_get_carrier,
    carriers_of,
    switch_cost,
)
from .channel import Channel
from .dead_man_switches import DeadManSwitches
from .kinds import accounts_of, gateways_of, relay_options
from .leg_facts import async_told_by
from .observer import ChannelObserver
from .relay_review import async_listen_to_accounts
from .settings import RelaySettings
from .switch_carriers import FoundCarriers

type RelayConfigEntry = ConfigEntry[Relay]

RELAYS: HassKey[dict[str, Relay]] = HassKey(f"{DOMAIN}_relays")

MANUFACTURER: Final = "Passerelle SMS"


class Relay(Channel):
    """The parts of a relay, from its first set-up until it is disabled or removed.

    Its accounts come and go, and it goes on with those that are there.
    """

    entry: RelayConfigEntry
    settings: RelaySettings
    _parts: RelayParts

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Build the relay that `entry` describes; nothing has begun yet."""
        settings = RelaySettings.of(entry, relay_options(hass, entry))
        super().__init__(hass, entry, settings)
        self._titles: dict[str, str] = {}
        """What its accounts were called last, by entry: also of those that are gone."""
        self.observer = ChannelObserver(hass, entry, self.guard, self.announcer)
        self._parts = assemble_relay(
            entry.entry_id,
            self.store,
            self.journal,
            self.clock,
            self.guard,
            self.observer,
            settings.address_book,
            settings.writing,
            deliver_within=settings.deliver_within,
        )
        self.switches = DeadManSwitches(
            hass,
            entry,
            self.journal,
            self.clock,
            FoundCarriers(
                lambda: carriers_of(self.accounts), partial(async_get_carrier, hass)
            ),
            facts=lambda: self.facts,
            send_once=self.send_once,
            cost=lambda plan, switch_id: switch_cost(self.accounts, plan, switch_id),
        )

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Those of its accounts that are there, in their order."""
        found = [async_get_account(self._hass, one) for one in self.settings.accounts]
        return tuple(account for account in found if account is not None)

    @property
    @override
    def facts(self) -> GatewayFacts:
        """What sentences say of the relay: its title, and its first account's rules."""
        first = next(iter(gateways_of(self._hass, self.entry.data)), None)
        return KnownGateway(
            key=GATEWAY_RELAY,
            name=self.settings.title,
            site="",
            sender_rule=SenderRule() if first is None else first.sender_rule,
            limits=Limits() if first is None else first.limits,
        )

    @override
    def facts_for(self, told: RecipientResult | SubmissionRecord) -> GatewayFacts:
        """Return what sentences say of the account whose failure it was, or the relay."""
        return async_told_by(self._hass, told.legs, told.failure) or self.facts

    @property
    @override
    def manufacturer(self) -> str:
        """Nobody but this integration."""
        return MANUFACTURER

    @property
    @override
    def tracker(self) -> RelayTracker:
        """Who follows deliveries, and passes on what does not arrive in time."""
        return self._parts.tracker

    @override
    def can(self, *abilities: type) -> bool:
        """Return whether one of its accounts has one of the abilities."""
        gateways = gateways_of(self._hass, self.entry.data)
        return any(issubclass(gateway, abilities) for gateway in gateways)

    @override
    def check_tag(self, tag: str) -> None:
        """Raise `InvalidOptionError` for a tag that no message can have."""
        check_tag(tag)

    @override
    def note_failure(self, error: GatewayError) -> None:
        """Do nothing: what only the user can mend, each account sees to."""

    @override
    async def start(self) -> None:
        """Go on where the last run, or a crash, has left off."""
        self._endings.append(async_listen_to_accounts(self._hass, self.async_apply))
        self.async_apply()
        await super().start()

    @callback
    @override
    def async_apply(self) -> None:
        """Go by what its entry says now, by its first account, and by who is there."""
        settings = RelaySettings.of(self.entry, relay_options(self._hass, self.entry))
        if settings != self.settings:
            self._apply_shared(settings)
            self.tracker.deliver_within = settings.deliver_within
        self._parts.accounts.set(
            [account.legs for account in self.accounts],
            missing=[
                account.entry_id
                for account in accounts_of(self._hass, self.entry.data)
                if account.disabled_by is None
                and async_get_account(self._hass, account.entry_id) is None
            ],
        )
        self._tell_who_is_gone()
        self.switches.async_apply()

    @callback
    def _tell_who_is_gone(self) -> None:
        """Tell which of its accounts are removed or disabled, as far as it still has them."""
        named = set(self.settings.accounts)
        for account_id in self._titles.keys() | named:
            account = self._hass.config_entries.async_get_entry(account_id)
            if account is not None:
                self._titles[account_id] = account.title
            is_there = account is not None and account.disabled_by is None
            if is_there or account_id not in named:
                async_forget_issue(
                    self._hass, self.entry, RELAY_ACCOUNT_GONE, account_id
                )
            else:
                title = self._titles.get(account_id)
                async_tell_relay_account_gone(self._hass, self.entry, account_id, title)

    @override
    async def _finish_own(self) -> None:
        self._parts.replies.close()
        await self._parts.follower.stop()

    @override
    def _on_taken_up(self) -> None:
        self._parts.follower.start()


@callback
def async_get_relay(hass: HomeAssistant, entry_id: str) -> Relay | None:
    """Return a relay that is enabled, whether its entry is loaded now or not."""
    return hass.data.get(RELAYS, {}).get(entry_id)


async def async_take_leave(hass: HomeAssistant, account: Account) -> None:
    """Let all relays take back what stands at an account that goes."""
    account.is_leaving = True
    entry_id = account.entry.entry_id
    relays = hass.data[RELAYS].values()
    await asyncio.gather(*(relay.switches.leave(entry_id) for relay in relays))
