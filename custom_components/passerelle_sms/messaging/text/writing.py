"""How an account writes what it sends."""

from dataclasses import dataclass

from .encoding import EncodingChoice
from .splitting import TooLong


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What is done to texts; a message may choose otherwise, but for the tags."""

    encoding: EncodingChoice = EncodingChoice.AUTOMATIC
    too_long: TooLong = TooLong.SPLIT
    strip_tags: bool = False
