"""Says what is going on, and how long it took."""

from collections.abc import Iterator
from contextlib import contextmanager
import time


@contextmanager
def step(what: str) -> Iterator[None]:
    """Show a line for what happens inside, and complete it with the seconds taken."""
    print(f"{what} …", end=" ", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    print(f"{time.monotonic() - began:.1f} s", flush=True)
