"""What the tests that look at a report in a real Chromium share."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
# The lowest contrast of text against what lies behind it, as WCAG 2 computes it, with the element where it is.
CONTRAST = """() => {
    const context = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
    const pixel = (colors) => {
        context.clearRect(0, 0, 1, 1);
        for (const color of colors) { context.fillStyle = color; context.fillRect(0, 0, 1, 1); }
        return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const light = (rgb) => {
        const [r, g, b] = rgb.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    let worst = [99, ''];
    const shown = (e) => e.firstChild && e.firstChild.nodeType === 3 && e.firstChild.data.trim() && e.checkVisibility();
    for (const element of [...document.body.querySelectorAll('*:not(svg *)')].filter(shown).slice(0, 3000)) {
        const layers = [];
        for (let e = element; e; e = e.parentElement) layers.unshift(getComputedStyle(e).backgroundColor);
        const behind = pixel(layers), text = pixel([...layers, getComputedStyle(element).color]);
        const [a, b] = [light(behind), light(text)].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < worst[0]) worst = [ratio, element.outerHTML.slice(0, 120)];
    }
    return worst;
}"""


def chromium() -> Iterator[Any]:
    """A headless browser; the test is skipped, saying why, where none is installed."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("no Chromium is installed to look at the report with (apt-get install chromium)")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()
