// The rooms beside what is said in one of them: patches come in as they happen, what is done here is asked of the server.

const STORE = "collab.rooms"
const ANSWER_MS = 10000
const MANY = 1000  // with more messages than that the oldest are let go while one reads the newest
const KEYS = [
  ["Enter, Shift+Enter", "send; begin a new line"], ["@", "name somebody; arrows choose, Enter takes"],
  ["↑ in an empty field", "edit your last message"], ["↑ ↓ Home End", "go from message to message"],
  ["r or Enter", "reply in a thread"], ["+", "react"], ["t", "to a thread with new answers"], ["e", "edit your message"], ["l", "copy a link to the message"], ["Delete, twice", "take your message back"],
  ["Esc", "back to the field; close a thread"], ["Alt+↑ Alt+↓", "room above, room below"], ["/", "search"], ["u", "add files to your next message"], ["i", "who is in this room; leave, invite, rename"], ["?", "these keys"],
]

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(STORE)) || {}
  } catch {
    return {}
  }
}

function makeChat(model) {
  const kept = stored()
  const chat = {
    room: null, me: "", signed: model.signed, members: [], newest: true, last_number: 0, read: 0, thread: null,
    rooms: [], most_bytes: 0, rows: new Map(), drafts: kept.drafts || {}, pictures: new Map(),
    outbox: new Map((kept.outbox || []).map((one) => [one.key, { ...one, why: "No answer came. Sent again it is said once." }])),
  }
  chat.ask = (asked) => model.send_msg(asked)
  chat.store = () => {
    try {
      sessionStorage.setItem(STORE, JSON.stringify({ drafts: chat.drafts, outbox: [...chat.outbox.values()] }))
    } catch { /* a full or forbidden store loses drafts on a reload, and nothing else */ }
  }
  chat.keep = (where, text) => {
    if (text) chat.drafts[where] = text
    else if (text === "") delete chat.drafts[where]
    chat.store()
  }
  chat.kept = (where) => chat.drafts[where] || ""
  chat.choose = (room) => chat.ask({ do: "choose", room })
  // One read on from the message around which the room was opened.
  chat.past = () => {
    chat.ask({ do: "past", number: chat.at })
    chat.at = 0
  }
  return chat
}

export function render({ model, el }) {
  const chat = makeChat(model)
  const typing = made("div", { class: "typing", role: "status" })
  const title = made("h3", {})
  const told = made("div", { class: "told", role: "status" })
  const listed = made("ul", { class: "rooms" })
  const fold = button("Show the rooms", "☰", () => root.classList.toggle("folded-out"), { class: "fold" })
  chat.uploads = makeUploads(chat, () => { composer.attached(); threadComposer.attached() })
  const log = makeLog(chat, false), composer = makeComposer(chat, false)
  const threadLog = makeLog(chat, true), threadComposer = makeComposer(chat, true)
  const come = made("div", { class: "come", hidden: true })
  const making = newRoom(chat), being = somebodyElse(chat)
  const nav = made("nav", { "aria-label": "Rooms" }, listed, making.box, being.box)
  const help = keys()
  const found = search(chat), about = makeAbout(chat)
  const threads = button("", "", () => toThread(), { class: "threads", hidden: true })
  const head = made("div", { class: "top" }, fold, title,
    threads, button("About this room: its members (i)", "Members", () => about.open(), { class: "icon people" }),
    button("Search messages (/)", "Search", () => found.open(), { class: "icon glass" }), button("Keys (?)", "?", () => help.showModal()))
  const main = made("section", { class: "main", "aria-label": "Room" }, head, found.form, about.form, log.box, come, told, typing, composer.form)
  const aside = made("aside", { class: "thread", "aria-label": "Thread", hidden: true },
    made("div", { class: "top" }, made("h3", {}, "Thread"), button("Close the thread (Esc)", "✕", () => chat.openThread(null))),
    threadLog.box, threadComposer.form)
  const said = made("div", { class: "failed", role: "alert", hidden: true })
  const root = made("div", { class: "chat", hidden: true }, nav, main, aside)
  const typers = new Map()
  let reading = 0

  chat.element = (row) => (row.thread || (chat.thread === row.id && !aside.hidden && aside.contains(el.getRootNode().activeElement))
    ? threadLog.find(row.id) : log.find(row.id))
  chat.unfold = (element) => (threadLog.list.contains(element) ? threadLog : log).unfold(element)
  chat.edit = (row, threaded) => (threaded ? threadComposer : composer).edit(row)
  chat.write = (threaded) => (threaded ? threadComposer : composer).area.focus()
  chat.last = (threaded) => {
    const row = [...chat.rows.values()].filter((one) => one.mine && !one.deleted && (threaded ? one.thread === chat.thread : !one.thread))
      .sort((one, other) => one.n - other.n).at(-1)
    if (row) chat.edit(row, threaded)
  }
  // Pictures are asked for once, and drawn wherever their message is.
  chat.picture = (file, place) => {
    if (!chat.pictures.has(file.hash)) {
      chat.pictures.set(file.hash, null)
      chat.ask({ do: "picture", room: chat.room.room, hash: file.hash })
    }
    place.dataset.picture = file.hash
    pictured(place, file.hash)
  }

  chat.openThread = (id, write) => {
    const end = log.atEnd()
    chat.thread = id
    aside.hidden = !id
    root.classList.toggle("threaded", Boolean(id))
    if (end) log.toEnd()
    if (!id) return composer.area.focus()
    const rows = [...chat.rows.values()].filter((row) => row.id === id || row.thread === id)
    threadLog.set(rows.sort((one, other) => one.n - other.n))
    threadComposer.begin()
    if (write) threadComposer.area.focus()
    chat.seen()
  }

  // A page that is open for days does not keep all that was said; one can load it again.
  chat.trims = () => {
    const busy = chat.thread || log.list.querySelector(".msg:focus-within, .msg.open")
    if (chat.rows.size <= MANY || chat.trimming || busy || !chat.newest || !log.atEnd()) return
    chat.trimming = true
    chat.ask({ do: "trim", room: chat.room.room })
  }

  // A link opens the page with the room around this message.
  chat.link = async (row) => {
    const fields = new URLSearchParams({ tab: "chat", room: chat.room.room, message: row.n })
    const link = `${location.origin}${location.pathname}?${fields}`
    try {
      await navigator.clipboard.writeText(link)
      told.textContent = "The link to the message is copied."
    } catch {
      told.textContent = link  // a page that is not on https or localhost may not copy
    }
    setTimeout(() => { told.textContent = "" }, ANSWER_MS)
  }

  chat.send = (one) => {
    const sent = { ...one, why: "" }
    chat.outbox.set(one.key, sent)
    const { why, ...asked } = sent
    chat.ask({ do: "send", ...asked })
    setTimeout(() => {
      if (chat.outbox.get(one.key) === sent) unsent(one.key, "No answer came. Sent again it is said once.")
    }, ANSWER_MS)
    outboxes()
  }
  chat.drop = (sentKey) => {
    chat.outbox.delete(sentKey)
    outboxes()
  }

  // One has read what stands on screen, down to the newest.
  chat.seen = () => {
    clearTimeout(reading)
    reading = setTimeout(() => {
      const seen = document.visibilityState === "visible" && el.getClientRects().length > 0
      if (!seen || !chat.room || chat.room.seat == null) return
      const unread = (thread, read) => [...chat.rows.values()].some((row) => (row.thread || null) === thread && !row.mine && row.n > read)
      if (chat.newest && log.atEnd() && unread(null, chat.read)) {
        chat.read = chat.last_number
        chat.ask({ do: "read", room: chat.room.room, number: chat.last_number })
      }
      if (chat.thread && !aside.hidden && threadLog.atEnd() && chat.room.threads[chat.thread]) {
        chat.room.threads[chat.thread] = 0
        drawRooms()
        if (log.find(chat.thread)) log.put([chat.rows.get(chat.thread)])
        const number = Math.max(chat.last_number, ...[...chat.rows.values()].filter((row) => row.thread === chat.thread).map((row) => row.n))
        chat.ask({ do: "read", room: chat.room.room, number, thread: chat.thread })
      }
    }, 250)
  }

  function pictured(place, hash) {
    const source = chat.pictures.get(hash)
    if (source && !place.querySelector("img")) {
      place.prepend(made("img", { src: source, alt: "Picture: the button below saves it whole" }))
    }
  }

  function unsent(sentKey, why) {
    const one = chat.outbox.get(sentKey)
    if (one) chat.outbox.set(sentKey, { ...one, why })
    outboxes()
  }

  function outboxes() {
    chat.store()
    composer.outbox()
    threadComposer.outbox()
  }

  function types() {
    const names = [...typers.values()]
    typing.textContent = names.length > 3 ? `${names.length} people are typing…`
      : names.length ? `${names.join(", ")} ${names.length === 1 ? "is" : "are"} typing…` : ""
  }

  // Threads with answers that one has not read, of the room that is open.
  const unreadThreads = () => Object.entries(chat.room?.seat ? chat.room.threads : {}).filter(([, unread]) => unread)

  function drawThreads() {
    const number = unreadThreads().length
    threads.hidden = !number
    threads.textContent = `↳ ${number}`
    const said = `Go to a thread with new answers (t): ${counted(number, "thread has", "threads have")} some`
    threads.setAttribute("aria-label", said)
    threads.title = said
  }

  function toThread() {
    const [id] = unreadThreads().find(([one]) => one !== chat.thread) || []
    if (!id) return
    chat.wanted = id
    if (chat.rows.has(id)) wanted()
    else chat.ask({ do: "jump", room: chat.room.room, message: id })
  }

  function wanted() {
    const id = chat.wanted
    chat.wanted = null
    if (!chat.rows.has(id)) return
    log.focus(log.find(id))
    chat.openThread(id)
    threadLog.toEnd()
    threadComposer.area.focus()
  }

  function drawRooms() {
    drawThreads()
    const unread = chat.rooms.reduce((sum, room) => sum + (room.seat ? room.unread : 0), 0)
    fold.textContent = unread ? `☰ ${unread}` : "☰"
    fold.setAttribute("aria-label", unread ? `Show the rooms: ${unread} unread` : "Show the rooms")
    const focused = el.getRootNode().activeElement?.dataset?.room
    listed.replaceChildren(...chat.rooms.map((room) => {
      const mine = room.seat != null
      const badges = mine && room.unread ? [made("span", { class: `badge${room.mentions ? " at" : ""}` }, room.mentions ? `@${room.mentions} · ${room.unread}` : `${room.unread}`)] : []
      const named = mine && inThreads(room) ? room.mentions_in_threads : 0
      if (inThreads(room)) badges.push(made("span", { class: `badge${named ? " at" : ""}` }, `${named ? `@${named} · ` : ""}↳ ${inThreads(room)}`))
      if (room.archived) badges.push(made("span", { class: "soft" }, "archived"))
      const label = [room.name, mine ? `${room.unread} unread` : "not joined", room.mentions ? counted(room.mentions, "mention") : "",
        inThreads(room) ? `${inThreads(room)} unread in threads` : "", named ? `${counted(named, "mention")} there` : "", room.archived ? "archived" : ""]
      return made("li", {}, roomButton(room, label, badges))
    }))
    if (focused) listed.querySelector(`[data-room="${CSS.escape(focused)}"]`)?.focus()
  }

  const inThreads = (room) => (room.seat ? Object.values(room.threads).reduce((sum, unread) => sum + unread, 0) : 0)

  function roomButton(room, label, badges) {
    const open = () => { root.classList.remove("folded-out"); chat.choose(room.room) }
    const pressed = button(label.filter(Boolean).join(", "), "", open, { "data-room": room.room, class: `room${room.seat ? "" : " out"}` })
    if (room.room === chat.room?.room) pressed.setAttribute("aria-current", "true")
    pressed.append(made("span", { class: "name" }, `${room.private ? "⚿ " : "# "}${room.name}`), ...badges)
    return pressed
  }

  const takes = {
    nobody: () => { root.hidden = true },
    entered: () => goOn(),
    rooms: (patch) => {
      chat.me = patch.me
      being.show(patch.me)
      chat.rooms = patch.rooms
      chat.most_bytes = patch.most_bytes
      const now = patch.rooms.find((room) => room.room === patch.room)
      if (now && chat.room?.room === now.room) {
        if (chat.room.seat !== now.seat) chat.ask({ do: "jump", room: now.room, number: chat.at })  // one came in, left or got another seat, perhaps elsewhere
        const closed = now.archived !== chat.room.archived
        const changed = JSON.stringify(chat.room.threads) !== JSON.stringify(now.threads)
        chat.room = now
        chat.read = Math.max(chat.read, now.read)
        chat.members = patch.members
        title.textContent = now.name
        about.refresh()
        if (closed) [composer, threadComposer].forEach((one) => one.begin())
        if (changed) [...chat.rows.values()].filter((row) => row.replies && log.find(row.id)).forEach((row) => log.put([row]))
      } else if (!now && chat.room && patch.rooms.length) chat.choose(patch.rooms[0].room)  // one was sent out of a private room
      drawRooms()
    },
    about: (patch) => about.show(patch),
    people: (patch) => found.know(patch.people),
    room: (patch) => {
      const same = chat.room?.room === patch.room.room
      if (!same) about.close()
      chat.room = patch.room
      chat.members = patch.members
      chat.last_number = patch.last
      chat.newest = patch.newest
      chat.trimming = false
      chat.at = patch.at
      chat.read = patch.room.read
      chat.rows = new Map(patch.rows.map((row) => [row.id, row]))
      typers.clear()
      types()
      root.hidden = false
      title.textContent = patch.room.name
      log.set(patch.rows.filter((row) => !row.thread), { more: patch.more, at: patch.at, read: patch.room.seat ? patch.room.read : null })
      drawCome()
      if (!same) chat.openThreadQuietly()
      else if (chat.thread) chat.openThread(chat.thread)
      if (chat.wanted) wanted()
      const hit = patch.at && patch.rows.find((row) => row.n === patch.at)
      if (hit?.thread) {
        chat.openThread(hit.thread)
        threadLog.focus(threadLog.find(hit.id), true)
      }
      composer.begin()
      drawRooms()
      chat.seen()
    },
    rows: (patch) => {
      if (patch.room !== chat.room?.room) return
      patch.rows.forEach((row) => { chat.rows.set(row.id, row); typers.delete(row.who) })
      chat.last_number = patch.last
      log.put(patch.rows.filter((row) => !row.thread))
      if (chat.thread) threadLog.put(patch.rows.filter((row) => row.thread === chat.thread || row.id === chat.thread))
      drawNothing()
      types()
      chat.seen()
      chat.trims()
    },
    trimmed: (patch) => {
      if (patch.room !== chat.room?.room) return
      chat.trimming = false
      chat.rows.forEach((row, id) => { if (row.n < patch.first) chat.rows.delete(id) })
      log.trim(patch.first)
      chat.pictures.forEach((_, hash) => { if (!root.querySelector(`[data-picture="${hash}"]`)) chat.pictures.delete(hash) })
    },
    full: (patch) => {
      if (patch.room !== chat.room?.room) return
      chat.newest = false
      log.later()
    },
    older: (patch) => {
      if (patch.room !== chat.room?.room) return
      patch.rows.forEach((row) => chat.rows.set(row.id, row))
      log.older(patch.rows.filter((row) => !row.thread), patch.more)
    },
    typing: (patch) => {
      if (patch.on) typers.set(patch.who, patch.name)
      else typers.delete(patch.who)
      types()
    },
    picture: (patch) => {
      chat.pictures.set(patch.hash, `data:${patch.type};base64,${patch.data}`)
      root.querySelectorAll(`[data-picture="${patch.hash}"]`).forEach((place) => pictured(place, patch.hash))
    },
    file: (patch) => {
      const bytes = Uint8Array.from(atob(patch.data), (sign) => sign.charCodeAt(0))
      const address = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }))
      made("a", { href: address, download: patch.name }).click()
      setTimeout(() => URL.revokeObjectURL(address), 60000)
    },
    sent: (patch) => chat.drop(patch.key),
    created: () => making.done(),
    uploading: (patch) => chat.uploads.went(patch),
    uploaded: (patch) => chat.uploads.done(patch),
    found: (patch) => found.show(patch.rows),
    failed: (patch) => {
      if (patch.do === "send" && chat.outbox.has(patch.key)) return unsent(patch.key, `Not sent: ${patch.why}`)
      if (patch.do === "upload") return chat.uploads.failed(patch.key, patch.why, patch.for_good)
      said.textContent = patch.why
      said.hidden = false
      setTimeout(() => { said.hidden = true }, ANSWER_MS)
    },
  }
  chat.openThreadQuietly = () => {
    chat.thread = null
    aside.hidden = true
    root.classList.remove("threaded")
  }

  function drawCome() {
    const out = chat.room.seat == null
    come.hidden = !out
    come.replaceChildren()
    if (out && !chat.room.archived) {
      come.append(`${counted(chat.room.members.length, "member reads and writes", "members read and write")} here. You can when you join. `,
        button(`Join this room: ${chat.room.name}`, "Join this room", () => chat.ask({ do: "enter", room: chat.room.room, number: chat.at }), { class: "send" }))
    }
    drawNothing()
  }

  function drawNothing() {
    const nothing = !chat.rows.size && chat.room.seat != null
    log.empty(nothing ? "Nothing was said here yet. Write the first message below; the others see it at once." : "")
  }

  // Where one goes on: writing, else joining, else reading.
  function goOn() {
    [composer.area, come.querySelector("button"), log.list].find((one) => one?.checkVisibility() && !one.disabled)?.focus()
  }

  model.on("msg:custom", (event) => {
    const patches = event.data ?? event
    const place = el.getRootNode().activeElement, inside = root.contains(place)
    for (const patch of Array.isArray(patches) ? patches : [patches]) takes[patch.put]?.(patch)
    const now = el.getRootNode().activeElement ?? place
    if (inside && now === place && (!place.checkVisibility() || place.disabled)) goOn()  // what had the focus went away, and keys would reach nothing
  })
  root.addEventListener("keydown", (event) => {
    const writes = ["TEXTAREA", "INPUT", "SELECT"].includes(event.target.tagName)
    const step = event.altKey && { ArrowUp: -1, ArrowDown: 1 }[event.key]
    if (step) {
      const places = chat.rooms.map((room) => room.room), to = places[places.indexOf(chat.room.room) + step]
      if (to) chat.choose(to)
    } else if (!writes && event.key === "Escape" && !event.defaultPrevented) chat.write(aside.contains(event.target))
    else if (!writes && event.key === "?") help.showModal()
    else if (!writes && event.key === "/") found.open()
    else if (!writes && event.key === "t") toThread()
    else if (!writes && event.key === "i") about.open()
    else if (!writes && event.key === "u") root.querySelector(".main .choose").click()
    else return
    event.preventDefault()
  })
  for (const kind of ["dragover", "drop"]) {
    main.addEventListener(kind, composer.dropped)
    aside.addEventListener(kind, threadComposer.dropped)
  }
  const seen = () => chat.seen()
  document.addEventListener("visibilitychange", seen)
  model.on("remove", () => {
    document.removeEventListener("visibilitychange", seen)
    log.leave()
    threadLog.leave()
  })
  el.append(said, root, help)
  chat.ask({ do: "ready" })
}

function keys() {
  const rows = KEYS.map(([pressed, does]) => made("div", { class: "key" }, made("kbd", {}, pressed), made("span", {}, does)))
  const dialog = made("dialog", { class: "keys", "aria-label": "Keys" }, made("h3", {}, "Keys"), ...rows)
  dialog.append(button("Close the keys", "Close", () => dialog.close(), { class: "send" }))
  return dialog
}

function newRoom(chat) {
  const name = made("input", { type: "text", "aria-label": "Name of the new room", placeholder: "Name of a new room", maxlength: "200" })
  const secret = made("input", { type: "checkbox" })
  const form = made("form", { class: "newroom" }, name, made("label", {}, secret, " by invitation only"), made("button", { type: "submit" }, "Make the room"))
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    const room = name.value.trim().toLowerCase().replace(/\s+/g, "-").slice(0, 120)
    if (room) chat.ask({ do: "create_room", room, name: name.value.trim(), private: secret.checked })
  })
  return { box: made("details", {}, made("summary", {}, "New room"), form), done: () => form.reset() }
}

// Where nobody has to sign in, who came in says here that they are somebody else.
function somebodyElse(chat) {
  const who = made("input", { type: "text", "aria-label": "Be somebody else, by id", placeholder: "kim", maxlength: "120" })
  const said = made("summary", {})
  const box = made("details", { hidden: chat.signed }, said, asking([who], "Come in", () => {
    if (who.value.trim()) chat.ask({ do: "be", me: who.value.trim() })
  }))
  return {
    box,
    show: (me) => {
      const now = `You are ${me} · Change`
      if (said.textContent !== now) {
        box.open = false
        who.value = ""
      }
      said.textContent = now
    },
  }
}

function search(chat) {
  const words = made("input", { type: "search", "aria-label": "Words to look for", placeholder: 'Words, or a "phrase"' })
  const room = made("select", { "aria-label": "In which room" })
  const who = made("select", { "aria-label": "Who said it" }, made("option", { value: "" }, "Anybody"))
  const since = made("input", { type: "date", "aria-label": "Said on this day or later" })
  const until = made("input", { type: "date", "aria-label": "Said on this day or before" })
  const rows = made("ul", { class: "hits", "aria-label": "What was found" }), about = made("p", { class: "soft", role: "status" })
  const close = button("Close the search (Esc)", "✕", () => { form.hidden = true; chat.write(false) })
  const form = made("form", { class: "search", role: "search", hidden: true }, words, room, who, since, until,
    made("button", { type: "submit", class: "send" }, "Search"), close, about, rows)
  const option = (value, text) => made("option", { value }, text)
  const midnight = (text, more) => { const time = new Date(`${text}T00:00`); time.setDate(time.getDate() + more); return time.toISOString() }
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    const asked = { do: "search", words: words.value }
    if (room.value) asked.room = room.value
    if (who.value) asked.agent = who.value
    if (since.value) asked.since = midnight(since.value, 0)
    if (until.value) asked.until = midnight(until.value, 1)
    about.textContent = "Searching…"
    chat.ask(asked)
  })
  form.addEventListener("keydown", (event) => { if (event.key === "Escape") close.click() })
  const open = () => {
    form.hidden = false
    room.replaceChildren(option("", "All your rooms"), ...chat.rooms.filter((one) => one.seat).map((one) => option(one.room, one.name)))
    chat.ask({ do: "people" })
    words.focus()
  }
  const know = (people) => {
    const chosen = who.value
    who.replaceChildren(option("", "Anybody"), ...people.map((one) => option(one.id, one.name)))
    who.value = people.some((one) => one.id === chosen) ? chosen : ""
  }
  const show = (hits) => {
    about.textContent = hits.length ? `${counted(hits.length, "message")}, the newest first` : "Nothing was found. Messages can be found within a second of being said; try fewer words or all rooms."
    rows.replaceChildren(...hits.map((hit) => {
      const label = `${hit.name} in ${hit.in}, ${day(hit.time)} ${clock(hit.time)}: `
      const go = () => { form.hidden = true; chat.ask({ do: "jump", room: hit.room, number: hit.number }) }
      return made("li", {}, made("button", { type: "button", onclick: go }, made("span", { class: "soft" }, label), made("bdi", {}, hit.text.slice(0, 200)),
        ...hit.files.map((file) => made("bdi", { class: "soft" }, ` · ${file.name}`))))
    }))
  }
  return { form, open, show, know }
}
