"""What the legs of a relay's message come to for one recipient.

Everything here is pure.
"""

from collections.abc import Iterable, Sequence

from ...gateways.model.delivery import DeliveryStatus
from ...gateways.outcome import Outcome
from .leg import Leg


def leg_that_counts(legs: Sequence[Leg]) -> Leg | None:
    """Return the leg by which it is told what became of a message; `None` before any.

    Of several that were accepted that is the one that has arrived, else the last; where
    none was, it is the last in doubt, else the last of all.
    """
    accepted = [leg for leg in legs if leg.outcome is Outcome.ACCEPTED]
    arrived = [leg for leg in accepted if _has_arrived(leg)]
    doubtful = [leg for leg in legs if leg.is_in_doubt]
    return next(
        (some[-1] for some in (arrived, accepted, doubtful, legs) if some), None
    )


def in_doubt(legs: Iterable[Leg]) -> bool:
    """Return whether one of these legs may have left, and nobody knows."""
    return any(leg.is_in_doubt for leg in legs)


def may_come_twice(legs: Iterable[Leg]) -> bool:
    """Return whether a message was passed on although it may have left.

    Evidence that it has not left takes that back.
    """
    return sum(map(_may_have_left, legs)) > 1


def is_risked_next(legs: Iterable[Leg]) -> bool:
    """Return whether the next leg is the first after one that may have left.

    What the user has had sent again is his own choice.
    """
    return any(
        _may_have_left(leg) and not leg.is_passed_on and not leg.resent for leg in legs
    )


def last_passed_on_in_spite(legs: Sequence[Leg]) -> Leg | None:
    """Return the last leg that was passed on although it may have left, if any."""
    return next(
        (leg for leg in reversed(legs) if leg.is_passed_on and _may_have_left(leg)),
        None,
    )


def _may_have_left(leg: Leg) -> bool:
    return leg.outcome is Outcome.ACCEPTED or leg.is_in_doubt


def _has_arrived(leg: Leg) -> bool:
    return leg.delivery is not None and leg.delivery.status is DeliveryStatus.DELIVERED
