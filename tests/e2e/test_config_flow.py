"""An account, added in a real browser to a real Home Assistant."""

from playwright.async_api import Page, expect
import pytest

from tests.simulator import Simulator

from .home_assistant import HomeAssistantProcess
from .waiting import until

DOMAIN = "passerelle_sms"


async def sign_in(page: Page, house: HomeAssistantProcess, path: str) -> None:
    """Open a page of the house as its owner."""
    await page.goto(f"{house.url}{path}")
    await page.locator("input[name=username]").fill(house.username)
    await page.locator("input[name=password]").fill(house.password)
    await page.keyboard.press("Enter")


async def choose_gateway(page: Page, name: str) -> None:
    """Agree to add the integration, and choose a gateway from the menu."""
    await page.get_by_role("button", name="OK").click(timeout=60_000)
    await page.get_by_text(name).click()


@pytest.mark.usefixtures("simulator")
async def test_adds_an_account_and_its_first_recipient(
    page: Page, home_assistant: HomeAssistantProcess, simulator: Simulator
) -> None:
    """Wrong password, right password, the question about plain http, and Maman.

    Others use the account too, which nobody has to say twice.
    """
    simulated = simulator.etech_keys
    await sign_in(
        page, home_assistant, f"/config/integrations/dashboard/add?domain={DOMAIN}"
    )
    await choose_gateway(page, "ETECH KEYS (Cameroon)")
    submit = page.get_by_role("button", name="Submit")

    await page.locator("input[name=username]").last.fill(simulated.username)
    await page.locator("input[name=password]").last.fill("wr0ng")
    await page.locator("input[name=sender]").fill("MAISON")
    alone = page.get_by_role("switch").first
    await expect(alone).to_be_checked()
    only = page.get_by_role("paragraph").filter(has_text="Only Home Assistant sends")
    await expect(only).to_be_visible()
    await alone.press("Space")
    await expect(alone).not_to_be_checked()
    await page.get_by_text("Advanced").click()
    await page.locator("input[name=url]").fill(simulator.url("etech_keys"))
    await submit.click()
    await expect(page.get_by_text("is not encrypted")).to_be_visible()
    assert simulated.requests == []
    await submit.click()
    await expect(page.get_by_text("does not accept these credentials")).to_be_visible()

    await page.locator("input[name=password]").last.fill(simulated.password)
    await submit.click()
    await expect(page.get_by_text("is not encrypted")).to_be_visible()
    await submit.click()
    await expect(page.get_by_text("A recipient")).to_be_visible()
    await page.locator("input[name=name]").last.fill("Maman")
    await page.locator("input[name=phone]").fill("+237 695 68 82 07")
    await submit.click()

    await until(
        "the recipient's service was there", lambda: has_service(home_assistant)
    )
    await home_assistant.call_service(
        "notify", "etech_keys_maman", {"message": "Citerne vide"}
    )
    [accepted] = simulated.accepted
    assert accepted.recipient == "695688207"
    [entry] = await home_assistant.config_entries(DOMAIN)
    options = await home_assistant.options_flow(entry["entry_id"])
    assert options.suggested("alone") is False
    log = home_assistant.log()
    assert simulated.password not in log
    assert "695688207" not in log
    assert [line for line in log.splitlines() if " ERROR " in line] == []


async def has_service(house: HomeAssistantProcess) -> bool | None:
    """Return whether Maman can be notified."""
    services = await house.command("get_services")
    return "etech_keys_maman" in services["notify"] or None
