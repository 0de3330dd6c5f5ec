"""Which recipients of a switch share a request at a gateway."""

from collections.abc import Iterable, Iterator

from ...gateways.errors import RejectedError
from ...gateways.gateway import Gateway
from ...gateways.model.message import Sms


def lanes_at(
    gateway: Gateway, numbers: Iterable[str], text: str
) -> Iterator[tuple[str, ...]]:
    """Yield E.164 numbers as they share a request, alone whom the gateway can't reach."""
    for batch in gateway.batches(Sms(text=text, recipients=tuple(numbers))):
        if can_reach(gateway, batch[0]):
            yield batch
        else:
            # Those come together to whom it can't send, and share nothing.
            yield from ((number,) for number in batch)


def can_reach(gateway: Gateway, number: str) -> bool:
    """Return whether a gateway can send to an E.164 number at all."""
    try:
        gateway.local_number(number)
    except RejectedError:
        return False
    return True
