// What tests measure on an open page, also in shadow roots; each answers with what is wrong, in words.
{
  const deep = (root) => [...root.querySelectorAll("*")].flatMap((e) => [e, ...(e.shadowRoot ? deep(e.shadowRoot) : [])])
  const up = (e) => e.assignedSlot || e.parentElement || e.getRootNode().host || null
  const within = (e, test) => { for (let a = up(e); a; a = up(a)) if (test(a)) return true }
  const style = (e) => getComputedStyle(e)
  const seen = () => deep(document.body).filter((e) => e instanceof HTMLElement && e.offsetParent !== null &&
    e.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}))
  const words = (e) => `${e.tagName.toLowerCase()}.${e.getAttribute("class") || ""}: ` +
    (e.getAttribute("aria-label") || e.textContent.trim()).slice(0, 60)
  const acts = (e) => e.matches("a[href], button, input, select, textarea, summary, [role=button]") && !e.disabled
  const scrolls = (e) => ["auto", "scroll"].includes(style(e).overflowX) && !e.matches(".main-content")
  const shortens = (e) => style(e).overflowX === "hidden" && style(e).textOverflow === "ellipsis"
  const walked = new Set(), unmarked = []

  window.judging = {
    // What runs off the side, and words that are cut off without a sign.
    beyond() {
      const own = "html, .main-content"
      const cut = (e) => e.textContent.trim() && !e.children.length && style(e).overflowX === "hidden" &&
        style(e).textOverflow === "clip" && e.clientWidth > 2
      const wide = (e) => (e.matches(own) || cut(e)) && e.scrollWidth > e.clientWidth + 1
      const aside = (e) => e.getBoundingClientRect().right > innerWidth + 1 && e.textContent.trim() &&
        !e.closest(".tabulator, .MuiTabs-root, .bk-Canvas") && !within(e, shortens) &&
        (e.matches(".MuiFormControl-root") || !within(e, scrolls))
      return [document.documentElement, ...seen()].filter((e) => wide(e) || aside(e)).map(words)
    },

    // What a finger would miss: under 44 px wide or high. A link within a sentence may be. A switch is its label, as its
    // own input is not seen.
    small() {
      const size = (e) => (e.closest(".MuiInputBase-root, .MuiSlider-root, label") || e).getBoundingClientRect()
      const missed = (e) => Math.min(size(e).width, size(e).height) < 43.5 && !e.closest("p")
      const touched = (e) => acts(e) || e.matches("label:has(input)")
      return seen().filter((e) => touched(e) && missed(e)).map((e) => `${size(e).width}x${size(e).height} ${words(e)}`)
    },

    // The keyboard begins to walk.
    start() {
      walked.clear()
      unmarked.length = 0
    },

    // Is the keyboard where it was not yet?
    walk() {
      let at = document.activeElement
      while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
      if (walked.has(at) || at === document.body) return false
      walked.add(at)
      if (!at.closest(".Mui-focused, .Mui-focusVisible") && style(at).outlineStyle === "none") unmarked.push(words(at))
      return true
    },

    // Where one does not see it, and what it did not come to; it begins at the tab itself, after the header.
    left() {
      const passed = (e) => e.tabIndex < 0 || walked.has(e) || e.closest("header, [role=tab]") ||
        within(e, (a) => a.matches("header"))
      const missed = seen().filter((e) => acts(e) && !passed(e)).map(words)
      return [...unmarked.map((one) => `unseen ${one}`), ...missed.map((one) => `missed ${one}`)]
    },
  }
}
