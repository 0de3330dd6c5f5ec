"""Takes the delivery reports that a gateway sends by itself, at a secret address.

Whoever learns the address can call it, so a call may take little: it is read up to a
limit and for a short time, and what it says counts only for what was sent.
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
import logging
from typing import Any, Final

from aiohttp.hdrs import METH_GET, METH_HEAD
from aiohttp.web import Request, RequestPayloadError, Response

from homeassistant.components import webhook
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.network import NoURLAvailableError

from .const import DOMAIN
from .entries.account import Account, AccountConfigEntry, async_get_account
from .entries.kinds import is_relay
from .entries.settings import gateway_class
from .gateways.abilities.delivery import PushedAnswer, PushesDelivery
from .gateways.errors import InvalidRequestError, NotStoredError
from .gateways.wire.charset import decode

_LOGGER = logging.getLogger(__name__)

BODY_LIMIT: Final = 64 * 1024
"""In bytes: a few hundred reports."""
BODY_SECONDS: Final = 10
"""How long a body may take to come in."""

_CLOUD: Final = "cloud"


def pushes_delivery(data: Mapping[str, Any]) -> bool:
    """Return whether the gateway that an entry's data name sends delivery reports."""
    return not is_relay(data) and issubclass(gateway_class(data), PushesDelivery)


def with_webhook_id(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an account's data, with the secret of its address if it needs one."""
    if CONF_WEBHOOK_ID in data or not pushes_delivery(data):
        return dict(data)
    return {**data, CONF_WEBHOOK_ID: webhook.async_generate_id()}


@callback
def async_register_webhook(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Listen for the delivery reports of an account, if its gateway sends any.

    Before the account is loaded, and on while it is loaded anew: Home Assistant answers
    a call to nobody with HTTP 200, and the report would be lost.
    """
    if not pushes_delivery(entry.data):
        return
    # An account may be older than its address.
    hass.config_entries.async_update_entry(entry, data=with_webhook_id(entry.data))

    async def handle(
        hass: HomeAssistant, webhook_id: str, request: Request
    ) -> Response:
        account = async_get_account(hass, entry.entry_id)
        if account is None:
            # The gateway may come again.
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE)
        return await _async_answer(hass, account, request)

    async_unregister_webhook(hass, entry)
    webhook.async_register(
        hass,
        DOMAIN,
        entry.title,
        entry.data[CONF_WEBHOOK_ID],
        handle,
        # Home Assistant would write the address into its log with every other method.
        allowed_methods=webhook.SUPPORTED_METHODS,
    )


@callback
def async_unregister_webhook(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Listen no more."""
    if CONF_WEBHOOK_ID in entry.data:
        webhook.async_unregister(hass, entry.data[CONF_WEBHOOK_ID])


async def async_remove_webhook(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Give back the address in Home Assistant's cloud, if the account had one there."""
    if CONF_WEBHOOK_ID not in entry.data or _CLOUD not in hass.config.components:
        return
    # It can be imported only where it is in use.
    from hass_nabucasa import CloudError

    from homeassistant.components.cloud import CloudNotAvailable, async_delete_cloudhook

    try:
        await async_delete_cloudhook(hass, entry.data[CONF_WEBHOOK_ID])
    except CloudNotAvailable, CloudError, TimeoutError, ValueError:
        # There was none, or it can't be given back: it leads nowhere any more.
        return


async def async_delivery_url(
    hass: HomeAssistant, entry: AccountConfigEntry, *, only_public: bool = False
) -> str | None:
    """Return the address that the gateway is to call, a secret; `None` for none.

    It is one in Home Assistant's cloud where there is a subscription, and else the
    house's own, which may be one that only its own network knows, unless that won't do.
    """
    if CONF_WEBHOOK_ID not in entry.data:
        return None
    webhook_id = entry.data[CONF_WEBHOOK_ID]
    if (url := await _async_cloud_url(hass, webhook_id)) is not None:
        return url
    try:
        return webhook.async_generate_url(
            hass, webhook_id, allow_internal=not only_public
        )
    except NoURLAvailableError:
        return None


async def _async_cloud_url(hass: HomeAssistant, webhook_id: str) -> str | None:
    """Return the address in Home Assistant's cloud, which keeps it; `None` for none."""
    if _CLOUD not in hass.config.components:
        return None
    # It can be imported only where it is in use.
    from hass_nabucasa import CloudError

    from homeassistant.components.cloud import (
        CloudNotAvailable,
        async_active_subscription,
        async_get_or_create_cloudhook,
    )

    if not async_active_subscription(hass):
        return None
    try:
        return await async_get_or_create_cloudhook(hass, webhook_id)
    except CloudNotAvailable, CloudError, TimeoutError, ValueError:
        return None


async def _async_answer(
    hass: HomeAssistant, account: Account, request: Request
) -> Response:
    """Return the answer to a call; whatever the call is, there is one."""
    gateway = account.gateway
    assert isinstance(gateway, PushesDelivery)
    if request.method == METH_HEAD and gateway.pushed_by == METH_GET:
        # Somebody looks whether there is an address: that tells nothing.
        return _answered(gateway.answer_pushed((), ()))
    if request.method != gateway.pushed_by:
        return _refused(HTTPStatus.METHOD_NOT_ALLOWED)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            said = await _async_said(request)
    except TimeoutError:
        return _refused(HTTPStatus.REQUEST_TIMEOUT)
    except RequestPayloadError:
        return _refused(HTTPStatus.BAD_REQUEST)
    if len(said) > BODY_LIMIT:
        return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    # A caller who hangs up ends the call, but not what is being written down.
    taking = hass.async_create_task(
        _async_take(account, gateway, said), "Take delivery reports", eager_start=True
    )
    return await asyncio.shield(taking)


async def _async_said(request: Request) -> bytes:
    """Return what a call says: the query of a GET, or else its body up to the limit."""
    if request.method == METH_GET:
        return request.query_string.encode("utf-8", "replace")
    return await _async_read(request)


async def _async_read(request: Request) -> bytes:
    """Return the body, up to one byte more than it may have.

    What its headers say about its length is not believed.
    """
    body = bytearray()
    while (room := BODY_LIMIT + 1 - len(body)) and (
        chunk := await request.content.read(room)
    ):
        body += chunk
    return bytes(body)


async def _async_take(
    account: Account, gateway: PushesDelivery, said: bytes
) -> Response:
    """Take what a call tells of what was sent, and return the answer."""
    try:
        pushed = gateway.read_pushed(decode(said, None))
        taken = await account.tracker.take_pushed([row.report for row in pushed])
    except InvalidRequestError:
        return _refused(HTTPStatus.BAD_REQUEST)
    except NotStoredError:
        # The gateway may come again.
        return _refused(HTTPStatus.SERVICE_UNAVAILABLE)
    return _answered(gateway.answer_pushed(pushed, taken))


def _answered(answer: PushedAnswer) -> Response:
    return Response(text=answer.body, content_type=answer.content_type)


def _refused(status: HTTPStatus) -> Response:
    """Return a refusal; what is left of the call is not waited for."""
    _LOGGER.debug("A call with delivery reports is answered with HTTP %s", status.value)
    response = Response(status=status)
    response.force_close()
    return response
