"""Guests: the users who are no administrators, and what they may do.

They may send, and follow and take back what they have the id of. They learn no number,
no text, no id of a gateway's and none of its words: a number that they guess is not
turned into a name for them, and no question of theirs costs a request. An automation has
no user, and may do everything.
"""

from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.exceptions import ServiceValidationError, Unauthorized

from ..const import DOMAIN
from ..messaging.recipients.address_book import AddressBook, Group


async def async_is_guest(hass: HomeAssistant, context: Context | None) -> bool:
    """Return whether a user asks who is no administrator."""
    if context is None or context.user_id is None:
        return False
    user = await hass.auth.async_get_user(context.user_id)
    return user is None or not user.is_admin


async def async_check_admin(call: ServiceCall) -> None:
    """Raise `Unauthorized` if a user calls who is no administrator."""
    if await async_is_guest(call.hass, call.context):
        raise Unauthorized(context=call.context)


def numbers_by_name(book: AddressBook, written: str) -> frozenset[str]:
    """Return the numbers of the recipient, or group, that a guest may ask about.

    Raises:
        EmptyGroupError: it is a group of nobody.
        ServiceValidationError: it is no name; a number is refused like any other text,
            whether somebody has it or not.

    """
    known = book.named(written)
    if isinstance(known, Group):
        return known.numbers
    if known is not None:
        return frozenset({known.number})
    raise ServiceValidationError(
        translation_domain=DOMAIN, translation_key="not_a_name"
    )
