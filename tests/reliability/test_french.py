"""The French page of reliability says what the English one says."""

import os

import pytest

from .document import DOCUMENT, WRITE
from .french import FRENCH, in_french, tables, with_tables


def test_the_tables_are_those_of_the_english_page() -> None:
    """Cell by cell; what is new there needs its words in French first."""
    page = FRENCH.read_text("utf-8")
    expected = [in_french(table) for table in tables(DOCUMENT.read_text("utf-8"))]

    if os.environ.get(WRITE):
        page = with_tables(page, expected)
        FRENCH.write_text(page, "utf-8")
    assert tables(page) == expected


def test_a_cell_is_put_into_french_word_by_word() -> None:
    """What separates the words, too; counts and code words stay."""
    table = "| HTTP 500, message taken | `queued` or `unknown` | SMSECO: unknown, held (0 → 1) |\n"

    assert in_french(table) == (
        "| HTTP 500, message pris | `queued` ou `unknown` "
        "| SMSECO\u00a0: inconnu, retenu (0 → 1) |\n"
    )


def test_words_that_have_no_french_yet_are_not_passed_over() -> None:
    """An English word would stay in the French page."""
    with pytest.raises(KeyError, match="a new trouble"):
        in_french("| a new trouble, message taken |\n")


def test_only_tables_are_replaced() -> None:
    """Each in its place."""
    page = "Avant.\n\n| a |\n| --- |\n\nEntre.\n\n| b |\n"

    assert with_tables(page, ["| c |\n", "| d |\n"]) == (
        "Avant.\n\n| c |\n\nEntre.\n\n| d |\n"
    )
