"""Whatever a gateway answers is read or is a typed error, and costs little."""

import asyncio
from collections.abc import Callable, Iterator
import dataclasses
import os
from typing import cast

import aiohttp
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.errors import GatewayError
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.wire.transport import (
    MAXIMUM_ANSWER,
    Answer,
    Transport,
)

from .answers import ANSWERS, FRAGMENTS, MAMAN, PAPA, STATUSES, changed_answers, flood
from .costs import cost_of
from .operations import KEY, LOGIN, PASSWORD, client_of, operations_of, outcome_of

# `scripts/fuzz` gives more.
_EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "150"))
# Each at one gateway; with `scripts/fuzz` at every one.
_FLOODS = [
    (key, fragment)
    for number, key in enumerate(GATEWAYS)
    for fragment in (
        FRAGMENTS if "FUZZ_EXAMPLES" in os.environ else FRAGMENTS[number::5]
    )
]
# A tenth of a second on a processor of its own; beside other tests it is slower.
_MOST_SECONDS = 0.1 if "FUZZ_EXAMPLES" in os.environ else 0.25
_MOST_OCTETS = 10 * 2**20
_NO_ADDRESS = cast("aiohttp.ClientSession", None)
_PRIVATE = (LOGIN, PASSWORD, KEY, MAMAN[-9:], PAPA[-9:])

type Canned = Callable[[str, int], None]


@pytest.fixture
def canned(monkeypatch: pytest.MonkeyPatch) -> Canned:
    """Return what makes every gateway answer every request with one text."""
    told = Answer(status=200, text="")

    async def request(*_: object, **__: object) -> Answer:
        return told

    def answer(text: str, status: int) -> None:
        nonlocal told
        told = Answer(status=status, text=text)

    monkeypatch.setattr(Transport, "request", request)
    return answer


@pytest.mark.parametrize("key", GATEWAYS)
@settings(
    max_examples=_EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_every_answer_is_read_or_a_typed_error(
    canned: Canned, key: str, data: st.DataObject
) -> None:
    """And what it becomes can be stored, and tells nobody a secret or a number."""
    text = data.draw(changed_answers(key))
    canned(text, data.draw(st.sampled_from(STATUSES)))
    for name, result in asyncio.run(_all_outcomes(client_of(key, _NO_ADDRESS), text)):
        for word in _texts(result):
            word.encode()
        shown = f"{result} {result!r}"
        assert not [secret for secret in _PRIVATE if secret in shown], name


@pytest.mark.parametrize(
    ("key", "fragment"), _FLOODS, ids=lambda value: ascii(value)[:20]
)
def test_a_flood_costs_little(canned: Canned, key: str, fragment: str) -> None:
    """A whole MiB of anything, alone or behind the beginning of an answer."""
    flooded = flood(fragment)
    for beginning in ("", ANSWERS[key][0][:-9]):
        text = (beginning + flooded)[:MAXIMUM_ANSWER]
        canned(text, 200)
        for name, operation in operations_of(client_of(key, _NO_ADDRESS), text):
            cost = asyncio.run(cost_of(operation, at_most=_MOST_SECONDS))

            assert cost.seconds < _MOST_SECONDS, (name, beginning)
            assert cost.octets < _MOST_OCTETS, (name, beginning)


async def _all_outcomes(gateway: Gateway, body: str) -> list[tuple[str, object]]:
    return [
        (name, await outcome_of(operation))
        for name, operation in operations_of(gateway, body)
    ]


def _texts(value: object) -> Iterator[str]:
    """Yield all texts in a result."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, GatewayError):
        yield from _texts([value.code, value.words, value.reference, value.details])
    elif dataclasses.is_dataclass(value):
        yield from _texts([getattr(value, f.name) for f in dataclasses.fields(value)])
    elif isinstance(value, dict):
        yield from _texts([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _texts(item)
