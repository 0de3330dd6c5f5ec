"""What is sent of a text that is too long for one message of its gateway."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from ...gateways.abilities.options import SchedulesMessages
from ...gateways.gateway import Gateway
from ...gateways.model.message import Encoding, Sms
from ...gateways.model.segments import Measure
from ..model.parts import Parts
from ..model.submission import SubmissionRecord, Submissions
from ..recipients.address_book import Recipient
from ..runtime.turns import Steps
from ..text.encoding import Preview, PreviewedPart
from ..text.splitting import Fits, TooLong, cut, split
from .rules import Taken

_SHORTEN: Final[dict[TooLong, Callable[[str, Fits], tuple[str, ...]]]] = {
    TooLong.SPLIT: split,
    TooLong.CUT: lambda text, fits: (cut(text, fits),),
}


def shortened(gateway: Gateway, sms: Sms, too_long: TooLong) -> tuple[str, ...]:
    """Return what is sent of a text that doesn't fit; nothing if none of it is."""
    if too_long is TooLong.REFUSE or not gateway.may_split(sms):
        return ()
    return _SHORTEN[too_long](
        sms.text, lambda text: gateway.fits(replace(sms, text=text))
    )


def fitted(
    gateway: Gateway, sms: Sms, too_long: TooLong
) -> Steps[tuple[Sms, Parts] | None]:
    """Return a message that doesn't fit as it is sent; `None` if nothing of it is.

    What each recipient of a mail merge reads is a text of its own.
    """
    if not sms.options.personalisation:
        common = shortened(gateway, sms, too_long)
        if len(common) == 1:
            return replace(sms, text=common[0]), Parts()
        return (sms, Parts(common=common)) if common else None
    by_text: dict[str, tuple[str, ...]] = {}
    own: dict[str, tuple[str, ...]] = {}
    for number in sms.recipients:
        text = sms.text_to(number)
        if text not in by_text:
            by_text[text] = shortened(gateway, sms.saying(text), too_long)
            yield
        if not by_text[text]:
            return None
        if by_text[text] != (text,):
            own[number] = by_text[text]
    return sms, Parts(own=own)


def taken(
    gateway: Gateway, sms: Sms, parts: Parts, recipients: Iterable[Recipient]
) -> Steps[Taken]:
    """Return a message as it is sent to these recipients, none of it handed over."""

    @cache
    def measure(text: str) -> Measure:
        return gateway.measure_sms(sms.saying(text))

    def takes(number: str) -> Sequence[Measure]:
        return [measure(text) for text in parts.of(number) or (sms.text_to(number),)]

    measured: dict[Recipient, Sequence[Measure]] = {}
    for recipient in recipients:
        measured[recipient] = takes(recipient.number)
        yield
    encodings = {one.encoding for each in measured.values() for one in each}
    is_later = sms.options.send_at is not None
    return Taken(
        sms=sms,
        parts=parts,
        submissions=Submissions(
            SubmissionRecord(recipient=recipient, part=part, segments=one.segments)
            for recipient, each in measured.items()
            for part, one in enumerate(each, start=1)
        ),
        segments=max(sum(one.segments for one in each) for each in measured.values()),
        encoding=Encoding.UCS2 if Encoding.UCS2 in encodings else Encoding.GSM7,
        is_kept=is_later and not isinstance(gateway, SchedulesMessages),
    )


def with_parts(gateway: Gateway, whole: Preview, too_long: TooLong) -> Preview:
    """Return a preview with the messages in which the text would be sent."""
    sms = Sms(text=whole.text, recipients=())
    is_whole = gateway.fits(sms)
    texts = (whole.text,) if is_whole else shortened(gateway, sms, too_long)
    parts = tuple(
        PreviewedPart(text=text, segments=gateway.measure(text).segments)
        for text in texts
    )
    segments = sum(part.segments for part in parts)
    return replace(whole, parts=parts, segments=segments or whole.segments)
