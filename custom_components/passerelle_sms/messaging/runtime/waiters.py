"""Who waits to hear what became of something."""

import asyncio
from collections.abc import Iterator


class Waiters[Value]:
    """Those who wait, one for each key, and what each would be told now."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._waiting: dict[str, asyncio.Future[Value]] = {}
        self._latest: dict[str, Value] = {}

    def __contains__(self, key: str) -> bool:
        """Return whether somebody waits."""
        return key in self._waiting

    def __iter__(self) -> Iterator[str]:
        """Yield the keys that somebody waits for."""
        return iter(tuple(self._waiting))

    def wait_for(self, key: str, value: Value) -> asyncio.Future[Value]:
        """Return what `release` will give: `value`, or what `update` tells until then."""
        answer: asyncio.Future[Value] = asyncio.Future()
        self._waiting[key] = answer
        self._latest[key] = value
        return answer

    def update(self, key: str, value: Value) -> None:
        """Tell a newer value to whoever waits."""
        if key in self._waiting:
            self._latest[key] = value

    def release(self, key: str) -> None:
        """Give whoever waits what is known; whoever has gone away needs nothing."""
        answer = self._waiting.pop(key, None)
        if answer is not None:
            latest = self._latest.pop(key)
            if not answer.done():
                answer.set_result(latest)
