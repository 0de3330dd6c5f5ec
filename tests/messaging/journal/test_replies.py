"""Replies: each one once, kept until everybody has heard of it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.messaging.journal.journal import (
    Journal,
    Opened,
    StoredReply,
)
from custom_components.passerelle_sms.messaging.journal.replies import keep_replies
from tests.conftest import MAMAN, PAPA
from tests.messaging.journal_records import (
    NOON,
    Threads,
    after_noon,
    content_of,
    copy_of,
    message,
    opened,
)

FIRST, SECOND = message(1).message_id, message(2).message_id


@pytest.fixture
async def threads() -> Threads:
    """Return the threads of the journal."""
    return Threads()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file is."""
    return tmp_path / "journal"


@pytest.fixture
async def journal(path: Path, threads: Threads) -> AsyncIterator[Journal]:
    """Return an open journal."""
    async with opened(path, threads) as journal:
        yield journal


def reply(
    minute: int | None = 0,
    text: str = "Merci",
    *,
    message_id: str = FIRST,
    number: str = MAMAN,
    heard: int = 0,
) -> StoredReply:
    """Return a reply that was written some minutes after noon."""
    return StoredReply(
        message_id=message_id,
        number=number,
        text=text,
        at=None if minute is None else after_noon(minute),
        heard=after_noon(heard),
    )


def texts(replies: list[StoredReply]) -> list[str]:
    """Return what was written."""
    return [each.text for each in replies]


def ids(replies: list[StoredReply]) -> list[int]:
    """Return the replies' ids."""
    return [each.reply_id for each in replies if each.reply_id is not None]


async def test_outlives_a_crash_before_anybody_has_heard(
    journal: Journal, path: Path
) -> None:
    """It is on disk when that was said, to the last character."""
    replies = [
        reply(text="J'arrive 💧 \ud83d ' \0"),
        reply(None, "Oui", number="670000001"),
    ]
    kept = await journal.keep_replies(replies)

    async with opened(copy_of(path), Threads()) as again:
        assert await again.untold_replies() == kept
    assert [replace(each, reply_id=None) for each in kept] == replies
    assert len(ids(kept)) == 2


@pytest.mark.parametrize("minute", [0, None])
async def test_is_new_once(journal: Journal, minute: int | None) -> None:
    """However often it is told, after a restart too, and whoever has heard."""
    [kept] = await journal.keep_replies([reply(minute), reply(minute, heard=1)])

    assert await journal.keep_replies([reply(minute, heard=2)]) == []
    await journal.replies_told(ids([kept]))
    await journal.close()
    await journal.open()
    assert await journal.keep_replies([reply(minute, heard=3)]) == []
    assert await journal.replies(FIRST, limit=9) == [kept]
    assert kept.heard == NOON


async def test_the_same_moment_in_another_zone_is_the_same_reply(
    journal: Journal,
) -> None:
    """A gateway's zone may change with a setting there."""
    douala = timezone(timedelta(hours=1))
    await journal.keep_replies([reply()])

    again = replace(reply(), at=NOON.astimezone(douala))
    assert await journal.keep_replies([again]) == []


@pytest.mark.parametrize(
    "other",
    [
        reply(message_id=SECOND),
        reply(number=PAPA),
        reply(1),
        reply(None),
        reply(text="merci"),
    ],
)
async def test_another_one_is_new(journal: Journal, other: StoredReply) -> None:
    """By message, number, time or text; the known one beside it is not."""
    await journal.keep_replies([reply()])

    [kept] = await journal.keep_replies([reply(), other])

    assert replace(kept, reply_id=None) == other


async def test_is_told_once(journal: Journal) -> None:
    """In the order they came; what isn't known is no matter."""
    kept = await journal.keep_replies([reply(3), reply(1), reply(2)])
    assert await journal.untold_replies() == kept

    await journal.replies_told([*ids(kept[:2]), 99])

    assert await journal.untold_replies() == kept[2:]
    assert await journal.count_replies(FIRST) == 3


async def test_finds_the_newest_first(journal: Journal) -> None:
    """By when they were written or, if nobody tells, heard of; told or not."""
    kept = await journal.keep_replies(
        [
            reply(3, "a"),
            reply(None, "b", heard=4),
            reply(1, "c", heard=5),
            reply(2, "d", message_id=SECOND),
            reply(1, "e", heard=5),
        ]
    )
    await journal.replies_told(ids(kept)[:2])

    assert texts(await journal.replies(FIRST, limit=9)) == ["b", "a", "e", "c"]
    assert texts(await journal.replies(FIRST, limit=2)) == ["b", "a"]
    assert texts(await journal.replies(None, limit=4)) == ["b", "a", "d", "e"]
    assert await journal.replies("unknown", limit=9) == []
    assert await journal.count_replies(FIRST) == 4
    assert await journal.count_replies("unknown") == 0


async def test_what_was_asked_before_is_done_before(journal: Journal) -> None:
    """One thing at a time, in the order in which it was asked."""
    kept, found, _, left = await asyncio.gather(
        journal.keep_replies([reply(1), reply(2)]),
        journal.untold_replies(),
        journal.replies_told([1]),
        journal.untold_replies(),
    )

    assert found == kept
    assert left == kept[1:]


async def test_prunes_what_was_told_and_is_old(journal: Journal) -> None:
    """By when it was heard of, whenever it was written; its message is no matter."""
    await journal.put(message(1))
    kept = await journal.keep_replies(
        [
            reply(9, "old", heard=4),
            reply(0, "new", heard=5),
            reply(0, "untold", heard=1),
        ]
    )
    await journal.replies_told(ids(kept)[:2])

    assert await journal.prune(before=after_noon(5), keep=9) == 1

    left = await journal.replies(FIRST, limit=9)
    assert texts(left) == ["untold", "new"]


async def test_only_the_newest_are_kept(journal: Journal, threads: Threads) -> None:
    """What is too much goes as soon as there is more of it."""
    await journal.keep_replies([reply(text="old")])
    assert threads.file is not None

    [kept] = threads.file.write(keep_replies, [reply(text="new")], 1)

    assert await journal.replies(FIRST, limit=9) == [kept]


async def test_nothing_is_left_of_what_was_pruned(journal: Journal, path: Path) -> None:
    """Neither the number nor the text, wherever SQLite put it."""
    kept = await journal.keep_replies([reply(text="Fuite")])
    await journal.replies_told(ids(kept))
    assert b"Fuite" in content_of(path)

    await journal.prune(before=after_noon(1), keep=0)

    content = content_of(path)
    assert b"Fuite" not in content
    assert MAMAN.encode() not in content


def test_shows_no_number_and_no_text() -> None:
    """Whoever prints it."""
    shown = repr(reply())

    assert MAMAN not in shown
    assert "Merci" not in shown


# --- when it can't be written or read -------------------------------------------


async def test_a_full_disk_is_told_and_changes_nothing(
    journal: Journal, threads: Threads
) -> None:
    """All that are new are written or none; with room again they are."""
    [before] = await journal.keep_replies([reply()])
    many = [reply(1), reply(2, "x" * 9000)]
    threads.tell_sqlite("PRAGMA max_page_count = 1")

    with pytest.raises(NotStoredError, match="disk is full"):
        await journal.keep_replies(many)

    assert await journal.untold_replies() == [before]
    threads.tell_sqlite("PRAGMA max_page_count = 100000")
    kept = await journal.keep_replies(many)
    assert await journal.untold_replies() == [before, *kept]


async def test_a_disk_that_fails_in_the_middle_changes_nothing(
    journal: Journal, threads: Threads
) -> None:
    """Who had heard of them still has to hear again."""
    kept = await journal.keep_replies([reply(1), reply(2)])
    threads.tell_sqlite(
        "CREATE TEMP TRIGGER fail BEFORE UPDATE ON reply WHEN old.reply_id = 2"
        " BEGIN SELECT RAISE (ABORT, 'disk I/O error'); END"
    )

    with pytest.raises(NotStoredError, match="disk I/O error"):
        await journal.replies_told([1, 2])

    assert await journal.untold_replies() == kept


async def test_pruning_that_fails_changes_nothing(
    journal: Journal, threads: Threads
) -> None:
    """Messages, replies and reports go together or stay."""
    await journal.put(message(1))
    kept = await journal.keep_replies([reply()])
    await journal.replies_told(ids(kept))
    threads.tell_sqlite(
        "CREATE TEMP TRIGGER fail BEFORE DELETE ON message"
        " BEGIN SELECT RAISE (ABORT, 'disk I/O error'); END"
    )

    with pytest.raises(NotStoredError, match="disk I/O error"):
        await journal.prune(before=after_noon(9), keep=0)

    assert await journal.replies(FIRST, limit=9) == kept
    assert await journal.created_since(NOON) == [message(1)]


@pytest.mark.parametrize(
    "broken",
    [
        replace(reply(), heard=NOON.replace(tzinfo=None)),
        replace(reply(), at=NOON.replace(tzinfo=None)),
    ],
    ids=["heard", "at"],
)
async def test_without_a_time_zone_nothing_is_written(
    journal: Journal, broken: StoredReply
) -> None:
    """A mistake of ours, and no reply of theirs."""
    with pytest.raises(TypeError):
        await journal.keep_replies([reply(1), broken])

    assert await journal.untold_replies() == []


RECORD = "UPDATE reply SET reply = CAST(? AS TEXT) WHERE reply_id = 2"
MESSAGE = "UPDATE reply SET message_id = CAST(? AS TEXT) WHERE reply_id = 2"


@pytest.mark.parametrize(
    ("change", "value"),
    [
        (RECORD, b'{"number": '),
        (RECORD, b"[]"),
        (RECORD, b"{}"),
        (RECORD, b"\xff"),
        (RECORD, b'{"number": "1", "text": "", "at": "noon"}'),
        (MESSAGE, b"\xff"),
    ],
)
async def test_one_that_is_unreadable_does_not_cost_the_others(
    journal: Journal, threads: Threads, change: str, value: bytes
) -> None:
    """It is passed over and stays, and the journal opens as if all were well."""
    kept = await journal.keep_replies([reply(1), reply(2), reply(3)])
    threads.tell_sqlite(change, value)

    await journal.close()
    assert await journal.open() == Opened()
    others = [kept[0], kept[2]]
    assert await journal.untold_replies() == others
    assert await journal.replies(None, limit=9) == others[::-1]
    assert await journal.replies(FIRST, limit=9) == others[::-1]
    assert threads.tell_sqlite("SELECT count(*) FROM reply") == [(3,)]


async def test_looks_nothing_up_by_reading_or_sorting_everything(
    journal: Journal, threads: Threads
) -> None:
    """However many there are: the newest of all are the end of an index."""
    with threads.plans() as plans:
        await journal.untold_replies()
        await journal.replies_told([1])
        await journal.replies(FIRST, limit=5)
        await journal.count_replies(FIRST)
        await journal.replies(None, limit=5)

    assert len(plans) == 5
    assert plans[-1] == "SCAN reply USING INDEX reply_by_time"
    assert [step for step in plans[:-1] if "SCAN" in step or "B-TREE" in step] == []
