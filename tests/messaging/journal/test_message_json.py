"""What of a message nothing is looked up by, on its way to the disk and back."""

from dataclasses import replace

import pytest

from custom_components.passerelle_sms.messaging.journal.message_json import (
    header_to_json,
    parts_from_json,
)
from custom_components.passerelle_sms.messaging.model.parts import Parts
from tests.conftest import MAMAN
from tests.messaging.journal_records import OPEN, message

PARTS = Parts(common=("1/2 Citerne", "2/2 vide"), own={MAMAN: ("Citerne vide",)})


@pytest.mark.parametrize("parts", [Parts(), PARTS])
def test_the_parts_of_a_text_are_read_as_they_were_written(parts: Parts) -> None:
    """Split otherwise they would lose words between two of them."""
    assert (
        parts_from_json(header_to_json(replace(message(1, OPEN), parts=parts))) == parts
    )


@pytest.mark.parametrize(
    "parts",
    [
        {"common": ["1/2 Citerne", 2], "own": {}},
        {"common": [], "own": {MAMAN: [None]}},
    ],
)
def test_a_part_that_is_no_text_is_no_message(parts: object) -> None:
    """It was damaged: nothing is sent of it."""
    with pytest.raises(TypeError):
        parts_from_json({"parts": parts})
