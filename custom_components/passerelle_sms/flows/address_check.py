"""Proves that a gateway can call the house, by calling the address as it does."""

from http import HTTPStatus
from typing import Final, Literal

import aiohttp

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..entries.account import AccountConfigEntry
from ..gateways.abilities.delivery import PushedAnswer
from ..webhook import async_delivery_url

type Trouble = Literal[
    "address_missing",
    "address_not_secure",
    "address_unreachable",
    "address_wrong_answer",
]
"""What a form says of an address that doesn't answer."""

PATIENCE: Final = 10.0
"""How long a form waits for its own address, in seconds."""

# No gateway wants to hear more than a word.
_LONGEST: Final = 1024


async def async_address_trouble(
    hass: HomeAssistant, entry: AccountConfigEntry, expected: PushedAnswer
) -> Trouble | None:
    """Return why the address doesn't answer as the gateway expects; `None` if it does.

    The call says nothing, as the gateway's own when it is told the address. Many houses
    can't reach themselves from the outside, so trouble is no proof that the gateway will
    have any.
    """
    url = await async_delivery_url(hass, entry, only_public=True)
    if url is None:
        return "address_missing"
    try:
        async with async_get_clientsession(hass).get(
            url,
            # A gateway may follow no other address.
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=PATIENCE),
        ) as answer:
            body = await answer.content.read(_LONGEST)
    except aiohttp.ClientSSLError:
        return "address_not_secure"
    except aiohttp.ClientError, TimeoutError, ValueError:
        return "address_unreachable"
    is_right = (answer.status, answer.content_type, body) == (
        HTTPStatus.OK,
        expected.content_type,
        expected.body.encode(),
    )
    return None if is_right else "address_wrong_answer"
