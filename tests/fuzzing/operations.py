"""Everything that a gateway can be asked, with one canned answer to all of it."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Final

import aiohttp

from custom_components.passerelle_sms.gateways.abilities.account import (
    ChecksNumbers,
    KeepsStopList,
    ListsAccounts,
    ListsSenders,
    ListsTransactions,
    ManagesAccounts,
    ManagesContacts,
)
from custom_components.passerelle_sms.gateways.abilities.delivery import (
    CancelsMessages,
    ListsSentMessages,
    PushesDelivery,
    ReceivesReplies,
    TellsDeliveryOnce,
    TracksDelivery,
)
from custom_components.passerelle_sms.gateways.abilities.options import (
    PersonalisesMessages,
)
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.errors import GatewayError
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.model.delivery import Sent
from custom_components.passerelle_sms.gateways.model.message import Scheduled, Sms
from custom_components.passerelle_sms.gateways.model.options import SmsOptions

from .answers import MAMAN, PAPA

PASSWORD: Final = "s3cr&t<é>+"
KEY: Final = "k3y\\4711"
LOGIN: Final = "maison@example.org"
_ID: Final = "1243161184695688207369660"
_SENT: Final = Sent(recipient=MAMAN, submission_id=_ID, sending_id="5585-38")
_SCHEDULED: Final = Scheduled(
    recipients=(MAMAN,),
    text="Vide",
    sender="MAISON",
    send_at=datetime(2026, 12, 1, 12, tzinfo=UTC),
    submission_id="879",
)

type Operation = Callable[[], Awaitable[object]]


def client_of(key: str, session: aiohttp.ClientSession) -> Gateway:
    """Return a client with credentials that must never be told."""
    return GATEWAYS[key](
        session,
        Credentials(username=LOGIN, password=PASSWORD, api_key=KEY, account_id="7"),
        sender="MAISON",
    )


def operations_of(gateway: Gateway, body: str) -> Iterator[tuple[str, Operation]]:
    """Yield all that a gateway can be asked; `body` is what it calls with, if it calls."""
    yield "balance", gateway.balance
    one, both = (MAMAN,), (MAMAN, PAPA)
    yield (
        "send",
        lambda: gateway.send(Sms(text="Vide", recipients=one, reference="a-1")),
    )
    yield "send to two", lambda: gateway.send(Sms(text="Vide", recipients=both))
    if isinstance(gateway, PersonalisesMessages):
        values = {MAMAN: {"nom": "Awa"}, PAPA: {"nom": "Zoé ê"}}
        merged = Sms(
            text="Bonjour {nom}",
            recipients=both,
            options=SmsOptions(personalisation=values),
        )
        yield "mail merge", lambda: gateway.send(merged)
    yield from _about_messages(gateway, body)
    yield from _about_accounts(gateway)


def _about_messages(gateway: Gateway, body: str) -> Iterator[tuple[str, Operation]]:
    if isinstance(gateway, TracksDelivery):
        yield "delivery", lambda: gateway.delivery((_SENT,))
    if isinstance(gateway, TellsDeliveryOnce):
        yield "new deliveries", gateway.new_deliveries
    if isinstance(gateway, PushesDelivery):
        yield "pushed", lambda: _read_pushed(gateway, body)
    if isinstance(gateway, ListsSentMessages):
        yield "sent messages", lambda: gateway.sent_messages(100)
    if isinstance(gateway, CancelsMessages):
        yield "cancel", lambda: gateway.cancel(_SCHEDULED)
    if isinstance(gateway, ReceivesReplies):
        yield "replies", lambda: gateway.replies("879")


def _about_accounts(gateway: Gateway) -> Iterator[tuple[str, Operation]]:
    if isinstance(gateway, ListsTransactions):
        yield "transactions", lambda: gateway.transactions(100)
    if isinstance(gateway, ListsSenders):
        yield "senders", gateway.senders
    if isinstance(gateway, ChecksNumbers):
        yield "number check", lambda: gateway.check_numbers((MAMAN, PAPA), "a-1")
    if isinstance(gateway, KeepsStopList):
        yield "stop list", lambda: gateway.is_stopped(MAMAN)
    if isinstance(gateway, ListsAccounts):
        yield "accounts", gateway.accounts
    if isinstance(gateway, ManagesAccounts):
        yield (
            "transfer",
            lambda: gateway.transfer_credits(debit="7", credit="8", amount=1),
        )
        yield "deletion", lambda: gateway.delete_account("8")
    if isinstance(gateway, ManagesContacts):
        yield "group", lambda: gateway.delete_group("Famille")


async def _read_pushed(gateway: PushesDelivery, body: str) -> object:
    pushed = gateway.read_pushed(body)
    return pushed, gateway.answer_pushed(pushed, [True] * len(pushed))


async def outcome_of(operation: Operation) -> object:
    """Return what an operation returns, or the one kind of error that it may raise."""
    try:
        return await operation()
    except GatewayError as error:
        return error
