"""A change that could not be written down is taken back, and no other."""

from dataclasses import replace

from custom_components.passerelle_sms.messaging.model.joining import joined_by
from custom_components.passerelle_sms.messaging.model.undoing import undone
from tests.messaging.journal_records import OPEN, message

FIRST = message(1, OPEN)
URGENT = replace(message(2, OPEN), urgent=True)
THIRD = message(3, OPEN)


def test_who_has_joined_alone_is_gone_with_all_he_has_brought() -> None:
    """It is urgent no more."""
    after = joined_by(FIRST, URGENT)

    assert undone(after, FIRST, after, ()) == FIRST


def test_who_has_joined_since_stays() -> None:
    """Whoever goes, and whatever has been changed on top of it."""
    after = joined_by(FIRST, URGENT)
    current = joined_by(after, THIRD)

    left = undone(current, FIRST, after, ())

    assert left.joined_ids == (THIRD.message_id,)
    assert undone(left, after, current, ()).joined_ids == ()
