"""An account that its gateway has refused rests: it is only tried now and then.

What the account is refused for says nothing about its messages, so they wait. Want of
credit holds back only what costs as much as what was refused.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from ...gateways.errors import (
    AccountInactiveError,
    AuthenticationError,
    GatewayError,
    InsufficientCreditError,
    IpNotAllowedError,
    RejectedError,
    Scope,
    UnreadableAnswerError,
)
from ..runtime.clock import Clock
from .attempts import Attempt, Candidate
from .probe_pauses import FIRST_PAUSE, ProbePauses

# Want of credit doesn't keep an urgent message from being tried, but a loop of them.
URGENT_INTERVAL: Final = timedelta(seconds=10)

# Where the balance is told only if the account is not refused for this.
_SEEN_IN_BALANCE: Final = (
    AccountInactiveError,
    AuthenticationError,
    InsufficientCreditError,
    IpNotAllowedError,
)


class AccountRest:
    """Whether one account rests, and what may be tried meanwhile.

    All is counted by elapsed time.
    """

    def __init__(self, clock: Clock) -> None:
        """Begin with an account that works as far as anybody knows."""
        self._clock = clock
        self._refusal: GatewayError | None = None
        self._since = timedelta()
        self.pauses: Final = ProbePauses(clock)
        """Those between two probes."""
        self._refused_costs: set[Decimal] = set()
        self._refused: set[str] = set()
        """The messages that were refused in this rest."""
        self._probed: set[str] = set()
        """The messages that probes were made with."""
        self._credits: Decimal | None = None
        self._is_confirmed = False
        """Whether the balance has ended the rest, and no message was accepted since."""
        self._is_contradicted = False
        """Whether the account was refused although the balance said that all is well."""
        self._may_probe = False
        self._probe: Attempt | None = None
        self._is_asking = False
        self._last_urgent: timedelta | None = None
        self._epoch = 0
        self._told: str | None = None

    # --- what is so now ---------------------------------------------------------------

    @property
    def refusal(self) -> GatewayError | None:
        """Why the account rests; `None` while it doesn't."""
        return self._refusal

    @property
    def is_unproven(self) -> bool:
        """Whether nothing was accepted since the last refusal: one by one then."""
        return bool(self.pauses)

    @property
    def may_probe(self) -> bool:
        """Whether one request may be made to find out whether the rest is over."""
        return self._may_probe and self._probe is None

    @property
    def holds_all(self) -> bool:
        """Whether no request at all may be made now."""
        return (
            self._refusal is not None
            and not isinstance(self._refusal, InsufficientCreditError)
            and not self.may_probe
        )

    @property
    def is_probe_due(self) -> bool:
        """Whether it is time to find out whether the rest is over."""
        return (
            self._refusal is not None
            and not self._may_probe
            and not self._is_asking
            and self.pauses.is_over
        )

    @property
    def asks_balance(self) -> bool:
        """Whether the balance can tell that the rest is over."""
        return isinstance(self._refusal, _SEEN_IN_BALANCE)

    @property
    def wakes_at(self) -> timedelta | None:
        """When so much has elapsed, something may be tried; `None` if others tell."""
        if self._refusal is None:
            return None
        is_pausing = not self._may_probe and not self._is_asking
        times = [self.pauses.next_probe] if is_pausing else []
        if self._last_urgent is not None:
            times.append(self._last_urgent + URGENT_INTERVAL)
        now = self._clock.elapsed()
        return min((time for time in times if time > now), default=None)

    @property
    def credits(self) -> Decimal | None:
        """What the balance has told last; `None` if it never has."""
        return self._credits

    @property
    def lasts(self) -> timedelta:
        """For how long the account has rested, if it does."""
        return self._clock.elapsed() - self._since

    def lets_pass(self, candidate: Candidate) -> bool:
        """Return whether a request may be made, also while the account rests."""
        return not self._holds_back(candidate) or (
            isinstance(self._refusal, InsufficientCreditError)
            and candidate.is_urgent
            and candidate.message_id not in self._refused
            and (
                self._last_urgent is None
                or self._last_urgent + URGENT_INTERVAL <= self._clock.elapsed()
            )
        )

    def fits_probe(self, candidate: Candidate) -> bool:
        """Return whether a request may be the probe."""
        return self.may_probe and self._can_pay(candidate.cost)

    def was_probed(self, candidate: Candidate) -> bool:
        """Return whether its message has failed as a probe: another one may not."""
        return candidate.message_id in self._probed

    # --- a request --------------------------------------------------------------------

    def begin(self, candidate: Candidate) -> Attempt:
        """Note that a request is made."""
        is_probe = not self.lets_pass(candidate) and self.fits_probe(candidate)
        if candidate.is_urgent and self._holds_back(candidate) and not is_probe:
            self._last_urgent = self._clock.elapsed()
        attempt = Attempt(
            candidate=candidate,
            epoch=self._epoch,
            is_in_rest=self._refusal is not None,
            is_probe=is_probe,
        )
        if is_probe:
            if candidate.message_id in self._probed:
                # All have had their turn.
                self._probed.clear()
            self._probe = attempt
        return attempt

    def end(self, attempt: Attempt) -> None:
        """Note that a request is under way no longer, whatever became of it."""
        if self._probe is attempt:
            self._probe = None

    def note_accepted(self, attempt: Attempt) -> None:
        """Note that the gateway took a message: the account works.

        What it took for less doesn't say that there is credit for more.
        """
        if attempt.epoch != self._epoch:
            return
        if self._refusal is None:
            self._forget_refusals()
            return
        if not attempt.is_in_rest:
            # It may have had the last credit.
            return
        if isinstance(self._refusal, InsufficientCreditError):
            self._refused_costs = {
                cost for cost in self._refused_costs if cost > attempt.candidate.cost
            }
            if self._refused_costs:
                if attempt.is_probe:
                    self.pauses.reset()
                    self._pause()
                return
        self._end_rest()
        self._forget_refusals()

    def note_refused(
        self, attempt: Attempt, error: GatewayError, cost: Decimal
    ) -> None:
        """Note that the account was refused: it rests.

        `cost` is that of what was refused. What began before the last good news says
        nothing about now.
        """
        if attempt.epoch != self._epoch:
            return
        was_resting = self._refusal is not None
        self._rest_for(error)
        if isinstance(error, InsufficientCreditError):
            self._refused_costs.add(cost)
        self._refused.add(attempt.candidate.message_id)
        if attempt.candidate.is_urgent:
            self._last_urgent = self._clock.elapsed()
        if attempt.is_probe:
            self._probed.add(attempt.candidate.message_id)
        self._is_contradicted |= self._is_confirmed and self._can_pay(cost)
        if attempt.is_probe or not was_resting:
            self._pause()

    def note_undecided(self, attempt: Attempt) -> None:
        """Note that what became of a request tells nothing about the account."""
        if attempt.is_probe and attempt.epoch == self._epoch:
            self.put_off_probe()

    # --- a probe ----------------------------------------------------------------------

    def begin_probe(self) -> None:
        """Let one request be made: the balance can't tell."""
        self._may_probe = True

    def begin_asking(self) -> None:
        """Note that the balance is being asked for."""
        self._is_asking = True

    def end_asking(self, told: Decimal | None, error: GatewayError | None) -> None:
        """Note what the balance has told, or by an error why it has told nothing."""
        self._is_asking = False
        if told is not None:
            self.note_balance(told)
        if self._refusal is None:
            return
        if told is not None and self._can_pay(self._cheapest):
            self._may_probe = True
        elif told is not None:
            self._pause()
        elif isinstance(error, RejectedError) and error.scope is Scope.ACCOUNT:
            self._rest_for(error)
            self._pause()
        elif error is None or isinstance(error, RejectedError | UnreadableAnswerError):
            # It will never tell.
            self._credits = None
            self._may_probe = True
        else:
            # The gateway is out of reach: nobody has refused anything.
            self.pauses.repeat(longest=FIRST_PAUSE)

    def put_off_probe(self) -> None:
        """Let the next probe wait as long as this one: nothing came of it."""
        self._may_probe = False
        self.pauses.repeat()

    def note_balance(self, credits_told: Decimal) -> None:
        """Note what the account holds: where that explains the rest, it is over.

        A balance is believed once: where the account is refused all the same, it has to
        rise to be believed again.
        """
        has_risen = self._credits is not None and credits_told > self._credits
        self._credits = credits_told
        if has_risen:
            self._is_contradicted = False
        if self._refusal is None or self._is_contradicted:
            return
        if isinstance(self._refusal, InsufficientCreditError):
            left = {cost for cost in self._refused_costs if cost > credits_told}
            self._is_confirmed |= left != self._refused_costs
            if left:
                self._refused_costs = left
                return
        elif not self.asks_balance and not has_risen:
            return
        self._is_confirmed = True
        self._end_rest()

    def note_change(self) -> None:
        """Note that the account was changed: what it was refused for may be mended."""
        self._end_rest()
        self.pauses.reset()
        self._is_confirmed = self._is_contradicted = False

    # --- what was told ----------------------------------------------------------------

    def tell(self, key: str) -> bool:
        """Note that a refusal is told; return whether that is news.

        It is none until a message was accepted, or the reason is another one.
        """
        is_news = key != self._told
        self._told = key
        return is_news

    # --- the steps of all that ----------------------------------------------------------

    def _holds_back(self, candidate: Candidate) -> bool:
        """Return whether what the account was refused for holds for a request, too."""
        if not isinstance(self._refusal, InsufficientCreditError):
            return self._refusal is not None
        return candidate.cost >= self._cheapest

    @property
    def _cheapest(self) -> Decimal:
        return min(self._refused_costs, default=Decimal(0))

    def _can_pay(self, cost: Decimal) -> bool:
        """Return whether credit is no obstacle, as far as the balance has told."""
        return (
            not isinstance(self._refusal, InsufficientCreditError)
            or self._credits is None
            or cost <= self._credits
        )

    def _rest_for(self, error: GatewayError) -> None:
        if self._refusal is None:
            self._since = self._clock.elapsed()
        if self._refusal is None or self._refusal.key != error.key:
            self._refused_costs.clear()
        self._refusal = error

    def _pause(self) -> None:
        """Let the next probe wait, twice as long as the last one."""
        self._may_probe = False
        self.pauses.lengthen()

    def _end_rest(self) -> None:
        self._epoch += 1
        self._refusal = None
        self._may_probe = False
        self._refused_costs.clear()
        self._refused.clear()
        self._probed.clear()

    def _forget_refusals(self) -> None:
        """Begin anew: the account works."""
        self.pauses.reset()
        self._is_confirmed = self._is_contradicted = False
        self._told = None
