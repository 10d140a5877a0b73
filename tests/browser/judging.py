"""What can be wrong with a page that is open: judged by axe-core, and by what is measured on the page itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from playwright.sync_api import Page

MEASURES = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

SETTLES_S = 20.0
"""How long what is wrong may last, e.g. while colours change or a plot takes its new width."""

STEPS = 120
"""More often than anybody has to press the tab key on one tab."""

THEIRS = {
    "aria-prohibited-attr": "span[aria-label][sx]",  # panel-material-ui's anchor of a description
    "aria-required-children": ".tabulator",  # Tabulator's grid
    "button-name": ".MuiInputAdornment-root > button",  # named by the style, which axe does not read: `theme.STEPS`
}
"""What axe finds serious in the libraries and we cannot set: its rule, and where."""

AXE = """
async ([theirs, rules]) => {
  const only = rules.length ? {runOnly: rules} : {}
  const found = await axe.run(document, {resultTypes: ["violations"], elementRef: true, ...only})
  const ours = (rule) => (node) => !(rule in theirs) || !node.element.matches(theirs[rule])
  return found.violations.filter((one) => ["serious", "critical"].includes(one.impact)).flatMap((one) =>
    one.nodes.filter(ours(one.id)).map((node) => `${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`))
}
"""


def prepare(page: Page) -> None:
    """Bring what judges into the page, before anything else here is asked."""
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    for script in (axe, MEASURES):
        page.evaluate(f"() => {{ {script} }}")


def unfair(page: Page, *rules: str) -> list[str]:
    """What axe-core finds serious or critical, and is ours; by these rules only, or by all."""
    return page.evaluate(AXE, [THEIRS, rules])


def pale(page: Page) -> list[str]:
    """Words that stand out too little: the one of axe's rules that light and dark make a difference for."""
    return unfair(page, "color-contrast")


def beyond(page: Page) -> list[str]:
    """What runs off the side, and words that are cut off."""
    return page.evaluate("judging.beyond()")


def small(page: Page) -> list[str]:
    """What a finger would miss."""
    return page.evaluate("judging.small()")


def unreached(page: Page) -> list[str]:
    """What of the open tab the tab key does not come to, or comes to without a sign."""
    page.evaluate("judging.start()")
    for _ in range(STEPS):
        page.keyboard.press("Tab")
        if not page.evaluate("judging.walk()"):
            break
    return page.evaluate("judging.left()")


def lasting(judge: Callable[[Page], list[str]], page: Page) -> list[str]:
    """What is wrong and stays so."""
    end = time.monotonic() + SETTLES_S
    while (found := judge(page)) and time.monotonic() < end:
        page.wait_for_timeout(200)
    return found
