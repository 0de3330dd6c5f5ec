"""What callers may give: to each field what it takes, and what no field takes."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

from custom_components.passerelle_sms.actions.message_fields import OPTION_FIELDS
from custom_components.passerelle_sms.services import MODULES
from tests.conftest import MAMAN

ACTIONS: Final = {
    action.name: action for module in MODULES for action in module.ACTIONS
}
OPTIONS: Final = tuple(str(marker) for marker in OPTION_FIELDS)
NOTIFY_FIELDS: Final = ("message", "title", "target", "data")

_STRANGERS: Final = [f"+2376991{number:05}" for number in range(1001)]


def _nested(kind: Callable[[Any], object], depth: int = 10_000) -> object:
    value: object = "x"
    for _ in range(depth):
        value = kind(value)
    return value


# By field, what it takes. A field that is not here takes a name.
_RIGHT: Final[dict[str, list[object]]] = {
    "message": ["Citerne vide", "Ça {nom}", "🥶", 21.5, True, ["Maman"], " "],
    "title": ["Maison", 3, "{nom}"],
    "target": [
        "Maman",
        ["Papa", MAMAN],
        "Maman, Papa",
        int(MAMAN[1:]),
        ["Maman", None],
        ["Famille", "Maman"],
        "Vide; Papa",
    ],
    "sender": ["MAISON", 1234, "Été"],
    "encoding": ["exact", "Economical"],
    "time_to_live": [60, "00:05", "48:00:00", {"minutes": 5}, timedelta(days=3), 0],
    "on_unknown": ["hold", "resend", "next"],
    "send_at": [datetime.now(UTC) + timedelta(days=day) for day in (-1, 1, 2, 3)],
    "since": ["2026-11-20 00:00:00", "2000-01-01T00:00:00+23:59"],
    "until": ["2199-12-31 23:59:59"],
    "birthday": ["1968-02-12", date(1900, 1, 1)],
    "personalisation": [
        {"Maman": {"nom": "Marie"}},
        {MAMAN: {}, "Papa": {"nom": 1}},
        {"Famille": {"nom": "à tous"}, "Papa": {"nom": 1}},
    ],
    "gateway_options": [{"dedupe": True}, {"pid": 3}, {"udhdata": "00"}, {"x": 1}],
    "wait_for_delivery": [True, 20, "00:20:00", "00:00:01"],
    "limit": [1, "50", 500.0, "５", " 5 ", "1e2"],
    "quantity": [1, 1000, "1_0"],
    "credits": [1, "1000"],
    "groups": ["Famille", ["Famille", "Voisins"]],
    "outcome": ["unknown", "ACCEPTED"],
    "data": [{"ttl": 0, "push": {"sound": "x"}, "urgent": True}, {}],
    "recipient": ["Maman", MAMAN, "Famille", "Vide"],
    "phone": ["Papa", MAMAN],
    **{
        field: [True, "on", 0, 1.0]
        for field in (
            "urgent",
            "flash",
            "voice",
            "test",
            "stop_mention",
            "allow_replies",
        )
    },
}
_NAMES: Final[list[object]] = ["Famille", "504", "citerne", 12]

_NUMBERS: Final[list[object]] = [
    10**5000, -(10**5000), 10**400, 1e300, -1e300, float("inf"), float("nan"), -0.0, -1,
    501, Decimal("1e3000000"), Decimal("1e-3000000"), Decimal("sNaN"), Decimal("-Infinity"),
    "1e3000000", "-1e3000000", "1e-3000000", "1e400", "nan", "inf", "9" * 100_000, "0x10",
    "5 ", "５", "1_000", True, False,
]  # fmt: skip
_TEXTS: Final[list[object]] = [
    "", " \n", "\u200b", "\ud83d", "a\udc00", "\ud83d\ude00", "\x00", "{", "{x", "}{",
    "a" * 10_000, "a" * 10_001, "\u0301" * 10_000, "\u0301" * 400_000, "🥶" * 10_000,
    "\ufdfa" * 10_000, "{nom}" * 2000, "1 " * 5000, "%2" * 5000, "&#x31;" * 1600,
    "<" + " " * 9_999, "e\u0323\u0301" * 3_000, "None", "null", b"octets", bytearray(9),
    "é" * 3_000_000, "\u202e" + MAMAN, f"{MAMAN} " * 20,
]  # fmt: skip
_TIMES: Final[list[object]] = [
    datetime.min, datetime.max, datetime.max.replace(tzinfo=UTC), date.min, date.max,
    datetime.min.replace(tzinfo=UTC), "9999-12-31T23:59:59-23:59", "0001-01-01T00:00+23:59",
    "2026-02-30", "2026-13-01", "2026-12-24T24:00:00", "2026-12-24T18:00:00+99:99",
    "2200-01-01", "1999-12-31", timedelta.max, timedelta.min, timedelta(microseconds=1),
    "99999999999:00:00", "-1:00", "1:2:3:4", ":", "::", {"hours": 1e300}, {"days": "nan"},
    {"hours": True}, {"seconds": None}, {"years": 1}, {1: 2}, "2026-W01-1", "20261224",
]  # fmt: skip
_HEAPS: Final[list[object]] = [
    None, [], {}, set(), (), [None], [[]], ["", " "], {"": ""}, {"Maman": None},
    _nested(lambda inner: [inner]), _nested(lambda inner: {"a": inner}),
    _nested(lambda inner: (inner,)), _STRANGERS, _STRANGERS[:1], ["Maman"] * 1000,
    ["Famille"] * 1000, "Famille;" * 999,
    ", ".join(_STRANGERS), ";" * 100_000, "a" * 100_001, [["Maman"], {"a": 1}, True],
    {"Maman", "Papa"}, ("Maman", 3), {number: {} for number in range(1001)},
    {"Maman": dict.fromkeys(map(str, range(21)), "x")}, list(range(100_000)),
    {f"k{number}": number for number in range(100_000)}, object(), ..., range(3), int,
    {"Maman": {"nom": "x" * 1000}}, {"Maman": {"nom": b"x"}}, {("a", 1): {}}, 1j,
]  # fmt: skip

_ANY: Final = st.one_of(
    st.sampled_from([*_NUMBERS, *_TEXTS, *_TIMES, *_HEAPS]),
    st.text(st.characters(), max_size=30),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.datetimes(),
    st.timedeltas(),
    st.binary(max_size=5),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=8,
    ),
)
_DATES: Final = st.one_of(
    st.datetimes().map(datetime.isoformat),
    st.datetimes(timezones=st.timezones()),
    st.from_regex(
        r"\d{1,4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?([+-]\d\d:\d\d|Z)?", fullmatch=True
    ),
)
_LENGTHS: Final = st.one_of(
    st.from_regex(r"[+-]?\d{1,12}:\d\d(:\d\d(\.\d+)?)?", fullmatch=True),
    st.dictionaries(
        st.sampled_from(["days", "hours", "minutes", "seconds", "milliseconds"]),
        st.floats() | st.integers() | st.text(max_size=4),
    ),
)
_OF_KIND: Final[dict[str, st.SearchStrategy[object]]] = {
    **dict.fromkeys(("send_at", "since", "until", "birthday"), _DATES),
    **dict.fromkeys(("time_to_live", "wait_for_delivery"), _LENGTHS),
    "personalisation": st.dictionaries(
        st.text(max_size=5) | st.integers() | st.sampled_from(["Maman", MAMAN]),
        st.dictionaries(st.text(max_size=4), _ANY, max_size=3),
        max_size=3,
    ),
    "gateway_options": st.dictionaries(
        st.sampled_from(["dedupe", "pid", "binary", "udhdata", "", "é"]),
        _ANY,
        max_size=3,
    ),
    "target": st.lists(_ANY, max_size=4),
}


def right(field: str) -> st.SearchStrategy[object]:
    """Return something that a field takes, at some gateway at least."""
    return st.sampled_from(_RIGHT.get(field, _NAMES))


def given_to(field: str) -> st.SearchStrategy[object]:
    """Return anything that somebody may give to a field."""
    if field == "data":
        return (
            st.dictionaries(
                st.sampled_from(
                    [*OPTIONS, "ttl", "image", "push", "target", "é" * 300]
                ),
                _ANY,
                max_size=4,
            )
            | _ANY
        )
    return right(field) | _ANY | _OF_KIND.get(field, _ANY)


@st.composite
def fields_of(
    draw: st.DrawFn, names: tuple[str, ...], needed: set[str]
) -> dict[str, Any]:
    """Return the fields of a call: mostly right ones, and some that are not."""
    there = draw(st.sets(st.sampled_from(names), max_size=4)) if names else set()
    fields = {name: draw(right(name)) for name in there | needed}
    wrong = draw(st.sets(st.sampled_from(names), max_size=2)) if names else set()
    fields |= {name: draw(given_to(name)) for name in wrong}
    if draw(st.integers(0, 9)) == 7:
        fields[draw(st.sampled_from(["colour", "é" * 300, MAMAN, " message"]))] = 1
    return fields
