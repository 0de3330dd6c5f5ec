"""Envoyer SMS Pro, as "API SMS HTTP REST" 2.10.0 describes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Final, override
from zoneinfo import ZoneInfo

from .credit import Amount
from .envoyer_sms_pro_accounts import (
    Asked,
    SimulatedAccount,
    SimulatedEnvoyerSmsProAccounts,
)
from .envoyer_sms_pro_checks import (
    RefusedError,
    check_message,
    is_malformed,
    is_on,
    present,
    read_numbers,
    read_offset,
    read_text,
    read_time,
)
from .envoyer_sms_pro_xml import element
from .gateway import Acceptance, Operation
from .later import LaterMessage

__all__ = [
    "SimulatedAccount",
    "SimulatedEnvoyerSmsPro",
    "SimulatedMessage",
    "SimulatedReply",
]

PARIS: Final = ZoneInfo("Europe/Paris")
# "Détails sur le nombre de destinataires".
_RECIPIENTS: Final = {"GET": 100, "POST": 1000}
# "Fonction consultation des réponses".
_PAGE: Final = 50
# How long a message is being sent; the document doesn't say.
_SENDING: Final = timedelta(minutes=1)
# "Les statuts de réception des SMS".
_DELIVERED, _UNDELIVERED, _PENDING, _STOPPED = 1, 2, 4, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedReply:
    """What somebody answered."""

    number: str
    text: str
    at: datetime


@dataclass(slots=True, kw_only=True)
class SimulatedMessage:
    """A message that was taken, for all of its recipients."""

    account_id: str
    text: str
    """As it is read on the phone."""
    sender: str
    sms: int
    """What was charged for it."""
    taken_at: datetime
    send_at: datetime
    """What lies before `taken_at` was sent at once."""
    tag: str | None
    takes_replies: bool
    statuses: dict[str, int]
    """The delivery status of each number."""
    delivered: dict[str, datetime] = field(default_factory=dict)
    replies: list[SimulatedReply] = field(default_factory=list)
    is_cancelled: bool = False


class SimulatedEnvoyerSmsPro(SimulatedEnvoyerSmsProAccounts):
    """Envoyer SMS Pro: a form with HTTP Basic, and XML for an answer."""

    key: ClassVar[str] = "envoyer_sms_pro"

    def __init__(self) -> None:
        """Open a single account that has sent nothing yet."""
        super().__init__()
        self.messages: dict[str, SimulatedMessage] = {}
        """Everything it took, by its id."""
        self.wrong_numbers: set[str] = set()
        """Numbers that it takes for malformed, besides those that are."""
        self.not_understood: set[str] = set()
        """Texts that it answers with 400 and no id: "Votre requête n'est pas valide"."""
        self.stopped: set[str] = set()
        """Those who want no messages."""
        self.charges_stopped = True
        """Count them among those to whom an SMS is sent."""
        self.accents_count_two = False
        """Count a letter with an accent as a special character."""
        self.day_first = False
        """Print dates as they are written in France, without their seconds."""
        self.national_numbers = False
        """Print French numbers as they are dialled in France."""
        self.raw_replies = False
        """Print replies as they were written, whatever stands in them."""
        self.overlooks_cancel = False
        """Whether a cancellation only answers as if, and the message stands."""

    @override
    def operations(self) -> tuple[Operation, ...]:
        return (
            *super().operations(),
            self.operation("send", "message/send", self._send),
            self.operation("delivery", "message/stats", self._stats),
            self.operation("cancel", "message/cancel", self._cancel),
            self.operation("replies", "response/get", self._replies),
            self.operation("is_stopped", "stopsms/check", self._check_stop),
            self.operation("activate_stop", "stopsms/activate", self._activate),
            self.operation("deactivate_stop", "stopsms/deactivate", self._deactivate),
        )

    def deliver(self, message_id: str, number: str, status: int = _DELIVERED) -> None:
        """Say where a message is for one recipient, given as it was sent."""
        message = self.messages[message_id]
        message.statuses[number] = status
        if status == _DELIVERED:
            message.delivered[number] = self.now()

    def reply(self, message_id: str, number: str, text: str) -> None:
        """Answer a message."""
        self.messages[message_id].replies.append(
            SimulatedReply(number=number, text=text, at=self.now())
        )

    @override
    def segments_of(self, text: str) -> int:
        return self._read_text({"text": text, "longmessageallowed": "1"})[1]

    def is_sent(self, message: SimulatedMessage) -> bool:
        """Return whether the time of a message has come, unless it was cancelled."""
        return not message.is_cancelled and message.send_at <= self.now()

    def standing(self) -> list[LaterMessage]:
        """Return what is scheduled for later than now, the soonest first."""
        return self._later(lambda message: message.send_at > self.now())

    def sent_later(self) -> list[LaterMessage]:
        """Return what was scheduled and has gone out at its hour, the first one first."""
        return self._later(self.is_sent)

    def _later(
        self, is_wanted: Callable[[SimulatedMessage], bool]
    ) -> list[LaterMessage]:
        return [
            LaterMessage(recipient=number, text=message.text, at=message.send_at)
            for message in sorted(self.messages.values(), key=lambda one: one.send_at)
            if message.send_at > message.taken_at
            and not message.is_cancelled
            and is_wanted(message)
            for number in message.statuses
        ]

    def _send(self, asked: Asked) -> str:
        values = asked.values
        check_message(values)
        if values["text"] in self.not_understood:
            raise RefusedError(None)
        numbers = read_numbers(values, _RECIPIENTS[asked.method])
        wrong = [number for number in numbers if self._is_wrong(number)]
        if wrong and not is_on(values, "allnumberallowed"):
            listed = ",".join(map(self._printed, wrong))
            raise RefusedError(3, f"Wrong numbers : {listed}")
        send_at = read_time(values, PARIS)
        text, segments = self._read_text(values)
        costs = [
            0
            if number in self.stopped and not self.charges_stopped
            else self.cost_of(number, segments)
            for number in numbers
        ]
        sms = sum(costs)
        message_id = str(878 + self.next_number())
        now = self.now()
        self.charge(sms, asked.account_id, message_id=message_id, send_at=send_at)
        self.messages[message_id] = SimulatedMessage(
            account_id=asked.account_id,
            text=text,
            sender=values["sendername"],
            sms=sms,
            taken_at=now,
            send_at=send_at or now,
            tag=values.get("tag"),
            takes_replies=is_on(values, "responsestatusid"),
            statuses={number: self._first_status(number) for number in numbers},
        )
        self.accepted.extend(
            Acceptance(
                recipient=number,
                text=text,
                sender=values["sendername"],
                submission_id=message_id,
                segments=segments,
                cost=cost,
                at=self.now(),
            )
            for number, cost in zip(numbers, costs, strict=True)
        )
        return self._told(message_id, "sms_sent", sms)

    def _stats(self, asked: Asked) -> str:
        message = self._message(asked)
        if not self.is_sent(message):
            raise RefusedError(8)
        told = list(message.statuses.values())
        counts = (
            element(f"number_status_{status}", told.count(status))
            for status in range(1, 6)
        )
        rows = (
            f"<recipient>{element('mobile_number', self._printed(number))}"
            f"{element('delivered_date', self._date(message.delivered.get(number)))}"
            f"{element('status_id', status)}</recipient>"
            for number, status in message.statuses.items()
        )
        return f"<stats>{''.join(counts)}{''.join(rows)}</stats>"

    def _cancel(self, asked: Asked) -> str:
        message = self._message(asked)
        if message.is_cancelled:
            raise RefusedError(11)
        if self.is_sent(message):
            raise RefusedError(9 if self.now() - message.send_at < _SENDING else 10)
        message_id = asked.values["messageid"]
        if self.overlooks_cancel:
            given_back: Amount = 0 if self.charges_when_sent else message.sms
        else:
            message.is_cancelled = True
            given_back = self.take_back(message_id, message.sms, asked.account_id)
        return self._told(message_id, "recredited_sms", given_back)

    def _replies(self, asked: Asked) -> str:
        message = self._message(asked)
        if not message.takes_replies:
            raise RefusedError(12)
        if not self.is_sent(message):
            raise RefusedError(8)
        offset = read_offset(asked.values, len(message.replies))
        rows = (
            f"<response>{element('mobile_number', self._printed(reply.number))}"
            f"{element('date', self._date(reply.at))}"
            f"{self._content(reply.text)}</response>"
            for reply in message.replies[offset : offset + _PAGE]
        )
        total = element("number_of_response", len(message.replies))
        return f"<responses>{total}{''.join(rows)}</responses>"

    def _check_stop(self, asked: Asked) -> str:
        number = self._known_number(asked)
        return self._stop(
            number, element("stop_sms_status_id", int(number in self.stopped))
        )

    def _activate(self, asked: Asked) -> str:
        number = self._known_number(asked)
        self.stopped.add(number)
        return self._stop(number)

    def _deactivate(self, asked: Asked) -> str:
        number = self._known_number(asked)
        self.stopped.discard(number)
        return self._stop(number)

    def _stop(self, number: str, status: str = "") -> str:
        printed = element("phone_number", self._printed(number))
        return f"<stopsms>{printed}{status}</stopsms>"

    def _known_number(self, asked: Asked) -> str:
        [number] = present(asked.values, "phonenumber")
        if not any(number in message.statuses for message in self.messages.values()):
            raise RefusedError(3, f"You do not send SMS to the {number}")
        return number

    def _message(self, asked: Asked) -> SimulatedMessage:
        if "messageid" not in asked.values:
            raise RefusedError(2)
        message = self.messages.get(asked.values["messageid"])
        if message is None or message.account_id != asked.account_id:
            raise RefusedError(7)
        return message

    def _told(self, message_id: str, name: str, sms: Amount) -> str:
        """Return what sending and cancelling tell."""
        remaining = "sms_remaing" if self.misprinted_tags else "sms_remaining"
        account_id = self.messages[message_id].account_id
        return (
            f"<message>{element('message_id', message_id)}{element(name, sms)}"
            f"{element(remaining, self.credits_of(account_id))}</message>"
        )

    def _is_wrong(self, number: str) -> bool:
        return (
            number in self.wrong_numbers
            or is_malformed(number)
            or not self.is_served(number)
        )

    def _first_status(self, number: str) -> int:
        if self._is_wrong(number):
            return _UNDELIVERED
        return _STOPPED if number in self.stopped else _PENDING

    def _read_text(self, values: Mapping[str, str]) -> tuple[str, int]:
        return read_text(values, accents_count_two=self.accents_count_two)

    def _printed(self, number: str) -> str:
        is_french = self.national_numbers and number.startswith("33")
        return f"0{number.removeprefix('33')}" if is_french else number

    def _content(self, text: str) -> str:
        return (
            f"<content>{text}</content>"
            if self.raw_replies
            else element("content", text)
        )

    def _date(self, time: datetime | None) -> str:
        if time is None:
            return ""
        local = time.astimezone(PARIS)
        return f"{local:%d/%m/%Y %H:%M}" if self.day_first else f"{local:%F %T}"
