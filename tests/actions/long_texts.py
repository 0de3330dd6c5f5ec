"""Texts that are too long for one message, and what becomes of their parts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.gateways.model.message import SendResult, Sms
from tests.simulator import SimulatedGateway

SENTENCE: Final = "Le niveau de la citerne est bas, pensez à la remplir. "


def letters(count: int) -> str:
    """Return a text of so many letters, words and blanks."""
    return (SENTENCE * (count // len(SENTENCE) + 1))[:count].rstrip()


def joined(texts: list[str]) -> str:
    """Return what numbered parts say."""
    total = len(texts)
    for number, text in enumerate(texts, start=1):
        assert text.startswith(f"{number}/{total} ")
    return " ".join(text.split(" ", 1)[1] for text in texts)


@contextmanager
def before_part(
    entry: MockConfigEntry, part: int, step: Callable[[], object]
) -> Iterator[None]:
    """Do something just before a part is handed over for the first time."""
    gateway = entry.runtime_data.gateway
    send_on, is_done = gateway.send, False

    async def watched(sms: Sms) -> SendResult:
        nonlocal is_done
        if sms.text.startswith(f"{part}/") and not is_done:
            is_done = True
            step()
        result: SendResult = await send_on(sms)
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gateway, "send", watched)
        yield


def read(gateway: SimulatedGateway) -> dict[str, list[str]]:
    """Return what each phone reads, in the order in which it was sent."""
    texts: dict[str, list[str]] = {}
    for one in gateway.accepted:
        texts.setdefault(one.recipient, []).append(one.text)
    return texts


def outcomes(row: dict[str, Any]) -> list[str]:
    """Return what became of a row's parts."""
    return [part["outcome"] for part in row["parts"]]
