"""Who of a message's recipients share a request, and what becomes of each request."""

from abc import ABC
import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from itertools import batched
from typing import ClassVar

from .abilities.delivery import PushesDelivery, TracksDelivery
from .abilities.options import PersonalisesMessages
from .answer_reader import AnswerReader
from .errors import GatewayError, RejectedError
from .model.delivery import DeliveryStatus
from .model.limits import Limits
from .model.message import SendResult, Sms, Submission
from .outcome import Outcome

type HandOver = Callable[[Sms, Sequence[str]], Awaitable[SendResult]]
"""Makes one request for all recipients; their numbers are as the gateway writes them."""


class BatchSender(AnswerReader, ABC):
    """Hands messages over in as few requests as their gateway allows."""

    limits: ClassVar[Limits] = Limits()

    _slots: asyncio.Semaphore
    """The requests that may be under way at once."""

    def batches(self, sms: Sms) -> Iterator[tuple[str, ...]]:
        """Yield who shares a request, each recipient once, in as few as possible.

        Those come first to whom the gateway can't send: that takes no request.
        """
        refused, numbers = self._localise(sms.recipients)
        if refused:
            yield tuple(submission.recipient for submission in refused)
        groups: defaultdict[Hashable, list[str]] = defaultdict(list)
        for recipient in numbers:
            groups[self._group_of(sms, recipient)].append(recipient)
        for group in groups.values():
            yield from batched(group, self.limits.recipients_per_request, strict=False)

    def local_number(self, recipient: str) -> str:
        """Return an E.164 number as this gateway writes it.

        Raises:
            InvalidRecipientError: the gateway can't send there.

        """
        return recipient.removeprefix("+")

    async def _in_batches(self, sms: Sms, hand_over: HandOver) -> SendResult:
        """Hand over for as many recipients at once as the gateway takes.

        What `hand_over` raises stands for the recipients of its request, and no others.
        """

        async def hand_over_one(recipients: tuple[str, ...]) -> SendResult:
            refused, numbers = self._localise(recipients)
            if refused:
                return SendResult(submissions=tuple(refused))
            batch = self._written_out(replace(sms, recipients=recipients))
            async with self._slots:
                try:
                    return await hand_over(batch, [numbers[r] for r in recipients])
                except GatewayError as error:
                    return SendResult.failed(recipients, error)

        results = await asyncio.gather(*map(hand_over_one, self.batches(sms)))
        result = SendResult.joined(results)
        return self._followed(sms, result.in_order(sms.recipients))

    def _group_of(self, sms: Sms, recipient: str) -> Hashable:
        """Return what those have in common who may share a request: what they read."""
        return sms.text_to(recipient)

    def _merges(self, sms: Sms) -> bool:
        """Return whether the gateway itself fills in the text of a batch."""
        return isinstance(self, PersonalisesMessages)

    def _written_out(self, sms: Sms) -> Sms:
        """Return a batch with the text that all its recipients share.

        That is what they read; where the gateway merges, what it fills in for each.
        """
        if not sms.options.personalisation:
            return sms
        first = sms.recipients[0]
        if self._merges(sms):
            options = replace(sms.options, texts={})
            return replace(sms, text=sms.template_of(first), options=options)
        return sms.saying(sms.text_to(first))

    def _localise(
        self, recipients: Sequence[str]
    ) -> tuple[list[Submission], dict[str, str]]:
        """Split the recipients: those refused here, and the others' local numbers."""
        refused: list[Submission] = []
        numbers: dict[str, str] = {}
        for recipient in recipients:
            try:
                numbers[recipient] = self.local_number(recipient)
            except RejectedError as error:
                refused.append(Submission.failed(recipient, error))
        return refused, numbers

    def _followed(self, sms: Sms, result: SendResult) -> SendResult:
        """Return a result that tells of which submissions more will be heard."""
        return replace(
            result,
            submissions=tuple(
                replace(submission, delivery=DeliveryStatus.PENDING)
                if submission.outcome is Outcome.ACCEPTED
                and self._is_followed(sms, submission)
                else submission
                for submission in result.submissions
            ),
        )

    def _is_followed(self, sms: Sms, submission: Submission) -> bool:
        """Return whether more will be heard about what was accepted of a message."""
        return isinstance(self, TracksDelivery) or (
            isinstance(self, PushesDelivery) and self.tells_of(sms, submission)
        )
