"""What is known of a submission's delivery, as it outlives a restart."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from ..gateways.delivery import DeliveryReport, DeliveryStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Where a submission is, as far as its gateway has told."""

    status: DeliveryStatus = DeliveryStatus.PENDING
    code: str | None = None
    """The gateway's own."""
    words: str | None = None
    """The gateway's own, redacted."""
    at: datetime | None = None
    """When it happened, as far as the gateway tells."""
    is_billed: bool | None = None
    is_told: bool = False
    """Whether everybody who listens has heard how it ended."""

    @classmethod
    def of(cls, report: DeliveryReport) -> Self:
        """Return what a report says; nobody has heard of it yet."""
        return cls(
            status=report.status,
            code=report.code,
            words=report.words,
            at=report.at,
            is_billed=report.is_billed,
        )

    @property
    def is_awaited(self) -> bool:
        """Whether there is more to hear, or to tell."""
        return not (self.status.is_final and self.is_told)

    def is_news(self, report: DeliveryReport) -> bool:
        """Return whether a report says more than what is known.

        What has ended stays as it ended; only that it arrived after all is news, when
        nobody had seen it arrive.
        """
        if self.status.is_final:
            return (
                report.status is DeliveryStatus.DELIVERED
                and self.status is not DeliveryStatus.DELIVERED
            )
        return (report.status, report.code) != (self.status, self.code)
