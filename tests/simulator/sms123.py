"""123-SMS.net, as "API CLIENT 123-SMS.NET" (16/12/2024) describes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
import functools
import re
from typing import ClassVar, Final, override
from zoneinfo import ZoneInfo

from aiohttp import web

from .gateway import Acceptance, Operation, SimulatedGateway
from .later import LaterMessage
from .refusals import AccountRefusal
from .segments import billed_segments
from .sms123_contacts import CONTACT_PATHS, AddressBook
from .sms123_receipts import Receipts
from .sms123_wire import (
    AnswerStyle,
    Parameters,
    form_parameters,
    json_parameters,
    read_login,
    referenced,
    styled,
)

OVERSEAS: Final = ("262", "590", "594", "596")
STOP_MENTION: Final = "stop sms au 36177"
DAY: Final = timedelta(hours=24)
FIXED_LINE: Final = re.compile(r"(?:33|0)[1-59][0-9]{8}")
# The codes of a login without a name, without a secret, and of a wrong one.
SEND_LOGIN: Final = ("87", "88", "82")
BALANCE_LOGIN: Final = ("E501", "E502", "E505")
CONTACT_LOGIN: Final = ("501", "502", "505")
# The options that are "« o » ou vide".
LETTERS: Final = ("flash", "TTS", "test")
PARIS: Final = ZoneInfo("Europe/Paris")
MOMENT: Final = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledMessage:
    """A message that was taken to be sent later."""

    acceptance: Acceptance
    diff: str
    """The time as the client wrote it."""
    at: datetime
    request: Mapping[str, str]
    """All that it was asked for by, but for the credentials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What a message was taken with, besides its text and its sender."""

    diff: str
    flash: bool
    voice: bool


class SimulatedSms123(SimulatedGateway):
    """123-SMS.net: POST, and a code for an answer."""

    key: ClassVar[str] = "sms123"
    refusals = frozenset(
        {
            AccountRefusal.NO_CREDIT,
            AccountRefusal.WRONG_CREDENTIALS,
            AccountRefusal.IP_NOT_ALLOWED,
        }
    )

    def __init__(self) -> None:
        """Open an account that may send to mainland France from anywhere."""
        super().__init__()
        self.answer_style = AnswerStyle.BARE
        self.documented_api = True
        """Whether `api/…` is there; the PHP scripts always are."""
        self.reads_json = True
        """Whether `api/…` finds the fields of a request in JSON."""
        self.overlooks_test = False
        """Whether a message with `test` is sent all the same."""
        self.overlooks_diff = False
        """Whether a message with `diff` is sent at once."""
        self.overlooks_cancel = False
        """Whether a deletion only answers as if, and the message stands."""
        self.misreads_cancel = False
        """Whether the "s" of a deletion is overlooked: it is one more message."""
        self.refuses_past = False
        """Whether a time that is over is refused, as seen in use; the document has no code
        for it, and it is sent at once."""
        self.overseas_option = False
        self.stop_mention_needed = False
        """Whether a message with a sender of its own needs the STOP mention."""
        self.blocked: set[str] = set()
        self.scheduled: list[ScheduledMessage] = []
        """What is in `accepted` and waits for its time."""
        self.deleted: list[ScheduledMessage] = []
        """What is in `accepted` and was deleted before its time."""
        self._gone_out: list[ScheduledMessage] = []
        self.extras: dict[str, Extras] = {}
        """What each of `accepted` was taken with, by its `submission_id`."""
        self.tested: list[tuple[str, str]] = []
        """The number and the text of every test that passed."""
        self.address_book = AddressBook()
        self.receipts = Receipts()
        self._last_sent: dict[tuple[str, str], timedelta] = {}

    @override
    def international(self, recipient: str) -> str:
        if recipient.startswith("0"):
            return f"+33{recipient[1:]}"
        return super().international(recipient)

    def standing(self) -> list[LaterMessage]:
        """Return what is scheduled for later than now, the soonest first."""
        self._send_what_is_due()
        return _later(self.scheduled)

    def sent_later(self) -> list[LaterMessage]:
        """Return what was scheduled and has gone out at its hour, the first one first."""
        self._send_what_is_due()
        return _later(self._gone_out)

    @override
    def send_elsewhere(self, recipient: str, text: str) -> None:
        super().send_elsewhere(recipient, text)
        taken = self.sent_elsewhere[-1]
        self._last_sent[taken.recipient, taken.text] = self.elapsed()

    @override
    def operations(self) -> tuple[Operation, ...]:
        paths: dict[str, tuple[str, Callable[[Parameters], web.Response]]] = {
            "send": ("api/send/", self._send),
            "balance": ("api/solde/", self._balance),
            **{
                name: (path, functools.partial(self._manage, name))
                for name, path in CONTACT_PATHS.items()
            },
        }
        return (
            *(
                Operation(
                    name=name,
                    methods=("POST",),
                    path=path,
                    handler=functools.partial(self._documented, answer),
                )
                for name, (path, answer) in paths.items()
            ),
            Operation(
                name="send",
                methods=("POST",),
                path="http.php",
                handler=self._send_to_script,
            ),
            Operation(
                name="balance",
                methods=("POST",),
                path="solde_comptes.php",
                handler=self._balance_of_script,
            ),
        )

    async def _documented(
        self, answer: Callable[[Parameters], web.Response], request: web.Request
    ) -> web.Response:
        if not self.documented_api:
            return web.Response(status=404)
        parameters = await json_parameters(request)
        if not self.reads_json:
            parameters = {}
        return self._answer("-1") if parameters is None else answer(parameters)

    async def _send_to_script(self, request: web.Request) -> web.Response:
        parameters = await form_parameters(request)
        sender = parameters.pop("sender", "")
        return self._send({**parameters, "senderid": sender})

    async def _balance_of_script(self, request: web.Request) -> web.Response:
        return self._balance(await form_parameters(request))

    def _manage(self, name: str, parameters: Parameters) -> web.Response:
        """Answer to an operation of the address book."""
        refusal = self._refuse_login(parameters, CONTACT_LOGIN)
        return self._answer(refusal or self.address_book.answer(name, parameters))

    def _send(self, parameters: Parameters) -> web.Response:
        """Take a message, test it, or delete it ("Envoi de SMS")."""
        self._send_what_is_due()
        diff = parameters.get("diff", "")
        if self.misreads_cancel:
            diff = diff.removesuffix("s")
            parameters = {**parameters, "diff": diff}
        refusal = (
            self._refuse_login(parameters, SEND_LOGIN)
            or self._refuse_address("96")
            or self._refuse_recipient(parameters)
            or self._refuse_message(parameters)
            or self._refuse_extras(parameters)
        )
        if refusal is not None:
            return self._answer(refusal)
        if diff.endswith("s"):
            return self._answer(self._delete(parameters, diff.removesuffix("s")))
        if self._is_repeated(parameters):
            return self._answer("91")
        if parameters.get("test") and not self.overlooks_test:
            return self._answer(self._test(parameters))
        code, submission_id = self._take(parameters)
        wish = parameters.get("refaccuse", "")
        reference = (
            self.receipts.ask(submission_id, parameters["numero"], wish)
            if submission_id
            else None
        )
        answer = reference and referenced(self.receipts.style, code, reference)
        return answer or self._answer(code, submission_id)

    def _take(self, parameters: Parameters) -> tuple[str, str]:
        """Take a message, at once or for later; return the code and the reference."""
        recipient, text = parameters["numero"], parameters["message"]
        diff = parameters.get("diff", "")
        submission_id = str(12344 + self.next_number())
        at = None if self.overlooks_diff else _parse_moment(diff)
        if not self.take(
            recipient=recipient,
            text=text,
            sender=parameters.get("senderid", ""),
            submission_id=submission_id,
            segments=billed_segments(text),
            send_at=at,
        ):
            return "83", ""
        self.extras[submission_id] = Extras(
            diff=diff,
            flash=bool(parameters.get("flash")),
            voice=bool(parameters.get("TTS")),
        )
        if at is None or at <= self.now():
            self._last_sent[recipient, text] = self.elapsed()
            return "80", submission_id
        self.scheduled.append(
            ScheduledMessage(
                acceptance=self.accepted[-1],
                diff=diff,
                at=at,
                request=_told_by(parameters, diff),
            )
        )
        return "81", submission_id

    def _test(self, parameters: Parameters) -> str:
        """Say what would become of a message."""
        text = parameters["message"]
        recipient = parameters["numero"]
        if not self.can_pay(self.cost_of(recipient, billed_segments(text))):
            return "83"
        self.tested.append((recipient, text))
        return "92"

    def _delete(self, parameters: Parameters, diff: str) -> str:
        """Delete a message that waits for its time, and give back what it cost.

        It is told by its whole request.
        """
        asked = _told_by(parameters, diff)
        for waiting in self.scheduled:
            taken = waiting.acceptance
            if waiting.request == asked:
                if not self.overlooks_cancel:
                    self.scheduled.remove(waiting)
                    self.deleted.append(waiting)
                    self.take_back(taken.submission_id, taken.cost)
                return "94"
        return "95"

    def _send_what_is_due(self) -> None:
        """Send what was scheduled, as time has gone by."""
        now = self.now()
        for waiting in [message for message in self.scheduled if message.at <= now]:
            self.scheduled.remove(waiting)
            self._gone_out.append(waiting)
            taken = waiting.acceptance
            sent = self.elapsed() - (now - waiting.at)
            self._last_sent[taken.recipient, taken.text] = sent

    def _refuse_login(
        self, parameters: Parameters, codes: tuple[str, str, str]
    ) -> str | None:
        no_name, no_secret, wrong = codes
        username, secret = read_login(parameters)
        if not username:
            return no_name
        if not secret:
            return no_secret
        if self.refusal is AccountRefusal.WRONG_CREDENTIALS:
            return wrong
        return wrong if (username, secret) != (self.username, self.api_key) else None

    def _refuse_address(self, code: str) -> str | None:
        return code if self.refusal is AccountRefusal.IP_NOT_ALLOWED else None

    def _refuse_recipient(self, parameters: Parameters) -> str | None:
        recipient = parameters.get("numero", "")
        if not recipient:
            return "89"
        is_number = recipient.isdigit() and 9 <= len(recipient) <= 15
        if not is_number or not self.is_served(recipient):
            return "84"
        if recipient in self.blocked:
            return "101"
        if recipient.startswith(OVERSEAS) and not self.overseas_option:
            return "93"
        return None

    def _refuse_message(self, parameters: Parameters) -> str | None:
        text = parameters.get("message", "")
        sender = parameters.get("senderid", "")
        if not text:
            return "90"
        if len(sender) > 11:
            return "97"
        mentioned = text.casefold().endswith(STOP_MENTION)
        return "102" if sender and self.stop_mention_needed and not mentioned else None

    def _refuse_extras(self, parameters: Parameters) -> str | None:
        """Refuse what the options may not be; 98 is one of those only seen in use."""
        if any(parameters.get(name, "") not in {"", "o"} for name in LETTERS):
            return "-1"
        if parameters.get("TTS") and not FIXED_LINE.fullmatch(parameters["numero"]):
            return "84"
        diff = parameters.get("diff", "")
        at = _parse_moment(diff.removesuffix("s"))
        if diff and at is None:
            return "85"
        is_over = at is not None and at <= self.now()
        is_refused = self.refuses_past and is_over and not diff.endswith("s")
        return "98" if is_refused else None

    def _is_repeated(self, parameters: Parameters) -> bool:
        last_sent = self._last_sent.get((parameters["numero"], parameters["message"]))
        return last_sent is not None and self.elapsed() - last_sent < DAY

    def _balance(self, parameters: Parameters) -> web.Response:
        refusal = self._refuse_login(parameters, BALANCE_LOGIN)
        if self.refuses_balance:
            # Here all codes have an E: a bare 96 is a balance.
            refusal = refusal or self._refuse_address("E96")
        return self._answer(refusal or str(self.credits), name="solde")

    def _answer(
        self, code: str, reference: str = "", *, name: str = "code"
    ) -> web.Response:
        """Return a code, or a balance, in the form that is set."""
        return styled(self.answer_style, code, reference, name)


def _later(messages: list[ScheduledMessage]) -> list[LaterMessage]:
    return [
        LaterMessage(
            recipient=message.acceptance.recipient,
            text=message.acceptance.text,
            at=message.at,
        )
        for message in sorted(messages, key=lambda message: message.at)
    ]


def _told_by(parameters: Parameters, diff: str) -> Mapping[str, str]:
    """Return the request of a message as it is known again when it is deleted."""
    names = {"numero", "message", "senderid", "flash", "TTS"}
    told = {
        name: value for name, value in parameters.items() if name in names and value
    }
    return {**told, "diff": diff}


def _parse_moment(diff: str) -> datetime | None:
    """Return the time of `diff`: hour, minute, day, month, year, in Paris."""
    if not MOMENT.fullmatch(diff):
        return None
    try:
        return datetime.strptime(diff, "%H%M%d%m%Y").replace(tzinfo=PARIS)
    except ValueError:
        return None
