"""What unfolds a sign that is shortened on a small window, by finger and by key."""

from __future__ import annotations

from typing import Any, ClassVar

from panel.custom import JSComponent

from collab.views.theme import SMALL

LOOK = """
:host { position: static !important; }
button { all: unset; position: absolute; inset: -1px; border-radius: 10px; cursor: pointer;
  color: var(--mui-palette-text-primary); }
button::after { content: "▾" / ""; position: absolute; top: 10px; right: 12px; }
button[aria-expanded="true"]::after { content: "▴" / ""; }
button[hidden] { display: none; }
button:focus-visible { outline: 2px solid; outline-offset: -4px; }
"""

CODE = """
export function render({ model, el }) {
  const button = document.createElement("button"), narrow = matchMedia("SMALL")
  let sign = null
  const fold = (whole) => {
    sign.toggleAttribute("data-whole", whole)
    button.setAttribute("aria-expanded", String(whole))
  }
  const shortened = () => [...sign.querySelectorAll("p")].some((one) => one.scrollWidth > one.clientWidth)
  const look = () => { button.hidden = !narrow.matches || !(sign.hasAttribute("data-whole") || shortened()) }
  const sizes = new ResizeObserver(look), words = new MutationObserver(look)
  button.type = "button"
  button.hidden = true
  button.setAttribute("aria-label", "Show all of this sign")
  button.addEventListener("click", () => fold(!sign.hasAttribute("data-whole")))
  button.addEventListener("keydown", (event) => event.key === "Escape" && fold(false))
  el.append(button)
  model.on("after_render", () => {
    sign = el.getRootNode().host.closest(".MuiAlert-root")
    fold(false)
    sizes.observe(sign)
    words.observe(sign, {childList: true, characterData: true, subtree: true})
  })
  model.on("remove", () => { sizes.disconnect(); words.disconnect() })
}
""".replace("SMALL", SMALL)


class Unfolding(JSComponent):
    """Lies over the sign that it is in while that is shortened, or was unfolded; see `theme.BRIEF`."""

    _esm: ClassVar[str] = CODE
    _stylesheets: ClassVar[list[Any]] = [LOOK]
