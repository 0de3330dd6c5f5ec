"""Open messages, found by the ids of all who have sent them."""

from dataclasses import replace

from custom_components.passerelle_sms.messaging.model.joining import joined_by, left_by
from custom_components.passerelle_sms.messaging.model.open_messages import OpenMessages
from tests.messaging.journal_records import OPEN, message

FIRST, SECOND, THIRD = (message(minute, OPEN) for minute in (1, 2, 3))
ALL = joined_by(joined_by(FIRST, SECOND), THIRD)
IDS = [record.message_id for record in (FIRST, SECOND, THIRD)]


def test_each_caller_finds_his_own() -> None:
    """By the message that his has joined."""
    messages = OpenMessages()
    messages[FIRST.message_id] = ALL

    assert [messages.leader_of(one) for one in IDS] == [FIRST.message_id] * 3
    seen = messages.seen_by(THIRD.message_id)
    assert seen is not None
    assert (seen.message_id, seen.created) == (THIRD.message_id, THIRD.created)
    assert list(messages) == [FIRST.message_id]


def test_what_is_handed_on_is_found_under_its_new_id() -> None:
    """The first of them has taken his back."""
    messages = OpenMessages()
    messages[FIRST.message_id] = ALL
    kept = left_by(messages.pop(FIRST.message_id), FIRST.message_id)
    messages[kept.message_id] = kept

    assert kept.message_id == SECOND.message_id
    assert messages.leader_of(THIRD.message_id) == SECOND.message_id
    assert messages.leader_of(SECOND.message_id) == SECOND.message_id
    assert messages.seen_by(FIRST.message_id) is None


def test_who_leaves_and_who_has_gone_is_found_no_more() -> None:
    """Whatever the others do."""
    messages = OpenMessages()
    messages[FIRST.message_id] = ALL
    messages[FIRST.message_id] = replace(ALL, urgent=True)
    messages[FIRST.message_id] = left_by(ALL, THIRD.message_id)
    assert messages.seen_by(THIRD.message_id) is None
    assert messages.seen_by(SECOND.message_id) is not None

    del messages[FIRST.message_id]
    assert messages.seen_by(SECOND.message_id) is None
    assert messages.leader_of(SECOND.message_id) == SECOND.message_id
