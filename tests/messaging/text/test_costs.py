"""However odd a text is, writing and weighing it takes time in proportion to it."""

import pytest

from custom_components.passerelle_sms.gateways.envoyer_sms_pro.text import measure_text
from custom_components.passerelle_sms.gateways.model.segments import measure
from custom_components.passerelle_sms.messaging.text.cleaning import clean
from custom_components.passerelle_sms.messaging.text.encoding import (
    EncodingChoice,
    encode,
    preview,
)
from custom_components.passerelle_sms.messaging.text.tags import without_tags
from tests.fuzzing.costs import cost_of

# Twice what may be sent. It takes some thirty milliseconds, and would take seconds if
# anything of it were done for each pair of characters: the bound leaves a busy machine
# its time.
LENGTH = 20_000
SECONDS = 0.4


@pytest.mark.parametrize(
    "pattern",
    [
        "a",
        " ",
        "\u0301",
        "a\u0301\u0316",
        "🙂",
        "a🙂",
        "🙂\u200d",
        "🙂\n",
        "  🙂",
        "🏴\U000e0067",
        "\ufe0f",
        "ê",
        "ê\u200b",
        "1½",
        " °",
        "«\u00a0",
        "خ\u200c",
        "\u200fخ",
        "क\u200d\u0301",
        "中",
        "€",
        "\r\n",
        "\x1b",
        "\x1b[",
        "\x1b]",
        "\x1b[31m",
        "<",
        "<b>",
        "<p>",
        "</p> ",
        "<a ",
        "<a x=y ",
        '<a x="',
        "<!--",
        "<script>",
        "<script><style>",
        "&amp",
        "&amp;",
        "{a",
    ],
)
async def test_any_text_is_weighed_in_time(pattern: str) -> None:
    """What repeats one thing."""
    text = (pattern * LENGTH)[:LENGTH]

    async def weigh() -> None:
        written = without_tags(text)
        for choice in EncodingChoice:
            encode(written, choice, measure_text)
            preview(written, choice, measure_text)

    assert (await cost_of(weigh, SECONDS)).seconds < SECONDS


async def test_any_characters_are_weighed_in_time() -> None:
    """All different: nothing that is remembered of one helps with another."""
    for start in range(0xA0, 0x20000, LENGTH):
        text = "".join(map(chr, range(start, start + LENGTH)))

        async def weigh(text: str = text) -> None:
            preview(text, EncodingChoice.ECONOMICAL, measure)

        assert (await cost_of(weigh, SECONDS)).seconds < SECONDS


@pytest.mark.parametrize(
    "pattern",
    [
        "<",
        "<p>",
        "<a ",
        "<a x=y ",
        '<a x="',
        "<!--",
        "<!doctype",
        "<script>",
        "\x1b]",
        "<script><style>",
        "&amp",
        "&amp;",
        "\x1b[",
        "\x1b(",
        "\x1b[1;",
        "\u200b",
        " ",
    ],
)
async def test_signs_are_looked_for_once(pattern: str) -> None:
    """Each place where one may begin is read to where the next may: that is quick.

    So quick that only a long text shows whether each is read to the end.
    """
    text = pattern * (100_000 // len(pattern))

    async def read() -> None:
        clean(without_tags(text))

    assert (await cost_of(read, SECONDS)).seconds < SECONDS
