// A list of messages that is patched: what is new is put in its place, what changed is drawn anew, nothing else moves.

const NEAR_PX = 60
const TURN_MS = 10000  // how often the day is looked at
const STRETCH = 100  // so many messages are laid out, or left out while they are far from the window, together

function makeLog(chat, threaded) {
  const list = made("div", { class: "log", role: "log", tabindex: "0", "aria-label": "Messages" })
  const more = button("Load older messages", "Older messages", () => load(), { class: "more", hidden: true })
  const below = button("Go to the newest message", "↓ Newest", () => newest(), { class: "below", hidden: true })
  const box = made("div", { class: "logbox" }, list, below)
  let loading = false, seams = 0, ended = true, height = 0, focused = null, aim = null, today = new Date().toDateString()
  const order = [], known = new Map()  // the messages as they stand, and by id
  list.append(more)

  const find = (id) => known.get(id) ?? null
  const atEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX
  const toEnd = () => { list.scrollTop = list.scrollHeight }
  const sees = (element) => element && element.getBoundingClientRect().bottom > list.getBoundingClientRect().top &&
    element.getBoundingClientRect().top < list.getBoundingClientRect().bottom

  function load() {
    if (!loading && !more.hidden) {
      loading = true
      list.setAttribute("aria-busy", "true")
      chat.ask({ do: "older" })
    }
  }

  function newest() {
    if (!threaded && (chat.at || !chat.newest)) chat.choose(chat.room.room)
    else toEnd()
  }

  // Says above a message on which day it was, and whether it goes on with what its author said before.
  function mark(at) {
    const element = order[at]
    if (!element) return
    const before = order[at - 1]?.row, row = element.row
    const newDay = !before || day(before.time) !== day(row.time)
    const together = !newDay && before.who === row.who && new Date(row.time) - new Date(before.time) < TOGETHER_MS
    element.classList.toggle("same", together && !element.classList.contains("unread"))
    if (newDay) element.dataset.day = day(row.time)
    else delete element.dataset.day
  }

  // What was said today was said yesterday once it is midnight; a timer until then would not count while a laptop sleeps.
  const turn = setInterval(() => {
    const now = new Date().toDateString()
    if (now !== today) order.forEach((_, at) => mark(at))
    today = now
  }, TURN_MS)

  // The place of the first message that was said after this number.
  function placeAfter(n) {
    let first = 0, end = order.length
    while (first < end) {
      const middle = (first + end) >> 1
      if (order[middle].row.n > n) end = middle
      else first = middle + 1
    }
    return first
  }

  function insert(element, at) {
    const before = order[at - 1], stretch = before ? before.parentElement : more.nextElementSibling
    const full = !stretch || stretch.children.length >= STRETCH
    if (full && (!before || before === stretch.lastElementChild)) {
      (before ? stretch : more).after(made("div", { class: "stretch" }, element))
    } else if (before) before.after(element)
    else stretch.prepend(element)
    order.splice(at, 0, element)
  }

  // What is far from the window is left out from now on, and takes the room that it took; not the last, which grows.
  function settle() {
    for (const stretch of list.children) {
      if (!stretch.matches(".stretch:not(.settled, :last-child)")) continue
      stretch.style.containIntrinsicHeight = `auto ${stretch.offsetHeight}px`
      stretch.classList.add("settled")
    }
  }

  function place(row) {
    const old = find(row.id), element = drawn(row, chat, threaded)
    const at = old ? order.indexOf(old) : placeAfter(row.n)
    known.set(row.id, element)
    if (old) {
      const within = old.contains(list.getRootNode().activeElement)
      if (old.classList.contains("unread")) element.classList.add("unread")
      old.replaceWith(element)
      if (old.matches(".open")) fold(element, true)
      order[at] = element
      if (old === focused) {
        focused = element
        element.setAttribute("tabindex", "0")
      }
      if (within) element.focus({ preventScroll: true })
    } else insert(element, at)
    mark(at)
    mark(at + 1)
  }

  function empty(text) {
    box.querySelector(".empty")?.remove()
    if (text && !order.length) box.append(made("div", { class: "empty", role: "status" }, text))
  }

  function set(rows, options = {}) {
    list.replaceChildren(more)
    order.length = 0
    known.clear()
    more.hidden = !options.more
    loading = false
    list.removeAttribute("aria-busy")
    rows.forEach(place)
    settle()
    const some = options.read != null && rows.length && rows[0].n <= options.read
    const unread = some && rows.find((row) => row.n > options.read && !row.mine)
    if (unread) {
      find(unread.id).classList.add("unread")
      mark(order.indexOf(find(unread.id)))
    }
    const at = options.at && order.findLast((one) => one.row.n <= options.at)
    if (at) focus(at, true)
    else toEnd()
    aim = at ? at.row.id : null
    ended = !at
    below.hidden = ended && chat.newest
  }

  function put(rows) {
    const end = atEnd() && !list.querySelector(".msg.open")  // a finger is about to press what must stay there
    let mine = false
    for (const row of rows) {
      mine ||= row.mine && !find(row.id)
      place(row)
    }
    settle()
    if (end || mine) toEnd()
    else if (rows.length) below.hidden = false
  }

  // What was said before comes in above, and what is read stays where it is.
  function older(rows, isMore) {
    list.style.overflowAnchor = "none"  // else the browser, too, keeps the place, and both are twice as far
    const anchor = order.find((one) => one.getBoundingClientRect().bottom > list.getBoundingClientRect().top)
    const top = anchor?.getBoundingClientRect().top
    rows.forEach(place)
    settle()
    more.hidden = !isMore
    loading = false
    list.removeAttribute("aria-busy")
    if (anchor) list.scrollTop += anchor.getBoundingClientRect().top - top
    requestAnimationFrame(() => requestAnimationFrame(() => { list.style.overflowAnchor = "" }))
  }

  // What was said before this number goes; who reads the newest goes on reading it.
  function trim(first) {
    const end = atEnd(), gone = order.splice(0, placeAfter(first - 1))
    for (const element of gone) {
      const stretch = element.parentElement
      known.delete(element.row.id)
      element.remove()
      if (!stretch.children.length) stretch.remove()
      else stretch.classList.remove("settled")
    }
    settle()
    mark(0)
    more.hidden = false
    if (end) toEnd()
  }

  function focus(element, flash) {
    if (!element) return
    focused?.setAttribute("tabindex", "-1")
    focused = element
    element.setAttribute("tabindex", "0")
    element.scrollIntoView({ block: flash ? "center" : "nearest" })
    element.focus({ preventScroll: true })
    element.classList.toggle("flash", Boolean(flash))
  }

  function keyed(event) {
    const on = event.target.closest(".msg")
    if (event.target !== list && !on) return
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    const press = (label) => on?.querySelector(`.acts button[aria-label^="${label}"]`)?.click()
    if (event.altKey || event.ctrlKey || event.metaKey) return
    if (step) {
      const to = on ? order[order.indexOf(on) + step] : order.at(-1)
      if (to) focus(to)
      else if (step < 0) load()
      else chat.write(threaded)
    } else if (event.key === "Home") focus(order[0])
    else if (event.key === "End") focus(order.at(-1))
    else if (event.key === "Escape") chat.write(threaded)
    else if (!on) return
    else if (["Delete", "Backspace"].includes(event.key) && (event.target === on || event.target.matches(".acts .delete"))) {
      if (!event.repeat) on.querySelector(".acts .delete")?.click()
    } else if (event.target.tagName === "BUTTON") return
    else if (event.key === "Enter" || event.key === "r") threaded ? chat.write(true) : chat.openThread(on.row.id, true)
    else if (event.key === "e") press("Edit")
    else if (event.key === "+") press("React")
    else if (event.key === "l") press("Copy a link")
    else return
    event.preventDefault()
  }

  function fold(element, open) {
    if (open) offer(element, chat, threaded)
    element.classList.toggle("open", open)
    element.querySelector(".dots")?.setAttribute("aria-expanded", String(open))
  }

  // What a finger unfolds stands below the words, beside the column of the dots: there a second tap meets nothing.
  function unfold(element) {
    const open = !element.matches(".open"), top = element.getBoundingClientRect().top
    list.querySelectorAll(".msg.open").forEach((one) => fold(one, false))
    list.scrollTop += element.getBoundingClientRect().top - top
    fold(element, open)
    if (open) element.scrollIntoView({ block: "nearest" })
  }

  // A tap looks to a browser like a pointer that came there: only a mouse and the keys show the buttons of themselves.
  const by = (touched) => list.classList.toggle("touched", touched)
  by(matchMedia("(hover: none)").matches)
  for (const when of ["pointerdown", "pointermove"]) {
    list.addEventListener(when, (event) => by(event.pointerType !== "mouse"))
  }

  // What can be done with a message is offered when it is pointed at or focused.
  for (const when of ["pointerover", "focusin"]) {
    list.addEventListener(when, (event) => offer(event.target.closest(".msg"), chat, threaded))
  }

  // Who reads the newest goes on reading it when a picture comes or the field below grows.
  const stay = () => {
    height = list.clientHeight
    if (ended) toEnd()
  }
  new ResizeObserver(stay).observe(list)
  list.addEventListener("load", stay, true)
  list.addEventListener("keydown", (event) => { by(false); keyed(event) })
  list.addEventListener("scroll", () => {
    cancelAnimationFrame(seams)
    seams = requestAnimationFrame(() => {
      if (list.scrollTop < 200 && !threaded) load()
      if (list.clientHeight === height) ended = atEnd()  // else it grew or shrank in this frame, and nobody scrolled
      below.hidden = atEnd() && (threaded || chat.newest)
      if (aim && list.clientHeight && !sees(find(aim))) {
        aim = null
        chat.past()
      }
      chat.seen()
      chat.trims()
    })
  }, { passive: true })
  const leave = () => clearInterval(turn)
  const later = () => { below.hidden = false }
  return { box, list, leave, set, put, older, trim, later, find, focus, atEnd, toEnd, empty, unfold }
}
