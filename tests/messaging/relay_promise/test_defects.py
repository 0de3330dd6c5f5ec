"""The promise of a relay must be able to fail: each planted defect is found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
import pytest

from custom_components.passerelle_sms.messaging.relay import hand_over
from tests.messaging.promise.machine import about
from tests.messaging.relay.defects import pass_on_a_doubt, send_again_what_was_passed_on

from .machine import over


def begin_a_text_anew(patch: pytest.MonkeyPatch) -> None:
    """Let the next account send all of a text whose beginning has been sent."""
    patch.setattr(hand_over, "remainder_of", lambda _legs: None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """A mistake that somebody could make, and the rules that it is looked for with."""

    plant: Callable[[pytest.MonkeyPatch], None]
    rules: frozenset[str]


DEFECTS: Final = (
    Defect(plant=begin_a_text_anew, rules=frozenset({"fail_in_between"})),
    Defect(plant=pass_on_a_doubt, rules=frozenset({"fail_in_between"})),
    Defect(
        plant=send_again_what_was_passed_on,
        rules=frozenset({"fail_in_between", "pass_time"}),
    ),
)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.plant.__name__)
def test_a_planted_defect_is_found(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch, defect: Defect
) -> None:
    """By the rules that concern it."""
    defect.plant(monkeypatch)
    house = about(over("etech_keys", "smseco"), frozenset(), defect.rules)

    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            house,
            settings=settings(
                max_examples=100,
                stateful_step_count=12,
                derandomize=True,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            ),
        )
