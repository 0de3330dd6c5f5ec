"""The rules of one gateway, for what is sent through one account of it."""

from collections.abc import Sequence
from typing import override

from ...gateways.errors import MessageTooLongError, NextNeedsRelayError
from ...gateways.gateway import Gateway
from ...gateways.model.message import Sms
from ...gateways.model.segments import Measure
from ..model.parts import Parts
from ..model.record import OnUnknown
from ..recipients.address_book import Recipient
from ..runtime.turns import Steps
from ..text.encoding import EncodingChoice, Preview, preview
from ..text.splitting import TooLong
from .long_texts import fitted, taken, with_parts
from .rules import MessageRules, Taken


class GatewayRules(MessageRules):
    """Asks one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        """Ask `gateway`."""
        self._gateway = gateway

    @property
    @override
    def key(self) -> str:
        """The key of the gateway."""
        return self._gateway.key

    @override
    def check_on_unknown(self, chosen: OnUnknown) -> None:
        """Raise `NextNeedsRelayError` for what only a relay does."""
        if chosen is OnUnknown.NEXT:
            raise NextNeedsRelayError

    @override
    def measure(self, sms: Sms) -> Measure:
        """Return what a message takes, as the gateway counts."""
        return self._gateway.measure_sms(sms)

    @override
    def take(
        self, sms: Sms, recipients: Sequence[Recipient], too_long: TooLong
    ) -> Steps[Taken]:
        """Return a message as the gateway takes it.

        To whom it can't send is found out when it is handed over.
        """
        sms, parts = yield from self._checked(sms, too_long)
        return (yield from taken(self._gateway, sms, parts, recipients))

    @override
    def preview(self, text: str, choice: EncodingChoice, too_long: TooLong) -> Preview:
        """Return what a text would take here."""
        whole = preview(text, choice, self._gateway.measure)
        return with_parts(self._gateway, whole, too_long)

    def _checked(self, sms: Sms, too_long: TooLong) -> Steps[tuple[Sms, Parts]]:
        """Return a message as it is sent; raises `RejectedError` if it breaks a rule."""
        try:
            self._gateway.check(sms)
        except MessageTooLongError:
            # All else of it has passed.
            checked = yield from fitted(self._gateway, sms, too_long)
            if checked is None:
                raise
            return checked
        return sms, Parts()
