"""The demonstration, run as a user runs it."""

import asyncio
import os
import signal

from playwright.async_api import Page, expect
import pytest

from .home_assistant import ROOT, free_port

_GATEWAYS = ("ETECH KEYS", "SMSECO", "Envoyer SMS Pro", "123-SMS.net", "DevCodeSMS")


async def _demo(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        str(ROOT / "scripts" / "demo"),
        *arguments,
        env={**os.environ, "LC_ALL": "C"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


def _signs_in_with(printed: str) -> tuple[str, str, str]:
    """Return the address, the user name and the password."""
    labels = ("Home Assistant ", "User name ", "Password ")
    lines = printed.splitlines()
    address, username, password = (
        line.removeprefix(label).strip()
        for label in labels
        for line in lines
        if line.startswith(label)
    )
    return address, username, password


async def _output(process: asyncio.subprocess.Process) -> str:
    written, _ = await process.communicate()
    return written.decode()


@pytest.mark.usefixtures("socket_enabled")
async def test_sends_an_alert_through_every_gateway() -> None:
    """Five rows, each accepted, each paid for with one segment."""
    process = await _demo("--once", "--port", str(free_port()))
    output = await _output(process)
    assert process.returncode == 0, output
    rows = [line.split() for line in output.splitlines() if " accepted " in line]
    assert len(rows) == len(_GATEWAYS), output
    for gateway, row in zip(_GATEWAYS, rows, strict=True):
        assert row[: len(gateway.split())] == gateway.split()
        assert row[-3:] == ["1", "1000", "999"]


async def test_shows_the_balances_until_it_is_interrupted(page: Page) -> None:
    """Signed in with what it prints, a browser sees what the alerts left."""
    process = await _demo("--port", str(free_port()))
    assert process.stdout is not None
    try:
        printed = await asyncio.wait_for(process.stdout.readuntil(b"Ctrl-C"), 120)
        address, username, password = _signs_in_with(printed.decode())
        await page.goto(address)
        await page.locator("input[name=username]").fill(username)
        await page.locator("input[name=password]").fill(password)
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("999 credits")).to_have_count(5, timeout=60_000)
        process.send_signal(signal.SIGINT)
        rest = await _output(process)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    assert process.returncode == 0, rest


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
