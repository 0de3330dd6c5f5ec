"""Whatever moves a balance, the books never prove what isn't so."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings, strategies as st

from custom_components.passerelle_sms.messaging.model.submission import RowKey
from custom_components.passerelle_sms.messaging.reconciliation.balance_evidence import (
    Evidence,
    Verdict,
    assess,
)
from custom_components.passerelle_sms.messaging.reconciliation.books import (
    LATEST_CHARGE,
    Books,
    Charge,
    Key,
    Sighting,
    enter,
)

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
PRICES = {"237": 1, "33": 2, "1": 3}
SECOND = timedelta(seconds=1)


@dataclass(slots=True, kw_only=True)
class Handed:
    """A submission, and the truth about it."""

    key: Key
    tariff: str
    segments: int
    at: timedelta
    is_taken: bool
    outcome: str
    """`accepted`, `doubt`, `held`, or what a doubt was settled as."""


class World:
    """An account as it is, and the house's books of it."""

    def __init__(self, *, is_alone: bool) -> None:
        """Open it with a thousand credits."""
        self.is_alone = is_alone
        self.now = timedelta()
        self.credits = 1000
        self.landing: list[tuple[timedelta, int]] = []
        self.handed: list[Handed] = []
        self.books = Books()
        self.begun: dict[Key, int] = {}
        self.seen_landed = True
        """Whether the balance was looked at since the last charge landed."""
        self.disturbed_at: timedelta | None = None
        self.verdicts: list[Verdict] = []
        self.see()

    def hand_over(
        self,
        tariff: str,
        segments: int,
        *,
        is_taken: bool,
        is_answered: bool,
        late: int,
    ) -> None:
        """Hand a message over: what is answered was taken."""
        key = str(len(self.handed)), RowKey("+237")
        taken = is_taken or is_answered
        self.handed.append(
            Handed(
                key=key,
                tariff=tariff,
                segments=segments,
                at=self.now,
                is_taken=taken,
                outcome="accepted" if is_answered else "doubt",
            )
        )
        self.begun[key] = self.books.period
        if taken:
            due = self.now + late * SECOND
            self.landing.append((due, segments * PRICES[tariff]))
        self.land()

    def land(self) -> None:
        """Charge what is due."""
        for due, cost in [one for one in self.landing if one[0] <= self.now]:
            self.landing.remove((due, cost))
            self.credits -= cost
            self.seen_landed = False

    def pass_time(self, seconds: int) -> None:
        """Let time pass; ten minutes after a doubt the house asks its user."""
        self.now += seconds * SECOND
        self.land()

    def see(self) -> None:
        """Let the house be told the balance."""
        self.land()
        self.seen_landed = True
        since = self.disturbed_at
        seen = Sighting(
            credits=Decimal(self.credits),
            charges=tuple(self.charges()),
            at=START + self.now,
            is_alone=self.is_alone,
            is_quiet=since is None or self.now >= since + LATEST_CHARGE,
        )
        for key, verdict in assess(Evidence(books=self.books, seen=seen)).items():
            self.settle(key, verdict)
        entered = enter(self.books, seen).books
        if entered.is_disturbed and not self.books.is_disturbed:
            self.disturbed_at = self.now
        self.books = entered
        for handed in self.handed:
            if handed.outcome == "doubt" and self.now >= handed.at + LATEST_CHARGE:
                handed.outcome = "held"

    def charges(self) -> list[Charge]:
        """Return what was handed over in this period."""
        return [
            Charge(
                key=one.key,
                tariff=one.tariff,
                segments=one.segments,
                certain=int(one.outcome == "accepted"),
                possible=int(one.outcome in {"doubt", "held"}),
                is_in_doubt=one.outcome == "doubt",
                is_due=self.now >= one.at + LATEST_CHARGE,
            )
            for one in self.handed
            if self.begun[one.key] >= self.books.period and one.outcome != "not_sent"
        ]

    def settle(self, key: Key, verdict: Verdict) -> None:
        """Believe a proof, and see that it is one."""
        [handed] = [one for one in self.handed if one.key == key]
        assert handed.outcome == "doubt"
        assert handed.is_taken is (verdict is Verdict.ACCEPTED), (handed, self.books)
        handed.outcome = verdict.value
        self.verdicts.append(verdict)

    def give(self, amount: int) -> None:
        """Give credits, or give some back, with a look between that and any charge."""
        if self.seen_landed:
            self.credits += amount
            self.see()

    def spend_elsewhere(self, amount: int) -> None:
        """Let somebody else use the account, where the house knows of him."""
        if not self.is_alone:
            self.credits -= amount

    def settle_down(self) -> None:
        """Let all be charged and seen, whatever it was."""
        self.pass_time(601)
        self.see()
        self.pass_time(601)
        self.see()

    def look_for(self, minutes: int) -> None:
        """Let time pass, and look at the balance each minute."""
        for _ in range(minutes):
            self.pass_time(60)
            self.see()


type Step = Callable[[World], None]

TARIFFS = st.sampled_from(["237", "237", "237", "33", "1"])
SEGMENTS = st.sampled_from([1, 1, 1, 2, 3])
LATE = st.sampled_from([0, 0, 0, 30, 200, 590])


def _sending(*, is_answered: bool, is_seen: bool) -> st.SearchStrategy[Step]:
    def build(tariff: str, segments: int, late: int, *, is_taken: bool) -> Step:
        def step(world: World) -> None:
            world.hand_over(
                tariff, segments, is_taken=is_taken, is_answered=is_answered, late=late
            )
            if is_seen:
                world.see()

        return step

    return st.builds(build, TARIFFS, SEGMENTS, LATE, is_taken=st.booleans())


def _steps(take: Callable[[World, int], None], *values: int) -> st.SearchStrategy[Step]:
    def build(value: int) -> Step:
        return lambda world: take(world, value)

    return st.builds(build, st.sampled_from(values))


STEP = st.one_of(
    _sending(is_answered=True, is_seen=True),
    _sending(is_answered=True, is_seen=False),
    _sending(is_answered=False, is_seen=True),
    _sending(is_answered=False, is_seen=False),
    _steps(World.pass_time, 1, 20, 60, 400),
    _steps(World.look_for, 1, 3, 10, 11, 11),
    _steps(World.give, 1, 1, 2, 500),
    _steps(World.spend_elsewhere, 1, 1, 2, 3),
)
KNOWN = st.sets(st.sampled_from([*PRICES]), min_size=1)
STEPS = st.lists(STEP, min_size=3, max_size=14)


@settings(max_examples=1_000, deadline=None)
@given(is_alone=st.booleans(), known=KNOWN, steps=STEPS)
def test_what_is_proved_is_so(
    *, is_alone: bool, known: set[str], steps: list[Step]
) -> None:
    """Late charges, prices, refunds, top-ups, other users: nothing is proved falsely."""
    world = World(is_alone=is_alone)
    for tariff in sorted(known):
        world.hand_over(tariff, 1, is_taken=True, is_answered=True, late=0)
        world.settle_down()

    for step in steps:
        step(world)

    # The world itself has seen to it. And a house that is alone explains everything.
    assert world.books.muted is None
