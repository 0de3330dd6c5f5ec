"""A house in which everything has happened that somebody may hear of."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
import json
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.gateways.abilities.delivery import PushesDelivery
from custom_components.passerelle_sms.gateways.errors import (
    InsufficientCreditError,
    NotStoredError,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.observer import Reason
from custom_components.passerelle_sms.messaging.dead_man_switch.standing import (
    Fired,
    FollowUp,
    Standing,
)
from custom_components.passerelle_sms.messaging.model.failure import Failure
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from custom_components.passerelle_sms.presentation import issues
from custom_components.passerelle_sms.presentation.relay_issues import (
    async_tell_relay_account_gone,
)
from custom_components.passerelle_sms.presentation.switch_issues import (
    async_tell_not_cancelled,
    async_tell_switch_fired,
    async_tell_switch_refused,
    async_tell_switch_sent_early,
)
from homeassistant.auth.permissions.events import SUBSCRIBE_ALLOWLIST
from homeassistant.const import MATCH_ALL
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.conftest import AccountMaker
from tests.groups import add_group
from tests.messages import hold, send
from tests.passing_time import pass_time, quiet
from tests.simulator import Acceptance, Fault, SimulatedGateway, Simulator
from tests.simulator.devcodesms import UNDELIVERED
from tests.switches import KEYS, add_switch

from .marks import ECHO, MAMAN, PAPA, REPLY, STRANGER, TAG, TEXT, mark

MINUTE: Final = timedelta(minutes=1)
COMPONENTS: Final = (
    "api",
    "config",
    "diagnostics",
    "persistent_notification",
    "repairs",
    "system_log",
    "webhook",
)
_XML: Final = (
    "<envoyersmspro><status>fail</status><error><error_id>3</error_id>"
    f"<error_message>Wrong numbers : {ECHO}</error_message></error></envoyersmspro>"
)
# A refusal of a message, in which each gateway repeats what it was sent.
REFUSALS: Final[dict[str, tuple[str, int, str]]] = {
    "etech_keys": (f"destinataire incorrect : {ECHO}", 200, "text/html"),
    "smseco": (
        json.dumps({"accountid": "7", "statut": "-9", "texte": ECHO}),
        200,
        "application/json",
    ),
    "envoyer_sms_pro": (_XML, 400, "text/xml"),
    "sms123": ("84", 200, "text/html"),
    "devcodesms": (
        json.dumps(
            {
                "success": False,
                "msg": f"Numéro de téléphone invalide : {ECHO}",
                "details": [],
            }
        ),
        400,
        "application/json",
    ),
}


@dataclass(kw_only=True)
class House:
    """A house with one account, at whichever gateway."""

    hass: HomeAssistant
    simulator: Simulator
    simulated: SimulatedGateway
    freezer: FrozenDateTimeFactory
    entry: MockConfigEntry
    told: list[tuple[str, object]] = field(default_factory=list)
    """What was told on the bus so that every user could hear it."""
    ids: dict[str, str] = field(default_factory=dict)
    """The ids of messages that administrators and automations have sent, by what became
    of them."""

    async def send(self, became: str, **fields: Any) -> None:
        """Send a text that is no guest's business."""
        answer = await send(
            self.hass, self.entry, **{"message": TEXT, "tag": TAG, **fields}
        )
        self.ids[became] = answer["message_id"]

    def refuse_next(self, operation: str = "send") -> None:
        """Let the gateway refuse the next message, and repeat what it was sent."""
        text, status, content_type = REFUSALS[self.simulated.key]
        self.simulated.answer_next(
            text, status=status, content_type=content_type, operation=operation
        )

    async def wait(self) -> None:
        """Let a message wait, until the gateway is healed."""
        self.simulated.fail(Fault.RATE_LIMITED, operation="send")
        await self.send("waiting", message=f"{TEXT} +", target=["Maman", STRANGER])

    async def pass_time(self, time: timedelta) -> None:
        """Let time pass."""
        await pass_time(self.hass, self.freezer, time)


async def build(
    hass: HomeAssistant,
    simulator: Simulator,
    key: str,
    add_account: AccountMaker,
    freezer: FrozenDateTimeFactory,
) -> House:
    """Return a house with an account, that has heard of nothing yet."""
    for component in COMPONENTS:
        assert await async_setup_component(hass, component, {})
    simulated = simulator.gateways[key]
    mark(simulated)
    entry = await add_account(
        simulated,
        recipients={"Maman": MAMAN, "Papa": PAPA},
        options={"segments_per_hour": 10_000, "segments_per_day": 10_000},
    )
    await add_group(hass, entry, "Famille", "Maman", "Papa")
    await add_group(hass, entry, "Vide")
    house = House(
        hass=hass,
        simulator=simulator,
        simulated=simulated,
        freezer=freezer,
        entry=entry,
    )

    @callback
    def hear(event: Event) -> None:
        if event.event_type in SUBSCRIBE_ALLOWLIST:
            told = json.loads(json.dumps(event.as_dict(), default=_plain))
            house.told.append((str(event.event_type), told))

    hass.bus.async_listen(MATCH_ALL, hear)
    return house


async def live(house: House) -> None:
    """Let everything happen."""
    await _deliver(house)
    await _hold(house)
    await _let_expire(house)
    await _plan(house)
    await _refuse(house)
    await _send_in_parts(house)
    await _keep_guard(house)
    await _tell_issues(house)
    await house.hass.async_block_till_done()


async def _deliver(house: House) -> None:
    may_reply = house.simulated.key == "envoyer_sms_pro"
    options = {"allow_replies": True} if may_reply else {}
    await house.send("delivered", target=["Maman", STRANGER], **options)
    if deliver := DELIVER.get(house.simulated.key):
        await deliver(house, house.simulated.accepted[-2:])
    await house.pass_time(MINUTE + timedelta(seconds=1))


async def _deliver_etech_keys(house: House, taken: list[Acceptance]) -> None:
    house.simulator.etech_keys.label = f"UNDELIVERED {ECHO}"


async def _deliver_smseco(house: House, taken: list[Acceptance]) -> None:
    for one in taken:
        house.simulator.smseco.report(one, 59, texte=ECHO)


async def _deliver_envoyer_sms_pro(house: House, taken: list[Acceptance]) -> None:
    gateway = house.simulator.envoyer_sms_pro
    for one in taken:
        gateway.deliver(one.submission_id, one.recipient, 2)
        gateway.reply(one.submission_id, one.recipient, REPLY)


async def _deliver_devcodesms(house: House, taken: list[Acceptance]) -> None:
    gateway = house.entry.runtime_data.gateway
    assert isinstance(gateway, PushesDelivery)
    told = json.loads(house.simulator.devcodesms.delivery_report(taken, UNDELIVERED))
    for row in told["dlrlist"]:
        row["status"] = f"{row['status']} {ECHO}"
    pushed = gateway.read_pushed(json.dumps(told))
    tracker = house.entry.runtime_data.tracker
    assert await tracker.take_pushed([row.report for row in pushed]) == (True, True)


DELIVER: Final[dict[str, Callable[[House, list[Acceptance]], Awaitable[None]]]] = {
    "etech_keys": _deliver_etech_keys,
    "smseco": _deliver_smseco,
    "envoyer_sms_pro": _deliver_envoyer_sms_pro,
    "devcodesms": _deliver_devcodesms,
}


async def _hold(house: House) -> None:
    """Put a message before the user that nobody knows the outcome of."""
    # Its repetition would prove something.
    later = (
        {"send_at": dt_util.utcnow() + timedelta(hours=5)}
        if house.simulated.key == "sms123"
        else {}
    )
    house.ids["held"] = await hold(
        house.hass,
        house.simulated,
        house.entry,
        house.freezer,
        message=f"{TEXT} !",
        target=["Papa", STRANGER] if not later else ["Maman"],
        **later,
    )


async def _let_expire(house: House) -> None:
    """Let a message be too late, after its sender was told that it waits."""
    house.simulated.fail(Fault.RATE_LIMITED, operation="send")
    await house.send(
        "expired", message=f"{TEXT} ?", target=["Maman", STRANGER], time_to_live=5
    )
    await house.pass_time(timedelta(seconds=10))
    house.simulated.heal()


async def _plan(house: House) -> None:
    """Leave a message with the gateway for later, where it keeps any."""
    if house.simulated.key in {"envoyer_sms_pro", "sms123", "smseco"}:
        later = dt_util.utcnow() + timedelta(hours=2)
        await house.send("planned", message=f"{TEXT} …", send_at=later)


async def _refuse(house: House) -> None:
    house.refuse_next()
    await house.send("refused", message=f"{TEXT} -")
    house.simulated.heal()


async def _send_in_parts(house: House) -> None:
    """Send a text that no gateway takes as one message."""
    await house.send("split", message=f"{TEXT} " * 50, target=["Maman", STRANGER])
    assert len(house.simulated.accepted[-1].text) < 50 * len(TEXT)


async def _tell_issues(house: House) -> None:
    """Tell of all that needs more than a gateway to go wrong."""
    hass, entry = house.hass, house.entry
    gateway = entry.runtime_data.gateway
    failure = Failure.of(InsufficientCreditError(code="82", words=ECHO))
    await issues.async_tell_account_refused(hass, entry, gateway, failure)
    issues.async_tell_ip_not_allowed(hass, entry, gateway)
    issues.async_raise_low_balance(hass, entry, gateway, Decimal(3))
    issues.async_tell_unexplained_fall(hass, entry, gateway, Decimal(2))
    issues.async_tell_same_account(hass, entry, entry, gateway)
    async_tell_relay_account_gone(hass, entry, entry.entry_id, entry.title)
    issues.async_tell_journal_damaged(hass, entry, "passerelle_sms.journal.damaged")
    error = NotStoredError(words="database or disk is full")
    issues.async_tell_journal_unavailable(hass, entry, error)


async def _keep_guard(house: House) -> None:
    """Let a switch be armed where one can be, and everything happen to it.

    What it needs more than a gateway to go wrong for is told of any gateway.
    """
    hass, entry = house.hass, house.entry
    gateway = entry.runtime_data.gateway
    maman = Recipient(number=MAMAN, name="Maman")
    told = (maman, Recipient(number=STRANGER))
    now = dt_util.utcnow()
    fired = Fired(since=now, until=now, recipients=told)
    standing = Standing(
        number=1,
        account=entry.entry_id,
        recipients=told,
        text=TEXT,
        since=now,
        fires_at=now + timedelta(days=1),
    )
    failure = Failure.of(InsufficientCreditError(code="82", words=ECHO))
    about = hass, entry, "another", "Maison muette"
    async_tell_switch_fired(*about, fired)
    async_tell_not_cancelled(*about, [(standing, gateway)])
    await async_tell_switch_refused(*about, gateway, failure)
    async_tell_switch_sent_early(*about, gateway)
    if house.simulated.key in KEYS:
        await add_switch(hass, entry, message=TEXT, message_back=TEXT)
        [switch] = entry.runtime_data.switches
        async with quiet(hass):
            switch.on_false_alarm_possible(Reason.DOUBT, now, told)
            switch.on_fired(fired)
            switch.on_back(FollowUp(message_id="back", recipients=told))


def _plain(value: object) -> object:
    as_dict = getattr(value, "as_dict", None)
    return str(value) if as_dict is None else dict(as_dict())
