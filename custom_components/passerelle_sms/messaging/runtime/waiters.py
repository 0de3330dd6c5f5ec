"""Who waits to hear what became of something."""

import asyncio
from collections.abc import Iterator


class Waiters[Value]:
    """Those who wait for each key, and what they would be told now."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._waiting: dict[str, dict[str, asyncio.Future[Value]]] = {}
        self._latest: dict[str, Value] = {}

    def __contains__(self, key: str) -> bool:
        """Return whether somebody waits."""
        return key in self._waiting

    def __iter__(self) -> Iterator[str]:
        """Yield the keys that somebody waits for."""
        return iter(tuple(self._waiting))

    def count(self, key: str) -> int:
        """Return how many wait."""
        return len(self._waiting.get(key, ()))

    def wait_for(
        self, key: str, value: Value, caller: str | None = None
    ) -> asyncio.Future[Value]:
        """Return what `release` will give: `value`, or what `update` tells until then.

        `caller` tells apart those who wait for one key; it is the key itself when `None`.
        """
        answer: asyncio.Future[Value] = asyncio.Future()
        self._waiting.setdefault(key, {})[key if caller is None else caller] = answer
        self._latest[key] = value
        return answer

    def update(self, key: str, value: Value) -> None:
        """Tell a newer value to whoever waits."""
        if key in self._waiting:
            self._latest[key] = value

    def release(self, key: str) -> None:
        """Give whoever waits what is known; whoever has gone away needs nothing."""
        latest = self._latest.pop(key, None)
        for answer in self._waiting.pop(key, {}).values():
            if latest is not None and not answer.done():
                answer.set_result(latest)

    def answer(self, key: str, caller: str, value: Value) -> None:
        """Give one of those who wait something else; nothing if he doesn't wait."""
        answer = self._take(key, caller)
        if answer is not None and not answer.done():
            answer.set_result(value)

    def forget(self, key: str, caller: str) -> None:
        """Give one of those who wait nothing at all."""
        self._take(key, caller)

    def hand_on(self, key: str, to: str, value: Value) -> None:
        """Let all who wait for a key wait for another one, and `value` be known of it."""
        if (waiting := self._waiting.pop(key, None)) is not None:
            del self._latest[key]
            self._waiting.setdefault(to, {}).update(waiting)
            self._latest[to] = value

    def _take(self, key: str, caller: str) -> asyncio.Future[Value] | None:
        waiting = self._waiting.get(key, {})
        answer = waiting.pop(caller, None)
        if answer is not None and not waiting:
            del self._waiting[key], self._latest[key]
        return answer
