"""Whether a part of the page is in the window: what is far above or below it need not be drawn anew."""

from __future__ import annotations

import param
from panel.custom import JSComponent


class Seen(JSComponent):
    """Stands in a column, takes no room, and knows whether the column is in the window or within a screen of it."""

    seen = param.Boolean(default=True, doc="Is it in the window, as far as the browser has said?")

    _esm = """
    export function render({ model, el }) {
      const column = el.getRootNode().host?.getRootNode().host
      if (!column) return
      const look = ([entry]) => { model.seen = entry.isIntersecting }
      const observer = new IntersectionObserver(look, { rootMargin: "100% 0px" })
      observer.observe(column)
      return () => observer.disconnect()
    }
    """
    _stylesheets = (":host { display: block; height: 0 !important; margin: 0 !important; }",)
