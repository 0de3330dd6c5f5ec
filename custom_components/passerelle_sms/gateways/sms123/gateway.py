"""123-SMS.net, France ("API CLIENT 123-SMS.NET", 16/12/2024).

The gateway is asked in the form that its document describes. Public clients use an older
one; it is tried only when the first answer proves that nothing was done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
import re
from typing import Final, override

from yarl import URL

from ..abilities.delivery import (
    CancelsByContent,
    PushedAnswer,
    PushedReport,
    PushesDeliveryOnRequest,
)
from ..abilities.options import (
    AddsStopMention,
    RefusesDuplicates,
    SchedulesMessages,
    SellsLongMessages,
    SendsFlash,
    SpeaksMessages,
    TriesMessages,
)
from ..errors import InvalidRecipientError, TakenAsMessageError
from ..model.account import Balance
from ..model.limits import FRENCH_OVERSEAS, SenderRule
from ..model.message import Cancellation, Scheduled, SendResult, Sms, Submission
from ..model.options import SmsOptions
from ..model.segments import GSM7_SINGLE
from ..outcome import Outcome
from ..wire.purpose import Purpose
from ..wire.times import paris, to_minute
from ..wire.transport import Answer
from .client import Operation, RequestFormat
from .codes import (
    DELETED,
    DELETION_CODES,
    SEND_CODES,
    SENT,
    TEST_CODES,
    TEST_PASSED,
    Meaning,
)
from .contacts import Sms123Contacts
from .delivery import TAKEN, read_call, reference_key
from .receipts import PARAMETER, ReceiptRequests, read_receipted_answer
from .responses import Reply, read_balance_answer, read_code_answer

# "o" turns an option on ("Envoi de SMS", `flash`, `TTS`, `test`). The document prints
# "0" once for `test`; clients send the letter.
_ON: Final = "o"
# Behind the time of a message that is to be deleted ("Envoi de SMS", `diff`).
_DELETE: Final = "s"
# "heure_minute_jour_mois_an, sans espaces" ("Envoi de SMS", `diff`).
_MOMENT: Final = "%H%M%d%m%Y"
# "Les fixes en France métropolitaine" ("Envoi de SMS", `TTS`), as French numbers are
# handed out: 06 and 07 are mobiles, 08 are services.
_FIXED_LINE: Final = re.compile(r"33[1-59][0-9]{8}")


class Sms123(
    Sms123Contacts,
    PushesDeliveryOnRequest,
    CancelsByContent,
    SchedulesMessages,
    SendsFlash,
    SpeaksMessages,
    TriesMessages,
    AddsStopMention,
    SellsLongMessages,
    RefusesDuplicates,
):
    """One account at 123-SMS.net."""

    key = "sms123"
    name = "123-SMS.net"
    region = "FR"
    other_countries = FRENCH_OVERSEAS
    site = "https://www.123-sms.net/"
    default_url = URL("https://www.123-sms.net/")
    credential_fields = ("username", "api_key")
    sender_rule = SenderRule(required=False)
    # "Envoi de SMS", code 91.
    duplicate_window = timedelta(hours=24)
    # "Envoi de SMS", code 102.
    stop_mention = "\nstop SMS au 36177"
    # As the vendor's own modules take receipts: the document knows none.
    pushed_by = "GET"
    declaration = "retour des accusés de réception par HTTP"
    address_proof = TAKEN

    @cached_property
    def _sending(self) -> Operation:
        """Where messages are sent, and the form that is known to be answered there."""
        return Operation(
            paths={
                RequestFormat.DOCUMENTED: "api/send/",
                RequestFormat.SCRIPT: "http.php",
            }
        )

    @cached_property
    def _balance(self) -> Operation:
        return Operation(
            paths={
                RequestFormat.DOCUMENTED: "api/solde/",
                RequestFormat.SCRIPT: "solde_comptes.php",
            }
        )

    @cached_property
    def _receipts(self) -> ReceiptRequests:
        return ReceiptRequests()

    @override
    async def balance(self) -> Balance:
        """Ask for the balance ("Consultation du solde")."""
        reply = await self._ask(self._balance, {}, _read_balance)
        assert reply.credits is not None
        return Balance(credits=reply.credits)

    @property
    @override
    def most_segments(self) -> int:
        """The segments of a message: more than one is an option of the account."""
        return super().most_segments if self.long_messages else 1

    @override
    def fits(self, sms: Sms) -> bool:
        """Return whether a message is short enough ("Envoi de SMS", `message`).

        Without the option it is 160 characters, of whichever alphabet: the document names
        none. They are counted as it says, as characters, neither septets nor 16-bit units:
        by that count most fits. It knows no code for a text that is too long. Should the
        gateway count otherwise, an alert that comes cut, or costs more, is still better
        than one that was refused here.
        """
        return super().fits(sms) or (
            not self.long_messages
            and all(len(text) <= GSM7_SINGLE for text in self.texts_of(sms))
        )

    @override
    async def _send_batch(self, sms: Sms, numbers: Sequence[str]) -> SendResult:
        """Send to one recipient ("Envoi de SMS")."""
        [number] = numbers
        [recipient] = sms.recipients
        if sms.options.voice and not _FIXED_LINE.fullmatch(number):
            raise InvalidRecipientError
        parameters = {
            **_message(number, self.text_for(sms, recipient), sms.sender),
            **await _asked_for(sms.options),
        }
        if self._asks_for_receipt(sms):
            reply = await self._send_asking(parameters, sms.purpose)
        else:
            codes = TEST_CODES if sms.options.test else SEND_CODES
            reply = await self._ask_about_message(parameters, codes, sms.purpose)
        return SendResult(submissions=(self._taken(sms, reply),))

    def _asks_for_receipt(self, sms: Sms) -> bool:
        """Return whether a message asks for a receipt.

        A test has none. That a call to a fixed line has one is said nowhere, and what is
        asked for in vain may be refused.
        """
        options = sms.options
        return self.delivery_reports and not (options.voice or options.test)

    async def _send_asking(
        self, parameters: Mapping[str, str], purpose: Purpose
    ) -> Reply:
        """Send a message that asks for a receipt; return how it was accepted."""
        asked = self._receipts.next()
        reply = await self._ask(
            self._sending,
            {**parameters, PARAMETER: asked},
            lambda answer: read_receipted_answer(
                answer.text, asked=asked, number=parameters["numero"]
            ),
            purpose=purpose,
        )
        reference = self._receipts.learn(asked, reply.claim.submission_id)
        return replace(reply, claim=replace(reply.claim, submission_id=reference))

    async def _ask_about_message(
        self,
        parameters: Mapping[str, str],
        codes: Mapping[str, Meaning],
        purpose: Purpose,
    ) -> Reply:
        return await self._ask(
            self._sending,
            parameters,
            lambda answer: read_code_answer(answer.text, codes),
            purpose=purpose,
        )

    @override
    def tells_of(self, sms: Sms, submission: Submission) -> bool:
        """Return whether there will be a receipt that can be known to be its own."""
        return self._asks_for_receipt(sms) and submission.submission_id is not None

    @override
    def read_pushed(self, said: str) -> tuple[PushedReport, ...]:
        """Return what a call with a receipt says."""
        return read_call(said, self._redact)

    @override
    def answer_pushed(
        self, pushed: Sequence[PushedReport], taken: Sequence[bool]
    ) -> PushedAnswer:
        """Return the one word that the gateway wants to hear, whatever became of it."""
        return TAKEN

    @override
    def id_key(self, submission_id: str) -> str:
        """Return a reference as it is compared."""
        return reference_key(submission_id)

    def _taken(self, sms: Sms, reply: Reply) -> Submission:
        """Return what became of a message that was not refused."""
        [recipient] = sms.recipients
        if reply.code == TEST_PASSED:
            return Submission(recipient=recipient, outcome=Outcome.NOT_SENT)
        return Submission(
            recipient=recipient,
            outcome=Outcome.ACCEPTED,
            submission_id=reply.claim.submission_id,
            segments=self.measure_sms(sms).segments,
            sent_at_once=sms.options.send_at is not None and reply.code == SENT,
        )

    @override
    def cancel_requests(self, scheduled: Scheduled) -> tuple[Scheduled, ...]:
        """Return the submissions one by one: `numero` is one number."""
        return tuple(
            replace(scheduled, recipients=(recipient,))
            for recipient in scheduled.recipients
        )

    @override
    async def cancel(self, scheduled: Scheduled) -> Cancellation:
        """Delete one message ("Envoi de SMS", `diff`).

        It is the message's own request with an "s" behind the time, so
        `scheduled.text` is what was sent, with all that was added to it. A test is none.

        Raises:
            NotCancellableError: code 95.
            TakenAsMessageError: code 80 or 81: a second message was taken.

        """
        [recipient] = scheduled.recipients
        parameters = {
            **_message(
                self.local_number(recipient),
                scheduled.text,
                scheduled.sender or self.sender,
            ),
            **await _asked_for(replace(scheduled.options, test=False)),
            "diff": f"{await _moment(scheduled.send_at)}{_DELETE}",
        }
        reply = await self._ask_about_message(
            parameters, DELETION_CODES, scheduled.purpose
        )
        if reply.code is not None and reply.code != DELETED:
            raise TakenAsMessageError(
                code=reply.code,
                words=DELETION_CODES[reply.code].words,
                reference=reply.claim.submission_id,
            )
        return Cancellation()


def _message(number: str, text: str, sender: str | None) -> dict[str, str]:
    """Return what every message says ("Envoi de SMS")."""
    parameters = {"numero": number, "message": text}
    if sender:
        parameters["senderid"] = sender
    return parameters


async def _asked_for(options: SmsOptions) -> dict[str, str]:
    """Return what the options add to a message ("Envoi de SMS")."""
    parameters: dict[str, str] = {}
    if options.send_at is not None:
        parameters["diff"] = await _moment(options.send_at)
    if options.flash:
        parameters["flash"] = _ON
    if options.voice:
        parameters["TTS"] = _ON
    if options.test:
        parameters["test"] = _ON
    return parameters


async def _moment(time: datetime) -> str:
    """Return a time as `diff` wants it. The document names no zone: it is Paris's."""
    return to_minute(time, await paris()).strftime(_MOMENT)


def _read_balance(answer: Answer) -> Reply:
    """Return what an answer says of the balance.

    An error page may show nothing but its number: that is no credit.
    """
    reply = read_balance_answer(answer.text)
    return Reply() if reply.credits == answer.status >= 400 else reply
