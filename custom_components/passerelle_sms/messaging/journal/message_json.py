"""What of a message nothing is looked up by, as JSON knows it, and back.

Whatever reads raises `KeyError`, `ValueError`, `TypeError`, `AttributeError` or
`decimal.InvalidOperation` for what is none.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...gateways.model.options import SmsOptions
from ..model.parts import Parts
from ..model.record import MessageRecord


def header_to_json(record: MessageRecord) -> dict[str, Any]:
    """Return what all recipients of a message have in common."""
    return {
        "kind": record.kind.value,
        "text": record.text,
        "sender": record.sender,
        "encoding": record.encoding.value,
        "segments": record.segments,
        "on_unknown": record.on_unknown.value,
        "options": _options_to_json(record.options),
        **({"is_kept": True} if record.is_kept else {}),
        **({"parts": _parts_to_json(record.parts)} if record.parts else {}),
        **({"relay": record.relay} if record.relay else {}),
        **({"relay_message": record.relay_message} if record.relay_message else {}),
        **({"too_long": record.too_long.value} if record.too_long else {}),
    }


def parts_from_json(stored: Mapping[str, Any]) -> Parts:
    """Return the parts in a header, if its message has any."""
    parts = stored.get("parts", {"common": [], "own": {}})
    own = {number: _texts(texts) for number, texts in parts["own"].items()}
    return Parts(common=_texts(parts["common"]), own=own)


def _parts_to_json(parts: Parts) -> dict[str, Any]:
    return {
        "common": [*parts.common],
        "own": {number: [*texts] for number, texts in parts.own.items()},
    }


def _texts(stored: list[str]) -> tuple[str, ...]:
    if not all(isinstance(text, str) for text in stored):
        raise TypeError("a part is no text")
    return tuple(stored)


def options_from_json(
    stored: Mapping[str, Any], send_at: datetime | None
) -> SmsOptions:
    """Return the options that were stored, with the hour that is looked up."""
    return SmsOptions(**stored, send_at=send_at)


def _options_to_json(options: SmsOptions) -> dict[str, Any]:
    """Return the options that ask for something: most messages have none."""
    used = {name: getattr(options, name) for name in options.used if name != "send_at"}
    if options.personalisation:
        used["personalisation"] = {
            number: dict(values) for number, values in options.personalisation.items()
        }
    if options.texts:
        used["texts"] = dict(options.texts)
    if options.own:
        used["own"] = dict(options.own)
    return used
