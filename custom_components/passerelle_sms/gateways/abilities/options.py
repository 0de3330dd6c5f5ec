"""What some gateways can do with a message: its options, and what they promise.

Each is a class that a gateway inherits besides `Gateway`; callers ask `isinstance`.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, Final

from ..model.options import OwnOption
from .delivery import ReceivesReplies


class SchedulesMessages:
    """A message may be handed over now and sent later: `send_at`.

    The gateways know whole minutes: a message is never sent before its time. Where a
    gateway can't, the house keeps the message until then.
    """


class SendsFlash:
    """A message may be shown at once and kept nowhere: `flash`."""


class SpeaksMessages:
    """A message may be read out to a fixed line: `voice`."""


class TriesMessages:
    """The gateway may be asked whether it would take a message: `test`.

    What passes is `not_sent`, without an error. Where a gateway can't, only the checks
    that are made here are made.
    """


class TagsMessages:
    """A message may carry a tag for the gateway's own statistics: `tag`.

    Where a gateway takes none, only the journal keeps it.
    """

    tag_length: ClassVar[int]
    """The most letters and digits."""


class AddsStopMention:
    """A message may tell how to opt out: `stop_mention`."""

    stop_mention: ClassVar[str]
    """What stands at the end of the text then: it counts as a part of it."""


class PersonalisesMessages:
    """One request may say something else to each of its recipients: `personalisation`.

    Where a gateway can't, those who read the same share a request.
    """


class TakesOwnOptions:
    """The gateway has options that no other one has."""

    own_options: ClassVar[Mapping[str, OwnOption]]
    """By name, as users write them."""


# --- what the gateway promises about messages ---------------------------------


class RefusesDuplicates:
    """The same text goes to the same number only once within a day.

    So a message whose outcome is unknown may be handed to it again without a change:
    its refusal (`DuplicateMessageError`) proves that the first one got through.
    """

    duplicate_window: ClassVar[timedelta]


class SellsLongMessages:
    """Messages of several segments are an option that the user buys at the gateway.

    The gateway doesn't tell whether it is on, so the user does.
    """

    long_messages: bool = False


DONE_HERE: Final = frozenset({"send_at", "test", "tag", "personalisation"})
"""The options that are done here where a gateway lacks the ability."""

# What a message's options ask of a gateway; `SmsOptions.used` has the names.
OPTION_ABILITIES: Final[Mapping[str, type]] = {
    "send_at": SchedulesMessages,
    "flash": SendsFlash,
    "voice": SpeaksMessages,
    "test": TriesMessages,
    "tag": TagsMessages,
    "stop_mention": AddsStopMention,
    "allow_replies": ReceivesReplies,
    "personalisation": PersonalisesMessages,
}
