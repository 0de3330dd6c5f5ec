"""JSON as PHP servers print it."""

from decimal import Decimal
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.wire.json_document import (
    as_object,
    items_of,
    read_json,
    read_object,
)

from .notices import NOTICES

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**50), 10**50) | st.text(),
    lambda values: (
        st.lists(values, max_size=4) | st.dictionaries(st.text(), values, max_size=4)
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        (' \ufeff{"solde": 3}\r\n', {"solde": 3}),
        ("[1, 2]", [1, 2]),
        ('"80"', "80"),
        ("80", 80),
        ('{"solde": 12.50}', {"solde": Decimal("12.50")}),
        ('{"id": ' + "1" * 5000 + "}", {"id": "1" * 5000}),
        ('{"cost": 0.' + "1" * 5000 + "}", {"cost": "0." + "1" * 5000}),
        ('{"solde": NaN}', {"solde": None}),
        # One object, written as JSON twice.
        (json.dumps(json.dumps({"code": 80})), {"code": 80}),
        ('{"text": "\\ud83d"}', {"text": "\ufffd"}),
        ('{"\\ud83d": "\\ud83d\\ude00"}', {"\ufffd": "😀"}),
        ("Bonjour", None),
        ("", None),
        ('{"a": 1', None),
        ("[" * 100_000, None),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, None),
        ("[" * 33 + "]" * 33, None),
        ("[" + "0," * 50_000 + "0]", None),
    ],
)
def test_json(text: str, held: object) -> None:
    """What it holds; nothing where it is none, or one built to harm."""
    assert read_json(text) == held


@pytest.mark.parametrize(
    "noise", [*NOTICES, "<!-- 0.02 s -->", "<pre>", "Array\n[0] {main}\n"]
)
@pytest.mark.parametrize("place", ["before", "after", "around"])
def test_noise_around_an_object_is_passed_over(noise: str, place: str) -> None:
    """Whatever it is, as long as it says nothing of a failure."""
    body = '{"success": true, "details": [{"sms": []}]}'
    before = "" if place == "after" else noise
    after = "" if place == "before" else noise

    assert read_object(f"{before}{body}{after}") == json.loads(body)


@pytest.mark.parametrize(
    "text",
    [
        '{"success": true} {"success": false}',
        '{"success": true}Fatal error: Uncaught in /a.php on line 3',
        'Erreur {"success": true}',
        # What is whole inside of what is cut is not the answer.
        '{"success": false, "details": [{"success": true}',
        '<script>x = {"success": true}</script>',
        'Warning: x on line 1\n{"a":' * 3,
        '<b>a</b>{"a":' + "[" * 40 + "]" * 40 + "}",
    ],
)
def test_what_may_say_two_things_says_nothing(text: str) -> None:
    """Two documents, one that is cut, or words of a failure."""
    assert read_json(text) is None


def test_an_object_that_contradicts_itself_is_none() -> None:
    """In a list the others stay."""
    text = '[{"status": "success", "Status ": "error"}, {"a": 1, "A": 1}, {"b": 2}]'

    assert read_json(text) == [None, {"a": 1, "A": 1}, {"b": 2}]


@given(_VALUES)
def test_what_is_written_is_read(value: object) -> None:
    """But for an object with two names that only differ by their case."""
    folded = _with_lower_names(value)

    assert read_json(json.dumps(folded)) == folded


@given(st.text())
def test_whatever_is_read_raises_nothing(text: str) -> None:
    """And holds nothing that can't be stored."""
    json.dumps(read_json(text), default=str, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ([1, 2], [1, 2]),
        ({"0": "a", "2": "b"}, ["a", "b"]),
        ({"name": "a"}, [{"name": "a"}]),
        ("a", ["a"]),
        (0, [0]),
        (None, []),
        (False, []),
        ("", []),
        ({}, []),
        ([], []),
    ],
)
def test_the_items_of_a_list_of_php(value: object, items: list[object]) -> None:
    """With gaps, of one, or of none."""
    assert list(items_of(value)) == items


def test_names_are_found_in_any_case() -> None:
    """And with blanks around; nothing else than an object has any."""
    assert as_object({" Status ": 1}) == {"status": 1}
    assert as_object([1]) is None
    assert read_object("[1]") is None


def _with_lower_names(value: object) -> object:
    if isinstance(value, list):
        return [_with_lower_names(item) for item in value]
    if isinstance(value, dict):
        return {n.strip().casefold(): _with_lower_names(v) for n, v in value.items()}
    return value
