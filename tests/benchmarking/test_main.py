"""What is written in the end."""

import asyncio
from pathlib import Path

import pytest

from scripts.benchmarking import __main__ as benchmark
from scripts.benchmarking.plan import CORE, Plan
from scripts.benchmarking.samples import Sample

from .results import alert

_KEY = "alert/smseco/1"


@pytest.fixture(autouse=True)
def _measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure at once, whatever the plan."""

    async def take_samples(folder: Path, plan: Plan) -> list[Sample]:
        await asyncio.to_thread(folder.mkdir)
        return [Sample(case=alert("smseco"), seconds=0.0125, gap=0.001)]

    async def take_syncs(folder: Path, plan: Plan) -> dict[str, list[int]]:
        return {_KEY: [2]}

    monkeypatch.setattr(benchmark, "take_samples", take_samples)
    monkeypatch.setattr(benchmark, "take_syncs", take_syncs)


async def test_writes_both_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the syncs that were counted; the goals are shown, the folder is gone."""
    monkeypatch.setattr(benchmark, "is_available", lambda: True)
    await benchmark.run(CORE, folder=tmp_path / "house", documents=tmp_path)

    english = (tmp_path / "performance.md").read_text("utf-8")
    french = (tmp_path / "performance.fr.md").read_text("utf-8")
    assert "| SMSECO | 12.5 | – | 2 | 1 |" in english
    assert "| SMSECO | 12,5 | – | 2 | 1 |" in french
    assert "| syncs of an alert | 2 | 2 | yes |" in capsys.readouterr().out
    assert not (tmp_path / "house").exists()


async def test_tells_how_to_get_strace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without it the column is empty."""
    monkeypatch.setattr(benchmark, "is_available", lambda: False)
    await benchmark.run(CORE, folder=tmp_path / "house", documents=tmp_path)

    english = (tmp_path / "performance.md").read_text("utf-8")
    assert "| SMSECO | 12.5 | – | – | 1 |" in english
    assert "apt install strace" in capsys.readouterr().err
