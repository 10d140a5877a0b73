// Pieces of HTML by name: what is fresh is set, what is gone is taken out, nothing else is touched.

export function render({ model, el }) {
  const drawn = new Map()

  function paint({ order, fresh }) {
    for (const [name, piece] of drawn) {
      if (!order.includes(name)) {
        piece.remove()
        drawn.delete(name)
      }
    }
    order.forEach((name, place) => {
      if (!drawn.has(name)) {
        drawn.set(name, document.createElement("div"))
        drawn.get(name).dataset.piece = name
      }
      const piece = drawn.get(name)
      if (name in fresh) piece.innerHTML = fresh[name]
      if (el.children[place] !== piece) el.insertBefore(piece, el.children[place] ?? null)
    })
  }

  el.classList.add("pieces")
  if (model.role) el.setAttribute("role", model.role)
  paint({ order: Object.keys(model.pieces), fresh: model.pieces })
  model.on("msg:custom", (event) => paint(event.data ?? event))

  // What all pages show alike comes to the whole page, by the name of its channel.
  const hear = (text) => paint(JSON.parse(text))
  const page = model.channel ? model.document : null
  page?.on_message(model.channel, hear)
  model.send_msg("all")
  return () => page?.remove_on_message(model.channel, hear)
}
