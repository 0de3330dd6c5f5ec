"""What a balance changes in the books, branch by branch."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from custom_components.passerelle_sms.messaging.model.submission import RowKey
from custom_components.passerelle_sms.messaging.reconciliation.books import (
    MUTE,
    Books,
    Charge,
    Entered,
    Price,
    Sighting,
    disturbed,
    enter,
)
from custom_components.passerelle_sms.messaging.reconciliation.charges import (
    forgotten_charge,
)

ROW = RowKey("+1")
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HUNDRED = Decimal(100)
BOOKS = Books(
    period=3,
    credits=HUNDRED,
    latest=HUNDRED,
    prices={
        "237": Price(is_confirmed=True),
        "33": Price(credits=Decimal(3), is_confirmed=True),
        "44": Price(credits=Decimal(2)),
        "226": Price(credits=Decimal(0)),
    },
)
TAKEN = Charge(key=("taken", ROW), tariff="237", segments=1, certain=1, is_due=True)
OUTSTANDING = replace(TAKEN, key=("outstanding", ROW), is_due=False)
DEAR = replace(TAKEN, key=("dear", ROW), tariff="33")
NEW = replace(TAKEN, key=("new", ROW), tariff="1")
SUPPOSED = replace(TAKEN, key=("supposed", ROW), tariff="44")
DOUBT = Charge(
    key=("doubt", ROW),
    tariff="237",
    segments=1,
    possible=1,
    is_in_doubt=True,
    is_due=True,
)
HELD = replace(DOUBT, key=("held", ROW), is_in_doubt=False)
PLANNED = replace(HELD, key=("planned", ROW), is_due=False, is_planned=True)


def seen(
    *charges: Charge, fall: str = "0", is_alone: bool = True, is_quiet: bool = True
) -> Sighting:
    """Return a balance that is so much lower than at the beginning of the period."""
    return Sighting(
        credits=HUNDRED - Decimal(fall),
        charges=charges,
        at=NOW,
        is_alone=is_alone,
        is_quiet=is_quiet,
    )


def begins(entered: Entered, sighting: Sighting) -> bool:
    """Return whether a period begins with a sighting: as a whole, or not at all."""
    books = entered.books
    if books.period == BOOKS.period:
        return False
    assert books.period == BOOKS.period + 1
    assert books.moved == 0
    assert (books.credits, books.latest) == (sighting.credits, sighting.credits)
    assert not books.is_disturbed
    return True


# --- when a period ends ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("charges", "fall", "expected"),
    [
        # Nothing was handed over.
        ((), "0", True),
        # It adds up to the last credit.
        ((TAKEN,), "1", True),
        ((TAKEN, DEAR), "4", True),
        ((replace(TAKEN, segments=3),), "3", True),
        ((replace(TAKEN, told=Decimal("1.5")),), "1.5", True),
        # Also early, where prices are known.
        ((OUTSTANDING,), "1", True),
        ((OUTSTANDING, DEAR), "4", True),
        ((TAKEN, HELD), "2", True),
        # It does not yet.
        ((OUTSTANDING,), "0", False),
        ((OUTSTANDING, DEAR), "3", False),
        ((OUTSTANDING, DEAR), "1", False),
        # Nor can it while an outcome is looked for.
        ((DOUBT,), "1", False),
        ((DOUBT,), "0", False),
        ((DOUBT, TAKEN), "2", False),
        # Nothing more comes of it.
        ((TAKEN,), "0", True),
        ((HELD,), "0", True),
        ((TAKEN, HELD), "1", True),
        ((PLANNED,), "0", True),
        # Of what is outstanding, some may look like all while a price is unknown.
        ((OUTSTANDING, NEW), "2", False),
        ((replace(NEW, is_due=False),), "1", True),
        ((replace(NEW, is_due=False),), "7", False),
    ],
)
def test_when_a_period_ends(
    charges: tuple[Charge, ...], fall: str, expected: bool
) -> None:
    """Once it adds up, or when all has had its time and nothing is in doubt."""
    sighting = seen(*charges, fall=fall)

    entered = enter(BOOKS, sighting)

    assert begins(entered, sighting) is expected
    assert entered.books.latest == sighting.credits
    assert entered.unexplained is None
    assert not entered.books.is_disturbed


@pytest.mark.parametrize(
    ("charges", "fall"),
    [
        ((), "0"),
        # Which of two was charged, nobody knows: the other one may come later.
        ((OUTSTANDING,), "1"),
        ((TAKEN,), "1"),
        ((TAKEN,), "2"),
        ((NEW,), "1"),
        ((SUPPOSED,), "2"),
        ((SUPPOSED,), "5"),
    ],
)
def test_what_may_be_forgotten_keeps_a_period_open_for_its_time(
    charges: tuple[Charge, ...], fall: str
) -> None:
    """It teaches no price, and who explains nothing by it finds nobody else either."""
    early = enter(BOOKS, seen(*charges, forgotten_charge(is_due=False), fall=fall))
    all_due = [replace(charge, is_due=True) for charge in charges]
    sighting = seen(*all_due, forgotten_charge(is_due=True), fall=fall)
    late = enter(BOOKS, sighting)

    assert early == Entered(books=replace(BOOKS, latest=HUNDRED - Decimal(fall)))
    assert begins(late, sighting)
    assert late.unexplained is None
    assert late.books.prices == BOOKS.prices


def test_the_first_balance_begins_a_period() -> None:
    """What came before it, nobody knows."""
    entered = enter(Books(), seen(fall="40"))

    assert entered == Entered(
        books=Books(period=1, credits=Decimal(60), latest=Decimal(60))
    )


@pytest.mark.parametrize("charge", [OUTSTANDING, DOUBT])
def test_the_first_balance_while_something_is_outstanding(charge: Charge) -> None:
    """Nobody knows whether it holds that already."""
    entered = enter(Books(), seen(charge))

    assert entered == Entered(books=Books(latest=HUNDRED))


# --- what comes in ---------------------------------------------------------------------


@pytest.mark.parametrize("charges", [(), (TAKEN, DEAR), (HELD,), (PLANNED,)])
def test_a_rise_with_nothing_outstanding_begins_a_period(
    charges: tuple[Charge, ...],
) -> None:
    """A top-up closes nothing."""
    sighting = seen(*charges, fall="-500")

    assert begins(enter(BOOKS, sighting), sighting)


@pytest.mark.parametrize("charge", [OUTSTANDING, DOUBT])
@pytest.mark.parametrize("fall", ["-500", "2"])
def test_a_rise_closes_what_is_open(charge: Charge, fall: str) -> None:
    """What it hides can't be told; also one that doesn't undo the whole fall."""
    fallen = replace(BOOKS, latest=Decimal(97))

    books = enter(fallen, seen(charge, fall=fall)).books

    assert books == replace(fallen, latest=HUNDRED - Decimal(fall), is_disturbed=True)


def test_what_came_in_proves_no_price() -> None:
    """Nor does it make one doubtful."""
    entered = enter(BOOKS, seen(TAKEN, NEW, fall="-7"))

    assert entered.books.prices == BOOKS.prices


@pytest.mark.parametrize(
    ("charges", "is_quiet", "expected"),
    [
        ((), True, True),
        ((TAKEN,), True, True),
        ((), False, False),
        ((TAKEN,), False, False),
        ((OUTSTANDING,), True, False),
        ((DOUBT,), True, False),
    ],
)
def test_books_that_are_disturbed_begin_anew_when_nothing_more_can_come(
    charges: tuple[Charge, ...], is_quiet: bool, expected: bool
) -> None:
    """Whatever the balance is by then."""
    sighting = seen(*charges, fall="13", is_quiet=is_quiet)

    entered = enter(disturbed(BOOKS), sighting)

    assert begins(entered, sighting) is expected
    assert entered.unexplained is None
    if not expected:
        assert entered.books == replace(
            BOOKS, is_disturbed=True, latest=sighting.credits
        )


@pytest.mark.parametrize(("amount", "fall"), [(-40, "41"), (5, "-4"), (0, "1")])
def test_a_movement_of_our_own_is_taken_off(amount: int, fall: str) -> None:
    """What is left is what messages took; what comes in by it is no rise."""
    moved = BOOKS.with_movement(Decimal(amount))
    sighting = seen(TAKEN, fall=fall)

    entered = enter(moved, sighting)

    assert begins(entered, sighting)
    assert entered.unexplained is None


def test_more_than_came_in_by_a_movement_is_a_rise() -> None:
    """Somebody else gave the rest."""
    moved = BOOKS.with_movement(Decimal(5))

    assert enter(moved, seen(OUTSTANDING, fall="-5")).books == replace(
        moved, latest=Decimal(105)
    )
    assert enter(moved, seen(OUTSTANDING, fall="-6")).books.is_disturbed


def test_movements_add_up() -> None:
    """Before a balance is known, only their sum is."""
    books = Books().with_movement(Decimal(-40)).with_movement(Decimal("1.5"))

    assert (books.moved, books.latest) == (Decimal("-38.5"), None)
    assert books.fallen_to(HUNDRED) is None


# --- what nothing explains -------------------------------------------------------------


@pytest.mark.parametrize(
    ("charges", "fall", "missing"),
    [
        ((), "1", "1"),
        ((TAKEN,), "3", "2"),
        ((TAKEN, HELD), "2.5", "0.5"),
        ((replace(TAKEN, told=Decimal(2)),), "3", "1"),
        ((replace(HELD, possible=2),), "3", "1"),
    ],
)
def test_an_unexplained_fall_mutes_books_that_are_alone(
    charges: tuple[Charge, ...], fall: str, missing: str
) -> None:
    """The user is told by how much; what was charged may cost more than was believed."""
    sighting = seen(*charges, fall=fall)

    entered = enter(BOOKS, sighting)

    assert begins(entered, sighting)
    assert entered.unexplained == Decimal(missing)
    assert entered.books.muted == NOW
    tariffs = {charge.tariff for charge in charges}
    for tariff, price in BOOKS.prices.items():
        is_confirmed = price.is_confirmed and tariff not in tariffs
        assert entered.books.prices[tariff] == replace(price, is_confirmed=is_confirmed)


@pytest.mark.parametrize("charge", [OUTSTANDING, DOUBT])
def test_an_unexplained_fall_closes_what_is_open(charge: Charge) -> None:
    """The period goes on, and proves nothing."""
    entered = enter(BOOKS, seen(charge, fall="2"))

    assert entered.unexplained == 1
    assert entered.books.period == BOOKS.period
    assert entered.books.is_disturbed
    assert (entered.books.credits, entered.books.latest) == (HUNDRED, Decimal(98))


@pytest.mark.parametrize(
    ("charge", "is_over"), [(TAKEN, True), (OUTSTANDING, False), (DOUBT, False)]
)
def test_others_who_use_the_account_explain_every_fall(
    charge: Charge, is_over: bool
) -> None:
    """Nobody is told, nothing is muted, and no price is doubted."""
    sighting = seen(charge, fall="3", is_alone=False)

    entered = enter(BOOKS, sighting)

    assert begins(entered, sighting) is is_over
    assert entered.unexplained is None
    assert entered.books.muted is None
    assert entered.books.prices == BOOKS.prices
    assert entered.books.is_disturbed is not is_over


def test_a_price_that_no_decimal_writes_explains_what_it_was_told_for() -> None:
    """A third of a credit for each of three segments is one credit for all."""
    three = replace(TAKEN, segments=3)
    told = replace(three, key=("told", ROW), told=Decimal(1))
    learnt = enter(BOOKS, seen(told, fall="1")).books
    sighting = replace(seen(three), credits=HUNDRED - 2)

    entered = enter(learnt, sighting)

    assert entered.unexplained is None
    assert not entered.books.is_muted(NOW)
    assert entered.books.prices["237"].is_confirmed


def test_a_fall_that_a_price_may_explain_mutes_nothing() -> None:
    """A new country may cost anything."""
    entered = enter(BOOKS, seen(replace(NEW, is_due=False), TAKEN, fall="30"))

    assert entered == Entered(books=replace(BOOKS, latest=Decimal(70)))


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (None, False),
        (timedelta(), True),
        (MUTE - timedelta(seconds=1), True),
        (MUTE, False),
    ],
)
def test_how_long_books_are_muted(since: timedelta | None, expected: bool) -> None:
    """For thirty days."""
    books = replace(BOOKS, muted=None if since is None else NOW - since)

    assert books.is_muted(NOW) is expected


def test_books_stay_muted_when_they_add_up() -> None:
    """Who used the account once may do it again."""
    muted = replace(BOOKS, muted=NOW - timedelta(days=3))

    assert enter(muted, seen(TAKEN, fall="1")).books.muted == muted.muted
    assert enter(muted, seen(fall="-50")).books.muted == muted.muted


# --- what a segment costs ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("charges", "fall", "tariff", "expected"),
    [
        # As was supposed.
        ((NEW,), "1", "1", ("1", True)),
        ((SUPPOSED,), "2", "44", ("2", True)),
        ((replace(NEW, is_due=False),), "1", "1", ("1", True)),
        # Otherwise, and the only one that explains it.
        ((NEW,), "7", "1", ("7", False)),
        ((replace(NEW, segments=2),), "7", "1", ("3.5", False)),
        ((SUPPOSED,), "5", "44", ("5", False)),
        ((NEW, TAKEN, DEAR), "9", "1", ("5", False)),
        ((NEW, replace(NEW, key=("newer", ROW))), "6", "1", ("3", False)),
        # One that takes nothing is not believed.
        ((NEW,), "0", "1", ("0", False)),
        ((NEW, TAKEN), "1", "1", ("0", False)),
        ((replace(NEW, tariff="226"),), "0", "226", ("0", False)),
        # The others took more than all.
        ((NEW, TAKEN, DEAR), "3", "1", None),
        # Two that nobody knows.
        ((NEW, SUPPOSED), "5", "44", ("2", False)),
        ((NEW, SUPPOSED), "5", "1", None),
        # One that may have been taken.
        ((NEW, HELD), "5", "1", None),
        ((replace(NEW, certain=0, possible=1),), "1", "1", None),
        # The gateway has told it.
        ((replace(NEW, told=Decimal(6), segments=2),), "6", "1", ("3", True)),
        ((replace(NEW, told=Decimal(0)),), "0", "1", None),
        ((replace(NEW, told=Decimal(2), segments=0),), "2", "1", None),
        # It took less than that, or than was known.
        ((TAKEN,), "0", "237", ("1", False)),
        ((DEAR,), "2", "33", ("3", False)),
        ((TAKEN, DEAR), "3", "237", ("1", False)),
        ((TAKEN, DEAR), "3", "33", ("3", False)),
        # What was only possible contradicts nothing.
        ((HELD,), "0", "237", ("1", True)),
        ((TAKEN, HELD), "1", "237", ("1", True)),
    ],
)
def test_what_a_period_teaches(
    charges: tuple[Charge, ...],
    fall: str,
    tariff: str,
    expected: tuple[str, bool] | None,
) -> None:
    """A price is learnt, confirmed or doubted by what the balance has fallen."""
    sighting = seen(*charges, fall=fall)

    entered = enter(BOOKS, sighting)

    assert begins(entered, sighting)
    known = entered.books.prices.get(tariff)
    told = None if known is None else (str(known.credits), known.is_confirmed)
    assert told == expected


def test_a_fall_teaches_nothing_where_others_use_the_account() -> None:
    """They may have spent it; but that nothing was taken speaks against a price."""
    learning = enter(BOOKS, seen(NEW, fall="7", is_alone=False))
    doubting = enter(BOOKS, seen(DEAR, fall="0", is_alone=False))

    assert learning.books.prices == BOOKS.prices
    assert not doubting.books.prices["33"].is_confirmed


# --- what is charged later ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("charge", "fall", "expected"),
    [
        (PLANNED, "0", {PLANNED.key}),
        # It was charged when it was taken.
        (PLANNED, "1", set()),
        # Its hour is over.
        (replace(PLANNED, is_due=True), "0", set()),
        (HELD, "0", set()),
    ],
)
def test_what_the_gateway_keeps_for_later_is_carried(
    charge: Charge, fall: str, expected: set[tuple[str, str]]
) -> None:
    """Until it was charged, or its time has passed."""
    entered = enter(BOOKS, seen(charge, fall=fall))

    assert entered.books.carried == expected


def test_what_is_carried_still_explains_a_fall() -> None:
    """In every period, until then."""
    carried = enter(BOOKS, seen(PLANNED)).books
    again = enter(carried, seen(PLANNED)).books
    assert again.period == BOOKS.period + 2

    entered = enter(again, seen(PLANNED, fall="1"))

    assert entered.unexplained is None
    assert entered.books.carried == frozenset()


# --- what a submission takes ----------------------------------------------------------------


def test_what_charges_come_to() -> None:
    """What was certainly taken, and the most that may have been."""
    charges = [TAKEN, replace(DEAR, segments=2, possible=1), HELD, NEW]

    assert BOOKS.certain(charges) == 1 + 6 + 1
    assert BOOKS.greatest(charges) == 1 + 12 + 1 + 1
    assert BOOKS.certain([]) == 0
    assert BOOKS.greatest([]) == 0


def test_whether_a_price_is_known() -> None:
    """Confirmed by the balance, or told by the gateway."""
    assert [BOOKS.has_price(charge) for charge in (TAKEN, SUPPOSED, NEW)] == [
        True,
        False,
        False,
    ]
    assert BOOKS.has_price(replace(NEW, told=Decimal(0)))
    assert BOOKS.price_of(replace(TAKEN, told=Decimal(2), segments=5)) == 2


def test_neither_numbers_nor_ids_stand_in_a_printed_charge() -> None:
    """It may end in a log."""
    charge = replace(PLANNED, key=("secret-id", RowKey("+237695688207")))
    books = enter(BOOKS, seen(charge)).books

    assert books.carried == {charge.key}
    for printed in (repr(charge), repr(books)):
        assert "secret-id" not in printed
        assert "695688207" not in printed
