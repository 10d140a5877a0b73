// Files of the next message: chosen, dropped or pasted, uploaded a piece at a time, with how far each is.

const PIECE = 256 * 1024
const MOST_FILES = 10

// Uploads one file after the other; each answer of the server asks for the next piece.
function makeUploads(chat, changed) {
  const all = new Map()  // by key: { key, where, room, file, name, size, sent, hash, why, for_good }
  let now = null

  async function piece(one) {
    const end = Math.min(one.sent + PIECE, one.size)
    let data = ""
    try {
      data = await encoded(one.file.slice(one.sent, end))
    } catch {
      return failed(one.key, "The file cannot be read any more; choose it again.", true)
    }
    chat.ask({ do: "upload", key: one.key, room: one.room, name: one.name, size: one.size, data, last: end === one.size })
  }

  function next() {
    now = [...all.values()].find((one) => !one.hash && !one.why)
    if (now) piece(now)
    changed()
  }

  function add(files, where, room) {
    for (const file of files) {
      const one = { key: key(), where, room, file, name: file.name || "picture.png", size: file.size, sent: 0, why: "" }
      if (of(where).length >= MOST_FILES) one.why = `A message has at most ${MOST_FILES} files; remove one.`
      else if (!file.size) Object.assign(one, { why: "It is empty; choose one with something in it.", for_good: true })
      else if (file.size > chat.most_bytes) Object.assign(one, { why: `It has ${size(file.size)}; at most ${size(chat.most_bytes)} are taken.`, for_good: true })
      all.set(one.key, one)
    }
    if (now) changed()
    else next()
  }

  function remove(oneKey) {
    all.delete(oneKey)
    chat.ask({ do: "drop", key: oneKey })
    if (now?.key === oneKey) next()
    else changed()
  }

  // What is refused for good is not tried again.
  function failed(oneKey, why, forGood) {
    const one = all.get(oneKey)
    if (one) Object.assign(one, { why, for_good: forGood })
    if (now?.key === oneKey) next()
  }

  const of = (where) => [...all.values()].filter((one) => one.where === where)
  return {
    all, add, remove, of, failed,
    went: (patch) => {
      if (!all.has(patch.key)) return chat.ask({ do: "drop", key: patch.key })  // removed while a piece was on its way
      now.sent = patch.size
      piece(now)
      changed()
    },
    done: (patch) => {
      if (!all.has(patch.key)) return
      Object.assign(all.get(patch.key), { hash: patch.hash, name: patch.name, sent: patch.size })
      next()
    },
    again: (oneKey) => {
      Object.assign(all.get(oneKey), { why: "", sent: 0 })
      if (!now) next()
    },
    take: (where) => {
      const found = of(where)
      found.forEach((one) => all.delete(one.key))
      return found.map((one) => ({ hash: one.hash, name: one.name }))
    },
    restore: (files, where, room) => {
      files.forEach((file) => { const one = key(); all.set(one, { ...file, key: one, where, room, size: 0, sent: 0, why: "" }) })
      changed()
    },
  }
}

function encoded(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1))
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(blob)
  })
}

// The button that chooses files, and the list of those that are chosen.
function makeAttached(chat, area, here) {
  const list = made("ul", { class: "attached", "aria-label": "Files of this message", hidden: true })
  const input = made("input", { type: "file", multiple: true, hidden: true, onchange: () => { add(input.files); input.value = "" } })
  const choose = button("Add files", "+ File", () => input.click(), { class: "choose" })

  function add(files) {
    if (files.length && chat.most_bytes && !area.disabled) chat.uploads.add([...files], here(), chat.room.room)
  }

  function draw() {
    const focused = list.getRootNode().activeElement?.dataset?.file
    const waiting = chat.uploads.of(here())
    list.hidden = !waiting.length
    choose.hidden = !chat.most_bytes
    choose.disabled = area.disabled
    list.replaceChildren(...waiting.map((one) => {
      const state = one.why ? `not uploaded: ${one.why}` : one.hash ? "ready" : `${Math.floor(100 * one.sent / one.size) || 0} %`
      const again = one.why && !one.for_good
      return made("li", { class: one.why ? "wrong" : "" }, made("span", { class: "what" }, one.name), made("span", { class: "soft", role: one.why ? "alert" : null }, state),
        Boolean(again) && button(`Try again to upload ${one.name}`, "Try again", () => chat.uploads.again(one.key)),
        button(`Remove ${one.name}`, "✕", () => { chat.uploads.remove(one.key); area.focus() }, { "data-file": one.key }))
    }))
    if (focused) list.querySelector(`[data-file="${focused}"]`)?.focus()
  }

  area.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return
    event.preventDefault()
    add(event.clipboardData.files)
  })
  return { list, input, choose, add, draw }
}
