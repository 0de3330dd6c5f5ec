"""The receipts of 123-SMS.net, as the vendor's own modules take them.

The document knows none. A message asks for one; the gateway calls the address that its
support has declared.
"""

from dataclasses import dataclass
from typing import Final

import aiohttp
from yarl import URL

from .sms123_wire import ReferenceStyle

PROOF: Final = (200, "text/plain", "OK")


class ReceiptRefusedError(Exception):
    """An address did not answer the one word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A message that asked for a receipt."""

    reference: str
    """What the receipt calls it."""
    number: str


class Receipts:
    """What is known of receipts, and how this gateway takes the wish for one."""

    def __init__(self) -> None:
        """Know no address; references are the gateway's own, glued to the code."""
        self.style = ReferenceStyle.GLUED
        self.callers_reference = False
        """Whether what a message asks with is the reference, as the OpenAPI file says."""
        self.only_letter = False
        """Whether nothing but the letter "o" asks for a receipt."""
        self.address: URL | None = None
        """Where to call: what the support was told, and has tried."""
        self.asked: dict[str, Asked] = {}
        """The messages that asked for a receipt, by their `submission_id`."""

    async def declare(self, address: str | URL) -> None:
        """Take an address, once it has answered a call that says nothing.

        Raises:
            ReceiptRefusedError: it answers something else.

        """
        url = URL(address)
        answer = await _call(url)
        if answer != PROOF:
            raise ReceiptRefusedError(f"{answer[0]}: {answer[2][:100]}")
        self.address = url

    def ask(self, submission_id: str, number: str, wish: str) -> str | None:
        """Remember that a message asks for a receipt; return what to call it, if so."""
        if not wish or (self.only_letter and wish != "o"):
            return None
        reference = wish if self.callers_reference else submission_id
        self.asked[submission_id] = Asked(reference=reference, number=number)
        return reference

    async def push(
        self, submission_id: str, error: str = "", *, address: URL | None = None
    ) -> tuple[int, str, str]:
        """Call with the receipt of a message; return the answer, which nobody reads.

        `address` is where to call instead of the declared one.
        """
        url = address or self.address
        assert url is not None, "no address was declared"
        asked = self.asked[submission_id]
        query = f"erreur={error}&refenvoi={asked.reference}&gsm={asked.number}"
        # It never looks whether there is a question mark already.
        return await _call(URL(f"{url}?{query}", encoded=True))


async def _call(url: URL) -> tuple[int, str, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, allow_redirects=False) as answer,
    ):
        return answer.status, answer.content_type, await answer.text()
