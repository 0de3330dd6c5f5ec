"""All that can happen to a relay, and what is promised after each of it."""

from hypothesis.stateful import invariant

from .events import Events
from .people import People


class RelayPromise(People, Events):
    """A relay, its accounts, and all that can happen to them."""

    @invariant()
    def the_promise_is_kept(self) -> None:
        """See that all is so that is promised."""
        assert not self.mistakes.found, self.mistakes.found
        self.judge.check()


def over(*keys: str) -> type[RelayPromise]:
    """Return a relay whose accounts are at these gateways, in this order."""
    return type(RelayPromise.__name__, (RelayPromise,), {"keys": keys})
