"""The books as the journal keeps them, and back."""

from datetime import datetime
from decimal import Decimal
import json

from ..journal.values import UNREADABLE
from ..model.submission import RowKey
from .books import Books, Price


def books_to_json(books: Books) -> str:
    """Return the books as a text."""
    return json.dumps(
        {
            "period": books.period,
            "credits": None if books.credits is None else str(books.credits),
            "latest": None if books.latest is None else str(books.latest),
            "moved": str(books.moved),
            "is_disturbed": books.is_disturbed,
            "carried": sorted(books.carried),
            "prices": {
                tariff: [str(price.credits), price.is_confirmed]
                for tariff, price in books.prices.items()
            },
            "muted": None if books.muted is None else books.muted.isoformat(),
        }
    )


def read_books(stored: str | None) -> Books | None:
    """Return the books that are kept, or `None` where there are none, or no readable ones."""
    try:
        return None if stored is None else books_from_json(stored)
    except UNREADABLE:
        return None


def books_from_json(stored: str) -> Books:
    """Return the books that `books_to_json` has written.

    Raises:
        One of `UNREADABLE`: it is none.

    """
    told = json.loads(stored)
    return Books(
        period=int(told["period"]),
        credits=None if told["credits"] is None else _amount(told["credits"]),
        latest=None if told["latest"] is None else _amount(told["latest"]),
        moved=_amount(told["moved"]),
        is_disturbed=bool(told["is_disturbed"]),
        carried=frozenset(
            (message_id, RowKey(key)) for message_id, key in told["carried"]
        ),
        prices={
            tariff: Price(credits=_amount(price), is_confirmed=is_confirmed)
            for tariff, (price, is_confirmed) in told["prices"].items()
        },
        muted=None if told["muted"] is None else _moment(told["muted"]),
    )


def _amount(stored: str) -> Decimal:
    amount = Decimal(stored)
    if not amount.is_finite():
        raise ValueError(stored)
    return amount


def _moment(stored: str) -> datetime:
    moment = datetime.fromisoformat(stored)
    if moment.tzinfo is None:
        raise ValueError(stored)
    return moment
