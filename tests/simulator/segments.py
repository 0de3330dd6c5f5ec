"""The gateways' own count of segments, written apart from the one under test."""

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = "^{}\\[~]|€\f"


def billed_segments(text: str, *, is_ucs2: bool = False) -> int:
    """Return how many SMS a text is billed as; in UCS-2 if it must, or if that is asked."""
    if not is_ucs2 and all(character in _BASIC + _EXTENDED for character in text):
        pieces = [2 if character in _EXTENDED else 1 for character in text]
        alone, part = 160, 153
    else:
        pieces = [len(character.encode("utf-16-be")) // 2 for character in text]
        alone, part = 70, 67
    if sum(pieces) <= alone:
        return 1
    parts = [0]
    for piece in pieces:
        if parts[-1] + piece > part:
            parts.append(0)
        parts[-1] += piece
    return len(parts)
