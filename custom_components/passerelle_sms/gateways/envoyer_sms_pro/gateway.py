"""Envoyer SMS Pro, France ("API SMS HTTP REST", version 2.10.0)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
import re
from typing import Final, override

from yarl import URL

from ..abilities.options import (
    AddsStopMention,
    SchedulesMessages,
    TagsMessages,
    TakesOwnOptions,
)
from ..errors import GatewayError, InvalidRecipientError
from ..model.limits import FRENCH_OVERSEAS, Limits, SenderRule
from ..model.message import SendResult, Sms
from ..model.options import SmsOptions, Switch
from ..model.segments import Measure
from ..outcome import Outcome
from ..wire import times
from .accounts import EnvoyerSmsProAccounts
from .codes import TAG_LENGTH, invalid_tag
from .delivery import EnvoyerSmsProMessages
from .responses import XmlAnswer, read_sending, remaining, wrong_numbers
from .stop_list import EnvoyerSmsProStopList
from .text import SINGLE, measure_text, truncated, with_line_feeds

# "Fonction nouveau message": what the document calls the options that only it has. The
# second is printed `message truncationallowed`.
_OWN_NAMES: Final[Mapping[str, str]] = {
    "dedupe": "dedupe",
    "truncate": "messagetruncationallowed",
    "allow_malformed_numbers": "allnumberallowed",
}
_TAG: Final = re.compile(f"[A-Za-z0-9]{{1,{TAG_LENGTH}}}")


class EnvoyerSmsPro(
    EnvoyerSmsProMessages,
    EnvoyerSmsProAccounts,
    EnvoyerSmsProStopList,
    SchedulesMessages,
    TagsMessages,
    AddsStopMention,
    TakesOwnOptions,
):
    """One account at Envoyer SMS Pro, or one of several behind the same login."""

    key = "envoyer_sms_pro"
    name = "Envoyer SMS Pro"
    region = "FR"
    other_countries = FRENCH_OVERSEAS
    site = "https://www.envoyersmspro.com/"
    default_url = URL("https://www.envoyersmspro.com/api/")
    identity_fields = ("username", "account_id")
    # "Détails sur le nombre de destinataires" (POST) and "sur le long SMS". A hundred
    # requests an hour are allowed, so looks at the balance must be few.
    limits = Limits(
        recipients_per_request=1000,
        concurrency=2,
        segments=3,
        minimum_poll=timedelta(minutes=10),
        requests_per_hour=100,
    )
    # "Messages d'erreur", the four about the sendername: at least one letter, no accent.
    sender_rule = SenderRule(
        shortest=3, pattern=re.compile(r"[0-9 ]*[A-Za-z][A-Za-z0-9 ]*")
    )
    tag_length = TAG_LENGTH
    # "Détails sur le STOP SMS": the gateway adds it itself.
    stop_mention = "\nSTOP SMS au 36111"
    own_options = dict.fromkeys(_OWN_NAMES, Switch())

    @override
    def measure(self, text: str) -> Measure:
        """Return what `text` takes, as this gateway counts."""
        return measure_text(text)

    @override
    def text_for(self, sms: Sms, recipient: str | None = None) -> str:
        """Return what is read on the phone: with `truncate` no more than one SMS holds.

        The document doesn't say that the STOP mention survives the cut; it does here.
        """
        if sms.options.own.get("truncate") is not True:
            return super().text_for(sms, recipient)
        mention = self.stop_mention if sms.options.stop_mention else ""
        text = sms.text_to(recipient)
        return truncated(text, SINGLE - self.measure(mention).units) + mention

    @override
    def check_tag(self, tag: str) -> None:
        """Raise `InvalidOptionError` for a tag that the gateway doesn't take."""
        if not _TAG.fullmatch(tag):
            raise invalid_tag()

    @override
    async def _send_batch(self, sms: Sms, numbers: Sequence[str]) -> SendResult:
        """Send to a thousand recipients at most ("Fonction nouveau message").

        One number that the gateway finds wrong makes it refuse all of them. When it
        names the wrong ones, the others are handed to it again, without those, once.
        That is no repetition: the refusal proves that nothing was sent to anybody.
        Whatever comes of that second request stands for the recipients in it. Where
        wrong numbers are allowed, none is refused for them, and nothing is proved.
        """
        answer = await self._submit(sms, numbers)
        result = self._sent(sms, answer)
        wrong = wrong_numbers(answer.message, numbers)
        is_proof = isinstance(result.submissions[0].error, InvalidRecipientError)
        is_allowed = sms.options.own.get("allow_malformed_numbers") is True
        if is_allowed or not is_proof or not 0 < len(wrong) < len(numbers):
            return result
        written = dict(zip(sms.recipients, numbers, strict=True))
        refused = SendResult.failed(
            [r for r in written if written[r] in wrong],
            InvalidRecipientError(code=str(answer.error_id), words="Wrong numbers"),
        )
        others = [r for r in written if written[r] not in wrong]
        rest = replace(sms, recipients=tuple(others))
        try:
            result = self._sent(
                rest, await self._submit(rest, [written[r] for r in others])
            )
        except GatewayError as error:
            # Raised, it would stand for those who were refused before, too.
            result = SendResult.failed(others, error)
        return SendResult.joined([refused, result])

    async def _submit(self, sms: Sms, numbers: Sequence[str]) -> XmlAnswer:
        """Send one request; a text that isn't cut may be long by the gateway's count."""
        form = {
            "text": with_line_feeds(sms.text),
            "recipients": ",".join(numbers),
            "sendername": sms.sender or "",
        }
        if sms.options.own.get("truncate") is not True:
            form["longmessageallowed"] = "1"
        return await self._exchange(
            "message/send",
            {**form, **await _option_fields(sms.options)},
            purpose=sms.purpose,
        )

    def _sent(self, sms: Sms, read: XmlAnswer) -> SendResult:
        """Return what an answer tells of a message: the same for all its recipients."""
        claim = read_sending(read, self._claim(read), len(sms.recipients))
        first, *others = sms.recipients
        segments = self.measure_sms(sms).segments
        told = self._submission(read.answer, first, claim, segments)
        is_accepted = told.outcome is Outcome.ACCEPTED
        return SendResult(
            submissions=(told, *(replace(told, recipient=each) for each in others)),
            remaining=remaining(read.body) if is_accepted else None,
        )


async def _option_fields(options: SmsOptions) -> dict[str, str]:
    """Return the fields of the options that are used; the others are off by themselves.

    The one for replies is printed `responsestatu sid`.
    """
    fields = {_OWN_NAMES[name]: "1" for name, value in options.own.items() if value}
    if options.send_at is not None:
        send_at = times.to_minute(options.send_at, await times.paris())
        fields |= {"senddate": f"{send_at:%Y%m%d}", "sendtime": f"{send_at:%H%M}"}
    if options.tag is not None:
        fields["tag"] = options.tag
    if options.stop_mention:
        fields["stopsms"] = "1"
    if options.allow_replies:
        fields["responsestatusid"] = "1"
    return fields
