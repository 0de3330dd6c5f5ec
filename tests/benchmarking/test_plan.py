"""What is measured."""

from scripts.benchmarking.plan import CORE, Plan


def test_reads_what_it_has_written() -> None:
    """A plan comes unchanged to the process that measures."""
    assert Plan.from_json(CORE.to_json()) == CORE


def test_counts_the_same_cases() -> None:
    """Less often, so that each row has its syncs."""
    counting = CORE.counting()
    assert counting.rounds < CORE.rounds
    assert counting.alert_cases() == CORE.alert_cases()
    assert counting.recipient_cases() == CORE.recipient_cases()


def test_has_a_key_for_each_case() -> None:
    """The marks of two cases are never the same."""
    cases = (*CORE.alert_cases(), *CORE.recipient_cases(), CORE.relay_case())
    keys = [case.key for case in cases]
    assert len(set(keys)) == len(keys)
