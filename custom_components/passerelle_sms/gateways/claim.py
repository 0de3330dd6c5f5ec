"""What an answer claims, and the one rule that makes an outcome of it.

**A contradiction, a part that can't be read, or a surprise beside a refusal means
unknown.** Accepted needs a positive statement about that recipient, refused one that
nothing left. A gateway states only facts, as `Claim`: it never weighs them.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, auto

from .errors import GatewayError


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an answer claims about what was asked: for one recipient, or as a whole.

    Nothing by itself: an answer may be silent about somebody.
    """

    is_accepted: bool = False
    """Whether it says that this was taken, or done."""
    refusal: GatewayError | None = None
    """What it says that this was refused for."""
    is_readable: bool = True
    """Whether all is understood that may be about this."""
    submission_id: str | None = field(default=None, repr=False)
    sending_id: str | None = field(default=None, repr=False)
    """The gateway's id of the whole request, where that is another one."""
    cost: Decimal | None = None
    """Credits taken, where it says so."""


class HttpStatus(Enum):
    """What an HTTP status claims, whatever the body says."""

    FINE = auto()
    """2xx: the body decides."""
    REFUSED = auto()
    """4xx, but for 408: the server didn't do what it was asked."""
    SURPRISING = auto()
    """Everything else: a redirect, an error of its own, a time-out."""

    @classmethod
    def of(cls, status: int) -> HttpStatus:
        """Return what a status claims."""
        if 200 <= status < 300:
            return cls.FINE
        return cls.REFUSED if 400 <= status < 500 and status != 408 else cls.SURPRISING


class Verdict(Enum):
    """What is known after an answer."""

    ACCEPTED = auto()
    REFUSED = auto()
    """By the words of the answer."""
    REFUSED_BY_STATUS = auto()
    """By the HTTP status, as the answer says nothing."""
    UNKNOWN = auto()


def weigh(claim: Claim, status: HttpStatus, *, is_silent: bool) -> Verdict:
    """Return what a claim proves beside an HTTP status.

    `is_silent` tells whether the body says nothing of its own beside its status: it is
    empty, or the page of a web server.
    """
    if status is HttpStatus.SURPRISING or not claim.is_readable:
        return Verdict.UNKNOWN
    if claim.is_accepted:
        is_agreed = claim.refusal is None and status is HttpStatus.FINE
        return Verdict.ACCEPTED if is_agreed else Verdict.UNKNOWN
    if claim.refusal is not None:
        return Verdict.REFUSED
    if status is HttpStatus.REFUSED and is_silent and claim.submission_id is None:
        return Verdict.REFUSED_BY_STATUS
    return Verdict.UNKNOWN
