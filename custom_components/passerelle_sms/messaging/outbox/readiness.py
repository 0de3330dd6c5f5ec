"""Whether an account could begin a request now, as who may send by another one asks."""

from decimal import Decimal

from ...gateways.errors import GatewayError, NothingBeginsError
from .account_watch import AccountWatch
from .attempts import Candidate
from .callers import Callers
from .pace import Pace


class Readiness:
    """What keeps one account from beginning a request."""

    def __init__(self, pace: Pace, callers: Callers, watch: AccountWatch) -> None:
        """Go by `pace`, and whether `callers` are told that the house stops."""
        self._pace = pace
        self._callers = callers
        self._watch = watch

    @property
    def credits(self) -> Decimal | None:
        """What the account held when that was told last."""
        return self._pace.rest.credits

    def obstacle(self, cost: Decimal, *, urgent: bool) -> GatewayError | None:
        """Return why a new message of this cost could not begin now, if it couldn't."""
        if self._callers.is_closing:
            return NothingBeginsError()
        # No message has this id.
        candidate = Candidate(message_id="", cost=cost, is_urgent=urgent)
        return self._pace.obstacle(candidate)

    @property
    def reason(self) -> GatewayError:
        """Why what was to begin has not, by what is known now."""
        refusal = self._pace.rest.refusal
        if self._callers.is_closing:
            return NothingBeginsError()
        return self._pace.pause_reason or refusal or NothingBeginsError()

    def ask_if_due(self) -> None:
        """Ask for the balance, if it is time to and it can tell that a rest is over."""
        self._watch.ask_for_others()

    def answer_if_idle(self, message_id: str) -> None:
        """Answer who waits for a message, unless a request of it is made or about to be."""
        self._callers.release_if_idle(message_id)
