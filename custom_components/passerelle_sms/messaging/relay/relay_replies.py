"""What people answered to a relay's messages, as its accounts hear it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from ...gateways.errors import GatewayError, NoRepliesError, UnknownMessageError
from ..journal.journal import Journal
from ..journal.replies import StoredReply
from ..message_store import MessageStore
from ..model.record import MessageRecord
from ..observers import MessageObserver
from ..operations.leg_taker import LegTaker
from ..runtime.tasks import Tasks
from .relay_accounts import RelayAccounts


class RelayReplies:
    """Keeps the answers to the messages of one relay, and passes them on."""

    def __init__(
        self,
        relay_id: str,
        accounts: RelayAccounts,
        store: MessageStore,
        journal: Journal,
        observer: MessageObserver,
    ) -> None:
        """Tell `observer` of what `accounts` hear of legs of the relay `relay_id`."""
        self._relay_id = relay_id
        self._accounts = accounts
        self._store = store
        self._journal = journal
        self._observer = observer
        self._listening: dict[str, tuple[LegTaker, Callable[[], None]]] = {}
        self._telling = asyncio.Lock()
        self._tasks = Tasks()
        self._is_running = False
        accounts.listen(self._on_accounts_changed)

    async def start(self) -> None:
        """Tell what was heard and not told yet, and go on; raises `NotStoredError`."""
        # What is being kept is told by one of both.
        async with self._telling:
            self._is_running = True
            for reply in await self._journal.untold_replies():
                await self._announce(reply)
        # What an account could not leave here until now, it tells a new listener.
        self.close()
        self._on_accounts_changed()

    async def stop(self) -> None:
        """Tell nothing until the next start; what is heard until then is kept."""
        self._is_running = False
        await self._tasks.join()

    def close(self) -> None:
        """Hear no more."""
        for _, end in self._listening.values():
            end()
        self._listening.clear()

    async def ask_about(self, message_id: str) -> None:
        """Ask now for the answers to a message.

        Raises:
            NoRepliesError, UnknownMessageError: there can be none.
            GatewayError: of the kind that says why there is no answer.

        """
        record = await self._store.get(message_id)
        if record is None:
            raise UnknownMessageError
        if not record.options.allow_replies:
            raise NoRepliesError
        legs = dict.fromkeys(
            (leg.account, leg.message_id)
            for row in record.submissions
            for leg in row.legs
        )
        failure: GatewayError | None = None
        for account_id, leg_id in legs:
            if (account := self._accounts.find(account_id)) is None:
                continue
            try:
                await account.ask_for_replies(leg_id)
            except GatewayError as error:
                failure = error
        if failure is not None:
            raise failure

    def _on_accounts_changed(self) -> None:
        current = {one.account_id: one for one in self._accounts.current}
        for account_id, (account, end) in tuple(self._listening.items()):
            if current.get(account_id) is not account:
                end()
                del self._listening[account_id]
        for account_id, account in current.items():
            if account_id not in self._listening:
                end = account.listen_to_replies(self._on_reply)
                self._listening[account_id] = account, end

    async def _on_reply(self, reply: StoredReply, leg: MessageRecord) -> bool:
        """Return whether it is an answer to a message of this relay, which is on disk now.

        Raises:
            NotStoredError: that can't be written down.

        """
        message_id = leg.relay_message
        if leg.relay != self._relay_id or message_id is None:
            return False
        ours = replace(reply, reply_id=None, message_id=message_id)
        # To the end: an account that stops must not cut it off.
        await self._tasks.complete(self._keep(ours))
        return True

    async def _keep(self, reply: StoredReply) -> None:
        async with self._telling:
            for new in await self._journal.keep_replies([reply]):
                await self._announce(new)

    async def _announce(self, reply: StoredReply) -> None:
        if self._is_running and reply.reply_id is not None:
            self._observer.on_reply(reply, await self._store.get(reply.message_id))
            await self._journal.replies_told([reply.reply_id])
