"""What became of a submission."""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of a submission."""

    ACCEPTED = "accepted"
    """The gateway took it."""
    REJECTED = "rejected"
    """The gateway, or our own check, said no."""
    NOT_SENT = "not_sent"
    """It provably never left."""
    UNKNOWN = "unknown"
    """It may have left."""
    QUEUED = "queued"
    """The outbox still works on it: it will be tried again."""
    EXPIRED = "expired"
    """It ran out of time before it left."""

    @property
    def is_free(self) -> bool:
        """Whether it has cost nothing and, as far as anybody knows, never will."""
        return self in {Outcome.REJECTED, Outcome.NOT_SENT, Outcome.EXPIRED}
