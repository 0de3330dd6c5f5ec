"""Why an account can't take a relay's message now."""

from ...gateways.errors import InsufficientCreditError, NotStoredError, RejectedError
from ...gateways.gateway import Gateway
from ...gateways.model.message import Sms
from ..guard.guard import Guard
from ..model.leg_order import Remainder
from ..model.obstacle import Obstacle, ObstacleKind
from ..outbox.outbox import Outbox
from ..outbox.readiness import Readiness
from ..reconciliation.charges import tariff_with
from ..reconciliation.ledger import Ledger
from ..text.splitting import TooLong
from .leg_sizes import LegSizes


class LegObstacles:
    """Finds what keeps one account from taking a message. It asks no gateway."""

    def __init__(
        self,
        gateway: Gateway,
        guard: Guard,
        ledger: Ledger,
        readiness: Readiness,
        outbox: Outbox,
    ) -> None:
        """Go by the rules of `gateway`, and by where the parts of the account stand."""
        self._gateway = gateway
        self._guard = guard
        self._ledger = ledger
        self._readiness = readiness
        self._outbox = outbox
        self._sizes = LegSizes(gateway)

    def find(
        self,
        sms: Sms,
        number: str,
        too_long: TooLong,
        *,
        urgent: bool,
        remainder: Remainder | None,
        is_open: bool,
    ) -> Obstacle | None:
        """Return why a message can't be taken for one recipient now, if it can't.

        `is_open` says whether it could be written down.
        """
        size = self._sizes.size(sms, number, too_long, remainder)
        never = size.refusal or self._refusal_of(number)
        if never is not None:
            return Obstacle(error=never, kind=ObstacleKind.NEVER)
        if not is_open:
            return Obstacle(error=NotStoredError(), kind=ObstacleKind.LATER)
        cap = self._guard.cap_reached(size.segments, urgent=urgent)
        if cap is not None:
            return Obstacle(error=cap, kind=ObstacleKind.CAP)
        tariff = tariff_with(sms.options, number)
        cost = self._ledger.books.price_in(tariff) * size.segments
        reason = self._readiness.obstacle(cost, urgent=urgent) or self._outbox.full
        if reason is not None:
            return Obstacle(error=reason, kind=ObstacleKind.LATER)
        left = self._readiness.credits
        if left is not None and left < cost:
            error = InsufficientCreditError()
            return Obstacle(error=error, kind=ObstacleKind.UNLIKELY)
        return None

    def _refusal_of(self, number: str) -> RejectedError | None:
        try:
            self._gateway.local_number(number)
        except RejectedError as error:
            return error
        return None
