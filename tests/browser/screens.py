"""What a browser test looks at: a page in a language and a width, with JavaScript or without."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, ConsoleMessage, Page

from tests.architecture.repository import ROOT

SCREENS = ROOT / "build" / "screens"
AXE = Path(__file__).parent / "axe" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROW, WIDE = 360, 1280
HEIGHT = 800


@dataclass
class Screen:
    """A page as somebody sees it. `name` begins the names of its screenshots."""

    page: Page
    url: str
    name: str
    javascript: bool = True

    async def open(self, address: str) -> None:
        """Go to an address of the gateway."""
        await self.page.goto(self.url + address)

    async def visit(self, address: str, name: str) -> int:
        """Go to an address, look at it, and give its status."""
        response = await self.page.goto(self.url + address)
        await self.look(name.replace("/", "-"))
        return response.status if response else 0

    async def look(self, name: str) -> None:
        """Keep a picture of the whole page, and refuse what is not accessible or wider than the screen."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SCREENS / f"{self.name}-{name}.png", full_page=True)
        violations = await self.violations()
        assert not violations, "\n".join(violations)
        assert not await self.sticks_out(), f"{name} is wider than the screen"

    async def violations(self) -> list[str]:
        """Give axe-core's findings: rule and the elements that break it.

        None without JavaScript: axe waits for timers, which do not run there. The page is the same.
        """
        if not self.javascript:
            return []
        # Run by the browser itself, beside the page's own policy, which lets no such script in.
        await self.page.evaluate(AXE.read_text("utf-8"))
        found: Any = await self.page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})"
            ".then(found => found.violations.map(each =>"
            " `${each.id}: ${each.nodes.map(node => node.html.slice(0, 160)).join(' | ')}`))",
            RULES,
        )
        return list(map(str, found))

    async def sticks_out(self) -> bool:
        """Say whether the page scrolls sideways."""
        wider: bool = await self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        return wider

    async def text(self) -> str:
        """Give what can be read on the page."""
        return await self.page.inner_text("body")


async def watch(context: BrowserContext) -> list[str]:
    """Note every error of a script, every breach of the page's policy, and every file that is not there."""
    noted: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # A page that refuses is no mistake of the page's; a style or script that is missing is one.
        if message.type == "error" and not _is_refusal(message):
            noted.append(message.text)

    context.on("console", note)
    context.on("weberror", lambda error: noted.append(str(error.error)))
    return noted


def _is_refusal(message: ConsoleMessage) -> bool:
    where = str(message.location.get("url", ""))
    return message.text.startswith("Failed to load resource") and "/assets/" not in where
