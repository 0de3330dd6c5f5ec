"""What was said to whom a short while ago."""

from datetime import timedelta

from custom_components.passerelle_sms.messaging.guard.recent_texts import (
    RecentTexts,
    Said,
)
from tests.conftest import MAMAN, PAPA

MINUTE = timedelta(minutes=1)
FUITE = Said("Fuite !", MAMAN)


def test_a_text_is_held_for_the_length_of_the_window() -> None:
    """For its number alone."""
    texts: RecentTexts[str] = RecentTexts(MINUTE)
    texts.add_text("a", timedelta(), FUITE)

    texts.prune(MINUTE - timedelta.resolution)
    assert texts.holds(FUITE)
    assert not texts.holds(Said("Fuite !", PAPA))
    texts.prune(MINUTE)
    assert not texts.holds(FUITE)


def test_a_text_goes_on_under_another_key() -> None:
    """And leaves with it."""
    texts: RecentTexts[str] = RecentTexts(MINUTE)
    texts.add_text("a", timedelta(), FUITE)

    texts.rename("a", "b")
    texts.rename("c", "d")
    texts.discard("a")
    assert texts.holds(FUITE)
    texts.discard("b")
    assert not texts.holds(FUITE)


def test_a_text_that_was_said_twice_is_held_until_both_are_gone() -> None:
    """Whichever goes first."""
    texts: RecentTexts[str] = RecentTexts(MINUTE)
    texts.add_text("a", timedelta(), FUITE)
    texts.add_text("b", timedelta(), FUITE)
    texts.add_text("b", MINUTE / 2, FUITE)

    texts.discard("b")
    assert texts.holds(FUITE)
    texts.discard("a")
    texts.discard("a")
    assert not texts.holds(FUITE)


def test_what_a_key_says_is_what_it_said_last() -> None:
    """Its first text is held no longer."""
    texts: RecentTexts[str] = RecentTexts(MINUTE)
    texts.add_text("a", timedelta(), FUITE)

    texts.add_text("a", timedelta(), Said("Orage", MAMAN))

    assert not texts.holds(FUITE)
    assert texts.holds(Said("Orage", MAMAN))


def test_the_number_stays_out_of_what_is_shown() -> None:
    """It may stand in a log."""
    assert MAMAN not in repr(FUITE)
