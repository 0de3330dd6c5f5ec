"""Checks a dead man's switch as its form describes it, before a gateway is asked."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.util import dt as dt_util

from ..bounds import LONGEST_NAME, LONGEST_TEXT
from ..const import CONF_DELAY, CONF_MESSAGE, CONF_MESSAGE_BACK, CONF_RECIPIENTS
from ..entries.account import async_get_account
from ..entries.channels import async_get_channel
from ..entries.kinds import accounts_of, gateways_of, is_relay
from ..gateways.abilities.switches import holds_switches
from ..gateways.errors import (
    GatewayError,
    MessageTooLongError,
    NoAccountAvailableError,
    RejectedError,
    RelayWithoutAccountsError,
)
from ..gateways.gateway import Gateway
from ..gateways.model.message import Sms
from ..gateways.model.visibility import is_blank
from ..messaging.dead_man_switch.cost import SwitchCost
from ..messaging.dead_man_switch.plan import LONGEST_DELAY, SHORTEST_DELAY, SwitchPlan
from ..messaging.dead_man_switch.text import longest, rendered
from ..messaging.recipients.address_book import Recipient
from ..messaging.recipients.phone_numbers import receives_no_sms
from ..presentation.exceptions import names_of_switch_holders
from .switch_forms import minutes, names_of

REFUSED: Final = "refused"
BASE: Final = "base"


class Switches(Protocol):
    """The dead man's switches of an account or a relay."""

    def cost(self, plan: SwitchPlan, switch_id: str) -> SwitchCost:
        """Return what a switch would cost; `switch_id` is its own, if it is there already.

        Raises:
            GatewayError: no account is there that could keep its message.

        """

    async def prove(self, plan: SwitchPlan, name: str) -> None:
        """Let a gateway keep a message and take it back, as a switch of this name.

        Raises:
            GatewayError: it does not, or nobody knows.

        """


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSwitch:
    """A switch that nothing is wrong with, as far as that is known here."""

    plan: SwitchPlan
    cost: SwitchCost
    gateway: type[Gateway]
    """The one that keeps its message first."""
    text: str = field(repr=False)
    """As it is read: it is as long at any moment."""
    unreached: tuple[Recipient, ...] = field(repr=False)
    """Those of its recipients whom no text message reaches, from here or at all."""

    @property
    def reached(self) -> tuple[Recipient, ...]:
        """Those whom it can tell."""
        return tuple(one for one in self.plan.recipients if one not in self.unreached)


class WrongInputError(Exception):
    """Something is wrong with what was filled in."""

    def __init__(
        self,
        errors: Mapping[str, str],
        *,
        error: GatewayError | None = None,
        gateway: type[Gateway] | None = None,
        **told: str,
    ) -> None:
        """Keep what is wrong by its field, and `told`, which the sentences name.

        `error` is what a gateway, or its rules, have said.
        """
        super().__init__(", ".join(errors.values()))
        self.errors = dict(errors)
        self.error = error
        self.gateway = gateway
        self.told = told


@callback
def async_get_switches(hass: HomeAssistant, entry: ConfigEntry) -> Switches:
    """Return the switches of an entry; raises `AbortFlow` if it is disabled."""
    channel = async_get_channel(hass, entry.entry_id)
    if channel is None:
        raise AbortFlow("account_not_loaded")
    return channel.switches


@callback
def async_get_gateways(hass: HomeAssistant, entry: ConfigEntry) -> tuple[Gateway, ...]:
    """Return the gateways there that can keep a switch's message, in their order.

    Raises:
        AbortFlow: there is none.

    """
    entries = accounts_of(hass, entry.data) if is_relay(entry.data) else [entry]
    accounts = [async_get_account(hass, one.entry_id) for one in entries]
    gateways = tuple(
        account.gateway
        for account in accounts
        if account is not None and holds_switches(account.gateway)
    )
    if not gateways:
        raise _nothing_holds_it(hass, entry)
    return gateways


def _nothing_holds_it(hass: HomeAssistant, entry: ConfigEntry) -> AbortFlow:
    """Return why none of a relay's accounts that are there can keep a switch's message."""
    if any(map(holds_switches, gateways_of(hass, entry.data))):
        return AbortFlow("no_account")
    return AbortFlow("no_able_account", {"others": names_of_switch_holders()})


def field_errors(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with each field by itself."""
    errors: dict[str, str] = {}
    if not fields[CONF_NAME]:
        errors[CONF_NAME] = "name_empty"
    elif len(fields[CONF_NAME]) > LONGEST_NAME:
        errors[CONF_NAME] = "too_long"
    if is_blank(fields[CONF_MESSAGE]):
        errors[CONF_MESSAGE] = "message_empty"
    if not fields[CONF_RECIPIENTS]:
        errors[CONF_RECIPIENTS] = "nobody_chosen"
    shortest, longest = int(minutes(SHORTEST_DELAY)), int(minutes(LONGEST_DELAY))
    if not shortest <= fields[CONF_DELAY] <= longest:
        errors[CONF_DELAY] = "delay_out_of_range"
    if len(fields.get(CONF_MESSAGE_BACK, "")) > LONGEST_TEXT:
        errors[CONF_MESSAGE_BACK] = "message_back_too_long"
    return errors


def checked(
    switches: Switches, gateways: Sequence[Gateway], plan: SwitchPlan, switch_id: str
) -> CheckedSwitch:
    """Return a switch with what it costs; a new one has no `switch_id`.

    Raises:
        WrongInputError: a gateway here would not take it.
        AbortFlow: no account is there that could keep its message.

    """
    if not plan.recipients:
        raise WrongInputError({CONF_RECIPIENTS: "nobody_chosen"})
    unreached = set(plan.recipients)
    for gateway in gateways:
        unreached.intersection_update(_unreached(gateway, plan))
    if len(unreached) == len(plan.recipients):
        raise WrongInputError({CONF_RECIPIENTS: "nobody_reached"})
    return CheckedSwitch(
        plan=plan,
        cost=_cost(switches, gateways[0], plan, switch_id),
        gateway=type(gateways[0]),
        text=rendered(plan, dt_util.utcnow(), plan.zone),
        unreached=tuple(one for one in plan.recipients if one in unreached),
    )


def _unreached(gateway: Gateway, plan: SwitchPlan) -> list[Recipient]:
    """Return whom a gateway can't send to; raises `WrongInputError` for all else."""
    numbers = tuple(one.number for one in plan.recipients)
    # Nothing that is so long fits, and it would be rendered many times.
    text = longest(_shortened(plan, LONGEST_TEXT))
    try:
        tried = gateway.try_here(Sms(text=text, recipients=numbers))
    except MessageTooLongError as error:
        raise WrongInputError(
            {CONF_MESSAGE: "message_too_long"},
            error=error,
            gateway=type(gateway),
            excess=str(_excess(gateway, plan)),
        ) from error
    except RejectedError as error:
        raise WrongInputError(
            {BASE: REFUSED}, error=error, gateway=type(gateway)
        ) from error
    pairs = zip(plan.recipients, tried.submissions, strict=True)
    return [
        recipient
        for recipient, one in pairs
        if one.error is not None or receives_no_sms(recipient.number)
    ]


def _excess(gateway: Gateway, plan: SwitchPlan) -> int:
    """Return how many characters of the text are too many for one message."""

    def is_too_long(length: int) -> bool:
        text = longest(_shortened(plan, length))
        return not gateway.fits(Sms(text=text, recipients=()))

    lengths = range(1, min(len(plan.template), LONGEST_TEXT))
    fitting = bisect_right(lengths, False, key=is_too_long)
    return len(plan.template) - fitting


def _shortened(plan: SwitchPlan, length: int) -> SwitchPlan:
    return replace(plan, template=plan.template[:length])


def _cost(
    switches: Switches, gateway: Gateway, plan: SwitchPlan, switch_id: str
) -> SwitchCost:
    """Return what a switch costs, if the gateway's limit can carry that."""
    try:
        cost = switches.cost(plan, switch_id)
    except (NoAccountAvailableError, RelayWithoutAccountsError) as error:
        raise AbortFlow("no_account") from error
    except GatewayError as error:
        raise WrongInputError(
            {BASE: REFUSED}, error=error, gateway=type(gateway)
        ) from error
    if cost.request_limit is None:
        return cost
    limit = str(cost.request_limit)
    if cost.shortest_delay is None:
        raise WrongInputError({BASE: "no_delay"}, gateway=type(gateway), limit=limit)
    if plan.delay < cost.shortest_delay:
        raise WrongInputError(
            {CONF_DELAY: "delay_too_short"},
            gateway=type(gateway),
            limit=limit,
            shortest=minutes(cost.shortest_delay),
            requests=str(cost.requests_per_hour),
            recipients=names_of(plan.recipients),
        )
    return cost
