"""Why a submission was not accepted, and what became of its delivery, as both are kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from ...gateways.errors import GatewayError, RejectedError
from ...gateways.errors.by_key import ERRORS_BY_KEY
from ...gateways.model.delivery import DeliveryReport, DeliveryStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a submission was not accepted, as it outlives a restart."""

    key: str
    """The stable name of the error."""
    code: str | None = field(default=None, repr=False)
    words: str | None = field(default=None, repr=False)
    details: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, error: GatewayError) -> Self:
        """Return what is kept of an error."""
        return cls(
            key=error.key, code=error.code, words=error.words, details=error.details
        )

    @property
    def kind(self) -> type[GatewayError]:
        """The class of the error; of one that is not known any more, a mere refusal."""
        return ERRORS_BY_KEY.get(self.key, RejectedError)

    def as_error(self) -> GatewayError:
        """Return the error that it was kept of, as far as that is kept."""
        return self.kind(code=self.code, words=self.words, **self.details)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryState:
    """Where a submission is, as far as its gateway has told."""

    status: DeliveryStatus = DeliveryStatus.PENDING
    code: str | None = field(default=None, repr=False)
    """The gateway's own."""
    words: str | None = field(default=None, repr=False)
    """The gateway's own, redacted."""
    at: datetime | None = None
    """When it happened, as far as the gateway tells."""
    is_billed: bool | None = None
    is_announced: bool = False
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
        return not (self.status.is_final and self.is_announced)

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
