"""The benchmark, in its smallest shape: one alert each, in a real Home Assistant."""

from pathlib import Path

from scripts.benchmarking import house
from scripts.benchmarking.files import SAMPLES
from scripts.benchmarking.plan import ALERT_GATEWAYS, Case, Plan, Section
from scripts.benchmarking.samples import read_samples
from scripts.benchmarking.tracing import is_available

_SMALLEST = Plan(
    rounds=1, runs=1, seconds_per_case=0, recipients=(1, 2), journal=5, awaited=3
)


async def test_measures_each_case_and_counts_its_syncs(
    socket_enabled: None, tmp_path: Path
) -> None:
    """One house does both here; where strace is missing, it only measures."""
    folder, syncs = tmp_path / "house", None
    if is_available():
        syncs = await house.take_syncs(folder, _SMALLEST)
        samples = read_samples((folder / SAMPLES).read_text("utf-8"))
    else:
        samples = await house.take_samples(folder, _SMALLEST)

    cases = [
        *_SMALLEST.alert_cases(),
        *_SMALLEST.recipient_cases(),
        _SMALLEST.relay_case(),
    ]
    assert [sample.case for sample in samples] == cases
    if syncs is not None:
        assert syncs.keys() == {case.key for case in cases}
        for gateway in ALERT_GATEWAYS:
            # It is on disk before it leaves, and once more when it has left.
            [count] = syncs[Case(section=Section.ALERT, subject=gateway).key]
            assert count >= 2
