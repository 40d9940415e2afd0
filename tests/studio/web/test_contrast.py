"""Contrast of texts and of the edges of fields, in light and dark colors."""

from __future__ import annotations

import pytest
from browser_user import Visitor

from conftest import Site

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from test_pages import PAGES, busy  # noqa: E402, F401

# Relative luminance and contrast as WCAG 2.2 defines them: 4.5 for text (3 from 24 px on), 3 for a field's edge.
# Colours are painted on a canvas, so that any notation of a colour is read; what lies below shines through.
LOOK = """() => {
  const brush = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const read = (colour) => { brush.clearRect(0, 0, 1, 1); brush.fillStyle = colour; brush.fillRect(0, 0, 1, 1); const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; };
  const over = (top, below) => [0, 1, 2].map((at) => top[at] * top[3] + below[at] * (1 - top[3]));
  const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ratio = (one, other) => { const [a, b] = [light(one), light(other)].sort((x, y) => y - x); return (a + 0.05) / (b + 0.05); };
  const ground = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) layers.unshift(read(getComputedStyle(at).backgroundColor));
    return layers.reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const words = texts.currentNode.textContent.trim(), node = texts.currentNode.parentElement;
    if (!words || !node.checkVisibility() || node.closest(".sr, .skip, option")) continue;
    const style = getComputedStyle(node), below = ground(node);
    const found = ratio(over(read(style.color), below), below);
    if (found < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) faint.push(`${words.slice(0, 40)}: ${found.toFixed(2)}`);
  }
  for (const field of document.querySelectorAll("main input:not([type=hidden], [type=checkbox], [type=radio], [type=range], [type=file]), main select, main textarea")) {
    if (!field.checkVisibility() || field === document.activeElement || field.closest(".sr")) continue;
    const below = ground(field.parentElement), edge = read(getComputedStyle(field).borderBottomColor);
    if (!field.matches(".about") && ratio(over(edge, below), below) < 3) faint.push(`edge of ${field.name}`);
    const hint = field.placeholder ? ratio(over(read(getComputedStyle(field, "::placeholder").color), ground(field)), ground(field)) : 21;
    if (hint < 4.5) faint.push(`placeholder ${field.placeholder}: ${hint.toFixed(2)}`);
  }
  return faint;
}"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_texts_and_fields_have_enough_contrast(busy: Site, browser, dark: bool) -> None:  # noqa: F811
    root = Visitor(browser, busy, "root", dark=dark)
    faint = {path: root.go(path).evaluate(LOOK) for path in PAGES}
    assert {path: result for path, result in faint.items() if result} == {}
