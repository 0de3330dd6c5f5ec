"""How the gateways' own countries and the French overseas departments number telephones.

A library's metadata may be older than these rules; for every other country it is used.
"""

from dataclasses import dataclass
import re
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberingPlan:
    """How a country numbers its telephones."""

    code: str
    subscriber: re.Pattern[str]
    """What follows the country's code."""
    mobile: re.Pattern[str]
    """How that of a mobile begins."""
    trunk: str = ""
    """What is dialled before that at home, and never from abroad."""

    def from_national(self, digits: str) -> str | None:
        """Return the subscriber's digits of a number as it is dialled at home."""
        subscriber = digits.removeprefix(self.trunk)
        if digits.startswith(self.trunk) and self.subscriber.fullmatch(subscriber):
            return subscriber
        return None

    def after_code(self, digits: str) -> str | None:
        """Return the subscriber's digits from what follows the country's code.

        People leave the trunk prefix in: "+33 (0)6 …".
        """
        if self.subscriber.fullmatch(digits):
            return digits
        return self.from_national(digits)


_CAMEROON: Final = NumberingPlan(
    code="237", subscriber=re.compile(r"[26]\d{8}"), mobile=re.compile(r"6|24[23]")
)
# The 0 is part of the number; 01, 05 and 07 are mobiles, 2 begins a fixed line.
IVORY_COAST: Final = NumberingPlan(
    code="225", subscriber=re.compile(r"(?:0[157]|2\d)\d{8}"), mobile=re.compile(r"0")
)
_BURKINA_FASO: Final = NumberingPlan(
    code="226", subscriber=re.compile(r"\d{8}"), mobile=re.compile(r"[04-7]")
)


def _french(code: str) -> NumberingPlan:
    return NumberingPlan(
        code=code,
        # 700 is for machines, whose numbers are longer. Those of the overseas departments
        # are not read: which of the codes they have is not certain.
        subscriber=re.compile(r"(?!700)[1-9]\d{8}|700[0-4]\d{9}"),
        mobile=re.compile(r"[67]"),
        trunk="0",
    )


FRANCE: Final = _french("33")
_INDIAN_OCEAN: Final = _french("262")
_GUADELOUPE: Final = _french("590")

PLANS: Final[dict[str, NumberingPlan]] = {
    "CM": _CAMEROON,
    "CI": IVORY_COAST,
    "BF": _BURKINA_FASO,
    "FR": FRANCE,
    "RE": _INDIAN_OCEAN,
    "YT": _INDIAN_OCEAN,
    "GP": _GUADELOUPE,
    "BL": _GUADELOUPE,
    "MF": _GUADELOUPE,
    "GF": _french("594"),
    "MQ": _french("596"),
}
"""By country, ISO 3166-1 alpha-2."""

PLANS_BY_CODE: Final = {plan.code: plan for plan in PLANS.values()}

# France and its overseas departments dial each other as one country; from abroad each
# has a code of its own, which the subscriber's first digits tell: those of the mobiles,
# then those of the fixed lines.
_OVERSEAS: Final[dict[str, re.Pattern[str]]] = {
    "262": re.compile(r"639|69[23]|7092[0-3]|7093[5-7]|26[2389]"),
    "590": re.compile(r"69[01]|7090[0-4]|590|5987"),
    "594": re.compile(r"694|7093[0-3]|594|5988"),
    "596": re.compile(r"69[67]|7091[0-3]|596|5989"),
}

# Eight digits, with or without the country's code: none works since 31 January 2021.
OLD_IVORIAN: Final = re.compile(r"(?:225)?\d{8}")


def french_code(subscriber: str) -> str:
    """Return the code of the department that a French subscriber's digits belong to."""
    for code, beginning in _OVERSEAS.items():
        if beginning.match(subscriber):
            return code
    return FRANCE.code
