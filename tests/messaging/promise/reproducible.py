"""Nothing is left to chance, nor to how busy the machine is, while a house lives."""

from collections.abc import Iterator
from contextlib import contextmanager
import itertools
import random
from typing import Final

import pytest

from custom_components.passerelle_sms.messaging.journal import database
from custom_components.passerelle_sms.messaging.operations import messenger
from custom_components.passerelle_sms.messaging.relay import hand_over
from custom_components.passerelle_sms.messaging.runtime import turns

_LONG_STEP: Final = 0.001


@contextmanager
def reproducible(luck: int) -> Iterator[None]:
    """Let pauses, ids and turns of long work be the same each time for the same luck."""
    before = random.getstate()
    random.seed(luck)
    drawn = _Drawn(luck)
    with pytest.MonkeyPatch.context() as patch:
        for maker in (messenger, hand_over):
            patch.setattr(maker, "ulid", drawn.ulid)
        patch.setattr(database, "secrets", drawn)
        patch.setattr(turns, "time", _Steps())
        try:
            yield
        finally:
            random.setstate(before)


class _Drawn:
    """Draws ids; what is drawn otherwise stays what it was without them."""

    def __init__(self, luck: int) -> None:
        self._random = random.Random(luck)

    def ulid(self, at: float) -> str:
        """Return one after those of earlier, and anywhere among those of now."""
        return f"{int(1000 * at):013}{self._random.getrandbits(40):013}"

    def token_hex(self, octets: int) -> str:
        return self._random.randbytes(octets).hex()


class _Steps:
    """Tells instead of `time` how long a thread has worked: by how often it is asked."""

    def __init__(self) -> None:
        self._asked = itertools.count()

    def thread_time(self) -> float:
        return next(self._asked) * _LONG_STEP
