"""What is said of several measurements."""

from hypothesis import given, strategies as st

from scripts.benchmarking.samples import (
    Figure,
    Sample,
    read_samples,
    summarise,
    write_samples,
)

from .results import alert, many

_SECONDS = st.floats(min_value=0, max_value=100)


def test_summarises_each_case_in_milliseconds() -> None:
    """In the order in which they were measured, each with its own syncs."""
    samples = [
        Sample(case=alert("smseco"), seconds=0.5, gap=0.001),
        Sample(case=many(10), seconds=2, gap=0.004),
        Sample(case=alert("smseco"), seconds=0.25, gap=0.003),
        Sample(case=alert("smseco"), seconds=1, gap=0.002),
    ]
    one, other = summarise(samples, {"alert/smseco/1": [2, 3, 2]}).values()

    assert one.case == alert("smseco")
    assert one.milliseconds == Figure(median=500, lowest=250, highest=1000)
    assert one.gap == Figure(median=2, lowest=1, highest=3)
    assert one.syncs == Figure(median=2, lowest=2, highest=3)
    assert other.case == many(10)
    assert other.syncs is None


@given(st.lists(_SECONDS, min_size=1))
def test_the_median_is_between_the_lowest_and_the_highest(values: list[float]) -> None:
    """Whatever was measured."""
    figure = Figure.of(values)
    assert figure.lowest <= figure.median <= figure.highest


@given(_SECONDS, _SECONDS)
def test_reads_what_it_has_written(seconds: float, gap: float) -> None:
    """Samples come unchanged from the process that measured."""
    samples = [Sample(case=many(10), seconds=seconds, gap=gap)]
    assert read_samples(write_samples(samples)) == samples
