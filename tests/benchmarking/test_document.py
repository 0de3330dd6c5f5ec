"""The document that is written."""

from dataclasses import asdict

import pytest

from scripts.benchmarking.document import render
from scripts.benchmarking.goals import Goal
from scripts.benchmarking.machine import Machine
from scripts.benchmarking.plan import GATEWAYS
from scripts.benchmarking.samples import Figure, Result
from scripts.benchmarking.words import Words
from scripts.benchmarking.words_en import ENGLISH
from scripts.benchmarking.words_fr import FRENCH

from .results import alert, by_case, good_results, many, result

MACHINE = Machine(
    cores=4,
    processor="aarch64",
    system="Linux",
    file_system="ext4",
    python="3.14.2",
    sqlite="3.50.1",
    home_assistant="2026.10.0",
)


def rows(document: str) -> list[list[str]]:
    """Return the cells of all tables, without the lines under the headings."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in document.splitlines()
        if line.startswith("|") and "---" not in line
    ]


def row(document: str, *start: str) -> list[str]:
    """Return the last row that starts with these cells."""
    return next(
        cells for cells in rows(document)[::-1] if cells[: len(start)] == [*start]
    )


def test_writes_a_row_for_each_result() -> None:
    """In the table that it belongs to, and once more where others are compared with it."""
    written = rows(render(good_results(), MACHINE, ENGLISH))
    headings, goals = 5, len(Goal)
    assert len(written) == headings + goals + len(good_results()) + 2
    assert ["core's `clicksend`", "10", "1", "0", "1"] in written
    assert ["ETECH KEYS", "12.5", "1.25", "2", "1"] in written
    assert ["ETECH KEYS, 10,000 messages in the journal", "13", "2", "1"] in written
    assert ["ETECH KEYS, 1,000 awaited deliveries", "13", "2", "1"] in written
    assert ["ETECH KEYS", "1,000", "2,400", "2.40", "2", "1"] in written
    assert ["the same through a relay", "25", "4", "1"] in written
    relayed = "1,000 recipients in three countries, through a relay of five"
    assert [relayed, "4,000", "2", "40"] in written


def test_writes_between_what_a_median_stands() -> None:
    """Unless all runs were the same."""
    varied = Result(
        case=many(10),
        milliseconds=Figure.of([12.34, 20, 150.4]),
        gap=Figure.of([0.5]),
        syncs=Figure.of([2, 2, 3]),
    )
    assert row(render(by_case(varied), MACHINE, ENGLISH), "ETECH KEYS", "10") == [
        "ETECH KEYS",
        "10",
        "20 (12.3–150)",
        "2",
        "2 (2–3)",
        "0.50",
    ]


@pytest.mark.parametrize("words", [ENGLISH, FRENCH])
def test_leaves_the_syncs_empty_where_nobody_counted(words: Words) -> None:
    """And says why."""
    assert words.no_syncs not in render(good_results(), MACHINE, words)
    uncounted = by_case(result(alert("smseco"), 5, syncs=None))
    document = render(uncounted, MACHINE, words)
    assert words.no_syncs in document
    assert row(document, "SMSECO")[3] == "–"


def test_says_which_goals_are_missed() -> None:
    """Beside the limit and the worst."""
    missed = {**good_results(), **by_case(result(alert("smseco"), 50, syncs=12))}
    written = rows(render(missed, MACHINE, ENGLISH))
    assert ["syncs of an alert", "2", "12", "**no**"] in written
    assert ["an alert, compared with `clicksend`", "2 ×", "5 ×", "**no**"] in written
    assert ["a message to 1,000 recipients", "3 s", "2.40 s", "yes"] in written


def test_french_has_the_same_tables() -> None:
    """The same figures in the same places, written as French writes numbers."""
    english = rows(render(good_results(), MACHINE, ENGLISH))
    french = rows(render(good_results(), MACHINE, FRENCH))
    assert [len(cells) for cells in french] == [len(cells) for cells in english]
    assert [
        "ETECH KEYS",
        "1\N{NARROW NO-BREAK SPACE}000",
        "2\N{NARROW NO-BREAK SPACE}400",
        "2,40",
        "2",
        "1",
    ] in french


@pytest.mark.parametrize("words", [ENGLISH, FRENCH])
def test_describes_the_machine(words: Words) -> None:
    """With everything that is known of it."""
    document = render(good_results(), MACHINE, words)
    described = document.split("##", maxsplit=1)[0]
    assert all(str(value) in described for value in asdict(MACHINE).values())


@pytest.mark.parametrize("words", [ENGLISH, FRENCH])
def test_has_words_for_everything(words: Words) -> None:
    """Each goal has a sentence and a unit; nothing is left to be filled in."""
    assert words.goals.keys() == words.units.keys() == set(Goal)
    everything = by_case(*(result(many(10, gateway), 1) for gateway in GATEWAYS))
    document = render({**good_results(), **everything}, MACHINE, words)
    assert "{" not in document
