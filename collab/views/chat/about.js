// A room itself: who is in it with which seat, and what its moderators change; anybody may leave.

function makeAbout(chat) {
  const members = made("ul", { class: "seats", "aria-label": "Members" })
  const change = made("div", { class: "change" })
  const close = button("Close this (Esc)", "✕", () => { form.hidden = true; chat.write(false) })
  const title = made("h3", {})
  const form = made("section", { class: "about-room", "aria-label": "About this room", hidden: true },
    made("div", { class: "row" }, title, close), members, change)
  const ask = (what, more = {}) => chat.ask({ do: what, room: chat.room.room, ...more })
  let drawnFor = ""

  function refresh() {
    if (!form.hidden) ask("about")
  }

  function open() {
    form.hidden = !form.hidden
    drawnFor = ""
    refresh()
    if (!form.hidden) close.focus()
  }

  function seat(one, may) {
    const moderates = one.seat === "moderator", other = moderates ? "Make member" : "Make moderator"
    const row = made("li", {}, made("span", { class: "what" }, one.name, made("span", { class: "soft" }, ` @${one.id}${moderates ? ", moderator" : ""}${one.id === chat.me ? ", you" : ""}`)))
    if (may) {
      row.append(button(`${other}: ${one.name}`, other,
        () => ask("invite", { agent: one.id, seat: moderates ? "member" : "moderator" }), { "data-at": `seat ${one.id}` }))
      if (one.id !== chat.me) {
        row.append(sureButton(`Remove ${one.name} from the room`, "Remove", () => ask("remove", { agent: one.id }), { "data-at": `remove ${one.id}` }))
      }
    }
    return row
  }

  function inviting(others) {
    const who = made("input", { type: "text", list: "invited", "aria-label": "Whom to invite, by id", placeholder: "Invite: choose or type an id", maxlength: "120" })
    const known = made("datalist", { id: "invited" }, ...others.map((one) => made("option", { value: one.id }, one.name)))
    return asking([who, known], "Invite", () => {
      if (who.value.trim()) ask("invite", { agent: who.value.trim() })
    })
  }

  function renaming() {
    const name = made("input", { type: "text", "aria-label": "Another name for the room", value: chat.room.name, maxlength: "200" })
    return asking([name], "Rename", () => { if (name.value.trim()) ask("rename_room", { name: name.value.trim() }) })
  }

  // What is being typed stays when somebody else comes or goes; only a change of room or right draws the fields anew.
  function show(patch) {
    if (form.hidden || patch.room !== chat.room.room) return
    title.textContent = `${chat.room.name}: ${counted(patch.seats.length, "member")}${chat.room.private ? ", by invitation only" : ""}`
    const focused = form.getRootNode().activeElement?.dataset?.at
    const may = patch.may && !chat.room.archived
    members.replaceChildren(...patch.seats.map((one) => seat(one, may)))
    if (focused) (members.querySelector(`[data-at="${CSS.escape(focused)}"]`) || close).focus()
    const now = JSON.stringify([patch.room, may, chat.room.seat, chat.room.archived])
    if (now !== drawnFor) {
      drawnFor = now
      const leave = chat.room.seat != null && sureButton(`Leave the room: ${chat.room.name}`, "Leave the room", () => { form.hidden = true; ask("leave") })
      const archive = may && sureButton("Archive the room: it can be read only, for good", "Archive", () => ask("archive_room"))
      const why = !may && made("p", { class: "soft" }, chat.room.archived ? "This room is archived: it can be read, and nothing changes any more."
        : "A moderator of this room or a team lead invites, removes, renames and archives.")
      change.replaceChildren(...[may && inviting(patch.others), may && renaming(), archive, leave, why].filter(Boolean))
    }
    const who = change.querySelector("[list]"), list = change.querySelector("datalist")
    if (patch.seats.some((one) => one.id === who?.value.trim())) who.value = ""
    list?.replaceChildren(...patch.others.map((one) => made("option", { value: one.id }, one.name)))
  }

  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return
    event.preventDefault()
    close.click()
  })
  return { form, open, refresh, show, close: () => { form.hidden = true } }
}

function asking(fields, label, done) {
  const form = made("form", { class: "line" }, ...fields, made("button", { type: "submit" }, label))
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    done()
  })
  return form
}

// What cannot be taken back asks once more, on the same button.
function sureButton(label, text, done, more = {}) {
  const pressed = button(label, text, () => {
    if (pressed.dataset.sure) return done()
    pressed.dataset.sure = "yes"
    pressed.textContent = "Sure?"
    pressed.setAttribute("aria-label", `Sure? ${label}: press again`)
  }, { class: "delete", ...more })
  pressed.addEventListener("blur", () => {
    delete pressed.dataset.sure
    pressed.textContent = text
    pressed.setAttribute("aria-label", label)
  })
  return pressed
}
