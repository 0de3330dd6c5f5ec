"""The demonstration, run as a user runs it."""

import asyncio
from decimal import Decimal
from functools import partial
import os
from pathlib import Path
import re
import shutil
import signal
import sys
from typing import Final, Self, override

from playwright.async_api import Page, expect
import pytest

from scripts.demonstration import __main__ as demonstration
from tests.simulator import Fault, Simulator

from .home_assistant import ROOT, HomeAssistantProcess, free_port

# Without the ids, which stand between the outcome and the segments.
_TABLE: Final = [
    ["✓", "Alert", "ETECH KEYS", "accepted", "1", "1000 → 999", "delivered"],
    ["✓", "Alert", "SMSECO", "accepted", "1", "1000 → 999", "delivered"],
    ["✓", "Alert", "Envoyer SMS Pro", "accepted", "1", "1000 → 999", "delivered"],
    ["✓", "Alert", "123-SMS.net", "accepted", "1", "1000 → 999", "delivered"],
    ["✓", "Alert", "DevCodeSMS", "accepted", "1", "1000 → 999", "delivered"],
    [
        "✓",
        "Reply",
        "Envoyer SMS Pro",
        "accepted",
        "1",
        "999 → 998",
        "Maman: Oui, ce soir.",
    ],
    [
        "✓",
        "Cancelled",
        "Envoyer SMS Pro",
        "not_sent",
        "1",
        "998 → 997 → 998",
        "cancelled, 1 credit back",
    ],
    ["✓", "HLR check", "SMSECO", "accepted", "0", "999 → 998", "Maman: reachable"],
    ["✓", "Failover", "ETECH KEYS", "not_sent", "—", "999", "rate_limited"],
    ["✓", "Failover", "SMSECO", "accepted", "1", "998 → 997", "delivered"],
]
# What never left has none.
_WITHOUT_ID: Final = 8


async def _demo(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        str(ROOT / "scripts" / "demo"),
        *arguments,
        env={**os.environ, "LC_ALL": "C"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


def _labelled(printed: str) -> dict[str, str]:
    """Return what is printed for whoever wants to look around, by its label."""
    labels = ("Home Assistant", "User name", "Password", "Folder")
    return {
        label: line.removeprefix(label).strip()
        for label in labels
        for line in printed.splitlines()
        if line.startswith(f"{label}  ")
    }


def _moments(output: str) -> list[str]:
    """Return what has happened one thing after the other, without its times."""
    return [
        re.sub(r"\d\d:\d\d(:\d\d)?|\d{4}-\d\d-\d\d", "#", line)
        for line in output.splitlines()
        if line[:1] in {*"✓✗"}
    ]


async def _output(process: asyncio.subprocess.Process) -> str:
    written, _ = await process.communicate()
    return written.decode()


def _rows(output: str) -> list[list[str]]:
    """Return the cells of the rows in the table."""
    return [
        re.split(r"\s{2,}", line) for line in output.splitlines() if line[:1] in {*"✓✗"}
    ]


def _is_our_warning(line: str) -> bool:
    """Return whether a line of the log complains of us, for a reason of ours."""
    return (
        " WARNING " in line
        and "passerelle_sms" in line
        # So it says of everything that doesn't come with it.
        and "has not been tested by Home Assistant" not in line
    )


def _run_here(
    monkeypatch: pytest.MonkeyPatch, which: str = "--once"
) -> tuple[int, str]:
    """Run the demonstration in this process; return its code and its folder."""
    port = free_port()
    monkeypatch.setattr(sys, "argv", ["scripts/demo", which, "--port", str(port)])
    folder = Path(".demo") / str(port)
    try:
        return demonstration.main(), str(folder)
    finally:
        shutil.rmtree(ROOT / folder)


@pytest.mark.usefixtures("socket_enabled")
async def test_shows_what_the_gateways_do() -> None:
    """Alerts are followed to the phone; a reply, a cancellation and a check are shown."""
    process = await _demo("--once", "--port", str(free_port()))
    output = await _output(process)
    assert process.returncode == 0, output
    rows = _rows(output)
    assert [[*row[:4], *row[5:]] for row in rows] == _TABLE, output
    ids = [row[4] for row in rows]
    assert ids.pop(_WITHOUT_ID) == "—"
    assert "—" not in ids
    assert len({*ids}) == len(ids)
    assert max(map(len, output.splitlines())) <= 120


class _Ailing(Simulator):
    """Gateways that are all ill, but one, and each in its own way."""

    @override
    async def __aenter__(self) -> Self:
        self.etech_keys.fail(Fault.ERROR_500, operation="delivery")
        self.smseco.is_company = False
        self.envoyer_sms_pro.fail(Fault.ERROR_500, operation="cancel")
        self.devcodesms.credits = Decimal(0)
        return await super().__aenter__()


@pytest.mark.usefixtures("socket_enabled")
def test_marks_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each row stands for itself, what is wrong is told, and the run has failed."""
    monkeypatch.setattr(demonstration, "Simulator", _Ailing)
    code, folder = _run_here(monkeypatch)
    assert code == 1
    output = capfd.readouterr().out
    table, _, below = output.partition("The gateway doesn't tell.")
    wrong = [
        ["✗", "Alert", "ETECH KEYS"],
        ["✗", "Alert", "DevCodeSMS"],
        ["✗", "Cancelled", "Envoyer SMS Pro"],
        ["✗", "HLR check", "SMSECO"],
    ]
    rows = [row[:3] for row in _rows(table)]
    assert [row for row in rows if row[0] == "✗"] == wrong
    assert len(rows) == len(_TABLE)
    mistakes = [line.split(": ", 1) for line in below.splitlines() if line[:1] == "✗"]
    assert {named for named, _ in mistakes} == {
        f"✗  {what}, {gateway}" for _, what, gateway in wrong
    }
    assert all(why for _, why in mistakes)
    assert f"kept in {folder}" in below


@pytest.mark.usefixtures("socket_enabled")
def test_tells_why_it_could_not_begin(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A house that doesn't start is told of in its own words, and in no others."""
    broken = partial(HomeAssistantProcess, extra="default_config: !nonsense\n")
    monkeypatch.setattr(demonstration, "HomeAssistantProcess", broken)
    code, folder = _run_here(monkeypatch)
    assert code == 1
    output, error = capfd.readouterr()
    assert "!nonsense" in error
    assert "scripts/demonstration" not in error
    assert f"kept in {folder}" in output


@pytest.mark.usefixtures("socket_enabled")
async def test_shows_how_a_killed_house_is_told_of() -> None:
    """Its gateways tell of it at the hour, and it says so when it is back."""
    process = await _demo("--dead-man", "--port", str(free_port()))
    output = await _output(process)
    assert process.returncode == 0, output
    moments = _moments(output)
    for gateway in ("Envoyer SMS Pro", "123-SMS.net    "):
        told = f"✓  #  {gateway}  "
        text = "Maison ne répond plus depuis # #."
        assert f"{told}keeps, until #: {text}" in moments, output
        assert f"{told}sends to +33612345678: {text}" in moments, output
        assert f"{told}sends to Maman: La maison répond de nouveau." in moments, output
    back = "event fired, and a repair: silent from # to #, told (1): Maman"
    assert moments.count(f"✓  #  Home Assistant   {back}") == 2, output
    assert len(moments) == 19
    assert max(map(len, output.splitlines())) <= 120


class _Keeping(Simulator):
    """Gateways that say that they give messages back, and send them all the same."""

    @override
    async def __aenter__(self) -> Self:
        self.envoyer_sms_pro.overlooks_cancel = True
        return await super().__aenter__()


@pytest.mark.usefixtures("socket_enabled")
def test_arms_nothing_at_a_gateway_that_can_not_be_relied_on(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The flow finds it out, and the run has failed."""
    monkeypatch.setattr(demonstration, "Simulator", _Keeping)
    code, folder = _run_here(monkeypatch, "--dead-man")
    assert code == 1
    output, error = capfd.readouterr()
    assert "not_cancelled" in error
    assert "kill -9" not in output
    assert f"kept in {folder}" in output


async def test_shows_the_accounts_until_it_is_interrupted(page: Page) -> None:
    """Signed in with what it prints, a browser sees what the alerts left."""
    process = await _demo("--port", str(free_port()))
    assert process.stdout is not None
    try:
        printed = await asyncio.wait_for(process.stdout.readuntil(b"Ctrl-C"), 120)
        lines = _labelled(printed.decode())
        await page.goto(lines["Home Assistant"])
        await page.locator("input[name=username]").fill(lines["User name"])
        await page.locator("input[name=password]").fill(lines["Password"])
        await page.keyboard.press("Enter")
        # Two of them have done more than the others.
        await expect(page.get_by_text("999 credits")).to_have_count(3, timeout=60_000)
        await expect(page.get_by_text("998 credits")).to_have_count(1)
        await expect(page.get_by_text("997 credits")).to_have_count(1)
        # The relay's as well.
        await expect(page.get_by_text("0 messages")).to_have_count(6)
        await expect(page.get_by_text("Delivered · Maman · ")).to_have_count(6)
        await expect(page.get_by_text("Received · Maman · ")).to_have_count(1)
        log = (ROOT / lines["Folder"] / "console.log").read_text()
        process.send_signal(signal.SIGINT)
        rest = await _output(process)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    assert process.returncode == 0, rest
    assert " ERROR " not in log
    assert [line for line in log.splitlines() if _is_our_warning(line)] == []


@pytest.mark.usefixtures("socket_enabled")
async def test_says_that_its_port_is_taken() -> None:
    """A taken port is told at once, and another one proposed."""
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        process = await _demo("--port", str(port))
        output = await _output(process)
    assert process.returncode == 2
    assert f"--port {port + 1}" in output
