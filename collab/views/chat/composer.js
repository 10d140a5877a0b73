// Where one writes: Enter sends, Shift+Enter begins a line, @ completes a name. What is not sent is never lost.

const TELL_TYPING_MS = 3000
const NAMED = /(?:^|[^\w@.])@([\w.:-]*)$/

function makeComposer(chat, threaded) {
  const id = threaded ? "names-thread" : "names-room"
  const area = made("textarea", { rows: "1", maxlength: "8000", "aria-autocomplete": "list", "aria-controls": id })
  const names = made("ul", { id, class: "names", role: "listbox", "aria-label": "Members", hidden: true })
  const about = made("div", { class: "about", role: "status" })
  const pending = made("div", { class: "pending", "aria-live": "polite" })
  const send = made("button", { type: "submit", class: "send" }, "Send")
  const here = () => `${chat.room?.room}/${(threaded ? chat.thread : null) || ""}`
  const attached = makeAttached(chat, area, here)
  const form = made("form", { class: "compose" }, pending, attached.list, about, names,
    made("div", { class: "line" }, attached.input, attached.choose, area, send))
  let editing = null, typed = 0, at = 0

  const thread = () => (threaded ? chat.thread : null)

  function grow() {
    area.style.height = "auto"
    area.style.height = `${Math.min(area.scrollHeight + 2, 160)}px`
  }

  function set(text) {
    area.value = text
    grow()
    chat.keep(here(), editing ? null : text)
  }

  function begin() {
    editing = null
    about.replaceChildren()
    const to = threaded ? "Reply in this thread" : `Message to the team in ${chat.room.name}`
    area.placeholder = chat.room.archived ? "This room is archived: it can be read" : to
    area.setAttribute("aria-label", to)
    area.disabled = send.disabled = chat.room.archived
    form.hidden = chat.room.seat == null
    area.value = chat.kept(here())
    grow()
    outbox()
    attached.draw()
  }

  function edit(row) {
    editing = row
    area.value = row.text
    grow()
    about.replaceChildren("Editing your message. Enter saves, ", button("Esc stops editing", "Esc stops", stop))
    area.focus()
  }

  function stop() {
    begin()
    area.focus()
  }

  function submit(event) {
    event?.preventDefault()
    const waiting = editing ? [] : chat.uploads.of(here())
    const text = area.value.trim() || waiting.map((one) => one.name).join(", ")
    if (!text) return
    if (waiting.some((one) => !one.hash)) return say("Not sent yet: a file is not there. Wait for it, or remove it.")
    if (editing) chat.ask({ do: "edit", room: chat.room.room, message: editing.id, text })
    else {
      const files = chat.uploads.take(here())
      chat.send({ room: chat.room.room, text, key: key(), ...(thread() ? { thread: thread() } : {}), ...(files.length ? { files } : {}) })
      about.replaceChildren()
      attached.draw()
    }
    typed = 0
    set("")
    if (editing) begin()
  }

  function say(text) {
    about.replaceChildren(text)
  }

  // What is on its way, and what did not get there: the same key makes it safe to say it again.
  function outbox() {
    const waiting = [...chat.outbox.values()].filter((one) => one.room === chat.room.room && (one.thread || null) === thread())
    pending.replaceChildren(...waiting.map((one) => {
      const row = made("div", { class: "waiting" }, made("span", { class: "what" }, [one.text, ...(one.files || []).map((file) => `+ ${file.name}`)].join(" ")), made("span", { class: "soft" }, one.why || "Sending…"))
      if (one.why) {
        row.append(button("Send again: this message", "Send again", () => chat.send(one)),
          button("Put back the text to change it", "Put back", () => putBack(one)))
      }
      return row
    }))
  }

  function putBack(one) {
    chat.drop(one.key)
    set(one.text)
    chat.uploads.restore(one.files || [], here(), chat.room.room)
    area.focus()
  }

  function complete() {
    const found = NAMED.exec(area.value.slice(0, area.selectionStart))
    const part = found?.[1].toLowerCase()
    const known = found ? [...chat.members, { id: "all", name: "everybody in this room" }] : []
    const hits = known.filter((one) => one.id !== chat.me && (one.id.toLowerCase().startsWith(part) || one.name.toLowerCase().includes(part)))
    at = 0
    names.replaceChildren(...hits.slice(0, 6).map((one, place) => made("li", {
      role: "option", id: `${id}-${place}`, "data-id": one.id, "aria-selected": String(place === 0),
      onmousedown: (event) => { event.preventDefault(); take(one.id) },
    }, made("b", {}, `@${one.id}`), ` ${one.name}`)))
    names.hidden = !hits.length
    point()
  }

  function point() {
    const options = [...names.children]
    options.forEach((one, place) => one.setAttribute("aria-selected", String(place === at)))
    if (names.hidden) area.removeAttribute("aria-activedescendant")
    else area.setAttribute("aria-activedescendant", options[at].id)
  }

  function take(name) {
    const caret = area.selectionStart, start = area.value.slice(0, caret).lastIndexOf("@")
    area.value = `${area.value.slice(0, start)}@${name} ${area.value.slice(caret)}`
    area.selectionStart = area.selectionEnd = start + name.length + 2
    names.hidden = true
    point()
    chat.keep(here(), area.value)
  }

  area.addEventListener("input", () => {
    grow()
    complete()
    if (editing) return
    chat.keep(here(), area.value)
    if (threaded) return
    if (!area.value) chat.ask({ do: "typing", room: chat.room.room, on: false })
    if (area.value && Date.now() - typed > TELL_TYPING_MS) {
      typed = Date.now()
      chat.ask({ do: "typing", room: chat.room.room, on: true })
    }
  })
  area.addEventListener("keydown", (event) => {
    const options = names.children.length
    if (event.isComposing) return
    if (!names.hidden && ["ArrowDown", "ArrowUp", "Enter", "Tab", "Escape"].includes(event.key)) {
      if (event.key === "ArrowDown") at = (at + 1) % options
      else if (event.key === "ArrowUp") at = (at + options - 1) % options
      else if (event.key === "Escape") names.hidden = true
      else take(names.children[at].dataset.id)
      if (!names.hidden) point()
      event.stopPropagation()
    } else if (event.key === "Enter" && !event.shiftKey) submit()
    else if (event.key === "ArrowUp" && !area.value && !event.altKey) chat.last(threaded)
    else if (event.key === "Escape" && editing) stop()
    else if (event.key === "Escape" && threaded) chat.openThread(null)
    else return
    event.preventDefault()
  })
  area.addEventListener("blur", () => { names.hidden = true })
  form.addEventListener("submit", submit)
  const dropped = (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return
    event.preventDefault()
    if (event.type === "drop") attached.add(event.dataTransfer.files)
  }
  return { form, area, begin, edit, outbox, set, dropped, attached: attached.draw }
}
