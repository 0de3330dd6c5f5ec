"""What happened in a month, as its judge sees it: nothing here knows the core's insides."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

type Moment = timedelta
"""How much had truly elapsed since the month began."""


class Hindrance(StrEnum):
    """What keeps a house from renewing, from a moment on to another."""

    DEAD = "dead"
    """It doesn't run."""
    CUT_OFF = "cut_off"
    """Its line is cut, or the gateway out of reach."""
    FAULTS = "faults"
    """Answers are lost."""
    REFUSED = "refused"
    """The account is refused, or can't pay."""
    NO_BUDGET = "no_budget"
    """All requests of the hour are used up."""
    NO_ACCOUNT = "no_account"
    """The account was taken away."""
    NO_CANCEL = "no_cancel"
    """The gateway takes nothing back."""


@dataclass(slots=True, kw_only=True)
class Kept:
    """A message that a gateway has taken for the switch, for one recipient."""

    account: str
    number: str
    text: str
    key: str
    """What the gateway knows it by."""
    taken: Moment
    due: datetime
    """Its hour, by the gateway's clock."""
    delay: timedelta
    """That of the switch then."""
    promised: timedelta = timedelta()
    """In how long it was to be sent, by the gateway's clock, when it was taken."""
    gap: timedelta = timedelta()
    """By how much the clock of the house was ahead of the gateway's then."""
    here: datetime
    """The time in the house then."""
    is_of_proof: bool = False
    sent: Moment | None = None
    cancelled: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that the observer of the switch heard."""

    at: Moment
    what: str
    """`armed`, `disarmed`, `renewed_late`, `false_alarm_possible` or `fired`."""
    by_clock_here: datetime
    reason: str | None = None
    hour: datetime | None = None
    """When a false alarm is possible."""
    since: datetime | None = None
    until: datetime | None = None
    numbers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A problem that the switch showed, at a moment."""

    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """How all stood at a moment when nothing was under way, with the house alive."""

    at: Moment
    is_armed: bool
    is_alive: bool
    wanted: frozenset[str]
    delay: timedelta
    problems: tuple[Shown, ...]
    fires_at: datetime | None
    standing: tuple[Kept, ...]
    """What stood at the gateways."""
    error_here: timedelta
    """By how much the clock of the house was ahead of the right time."""
    error_there: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindered:
    """That something kept the house from renewing."""

    by: Hindrance
    begin: Moment
    end: Moment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request to schedule or to cancel that came in at a gateway."""

    at: Moment
    operation: str


@dataclass(slots=True, kw_only=True)
class Record:
    """A whole month."""

    seed: int
    length: timedelta
    begin: datetime
    gateways: tuple[str, ...]
    knows_time_there: bool = True
    """Whether the gateways' answers tell their time."""
    kept: list[Kept] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    hindered: list[Hindered] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    shifts: list[Moment] = field(default_factory=list)
    """When a clock was set, of the house or the gateway."""
    changes: list[Moment] = field(default_factory=list)
    """When the user changed, armed or disarmed something."""
    crowded: list[Moment] = field(default_factory=list)
    """When questions used all the requests of an hour that they may."""
    restores: list[Moment] = field(default_factory=list)
    """When the journal was put back, or may have lost the last row."""
    stops: list[Moment] = field(default_factory=list)
    """When the house began to stop in good order."""
    starts: list[Moment] = field(default_factory=list)
    """When the house began to live."""
    most_standing: list[tuple[Moment, str, int]] = field(default_factory=list)
    """When more than two stood for a number, and how many of them the row could know."""
    unexplained: list[str] = field(default_factory=list)
    """By what the balance has fallen for no reason that the ledger knows."""
    is_spent_elsewhere: bool = False
    """Whether somebody else has used the account."""
    mistakes: list[str] = field(default_factory=list)
    """What was logged as an error."""
    happened: Counter[str] = field(default_factory=Counter)
