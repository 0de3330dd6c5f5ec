"""Who hears what happens to the messages of an account or a relay."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)
from homeassistant.helpers.start import async_at_started

from ..const import DOMAIN
from ..coordinator import BalanceCoordinator
from ..gateways.errors import GatewayError
from ..gateways.model.message import SendResult
from ..messaging.guard.guard import Guard, counts
from ..messaging.journal.replies import StoredReply
from ..messaging.model.record import Kind, MessageRecord
from ..messaging.model.submission import Stage, SubmissionRecord
from ..messaging.observers import AccountRefusal, MessageObserver
from ..presentation.bus_events import async_tell_passed_on
from ..presentation.issues import async_follow_held, async_tell_unexplained_fall
from .announcer import Announcer
from .relay_review import async_review_relays, async_tell_account_works
from .rest_teller import RestTeller

type MessageListener = Callable[[MessageRecord, Sequence[SubmissionRecord]], None]
type DeliveryListener = Callable[[MessageRecord, SubmissionRecord], None]
type ReplyListener = Callable[[StoredReply, MessageRecord | None], None]


class ChannelObserver(MessageObserver):
    """Passes on what happens to the messages of one account or relay.

    Of a relay no more than that: credits and refusals concern each account alone.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        guard: Guard,
        announcer: Announcer,
    ) -> None:
        """Tell `guard`, `announcer`, and who else listens."""
        self._hass = hass
        self._entry = entry
        self._guard = guard
        self._announcer = announcer
        self._signal = f"{DOMAIN}_{entry.entry_id}"

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
    def on_message_changed(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        self._uncount(record, changed)
        if not record.is_leg:
            # Of what a relay sends only the relay tells.
            self._announcer.async_follow(record, changed)
            async_follow_held(self._hass, self._entry, record)
        async_dispatcher_send(self._hass, f"{self._signal}_message", record, changed)

    @override
    def on_delivery_final(
        self, record: MessageRecord, submission: SubmissionRecord
    ) -> None:
        if record.kind is Kind.MESSAGE and not record.is_leg:
            async_dispatcher_send(
                self._hass, f"{self._signal}_delivery", record, submission
            )

    @override
    def on_reply(self, reply: StoredReply, record: MessageRecord | None) -> None:
        async_dispatcher_send(self._hass, f"{self._signal}_reply", reply, record)

    @override
    def on_passed_on(
        self, record: MessageRecord, submissions: Sequence[SubmissionRecord]
    ) -> None:
        @callback
        def tell(hass: HomeAssistant) -> None:
            async_tell_passed_on(hass, self._entry, record, submissions)

        # Once automations can listen.
        async_at_started(self._hass, tell)

    @override
    def on_message_cancelled(self, record: MessageRecord) -> None:
        self._uncount(record, record.submissions)

    @override
    def on_handed_on(self, before: MessageRecord, after: MessageRecord) -> None:
        self._guard.hand_on(before, after)

    def _uncount(
        self, record: MessageRecord, submissions: Sequence[SubmissionRecord]
    ) -> None:
        """Let the guard forget what never left, or was taken back."""
        for submission in submissions:
            if submission.stage is Stage.CLOSED and not counts(submission):
                self._guard.uncount(record.message_id, submission.key)


class AccountObserver(ChannelObserver):
    """Passes on what happens to the messages of one account, and to the account."""

    def __init__(
        self,
        hass: HomeAssistant,
        coordinator: BalanceCoordinator,
        guard: Guard,
        announcer: Announcer,
        rest_teller: RestTeller,
    ) -> None:
        """Tell `coordinator` and `rest_teller`, too."""
        super().__init__(hass, coordinator.config_entry, guard, announcer)
        self._coordinator = coordinator
        self._rest_teller = rest_teller

    @override
    def on_send_result(self, result: SendResult) -> None:
        self._coordinator.async_apply_send_result(result)

    @override
    def on_unexplained_fall(self, missing: Decimal) -> None:
        async_tell_unexplained_fall(
            self._hass, self._entry, self._coordinator.gateway, missing
        )

    @override
    def on_account_refused(self, refusal: AccountRefusal) -> None:
        self._rest_teller.async_tell(refusal)
        async_review_relays(self._hass)

    @override
    def on_account_works(self) -> None:
        self._rest_teller.async_forget()
        async_review_relays(self._hass)
        async_tell_account_works(self._hass)

    @override
    def invalidate_balance(self) -> None:
        self._coordinator.async_refresh_soon()

    @override
    def on_poll_failed(self, error: GatewayError) -> None:
        self._coordinator.async_handle_failure(error)
