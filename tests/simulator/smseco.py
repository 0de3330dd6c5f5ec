"""SMSECO, as "Paramètre de configuration de l'API SMSECO V 2.0" describes it."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto
import functools
from typing import ClassVar, Final, override

from aiohttp import web

from .gateway import Acceptance, Handler, Operation, SimulatedGateway
from .refusals import AccountRefusal
from .segments import billed_segments
from .smseco_answers import AnswerForm, ReportShape, shape_reports, write_answer
from .smseco_codes import WORDS
from .smseco_delivery import Report, Reports
from .smseco_request import (
    BodyReading,
    Object,
    fill_in,
    is_valid,
    object_in,
    read_body,
    read_recipients,
    send_at,
)

ACCOUNT_ID: Final = "3182"
# Where the operations are, or may be instead: the second ones are printed in sections
# III-3 and V-3.
DELIVERY_PATHS: Final = ("json/getdlrs/", "xml/getdlrs/")
NUMBER_CHECK_PATHS: Final = ("json/sendhlr/", "json/sendhrl/")


class NumberStyle(Enum):
    """How numbers are written in an answer."""

    AS_PRINTED = auto()
    """`statut` and a recipient's credits as numbers, the others as strings."""
    STRINGS = auto()
    NUMBERS = auto()


class SimulatedSmsEco(SimulatedGateway):
    """SMSECO: `JSON=` and JSON, and a count of the valid recipients for an answer."""

    key: ClassVar[str] = "smseco"
    refusals = frozenset(AccountRefusal) - {AccountRefusal.IP_NOT_ALLOWED}

    def __init__(self) -> None:
        """Open an account whose credits lapse, at a server without quirks."""
        super().__init__()
        self.other_logins: set[str] = set()
        """More logins of the account: a mobile number, an e-mail address, its identifier."""
        self.account_id: object = ACCOUNT_ID
        """What it tells as the account's own identifier."""
        self.expires = "2027-12-31 23:59:59"
        self.body_reading = BodyReading.URL_DECODED
        self.number_style = NumberStyle.AS_PRINTED
        self.echoes_msgid = False
        """Give back the client's own id instead of the server's."""
        self.single_object = False
        """Write a list of one message as that message."""
        self.lists_messages = True
        """Tell the valid recipients one by one."""
        self.answer_form = AnswerForm.PRINTED
        self.report_shape = ReportShape.PRINTED
        self.counts_recipients = True
        """Say how many were valid in `statut`, and not 0 as in every other section."""
        self.bills_by_unicode = False
        """Bill by what `unicode` says, and not by the text: the document says neither."""
        self.merges_values = True
        """Replace the fields in a value, too: each is replaced in the whole text."""
        self.scheduled: dict[str, datetime] = {}
        """When each message that isn't for now leaves, by its id."""
        self.checked: list[Acceptance] = []
        """Every number that was checked, and charged."""
        self.date_format = "%Y-%m-%d %H:%M:%S"
        """How the time of a delivery is written, without a zone: Abidjan's is UTC."""
        self.is_company = True
        """Only companies may have numbers checked (section V)."""
        self.instant_delivery = False
        """Let every message arrive at the moment it leaves."""
        self.delivery_path, _ = DELIVERY_PATHS
        self.number_check_path, _ = NUMBER_CHECK_PATHS
        self.tells_unknown_operations = False
        """Say −14 where there is no operation, and not HTTP 404."""
        self._reports = Reports()

    @override
    def operations(self) -> tuple[Operation, ...]:
        asked: tuple[tuple[str, str, Handler], ...] = (
            ("send", "json/sendsms/", self._send),
            ("balance", "json/getbalance/", self._balance),
            ("senders", "json/getsenders/", self._senders),
            *(("delivery", path, self._delivery) for path in DELIVERY_PATHS),
            *(
                ("check_numbers", path, self._check_numbers)
                for path in NUMBER_CHECK_PATHS
            ),
        )
        return tuple(
            Operation(
                name=name,
                methods=("POST",),
                path=path,
                handler=functools.partial(self._if_there, path, handler),
            )
            for name, path, handler in asked
        )

    def report(
        self,
        taken: Acceptance,
        statut: int,
        *,
        date: datetime | None = None,
        texte: str = "",
    ) -> None:
        """Tell a new state of a message, or of a number, to whoever asks next."""
        self._reports.add(taken, statut, date=date or self.now(), texte=texte)

    def sending_of(self, taken: Acceptance) -> str:
        """Return the `msgfid` of a message, or of a number that was checked."""
        return self._reports.sending_of(taken)

    @property
    def unread(self) -> list[Report]:
        """What was not yet told of deliveries."""
        return self._reports.unread

    async def _if_there(
        self, path: str, handler: Handler, request: web.Request
    ) -> web.Response:
        """Answer, unless the operation is at its other address."""
        either = {*DELIVERY_PATHS, *NUMBER_CHECK_PATHS}
        if path in either - {self.delivery_path, self.number_check_path}:
            if self.tells_unknown_operations:
                return self._refuse(-14)
            return web.Response(status=404)
        return await handler(request)

    async def _send(self, request: web.Request) -> web.Response:
        asked = read_body(await request.text(), self.body_reading)
        message = object_in(asked, "message")
        recipients = read_recipients(asked)
        if error := self._login_error(asked) or self._send_error(message, recipients):
            return self._refuse(error)
        texts = {
            number: fill_in(
                str(message["msg"]), datas, merges_values=self.merges_values
            )
            for number, datas in recipients.items()
            if self._is_valid(number)
        }
        is_ucs2 = self.bills_by_unicode and bool(message.get("unicode"))
        segments = {
            number: billed_segments(text, is_ucs2=is_ucs2)
            for number, text in texts.items()
        }
        costs = [self.cost_of(number, count) for number, count in segments.items()]
        if not self.can_pay(sum(costs)):
            return self._refuse(-6)
        taken = [
            self._take(number, text, str(message["expediteur"]), segments[number])
            for number, text in texts.items()
        ]
        due = send_at(message) or self.now()
        if "datesend" in message:
            self.scheduled.update((one.submission_id, due) for one in taken)
        return self._answer_taken(message, taken, due)

    async def _check_numbers(self, request: web.Request) -> web.Response:
        asked = read_body(await request.text(), self.body_reading)
        message = object_in(asked, "message")
        recipients = read_recipients(asked)
        if error := self._login_error(asked) or self._check_error(message, recipients):
            return self._refuse(error)
        numbers = [number for number in recipients if self._is_valid(number)]
        if not self.can_pay(len(numbers)):
            return self._refuse(-6)
        self.charge(len(numbers))
        taken = [
            Acceptance(
                recipient=number,
                text="",
                sender="",
                submission_id=self._new_id(),
                segments=1,
                cost=1,
                at=self.now(),
            )
            for number in numbers
        ]
        self.checked.extend(taken)
        return self._answer_taken(message, taken, self.now())

    async def _delivery(self, request: web.Request) -> web.Response:
        asked = read_body(await request.text(), self.body_reading)
        if error := self._login_error(asked):
            return self._refuse(error)
        if self.instant_delivery:
            self._reports.deliver(self.now())
        message = object_in(asked, "message")
        read = self._reports.read(
            str(message.get("msgfid", "")), str(message.get("smsfid", "")), self._row
        )
        if not read:
            return self._refuse(-15)
        return self._answer(
            accountid=self.account_id,
            statut=0,
            texte="Requête traitée avec succès",
            **shape_reports(read, self.report_shape, self._listed),
        )

    async def _senders(self, request: web.Request) -> web.Response:
        asked = read_body(await request.text(), self.body_reading)
        if error := self._login_error(asked):
            return self._answer(
                accountid="", statut=error, text=WORDS[error], senders=""
            )
        return self._answer(
            accountid=self.account_id,
            statut=0,
            texte="Requête traitée avec succès",
            senders=self._listed(sorted(self._registered())),
        )

    async def _balance(self, request: web.Request) -> web.Response:
        asked = read_body(await request.text(), self.body_reading)
        error = self._login_error(asked)
        if error and (error != -12 or self.refuses_balance):
            return self._answer(accountid="", statut=error, texte=WORDS[error])
        return self._answer(
            accountid=self.account_id,
            statut=0,
            texte="Requête traitée avec succès",
            credits=self._number(int(self.credits), printed=str),
            expire=self.expires,
            cumul=self._number(int(self.consumption), printed=str),
        )

    def _login_error(self, asked: Object | None) -> int:
        """Return the code of what is wrong with the account's part, or 0."""
        account = object_in(asked, "compte")
        if not account:
            return -1
        if not account.get("login"):
            return -2
        if not account.get("password"):
            return -3
        is_known = account.get("login") in {self.username, *self.other_logins}
        is_right = is_known and account.get("password") == self.password
        if not is_right or self.refusal is AccountRefusal.WRONG_CREDENTIALS:
            return -4
        return -12 if self.refusal is AccountRefusal.INACTIVE else 0

    def _send_error(self, message: Object, recipients: dict[str, Object]) -> int:
        """Return the code of what is wrong with the message, or 0."""
        if not message.get("msg"):
            return -5
        if message.get("expediteur") not in self._registered():
            return -8
        if error := self._common_error(message, recipients):
            return error
        if "datesend" in message:
            due = send_at(message)
            return 0 if due is not None and due > self.now() else -13
        return 0

    def _check_error(self, message: Object, recipients: dict[str, Object]) -> int:
        """Return the code of what is wrong with a check of numbers, or 0."""
        return self._common_error(message, recipients) if self.is_company else -11

    def _common_error(self, message: Object, recipients: dict[str, Object]) -> int:
        """Return the code of what is wrong with the recipients or our id, or 0."""
        if not recipients:
            return -7
        if not any(map(self._is_valid, recipients)):
            return -9
        return -10 if len(str(message.get("msgid", ""))) > 30 else 0

    def _is_valid(self, number: str) -> bool:
        return is_valid(number) and self.is_served(number)

    def _take(self, number: str, text: str, sender: str, segments: int) -> Acceptance:
        """Take the message for one recipient."""
        self.take(
            recipient=number,
            text=text,
            sender=sender,
            submission_id=self._new_id(),
            segments=segments,
        )
        return self.accepted[-1]

    def _answer_taken(
        self, message: Object, taken: list[Acceptance], due: datetime
    ) -> web.Response:
        """Tell what was taken, and follow it."""
        sending_id = self._new_id()
        for one in taken:
            self._reports.follow(sending_id, one, due)
        if self.echoes_msgid:
            ids: Object = {"msgid": message.get("msgid", "")}
        else:
            ids = {"msgfid": sending_id}
        rows: list[Object] = [
            {
                "smsfid": one.submission_id,
                "destination": one.recipient,
                "credits": self._number(one.cost, printed=int),
            }
            for one in taken
        ]
        return self._answer(
            **ids,
            statut=len(taken) if self.counts_recipients else 0,
            texte="Envoi effectué",
            destinataires=self._number(len(taken), printed=str),
            sms=self._number(sum(one.segments for one in taken), printed=str),
            credits=self._number(sum(one.cost for one in taken), printed=str),
            solde=self._number(int(self.credits), printed=str),
            messages=self._listed(rows) if self.lists_messages else None,
        )

    def _row(self, report: Report) -> Object:
        """Return a report under the names of section III-3-2, misprint included."""
        return {
            "smsfid": report.submission_id,
            "destination": report.destination,
            "date": f"{report.date:{self.date_format}}",
            "statur": self._number(report.statut, printed=str),
            "libelle": report.libelle,
            "texte": report.texte,
        }

    def _registered(self) -> set[str]:
        is_removed = self.refusal is AccountRefusal.SENDER_NOT_REGISTERED
        return set() if is_removed else self.senders

    def _listed(self, items: Sequence[object]) -> object:
        return items[0] if self.single_object and len(items) == 1 else items

    def _new_id(self) -> str:
        """Return an id like those of section III-4."""
        number = self.next_number()
        return f"{0x55857BDB8D51B7 + number:014x}-{38880789 + number}"

    def _number(self, number: int, *, printed: type[int | str]) -> int | str:
        match self.number_style:
            case NumberStyle.AS_PRINTED:
                return printed(number)
            case NumberStyle.STRINGS:
                return str(number)
            case NumberStyle.NUMBERS:
                return number

    def _refuse(self, code: int) -> web.Response:
        return self._answer(statut=code, texte=WORDS[code])

    def _answer(self, *, statut: int, **fields: object) -> web.Response:
        told: Object = {"statut": self._number(statut, printed=int), **fields}
        return write_answer(told, self.answer_form)
