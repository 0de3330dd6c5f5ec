"""What SMSECO tells of deliveries, and tells once (section III of its document)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from .gateway import Acceptance
from .smseco_codes import STATES
from .smseco_request import Object


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A state that nobody has asked for yet."""

    sending_id: str
    submission_id: str
    destination: str
    date: datetime
    statut: int
    libelle: str
    texte: str


class Reports:
    """The states of everything that was sent, until they are read."""

    def __init__(self) -> None:
        """Open an empty book."""
        self.unread: list[Report] = []
        self._sent: dict[str, tuple[str, Acceptance, datetime]] = {}
        self._arrived: set[str] = set()

    def follow(self, sending_id: str, taken: Acceptance, due: datetime) -> None:
        """Remember what was sent, in which request, and when it leaves."""
        self._sent[taken.submission_id] = (sending_id, taken, due)

    def sending_of(self, taken: Acceptance) -> str:
        """Return the id of the request that sent it."""
        return self._sent[taken.submission_id][0]

    def add(
        self, taken: Acceptance, statut: int, *, date: datetime, texte: str
    ) -> None:
        """Tell a new state to whoever asks next."""
        self.unread.append(
            Report(
                sending_id=self.sending_of(taken),
                submission_id=taken.submission_id,
                destination=taken.recipient,
                date=date,
                statut=statut,
                libelle=STATES.get(statut, "Autre"),
                texte=texte,
            )
        )

    def deliver(self, now: datetime) -> None:
        """Let everything arrive that has left by now, each once."""
        for submission_id, (_, taken, due) in self._sent.items():
            if due <= now and submission_id not in self._arrived:
                self._arrived.add(submission_id)
                self.add(taken, 56, date=now, texte="")

    def read(
        self, sending_id: str, submission_id: str, tell: Callable[[Report], Object]
    ) -> list[tuple[str, list[Object]]]:
        """Return what is new, by request, and forget it; an empty id asks for all."""
        read: dict[str, list[Object]] = {}
        left: list[Report] = []
        for report in self.unread:
            if sending_id in {"", report.sending_id} and submission_id in {
                "",
                report.submission_id,
            }:
                read.setdefault(report.sending_id, []).append(tell(report))
            else:
                left.append(report)
        self.unread = left
        return list(read.items())
