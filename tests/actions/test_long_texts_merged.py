"""Mail merges of which some are too long for one message: each reads his own, whole."""

from typing import Any

import pytest

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from homeassistant.core import HomeAssistant
from tests.conftest import AccountMaker
from tests.messages import send
from tests.simulator import SimulatedGateway, Simulator

from .long_texts import joined, letters, outcomes, read

pytestmark = pytest.mark.usefixtures("socket_enabled")

NAMES = ("Maman", "Papa", "Awa", "Paul", "Luc")
RECIPIENTS = {name: f"+23769568820{index}" for index, name in enumerate(NAMES)}
# Two are long and alike, one is longer, two are short.
LENGTHS = {"Maman": 2_000, "Papa": 2_000, "Awa": 3_500, "Paul": 10, "Luc": 20}
WANTED = {name: f"Il manque : {letters(count)}" for name, count in LENGTHS.items()}
# No value may be longer than 1000 characters.
PLACES = range(12, 3_600, 900)
VALUES = {
    name: {f"quoi_{place}": text[place : place + 900] for place in PLACES}
    for name, text in WANTED.items()
}


def texts_of(simulated: SimulatedGateway) -> dict[str, list[str]]:
    """Return what each recipient reads, by his name."""
    by_suffix = {number[-9:]: name for name, number in RECIPIENTS.items()}
    return {by_suffix[to[-9:]]: texts for to, texts in read(simulated).items()}


async def merge(
    hass: HomeAssistant, add_account: AccountMaker, simulated: SimulatedGateway
) -> dict[str, Any]:
    """Send everybody his own text, and return the answer."""
    entry = await add_account(
        simulated,
        recipients=RECIPIENTS,
        options={"segments_per_hour": 1_000, "segments_per_day": 1_000},
    )
    return await send(
        hass,
        entry,
        message="Il manque : " + "".join(f"{{quoi_{place}}}" for place in PLACES),
        target=[*NAMES],
        personalisation=VALUES,
    )


@pytest.mark.parametrize("key", GATEWAYS)
async def test_each_phone_reads_its_own_text(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """In its own number of parts, and told with its own segments."""
    simulated = simulator.gateways[key]

    answer = await merge(hass, add_account, simulated)

    rows = {row["recipient"]: row for row in answer["results"]}
    for name, texts in texts_of(simulated).items():
        row = rows[name]
        assert row["outcome"] == "accepted"
        assert (joined(texts) if len(texts) > 1 else texts[0]) == WANTED[name]
        if len(texts) > 1:
            assert outcomes(row) == ["accepted"] * len(texts)
        else:
            assert "parts" not in row
        taken = [
            one.segments
            for one in simulated.accepted
            if one.recipient[-9:] == RECIPIENTS[name][-9:]
        ]
        assert row["segments"] == sum(taken)
    assert {*texts_of(simulated)} == {*NAMES}
    assert answer["segments"] == max(row["segments"] for row in rows.values())


@pytest.mark.parametrize("key", GATEWAYS)
async def test_who_reads_the_same_shares_a_request(
    hass: HomeAssistant, simulator: Simulator, add_account: AccountMaker, key: str
) -> None:
    """As far as a request may have several recipients."""
    simulated = simulator.gateways[key]

    await merge(hass, add_account, simulated)

    texts = texts_of(simulated)
    merges = key == "smseco"
    wholes = [each[0] for each in texts.values() if len(each) == 1]
    parts = [text for each in texts.values() for text in each if len(each) > 1]
    most = GATEWAYS[key].limits.recipients_per_request
    fewest = len(wholes + parts) if most == 1 else len({*parts})
    if most > 1:
        # What it merges itself is one request for all.
        fewest += min(1, len(wholes)) if merges else len({*wholes})
    assert simulated.asked("send") == fewest
