"""What a balance proves, case by case."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from custom_components.passerelle_sms.messaging.model.submission import RowKey
from custom_components.passerelle_sms.messaging.reconciliation.balance_evidence import (
    Evidence,
    Verdict,
    assess,
)
from custom_components.passerelle_sms.messaging.reconciliation.books import (
    Books,
    Charge,
    Price,
    Sighting,
)
from custom_components.passerelle_sms.messaging.reconciliation.charges import (
    forgotten_charge,
)

ROW = RowKey("+1")
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
BOOKS = Books(
    period=3,
    credits=Decimal(100),
    latest=Decimal(100),
    prices={
        "237": Price(is_confirmed=True),
        "33": Price(credits=Decimal(3), is_confirmed=True),
        "226": Price(credits=Decimal(0)),
    },
)
DOUBT = Charge(
    key=("doubt", ROW), tariff="237", segments=1, possible=1, is_in_doubt=True
)
DUE = replace(DOUBT, is_due=True)
ANOTHER = replace(DUE, key=("another", ROW))
DEAR = replace(DUE, key=("dear", ROW), tariff="33")
TAKEN = Charge(key=("taken", ROW), tariff="237", segments=2, certain=1, is_due=True)
LATE = replace(TAKEN, is_due=False)
HELD = replace(ANOTHER, key=("held", ROW), is_in_doubt=False)
ACCEPTED, NOT_SENT = Verdict.ACCEPTED, Verdict.NOT_SENT


def verdicts(
    *charges: Charge,
    fall: str,
    books: Books = BOOKS,
    is_alone: bool = True,
    at: datetime = NOW,
) -> dict[str, Verdict]:
    """Return what a balance that has fallen by so much proves, by message."""
    seen = Sighting(
        credits=Decimal(100) - Decimal(fall),
        charges=charges,
        at=at,
        is_alone=is_alone,
        is_quiet=True,
    )
    found = assess(Evidence(books=books, seen=seen))
    return {message_id: verdict for (message_id, _), verdict in found.items()}


@pytest.mark.parametrize(
    ("charges", "fall", "expected"),
    [
        # One.
        ((DOUBT,), "1", {"doubt": ACCEPTED}),
        ((DOUBT,), "0", {}),
        ((DUE,), "0", {"doubt": NOT_SENT}),
        ((DUE,), "1", {"doubt": ACCEPTED}),
        # Less than it costs: a price that is wrong, or somebody else's.
        ((DUE,), "0.5", {}),
        ((DUE,), "2", {}),
        ((DUE,), "1.5", {}),
        # Beside one that was taken.
        ((DUE, TAKEN), "2", {"doubt": NOT_SENT}),
        ((DUE, TAKEN), "3", {"doubt": ACCEPTED}),
        ((DUE, TAKEN), "0", {}),
        ((DUE, TAKEN), "1", {}),
        # Beside one that was taken, and may be charged later.
        ((DUE, LATE), "0", {"doubt": NOT_SENT}),
        ((DUE, LATE), "1", {}),
        ((DUE, LATE), "2", {}),
        ((DUE, LATE), "3", {"doubt": ACCEPTED}),
        # Two.
        ((DUE, ANOTHER), "2", {"doubt": ACCEPTED, "another": ACCEPTED}),
        ((DUE, ANOTHER), "1", {}),
        ((DUE, ANOTHER), "0", {"doubt": NOT_SENT, "another": NOT_SENT}),
        ((DOUBT, ANOTHER), "0", {"another": NOT_SENT}),
        # Two that cost different sums.
        ((DUE, DEAR), "1", {"doubt": ACCEPTED}),
        ((DUE, DEAR), "0", {"doubt": NOT_SENT, "dear": NOT_SENT}),
        ((DUE, DEAR), "3", {"dear": ACCEPTED}),
        ((DUE, DEAR), "4", {"doubt": ACCEPTED, "dear": ACCEPTED}),
        # Beside one that the user was asked about.
        ((DUE, HELD), "1", {}),
        ((DUE, HELD), "2", {"doubt": ACCEPTED}),
        # Tried twice.
        ((replace(DUE, possible=2),), "1", {"doubt": ACCEPTED}),
        ((replace(DUE, possible=2),), "2", {"doubt": ACCEPTED}),
        # What the gateway has told counts, whatever a segment costs.
        ((DUE, replace(TAKEN, told=Decimal(5))), "5", {"doubt": NOT_SENT}),
        # A price that nobody knows, or none.
        ((replace(DUE, tariff="1"),), "1", {}),
        ((replace(DUE, tariff="1"),), "0", {}),
        ((replace(DUE, tariff="226"),), "0", {}),
        ((DUE, replace(ANOTHER, tariff="1")), "0", {"doubt": NOT_SENT}),
        ((DUE, replace(ANOTHER, tariff="1")), "2", {}),
    ],
)
def test_what_a_fall_proves(
    charges: tuple[Charge, ...], fall: str, expected: dict[str, Verdict]
) -> None:
    """Only what all that explains it agrees on."""
    assert verdicts(*charges, fall=fall) == expected


@pytest.mark.parametrize("is_due", [False, True])
@pytest.mark.parametrize(
    ("charges", "fall", "expected"),
    [
        ((DUE,), "0", {"doubt": NOT_SENT}),
        ((DUE, TAKEN), "2", {"doubt": NOT_SENT}),
        ((DOUBT,), "0", {}),
        ((DUE,), "1", {}),
        ((DUE, TAKEN), "3", {}),
        ((DUE, ANOTHER), "2", {}),
    ],
)
def test_what_a_fall_proves_where_a_charge_may_be_forgotten(
    charges: tuple[Charge, ...], fall: str, expected: dict[str, Verdict], is_due: bool
) -> None:
    """Never that something was accepted; nor does it hide that nothing was charged."""
    forgotten = forgotten_charge(is_due=is_due)

    assert verdicts(*charges, forgotten, fall=fall) == expected


@pytest.mark.parametrize(
    ("charges", "fall", "expected"),
    [
        ((DUE,), "1", {}),
        ((DUE,), "0", {"doubt": NOT_SENT}),
        ((DUE, DEAR), "1", {}),
        # What others cost is only known by what the gateway has told.
        ((DUE, TAKEN), "2", {}),
        ((DUE, replace(TAKEN, told=Decimal(2))), "2", {"doubt": NOT_SENT}),
    ],
)
def test_what_a_fall_proves_where_others_use_the_account(
    charges: tuple[Charge, ...], fall: str, expected: dict[str, Verdict]
) -> None:
    """Never that something was accepted: they may have spent it."""
    assert verdicts(*charges, fall=fall, is_alone=False) == expected


@pytest.mark.parametrize(
    "books",
    [
        replace(BOOKS, credits=None),
        replace(BOOKS, is_disturbed=True),
        # It has risen since: what was charged before may be hidden by that.
        replace(BOOKS, latest=Decimal(98)),
        replace(BOOKS, muted=NOW - timedelta(days=29)),
        replace(BOOKS, prices={}),
    ],
    ids=["unknown", "disturbed", "risen", "muted", "never added up"],
)
@pytest.mark.parametrize("fall", ["0", "1"])
def test_books_that_cannot_tell(books: Books, fall: str) -> None:
    """They prove nothing."""
    assert verdicts(DUE, fall=fall, books=books) == {}


def test_a_fall_that_nothing_explained_is_forgotten_after_thirty_days() -> None:
    """The books speak again."""
    books = replace(BOOKS, muted=NOW - timedelta(days=30))

    assert verdicts(DUE, fall="1", books=books) == {"doubt": ACCEPTED}


def test_a_movement_of_our_own_is_no_fall() -> None:
    """What was moved away with a told sum is taken off."""
    books = BOOKS.with_movement(Decimal(-40))

    assert verdicts(DUE, fall="40", books=books) == {"doubt": NOT_SENT}
    assert verdicts(DUE, fall="41", books=books) == {"doubt": ACCEPTED}


def test_credits_that_were_told_to_come_back_may_come_late() -> None:
    """Until then the balance looks as if something had been charged."""
    books = BOOKS.with_movement(Decimal(1))

    assert verdicts(DUE, fall="0", books=books) == {}
    assert verdicts(DUE, fall="-1", books=books) == {"doubt": NOT_SENT}


def test_a_balance_that_could_not_pay_proves_nothing_by_standing_still() -> None:
    """On trust it may not move at all."""
    books = replace(BOOKS, credits=Decimal(0), latest=Decimal(0))
    seen = Sighting(
        credits=Decimal(0), charges=(DUE,), at=NOW, is_alone=True, is_quiet=True
    )

    assert assess(Evidence(books=books, seen=seen)) == {}


def test_what_is_too_much_to_be_tried_proves_nothing() -> None:
    """All that was taken explains the fall; whether less does is not looked for."""
    prices = {"237": Decimal("1.2345"), "225": Decimal("1.2346")}
    taken = [
        replace(LATE, key=(f"{tariff} {number}", ROW), tariff=tariff, segments=1)
        for tariff in prices
        for number in range(60)
    ]
    books = replace(
        BOOKS,
        credits=Decimal(500),
        latest=Decimal(500),
        prices={
            tariff: Price(credits=price, is_confirmed=True)
            for tariff, price in prices.items()
        },
    )
    fall = books.certain(taken)
    seen = Sighting(
        credits=Decimal(500) - fall,
        charges=(DUE, *taken),
        at=NOW,
        is_alone=True,
        is_quiet=True,
    )

    assert assess(Evidence(books=books, seen=seen)) == {}


def test_a_thousand_in_doubt_are_settled_at_once() -> None:
    """And what explains a fall of them is found without trying all their sums."""
    doubts = [replace(DUE, key=(str(index), ROW)) for index in range(1_000)]
    books = replace(BOOKS, credits=Decimal(2_000), latest=Decimal(2_000))
    seen = Sighting(
        credits=Decimal(1_000),
        charges=tuple(doubts),
        at=NOW,
        is_alone=True,
        is_quiet=True,
    )

    found = assess(Evidence(books=books, seen=seen))

    assert len(found) == 1_000
    assert set(found.values()) == {ACCEPTED}
