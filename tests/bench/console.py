"""The cascade explorer in a browser: 2,000 objectives and 8,000 key results, from their arrival to their picture."""

import json
import os
import statistics
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.measuring.dataset import CYCLE, Organisation
from bench.measuring.service import cluster, filled, served
from console.conftest import CHROMIUM, FLAGS

TURNS = 15
PAINT_MS, SLIDER_MS = 1000, 150
"""What is promised."""
SIZE = {"width": 1360, "height": 860}
WATCHED = """
window.bench = { painted: null };
new MutationObserver((_, watching) => {
  if (!document.querySelector("[role=treeitem]")) return;
  watching.disconnect();
  requestAnimationFrame(() => requestAnimationFrame(() => { window.bench.painted = performance.now(); }));
}).observe(document, { childList: true, subtree: true });
"""
ARRIVAL = """() => {
  const answers = performance.getEntriesByType("resource").filter((each) => each.name.endsWith("/graphql"));
  const tree = answers.sort((a, b) => b.decodedBodySize - a.decodedBodySize)[0];
  const [asked, waited] = [tree.responseEnd - tree.startTime, window.bench.painted - tree.responseEnd];
  return { asked, waited, megabytes: tree.decodedBodySize / 1e6 };
}"""
STEP = """(name) => new Promise((done) => {
  const begun = performance.now();
  document.querySelector(`button[aria-label="${name}"]`).click();
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begun)));
})"""


def main() -> None:
    with cluster() as server:
        filled(server.dsn(), Organisation(1))
        with served(server.dsn()) as service, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
            address = f"{service.url}/?cycle={CYCLE}&view=TIGHT&as=tree"
            opened = {
                name: measured(browser.new_page(viewport=SIZE), f"{address}{more}#token={service.token()}", name)
                for name, more in (("folded", ""), ("unfolded", "&depth=20"))
            }
            browser.close()
    paint = max(each["paint"] for each in opened.values())
    slider = max(each["slider"] for each in opened.values())
    print(json.dumps({"bench": "console", "ratios": {"paint_ms": round(paint), "slider_ms": round(slider)}}))
    if paint > PAINT_MS or slider > SLIDER_MS:
        raise SystemExit(f"promised are {PAINT_MS} ms and {SLIDER_MS} ms")


def measured(page: Page, address: str, name: str) -> dict[str, float]:
    """Milliseconds from the arrival of the tree to its picture, and from a step of the slider to its picture."""
    page.add_init_script(WATCHED)
    page.goto(address)
    page.wait_for_selector("[role=treeitem]", timeout=60_000)
    page.wait_for_timeout(500)
    arrived = page.evaluate(ARRIVAL)
    asked, waited, megabytes = (arrived[what] for what in ("asked", "waited", "megabytes"))
    print(f"{name}: {megabytes:.1f} MB in {asked:.0f} ms, painted {waited:.0f} ms later")
    steps = stepped(page)
    drawn = page.locator("[role=treeitem]").count()
    print(f"{name}: a step of the slider {statistics.median(steps):.0f} ms, slowest {max(steps):.0f} ms; {drawn} drawn")
    if folder := os.environ.get("OKR_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"bench-{name}.png")
    return {"paint": waited, "slider": max(steps)}


def stepped(page: Page) -> list[float]:
    """Back and forth between two moments that were looked at before."""
    page.get_by_role("slider", name="Moment").wait_for(timeout=60_000)
    page.get_by_role("button", name="Change before", exact=True).click()
    for button in ("Change before", "Next change"):
        page.wait_for_selector("main.board:not(.busy)", timeout=60_000)
        page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_selector("main.board:not(.busy)", timeout=60_000)
    return [page.evaluate(STEP, name) for _ in range(TURNS) for name in ("Change before", "Next change")]
