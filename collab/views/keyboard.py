"""What a page does for who goes by keyboard or by finger, where panel-material-ui does not."""

from __future__ import annotations

LISTS = """
const opens = (keys) => (event) => {
  const box = event.composedPath()[0], is = (name, value) => box.getAttribute?.(name) === value
  if (!keys.includes(event.key) || !is("role", "combobox") || !is("aria-haspopup", "listbox")) return
  if (is("aria-expanded", "false")) box.click()
}
document.addEventListener("keydown", opens(["Enter", "ArrowDown", "ArrowUp"]))
document.addEventListener("keyup", opens([" "]))
"""
"""Opens a list by keyboard: panel-material-ui 0.16 opens its own with a click only."""

STAYS = """
const OFF = "button.MuiButtonBase-root.Mui-disabled"
const keep = (button) => {
  if (!button.matches(OFF) || document.activeElement !== document.body) return
  const watch = new MutationObserver(() => button.matches(OFF) || button.removeAttribute("aria-disabled"))
  button.disabled = false
  button.setAttribute("aria-disabled", "true")
  button.focus()
  watch.observe(button, {attributeFilter: ["class"]})
  button.addEventListener("blur", () => {
    watch.disconnect()
    button.disabled = button.matches(OFF)
    button.removeAttribute("aria-disabled")
  }, {once: true})
}
document.addEventListener("focusout", (event) => {
  const button = event.composedPath()[0]
  if (!event.relatedTarget && button.matches?.(OFF)) setTimeout(() => keep(button))
})
"""
"""Keeps the focus on a button that is disabled by what its press does: a browser takes it away from what is disabled.

The library marks what is disabled with a class, and does nothing when it is pressed, so the attribute may go meanwhile.
"""

NUMBERS = """
const DIGITS = /^[-+]?\\d*[.]?\\d*$/  // what the library takes
const refuse = (field) => {
  if (!field.matches?.("input[type=text]")) return
  const box = field.closest(".MuiFormControl-root"), typed = field.value.trim()
  if (!typed || DIGITS.test(typed) || !box?.querySelector(".MuiInputAdornment-root > button")) return
  const said = document.createElement("div")
  said.setAttribute("role", "alert")
  said.style = "color: var(--mui-palette-error-main); margin-top: 4px; max-width: 240px"
  said.textContent = `“${typed}” is no number in digits, so what was there stays; give one with a point, as 1.5.`
  box.append(said)
  for (const again of ["focus", "input"]) field.addEventListener(again, () => said.remove(), {once: true})
}
const typedIn = new WeakSet()
document.addEventListener("input", (event) => {
  const field = event.composedPath()[0]
  if (!typedIn.has(field)) field.addEventListener("blur", () => refuse(field))  // that of a neighbour gets no further
  typedIn.add(field)
})
document.addEventListener("keydown", (event) => event.key === "Enter" && refuse(event.composedPath()[0]), true)
"""
"""Says of a text in a field for a number why it is gone: panel-material-ui puts the number before in its place."""

KEYS = LISTS + STAYS + NUMBERS
"""All of it, once for each page."""
