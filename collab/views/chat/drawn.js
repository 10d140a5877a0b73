// Elements of a conversation. Words of people get in as text, or as the HTML that the server made safe (`row.html`).

const REACTIONS = ["👍", "❤️", "🎉", "👀", "✅", "🙏"]
const TOGETHER_MS = 5 * 60 * 1000  // messages of one author within that stand under one name

function made(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value)
    else if (value === true) element.setAttribute(name, "")
    else if (value !== false && value != null) element.setAttribute(name, value)
  }
  element.append(...children.filter((child) => child != null && child !== false))
  return element
}

function clock(time) {
  return new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
}

function day(time) {
  const then = new Date(time), now = new Date()
  if (then.toDateString() === now.toDateString()) return "Today"
  if (then.toDateString() === new Date(now - 86400000).toDateString()) return "Yesterday"
  return then.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long", year: "numeric" })
}

function size(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

function counted(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`
}

function key() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("")
}

// The label has the visible words in it, as they stand: who speaks to the page says those.
function button(label, text, onclick, more = {}) {
  return made("button", { type: "button", "aria-label": label, title: label, onclick, ...more }, text)
}

// One message.
function drawn(row, chat, threaded) {
  const words = made("div", { class: "words" })
  if (row.deleted) words.append(made("i", {}, "This message was taken back."))
  else words.innerHTML = row.html
  const by = made("div", { class: "by" }, made("b", {}, row.name), made("time", { datetime: row.time }, clock(row.time)))
  if (row.edited) words.append(made("span", { class: "edited" }, "edited"))
  const body = made("div", { class: "body" }, by, words, files(row, chat), under(row, chat, threaded))
  const said = row.deleted ? "taken back" : words.textContent.slice(0, 200)
  const element = made("div", {
    class: `msg${row.mine ? " mine" : ""}${row.named ? " named" : ""}`, role: "article", tabindex: "-1",
    "data-id": row.id, "data-n": row.n, "aria-label": `${row.name}, ${clock(row.time)}: ${said}`,
  }, made("div", { class: "face", "aria-hidden": "true", style: `background:${row.colour}` }, row.face), body)
  if (!row.deleted && !chat.room.archived) {
    element.append(button("What can be done with this message", "⋯", () => chat.unfold(element), { class: "dots", tabindex: "-1", "aria-expanded": "false" }))
  }
  element.row = row
  return element
}

function files(row, chat) {
  if (!row.files.length) return null
  return made("div", { class: "files" }, ...row.files.map((file) => {
    const name = `${file.name} (${size(file.size)})`
    const save = button(`Save ${name}`, `↓ ${name}`, () => chat.ask({ do: "file", room: chat.room.room, hash: file.hash }))
    const shown = made("div", { class: "file" }, save)
    if (file.type.startsWith("image/")) chat.picture(file, shown)
    return shown
  }))
}

function under(row, chat, threaded) {
  const parts = row.reactions.map((one) => button(
    `${one.what} by ${one.who}; ${one.mine ? "take yours away" : "add yours"}`, `${one.what} ${one.n}`,
    () => chat.ask({ do: "react", room: chat.room.room, message: row.id, reaction: one.what, on: !one.mine }),
    { class: `reaction${one.mine ? " on" : ""}`, "aria-pressed": String(one.mine) },
  ))
  if (row.replies && !threaded) {
    const unread = chat.room.threads[row.id] || 0
    const text = `${counted(row.replies, "reply", "replies")}${unread ? ` · ${unread} new` : ""}`
    parts.push(button(`Open the thread: ${text}`, text, () => chat.openThread(row.id), { class: "reaction" }))
  }
  return parts.length ? made("div", { class: "under" }, ...parts) : null
}

// What can be done with a message are the buttons at its end, made when somebody comes to it; a finger unfolds them.
function offer(element, chat, threaded) {
  if (!element || element.querySelector(".acts") || element.row.deleted || chat.room.archived) return
  element.append(acts(element.row, chat, threaded))
}

function acts(row, chat, threaded) {
  const parts = [button("React (+)", "React", () => palette(row, chat))]
  if (!threaded) parts.push(button("Reply in a thread (r)", "Reply", () => chat.openThread(row.id, true)))
  parts.push(button("Copy a link (l)", "Link", () => chat.link(row)))
  if (row.mine) parts.push(button("Edit (e)", "Edit", () => chat.edit(row, threaded)))
  if (row.mine || chat.room.seat === "moderator") {
    parts.push(button("Delete (Delete)", "Delete", (event) => sure(event.currentTarget, row, chat), { class: "delete" }))
  }
  return made("div", { class: "acts" }, ...parts)
}

function palette(row, chat) {
  const element = chat.element(row)
  if (!element) return
  const open = element.querySelector(".palette")
  if (open) return open.remove()
  const react = (reaction) => {
    const mine = row.reactions.some((one) => one.what === reaction && one.mine)
    chat.ask({ do: "react", room: chat.room.room, message: row.id, reaction, on: !mine })
    element.querySelector(".palette")?.remove()
    element.classList.remove("open")
    element.focus()
  }
  const from = element.getRootNode().activeElement
  const close = (event) => {
    if (event.key !== "Escape") return
    event.stopPropagation()
    element.querySelector(".palette")?.remove();
    (element.contains(from) ? from : element).focus()
  }
  const choices = REACTIONS.map((one) => button(`React with ${one}`, one, () => react(one)))
  element.querySelector(".body").append(made("div", { class: "palette", role: "group", "aria-label": "Reactions", onkeydown: close }, ...choices))
  choices[0].focus()
}

// Taking a message back asks once more, on the same button.
function sure(pressed, row, chat) {
  if (pressed.dataset.sure) {
    chat.ask({ do: "delete", room: chat.room.room, message: row.id })
    return
  }
  pressed.dataset.sure = "yes"
  pressed.textContent = "Sure?"
  pressed.setAttribute("aria-label", "Sure? Delete this message: press again")
  pressed.focus()
  pressed.addEventListener("blur", () => {
    delete pressed.dataset.sure
    pressed.textContent = "Delete"
    pressed.setAttribute("aria-label", "Delete (Delete)")
  }, { once: true })
}
