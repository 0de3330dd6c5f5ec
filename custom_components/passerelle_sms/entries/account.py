"""An account that is enabled: it takes messages in, whatever becomes of its entry."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from math import ceil
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..coordinator import BalanceCoordinator
from ..gateways.abilities.delivery import TellsDeliveryOnce
from ..gateways.errors import GatewayError, NoAccountAvailableError
from ..messaging.assembly import MessagingParts, assemble
from ..messaging.dead_man_switch.account_carrier import AccountCarrier
from ..messaging.dead_man_switch.cost import SwitchCost, cost_of
from ..messaging.dead_man_switch.plan import SwitchPlan
from ..messaging.model.report import RecipientResult
from ..messaging.model.submission import SubmissionRecord
from ..messaging.operations.leg_taker import LegTaker
from ..messaging.operations.number_checker import NumberChecker
from ..messaging.outbox.account_watch import RestStatus
from ..messaging.reconciliation.ledger import Ledger
from ..messaging.tracking.tracker import Tracker
from ..presentation.gateway_facts import GatewayFacts
from ..presentation.issues import (
    SAME_ACCOUNT,
    async_forget_issue,
    async_tell_same_account,
)
from .channel import Channel
from .credit_monitor import CreditMonitor
from .dead_man_switches import DeadManSwitches
from .factory import make_gateway
from .kinds import is_held_by
from .observer import AccountObserver
from .relay_review import async_review_relays, async_tell_account_works
from .rest_teller import RestTeller
from .same_account import async_learn, async_same_account
from .settings import AccountSettings
from .switch_carriers import FoundCarriers

type AccountConfigEntry = ConfigEntry[Account]

ACCOUNTS: HassKey[dict[str, Account]] = HassKey(f"{DOMAIN}_accounts")


class Account(Channel):
    """The parts of an account, from its first set-up until it is disabled or removed."""

    entry: AccountConfigEntry
    settings: AccountSettings
    _parts: MessagingParts

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Build the account that `entry` describes; nothing has begun yet."""
        settings = AccountSettings.of(entry)
        super().__init__(hass, entry, settings)
        self.gateway: Final = make_gateway(hass, settings.gateway)
        self.coordinator: Final = BalanceCoordinator(
            hass, entry, self.gateway, settings.poll_interval
        )
        self._rest_teller = RestTeller(hass, self.coordinator)
        self.observer = AccountObserver(
            hass, self.coordinator, self.guard, self.announcer, self._rest_teller
        )
        self.credit: Final = CreditMonitor(
            hass,
            self.coordinator,
            self.journal,
            self.observer,
            threshold=lambda: self.settings.low_balance,
        )
        self._parts = assemble(
            self.gateway,
            self.store,
            self.journal,
            self.clock,
            self.guard,
            self.observer,
            self.coordinator,
            settings.address_book,
            settings.writing,
            account_id=entry.entry_id,
            is_alone=settings.is_alone,
        )
        self._parts.replies.is_relay_due = partial(is_held_by, hass, entry.entry_id)
        self.coordinator.look = self.ledger.look
        self.switches = DeadManSwitches(
            hass,
            entry,
            self.journal,
            self.clock,
            FoundCarriers(
                lambda: carriers_of((self,)), partial(async_get_carrier, hass)
            ),
            facts=lambda: self.facts,
            send_once=self.send_once,
            cost=partial(switch_cost, (self,)),
        )
        self._is_reached = False
        """Whether the gateway has answered when it was last asked for the balance."""
        self.is_leaving = False
        """Whether it is about to go: nothing new is to stand here."""

    @property
    @override
    def facts(self) -> GatewayFacts:
        """What sentences say of its gateway."""
        return self.gateway

    @override
    def facts_for(self, told: RecipientResult | SubmissionRecord) -> GatewayFacts:
        """Return what sentences say of its gateway: nobody else has told anything."""
        return self.gateway

    @property
    @override
    def manufacturer(self) -> str:
        """The name of its gateway."""
        return self.gateway.name

    @property
    @override
    def tracker(self) -> Tracker:
        """Who follows deliveries."""
        return self._parts.tracker

    @property
    def ledger(self) -> Ledger:
        """What is known of the balance, and of what has moved it."""
        return self._parts.ledger

    @property
    def number_checker(self) -> NumberChecker:
        """Who checks numbers."""
        return self._parts.number_checker

    @property
    def legs(self) -> LegTaker:
        """The account as a relay sees it."""
        return self._parts.legs

    @property
    def carrier(self) -> AccountCarrier:
        """The account as dead man's switches see it."""
        return self._parts.carrier

    @property
    def rest(self) -> RestStatus | None:
        """That the account rests, as its gateway has refused it."""
        return self._parts.dispatcher.rest

    @property
    @override
    def pending_messages(self) -> int:
        """How many are not settled; what a relay's user is asked about, counts there."""
        return super().pending_messages - self.legs.held

    @override
    def can(self, *abilities: type) -> bool:
        """Return whether its gateway has one of the abilities."""
        return isinstance(self.gateway, abilities)

    @override
    def check_tag(self, tag: str) -> None:
        """Raise `InvalidOptionError` for a tag that its gateway does not take."""
        self.gateway.check_tag(tag)

    @override
    def note_failure(self, error: GatewayError) -> None:
        """See to what only the user can mend: credentials, or an address."""
        self.coordinator.async_handle_failure(error)

    @override
    async def start(self) -> None:
        """Go on where the last run, or a crash, has left off."""
        await super().start()
        self._endings += (
            self.coordinator.async_add_listener(self._on_balance),
            self.credit.async_start(),
        )

    @callback
    @override
    def async_apply(self) -> None:
        """Go by what the config entry says now, also with what is on its way."""
        before, settings = self.settings, AccountSettings.of(self.entry)
        if settings.gateway != before.gateway:
            self.gateway.become(make_gateway(self._hass, settings.gateway))
            self.ledger.note_other_account()
            self.coordinator.async_refresh_soon()
        self._apply_shared(settings)
        self.number_checker.address_book = settings.address_book
        self.coordinator.name = settings.title
        self.coordinator.update_interval = settings.poll_interval
        if settings != before:
            self._parts.dispatcher.note_account_changed()
            async_review_relays(self._hass)
        async_review_accounts(self._hass)
        self.switches.async_apply()

    @callback
    def async_review(self) -> None:
        """Go by which other entries are the same account now.

        Two entries are not alone with it, whatever their options say; and one reads for
        both what is told only once.
        """
        entries = async_same_account(self._hass, self.entry)
        self.ledger.is_alone = self.settings.is_alone and len(entries) == 1
        if isinstance(self.gateway, TellsDeliveryOnce):
            self._share_reading(entries)
        if entries[0] is self.entry:
            async_forget_issue(self._hass, self.entry, SAME_ACCOUNT)
        else:
            async_tell_same_account(self._hass, self.entry, entries[0], self.gateway)

    @callback
    def _share_reading(self, entries: Iterable[ConfigEntry]) -> None:
        """Read for all entries of the account, or leave it to the first that is there."""
        accounts = [async_get_account(self._hass, entry.entry_id) for entry in entries]
        reader, *others = [account for account in accounts if account] or [self]
        sharing = self.tracker.sharing
        if reader is self:
            sharing.read_for([other.tracker.sharing for other in others])
        else:
            sharing.leave_to(reader.tracker.sharing)

    @override
    async def _finish_own(self) -> None:
        await self.legs.finish()
        await self._parts.reconciler.stop()
        await self.number_checker.finish()
        await self._rest_teller.finish()

    @override
    async def _close(self) -> None:
        await self.coordinator.async_shutdown()
        await super()._close()

    @override
    def _on_taken_up(self) -> None:
        async_review_relays(self._hass)

    @callback
    def _on_balance(self) -> None:
        """Try at once what waits: the gateway can be reached, and takes the account."""
        balance = self.coordinator.last_balance
        was_reached, self._is_reached = (
            self._is_reached,
            self.coordinator.last_update_success,
        )
        if self._is_reached and balance is not None:
            if async_learn(self._hass, self.entry, balance.account_id):
                async_review_accounts(self._hass)
            self._parts.dispatcher.retry_now()
            self._parts.dispatcher.note_balance(balance.credits)
            async_review_relays(self._hass)
            if not was_reached:
                async_tell_account_works(self._hass)


@callback
def async_get_account(hass: HomeAssistant, entry_id: str) -> Account | None:
    """Return an account that is enabled, whether its entry is loaded now or not."""
    return hass.data.get(ACCOUNTS, {}).get(entry_id)


def carriers_of(accounts: Iterable[Account]) -> tuple[AccountCarrier, ...]:
    """Return who of some accounts can keep messages for switches, and stays."""
    carriers = [one.carrier for one in accounts if not one.is_leaving]
    return tuple(carrier for carrier in carriers if carrier.can_hold)


def switch_cost(
    accounts: Iterable[Account], plan: SwitchPlan, switch_id: str
) -> SwitchCost:
    """Return what a switch costs at the first account that can keep its message.

    Raises:
        NoAccountAvailableError: none of them can.

    """
    for account in accounts:
        if account.carrier.can_hold and not account.is_leaving:
            gateway, interval = account.gateway, account.settings.poll_interval
            budget = gateway.budget
            return cost_of(
                plan,
                gateway,
                price=account.carrier.price_in,
                polls_per_hour=ceil(timedelta(hours=1) / interval),
                others_set_aside=0
                if budget is None
                else budget.set_aside_for_others(switch_id),
            )
    raise NoAccountAvailableError


@callback
def async_get_carrier(hass: HomeAssistant, entry_id: str) -> AccountCarrier | None:
    """Return who keeps messages at an account, as long as that is there."""
    account = async_get_account(hass, entry_id)
    return None if account is None else account.carrier


@callback
def async_review_accounts(hass: HomeAssistant) -> None:
    """See anew which accounts are the same one, as one came, went or became known."""
    for account in hass.data.get(ACCOUNTS, {}).values():
        account.async_review()
