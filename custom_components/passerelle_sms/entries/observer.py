"""Who hears what happens to the messages of an account."""

from collections.abc import Callable, Sequence
from typing import override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)

from ..const import DOMAIN
from ..coordinator import BalanceCoordinator
from ..gateways.errors import GatewayError
from ..gateways.model.message import SendResult
from ..messaging.guard.guard import Guard
from ..messaging.journal.replies import StoredReply
from ..messaging.model.record import Kind, MessageRecord
from ..messaging.model.submission import Stage, SubmissionRecord
from ..messaging.observers import MessageObserver
from ..presentation.issues import async_follow_held
from .announcer import Announcer

type MessageListener = Callable[[MessageRecord, Sequence[SubmissionRecord]], None]
type DeliveryListener = Callable[[MessageRecord, SubmissionRecord], None]
type ReplyListener = Callable[[StoredReply, MessageRecord | None], None]


class AccountObserver(MessageObserver):
    """Passes on what happens to the messages of one account."""

    def __init__(
        self,
        hass: HomeAssistant,
        coordinator: BalanceCoordinator,
        guard: Guard,
        announcer: Announcer,
    ) -> None:
        """Tell `coordinator`, `guard` and `announcer`, and who else listens."""
        self._hass = hass
        self._coordinator = coordinator
        self._guard = guard
        self._announcer = announcer
        self._entry = coordinator.config_entry
        self._signal = f"{DOMAIN}_{self._entry.entry_id}"

    @callback
    def async_listen(self, listener: MessageListener) -> Callable[[], None]:
        """Call `listener` whenever a message is new or has come further."""
        return async_dispatcher_connect(self._hass, f"{self._signal}_message", listener)

    @callback
    def async_listen_to_deliveries(
        self, listener: DeliveryListener
    ) -> Callable[[], None]:
        """Call `listener` whenever the delivery of a submission has ended."""
        return async_dispatcher_connect(
            self._hass, f"{self._signal}_delivery", listener
        )

    @callback
    def async_listen_to_replies(self, listener: ReplyListener) -> Callable[[], None]:
        """Call `listener` with every new reply, and the message that it answers."""
        return async_dispatcher_connect(self._hass, f"{self._signal}_reply", listener)

    @callback
    def async_on_settled(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever nothing more will happen to a message."""

        @callback
        def hear(record: MessageRecord, _changed: Sequence[SubmissionRecord]) -> None:
            if record.is_closed:
                listener()

        return self.async_listen(hear)

    @override
    def on_send_result(self, result: SendResult, *, alone: bool) -> None:
        self._coordinator.async_apply_send_result(result, alone=alone)

    @override
    def on_message_changed(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        self._uncount(record, changed)
        self._announcer.async_follow(record, changed)
        async_follow_held(self._hass, self._entry, record)
        async_dispatcher_send(self._hass, f"{self._signal}_message", record, changed)

    @override
    def on_delivery_final(
        self, record: MessageRecord, submission: SubmissionRecord
    ) -> None:
        if record.kind is Kind.MESSAGE:
            async_dispatcher_send(
                self._hass, f"{self._signal}_delivery", record, submission
            )

    @override
    def on_reply(self, reply: StoredReply, record: MessageRecord | None) -> None:
        async_dispatcher_send(self._hass, f"{self._signal}_reply", reply, record)

    @override
    def on_message_cancelled(self, record: MessageRecord) -> None:
        self._uncount(record, record.submissions)

    @override
    def invalidate_balance(self) -> None:
        self._coordinator.async_refresh_soon()

    @override
    def on_poll_failed(self, error: GatewayError) -> None:
        self._coordinator.async_handle_failure(error)

    def _uncount(
        self, record: MessageRecord, submissions: Sequence[SubmissionRecord]
    ) -> None:
        """Let the guard forget what has cost nothing."""
        for submission in submissions:
            if submission.outcome.is_free and submission.stage is Stage.CLOSED:
                self._guard.uncount(record.message_id, submission.recipient.number)
