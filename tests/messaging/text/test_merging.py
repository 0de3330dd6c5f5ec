"""A mail merge, in which each text is written as if it were sent alone."""

from functools import partial
from typing import Final

from hypothesis import example, given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import MissingFieldError
from custom_components.passerelle_sms.gateways.model.mail_merge import fill_in
from custom_components.passerelle_sms.gateways.model.segments import measure
from custom_components.passerelle_sms.messaging.runtime.turns import at_once
from custom_components.passerelle_sms.messaging.text.encoding import (
    EncodingChoice,
    encode,
)
from custom_components.passerelle_sms.messaging.text.merging import merge

ODDITIES: Final = ["a", "é", "ê", "œ", "🚨", "\u0301", "\r", "\n", "{", "}", "21 °C"]
PIECES: Final = st.lists(
    st.sampled_from([*ODDITIES, "x" * 60, "{a}", "{nom}"]), max_size=6
).map("".join)
VALUES: Final = st.dictionaries(
    st.sampled_from(["+1", "+2", "+3"]),
    st.fixed_dictionaries({"a": PIECES, "nom": PIECES}),
)


@given(PIECES, VALUES, st.sampled_from(EncodingChoice))
@example("a\r{a}", {"+1": {"a": "\nb", "nom": ""}}, EncodingChoice.AUTOMATIC)
@example("e{a}", {"+1": {"a": "\u0301{nom}", "nom": "x"}}, EncodingChoice.ECONOMICAL)
def test_everybody_reads_what_he_would_alone(
    text: str, values: dict[str, dict[str, str]], choice: EncodingChoice
) -> None:
    """Whatever the template, the values and the account's choice are."""
    write = partial(encode, choice=choice, measure=measure)

    merged = at_once(merge(text, values, write))

    assert merged.values.keys() == values.keys()
    for number, given_to_him in values.items():
        own = merged.texts.get(number, merged.text)
        read = fill_in(own, merged.values[number])
        assert read == write(fill_in(text, given_to_him))


def test_one_template_serves_as_many_as_possible() -> None:
    """Those for whom something is saved by writing simply have another one."""
    names = {"+1": "forêt", "+2": "x" * 70, "+3": "île"}
    write = partial(encode, choice=EncodingChoice.AUTOMATIC, measure=measure)

    values = {n: {"a": name} for n, name in names.items()}
    merged = at_once(merge("Fenêtre {a}", values, write))

    assert merged.text == "Fenêtre {a}"
    assert merged.texts == {"+2": "Fenetre {a}"}
    assert merged.values == {n: {"a": name} for n, name in names.items()}


def test_a_text_in_gsm7_is_one_template() -> None:
    """Only the values are written otherwise, for whom that saves something."""
    write = partial(encode, choice=EncodingChoice.AUTOMATIC, measure=measure)

    values = {"+1": {"a": "forêt"}, "+2": {"a": "forêt" + "x" * 70}}
    merged = at_once(merge("Zone {a}", values, write))

    assert (merged.text, merged.texts) == ("Zone {a}", {})
    assert merged.values["+1"] == {"a": "forêt"}
    assert merged.values["+2"] == {"a": "foret" + "x" * 70}


def test_a_field_without_a_value() -> None:
    """Nobody reads it bare."""
    with pytest.raises(MissingFieldError):
        at_once(merge("{a} {b}", {"+1": {"a": "1", "b": "2"}, "+2": {"a": "1"}}, str))
