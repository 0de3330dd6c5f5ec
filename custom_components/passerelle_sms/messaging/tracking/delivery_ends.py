"""Tells how deliveries have ended, once each."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from functools import partial

from ...gateways.errors import NotStoredError
from ..message_store import MessageStore
from ..model.announcements import mark_announced, unannounced
from ..model.record import MessageRecord
from ..model.submission import SubmissionRecord
from ..observers import MessageObserver


class DeliveryEnds:
    """The ends of deliveries, each told for all parts of a text together."""

    def __init__(self, messages: MessageStore, observer: MessageObserver) -> None:
        """Tell `observer`, and note in `messages` that it has heard."""
        self._messages = messages
        self._observer = observer
        self._turn = asyncio.Lock()

    async def announce(
        self, record: MessageRecord, submissions: Iterable[SubmissionRecord]
    ) -> None:
        """Tell how deliveries have ended, as far as nobody has heard of it."""
        if not record.parts:
            await self._announce(record, submissions)
            return
        # How another part has ended may be told just now, and that for all of them.
        async with self._turn:
            with suppress(NotStoredError):
                record = await self._messages.get(record.kept_id) or record
            await self._announce(record, submissions)

    async def _announce(
        self, record: MessageRecord, submissions: Iterable[SubmissionRecord]
    ) -> None:
        ended = unannounced(record, submissions)
        for number in ended:
            whole = record.whole_for(number)
            # Of a text that did not leave as a whole something else is told.
            if whole.delivery is not None:
                self._observer.on_delivery_final(record, whole)
        keys = frozenset(row.key for rows in ended.values() for row in rows)
        if not keys:
            return
        try:
            await self._messages.change(
                record.message_id, partial(mark_announced, keys=keys)
            )
        except NotStoredError:
            # It is told again after a restart: twice is better than never.
            return
