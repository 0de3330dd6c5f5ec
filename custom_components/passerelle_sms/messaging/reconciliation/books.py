"""What an account's ledger says: the balance, and what it is expected to fall by.

The ledger is kept in periods. One begins with a balance that was told while nothing was
under way and no charge was outstanding; it ends as soon as that is so again. Whatever is
handed to the gateway in between is a charge of this period, so that no clock is asked
which came first. Everything here is pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Context, Decimal
from typing import Final

from ..model.submission import RowKey

LATEST_CHARGE: Final = timedelta(minutes=10)
"""How long after a message a gateway may charge it."""
MUTE: Final = timedelta(days=30)
"""How long the balance proves nothing after a fall that nothing explains."""
_ROUNDING: Final = Context(prec=20)

type Key = tuple[str, RowKey]
"""A message's id, and the key of one of its submissions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a segment costs in one tariff, in credits."""

    credits: Decimal = Decimal(1)
    is_confirmed: bool = False
    """Whether the balance has fallen by exactly this, or a gateway has told it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What one submission takes, or may take, from the balance."""

    key: Key = field(repr=False)
    tariff: str
    """What its price depends on: the country, and how it is sent."""
    segments: int
    told: Decimal | None = None
    """What the gateway says that it took."""
    certain: int = 0
    """How often it was certainly taken."""
    possible: int = 0
    """How often it may have been taken besides."""
    is_in_doubt: bool = False
    """Whether its outcome is looked for."""
    is_due: bool = False
    """Whether it would have been charged by now."""
    is_planned: bool = False
    """Whether the gateway keeps it for later, and may charge it only then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What is known of an account's balance."""

    period: int = 0
    credits: Decimal | None = None
    """The balance at the beginning of the period; `None` while none is known."""
    latest: Decimal | None = None
    """The balance as it was told last."""
    moved: Decimal = Decimal(0)
    """What came in since, by a movement of our own whose sum was told."""
    is_disturbed: bool = False
    """Whether the balance has moved, or may have, by nobody knows how much."""
    carried: frozenset[Key] = field(default_factory=frozenset, repr=False)
    """Charges of earlier periods that may still come."""
    prices: Mapping[str, Price] = field(default_factory=dict)
    """By tariff."""
    muted: datetime | None = None
    """When the balance last fell for no known reason."""

    def is_muted(self, now: datetime) -> bool:
        """Return whether the balance proves nothing for now."""
        return self.muted is not None and now < self.muted + MUTE

    def has_risen_to(self, balance: Decimal) -> bool:
        """Return whether credits came in since the balance was told last."""
        return self.latest is not None and balance > self.latest

    def fallen_to(self, balance: Decimal) -> Decimal | None:
        """Return by how much the balance has fallen in this period, if that is known.

        Not if it has risen: what was given back hides what was charged.
        """
        if self.credits is None or self.is_disturbed or self.has_risen_to(balance):
            return None
        return self.credits + self.moved - balance

    def with_movement(self, amount: Decimal) -> Books:
        """Return the books with what came in by a movement of our own."""
        latest = None if self.latest is None else self.latest + amount
        return replace(self, moved=self.moved + amount, latest=latest)

    def price_of(self, charge: Charge) -> Decimal:
        """Return what a submission takes when it is taken once, as far as is known."""
        if charge.told is not None:
            return charge.told
        # Less precise than a quotient: a third of a credit, three times, is one.
        return _ROUNDING.multiply(self.price_in(charge.tariff), charge.segments)

    def price_in(self, tariff: str) -> Decimal:
        """Return what a segment takes in a tariff, as far as is known."""
        return self.prices.get(tariff, Price()).credits

    def has_price(self, charge: Charge) -> bool:
        """Return whether it is known what a submission takes."""
        price = self.prices.get(charge.tariff, Price())
        return charge.told is not None or price.is_confirmed

    def certain(self, charges: Iterable[Charge]) -> Decimal:
        """Return what has certainly been taken, or will be."""
        return sum((self.price_of(c) * c.certain for c in charges), Decimal(0))

    def greatest(self, charges: Iterable[Charge]) -> Decimal:
        """Return the most that may have been taken."""
        return sum(
            (self.price_of(c) * (c.certain + c.possible) for c in charges), Decimal(0)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A balance that was told while nothing was under way."""

    credits: Decimal
    charges: tuple[Charge, ...]
    """All of the period, and what was carried into it."""
    at: datetime
    is_alone: bool
    """Whether only Home Assistant uses the account."""
    is_quiet: bool
    """Whether what disturbed the balance is so long ago that nothing more comes of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """The books after a sighting."""

    books: Books
    unexplained: Decimal | None = None
    """By how much the balance has fallen for no known reason."""


def enter(books: Books, seen: Sighting) -> Entered:
    """Return the books with a balance entered.

    A period ends when the balance has fallen by all that was taken, or when nothing more
    can come of it, and no outcome is looked for.
    """
    fall = books.fallen_to(seen.credits)
    is_over = (
        seen.is_quiet
        and all(charge.is_due or charge.is_planned for charge in seen.charges)
        and not any(charge.is_in_doubt for charge in seen.charges)
    )
    if fall is None:
        # After a top-up, or credits given back, what is outstanding can't be told.
        return Entered(books=_begin(books, seen) if is_over else _unknown(books, seen))
    if _adds_up(books, seen.charges, fall):
        confirmed = _confirmed(books, seen.charges)
        return Entered(books=_begin(confirmed, replace(seen, charges=())))
    if fall > books.greatest(seen.charges) and all(map(books.has_price, seen.charges)):
        return _unexplained(books, seen, fall, is_over=is_over)
    if is_over:
        return Entered(books=_begin(_learnt(books, seen, fall), seen))
    return Entered(books=replace(books, latest=seen.credits))


def disturbed(books: Books) -> Books:
    """Return the books once the balance moves, or may move, by nobody knows how much."""
    return replace(books, is_disturbed=True)


def begun_anew(books: Books) -> Books:
    """Return the books at the beginning of a period of which no balance is known."""
    return replace(
        books,
        period=books.period + 1,
        credits=None,
        latest=None,
        moved=Decimal(0),
        carried=frozenset(),
    )


def _unknown(books: Books, seen: Sighting) -> Books:
    """Return the books while they tell nothing."""
    return replace(
        books,
        latest=seen.credits,
        is_disturbed=books.is_disturbed or books.has_risen_to(seen.credits),
    )


def _begin(books: Books, seen: Sighting) -> Books:
    """Return the books at the beginning of a period."""
    return replace(
        books,
        period=books.period + 1,
        credits=seen.credits,
        latest=seen.credits,
        moved=Decimal(0),
        is_disturbed=False,
        carried=frozenset(
            charge.key
            for charge in seen.charges
            if charge.is_planned and not charge.is_due
        ),
    )


def _adds_up(books: Books, charges: Sequence[Charge], fall: Decimal) -> bool:
    """Return whether the balance has fallen by all that was taken, to the last credit.

    While prices are unknown, some of several charges may look like all of them.
    """
    if any(charge.is_in_doubt for charge in charges):
        return False
    is_plain = all(c.is_due for c in charges) or len(charges) == 1
    is_unknown = not all(map(books.has_price, charges))
    if is_unknown and (not is_plain or any(charge.possible for charge in charges)):
        return False
    return books.greatest(charges) == fall


def _confirmed(books: Books, charges: Sequence[Charge]) -> Books:
    """Return the books once the prices of these have turned out to be right."""
    told = {
        charge.tariff: replace(
            books.prices.get(charge.tariff, Price()), is_confirmed=True
        )
        for charge in charges
        if charge.told is None and books.price_of(charge) > 0
    }
    by_gateway = {
        charge.tariff: Price(credits=charge.told / charge.segments, is_confirmed=True)
        for charge in charges
        if charge.told is not None and charge.told > 0 and charge.segments
    }
    return replace(books, prices={**books.prices, **told, **by_gateway})


def _unexplained(
    books: Books, seen: Sighting, fall: Decimal, *, is_over: bool
) -> Entered:
    """Return the books once the balance has fallen by more than anything explains."""
    missing = fall - books.greatest(seen.charges)
    after = _begin(books, seen) if is_over else disturbed(_unknown(books, seen))
    if not seen.is_alone:
        return Entered(books=after)
    doubted = _doubted(after, seen.charges)
    return Entered(books=replace(doubted, muted=seen.at), unexplained=missing)


def _learnt(books: Books, seen: Sighting, fall: Decimal) -> Books:
    """Return the books with the price of the one tariff that explains a fall.

    Where others use the account, a fall teaches nothing. One that contradicts prices
    makes them doubtful; what was only possible contradicts nothing.
    """
    if any(charge.possible for charge in seen.charges):
        return books
    unknown = [charge for charge in seen.charges if not books.has_price(charge)]
    if not unknown:
        return _doubted(books, seen.charges)
    tariffs = {charge.tariff for charge in unknown}
    segments = sum(charge.segments * charge.certain for charge in unknown)
    rest = fall - books.certain(c for c in seen.charges if c not in unknown)
    if not seen.is_alone or len(tariffs) > 1 or not segments or rest < 0:
        return books
    # Another fall has to confirm it: somebody else may have spent some of this one.
    price = Price(credits=rest / segments)
    return replace(books, prices={**books.prices, tariffs.pop(): price})


def _doubted(books: Books, charges: Iterable[Charge]) -> Books:
    """Return the books once the prices of these have turned out to be wrong."""
    tariffs = {charge.tariff for charge in charges}
    return replace(
        books,
        prices={
            tariff: price
            if tariff not in tariffs
            else replace(price, is_confirmed=False)
            for tariff, price in books.prices.items()
        },
    )
