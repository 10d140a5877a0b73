"""The look: the guide's colours for fills, text colours that keep their contrast, one style sheet for all."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from collab.metrics import AMBER, GREEN, RED
from collab.records import Presence

PRIMARY, SUCCESS, WARNING, ERROR = "#3b82f6", "#4CAF50", "#FF9800", "#F44336"
"""The guide's colours but its second blue; against white they measure under 4.5, so they never write small text."""

OVER_ALL = f"border: 2px solid {ERROR}; background: #4d1210; color: #ffffff"
"""The colours of a sign that stands over the whole page, the same in the light and in the dark."""

SLIDER = {"defaultProps": {"shiftStep": 0.1}}
"""PageUp and PageDown move a share by ten hundredths; the library's own ten is the whole way."""

SEEN = {"outline": "2px solid", "outlineOffset": "-4px"}

FOCUS = {"styleOverrides": {"root": {"&.Mui-focusVisible, &:focus-visible": SEEN}}}
"""Who goes by keyboard sees on which tab or button they are, in the colour of its text."""

HEARD = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap"
"""The style of what is said to who listens to the page only."""

TOUCH = {"minHeight": "44px"}
"""The height of a button that is found by a finger."""

SMALL = "(max-width: 600px), (max-height: 500px)"
"""A phone, held either way, or a window that is much enlarged."""

BRIEF = {
    f"@media {SMALL}": {
        "position": "relative",
        "minHeight": "44px",
        "& .MuiAlert-message": {"overflow": "hidden", "paddingRight": "20px"},
        "&:not([data-whole]) p": {"overflow": "hidden", "textOverflow": "ellipsis", "whiteSpace": "nowrap"},
    }
}
"""A sign above the tabs is one line on a small window, until it is unfolded; see `unfolding`."""

STEPS = {
    "styleOverrides": {
        "positionStart": {"& > button::before": {"content": "'\\200b' / 'One step less'"}},
        "positionEnd": {"& > button::before": {"content": "'\\200b' / 'One step more'"}},
    }
}
"""The names of the − and + of a number, which have none: nothing is seen of them, but they are told."""

OPEN = {"@media (forced-colors: active)": {"forcedColorAdjust": "none", "backgroundColor": "Highlight"}}
"""The line under the open tab, which would have the colour of the page where a person has set all colours."""

IN_HAND = "@media (max-width: 600px) and (min-height: 480px)"
"""A phone that is held upright: the tabs are at its bottom, where a thumb reaches them."""

BOTTOM = {
    "position": "fixed",
    "inset": "auto 0 0 0",
    "zIndex": 1100,
    "paddingBottom": "env(safe-area-inset-bottom)",
    "backgroundColor": "var(--mui-palette-background-paper)",
    "borderTop": "1px solid var(--mui-palette-divider)",
    "& .MuiTabs-indicator": {"top": 0, "bottom": "auto"},
}
"""The look of tabs at the bottom; see `ABOVE`."""

COMPONENTS = {
    "MuiAlert": {
        "styleOverrides": {"root": {"& p": {"margin": 0}, "& .MuiAlertTitle-root:empty": {"display": "none"}}}
    },
    "MuiFormControlLabel": {"styleOverrides": {"root": TOUCH}},
    "MuiButton": {"styleOverrides": {"root": TOUCH}},
    "MuiButtonBase": FOCUS,
    "MuiIconButton": {"styleOverrides": {"root": {"minWidth": "44px", **TOUCH}}},
    "MuiInputAdornment": STEPS,
    "MuiSlider": SLIDER,
    "MuiTab": {"styleOverrides": {"root": {"@media (max-width: 600px)": {"minWidth": 0, "padding": "12px"}}}},
    "MuiTabScrollButton": {"styleOverrides": {"root": {"width": "44px"}}},
    "MuiTabs": {
        "defaultProps": {"allowScrollButtonsMobile": True},
        "styleOverrides": {"root": {IN_HAND: BOTTOM}, "indicator": OPEN},
    },
}
"""What holds for parts of the library in the light and in the dark; a phone shows that there are more tabs."""


def _bar(colour: str) -> dict[str, Any]:
    # The bar of progress is never used and has no name for those who hear the page.
    inside = {"& a": TOUCH, "& .MuiLinearProgress-root": {"display": "none"}}
    return {"styleOverrides": {"root": {"backgroundColor": colour, "color": "#ffffff", **inside}}}


THEME = {
    "light": {
        "palette": {
            "primary": {"main": "#1d5fd1"},
            "success": {"main": "#2e7d32"},
            "warning": {"main": "#b45309"},
            "error": {"main": "#c62828"},
            "background": {"default": "#f5f7fb", "paper": "#ffffff"},
        },
        "shape": {"borderRadius": 10},
        "components": {"MuiAppBar": _bar("#1d4fae"), **COMPONENTS},
    },
    "dark": {
        "palette": {
            "primary": {"main": "#8ab4ff"},
            "success": {"main": "#81c784"},
            "warning": {"main": "#ffb74d"},
            "error": {"main": "#ef9a9a"},
            "background": {"default": "#0f141b", "paper": "#171e27"},
        },
        "shape": {"borderRadius": 10},
        "components": {"MuiAppBar": _bar("#16243d"), **COMPONENTS},
    },
}
"""The theme of panel-material-ui, light and dark."""

HELD = f"""
{IN_HAND} {{ header .title {{ font-size: 18px; }} }}
@media (max-width: 360px) {{ header .title {{ font-size: 16px; line-height: 1.25; overflow: hidden;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }} }}
"""
"""The style of a page on a phone: its title is small; on a narrow one it has two lines, and covers nothing below."""

ABOVE = f"{IN_HAND} {{ .main-content {{ padding-bottom: calc(56px + env(safe-area-inset-bottom)); }} }}"
"""The style of a page with tabs on a phone: nothing ends under them."""

PRINTED = """
@media print {
  .page, div:has(> .main), .main, div:has(> .main-content), .main-content {
    display: block; height: auto; overflow: visible; }
  header.MuiAppBar-root { position: static; print-color-adjust: exact; }
}
"""
"""The style of a page on paper: all of the open tab, where the library's own prints what a window shows of it."""

PARTED = "@media print { :host, [id^=flex] { display: block !important; } }"
"""The style of columns that go on to a next sheet of paper, where the library's own would lie over what follows."""

FACTOR = (PRIMARY, SUCCESS, WARNING, "#b794e8")
"""The fill of each factor's part of a score, in the order of `FACTORS`."""

BAND = {GREEN: (SUCCESS, "●", "room"), AMBER: (WARNING, "▲", "busy"), RED: (ERROR, "■", "full")}
"""Each band's fill, sign and word: colour is never alone."""

PRESENCE = {
    Presence.available: ("Online", SUCCESS),
    Presence.busy: ("Busy", WARNING),
    Presence.in_call: ("In call", PRIMARY),
    Presence.away: ("Away", "#8a94a3"),
    Presence.offline: ("Offline", "#5b6470"),
}
"""Each presence as people read it, with its fill."""

OFF_SHIFT = ("Off shift", "#5b6470")
"""An agent who is not on shift, wherever they are, with its fill."""

AGENT_COLOURS = ("#60a5fa", "#4CAF50", "#FF9800", "#b794e8", "#26a69a", "#f06292", "#bc9a8c", "#90a4ae")
"""Fills of avatars, by place in the roster."""


def plain(text: str) -> str:
    """Text for a pane that reads Markdown, so that it shows as it is; addresses do not become links."""
    return re.sub(r"([\\`*_\[\]#^~|$@]|:(?=//)|(?<=\w)\.(?=[^\W\d_]{2}))", r"\\\1", escape(text, quote=False))


SHEET = """
:host { --ink: var(--mui-palette-text-primary, var(--jp-ui-font-color1, #1c2430));
  --soft: var(--mui-palette-text-secondary, var(--jp-ui-font-color2, #55606e));
  --line: var(--mui-palette-divider, #d5dbe3); --paper: var(--mui-palette-background-paper, transparent);
  --track: color-mix(in srgb, var(--ink) 14%, transparent);
  color: var(--ink); font: 14px/1.45 system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
* { box-sizing: border-box; }
.grid { display: grid; gap: 12px; grid-template-columns: repeat(3, minmax(0, 1fr)); }
.kpis { display: grid; gap: 12px; grid-template-columns: repeat(4, minmax(0, 1fr)); }
@media (max-width: 1000px) { .grid, .kpis { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (max-width: 560px) { .grid { grid-template-columns: minmax(0, 1fr); } }
.card, .list, .said { overflow-wrap: anywhere; }
.card { border: 1px solid var(--line); border-radius: 10px; background: var(--paper); padding: 12px 14px;
  height: 100%; }
.kpi b { display: block; font-size: 26px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.kpi span, .soft { color: var(--soft); font-size: 13px; }
.head { display: flex; align-items: center; gap: 10px; }
.face { width: 38px; height: 38px; border-radius: 50%; flex: none; display: grid; place-items: center;
  color: #10151c; font-weight: 700; font-size: 14px; }
.name { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; flex: 1; }
.chip { display: inline-flex; align-items: center; gap: 6px; border: 1px solid var(--line); border-radius: 999px;
  padding: 1px 10px; font-size: 13px; white-space: nowrap; }
.chip i { width: 9px; height: 9px; border-radius: 50%; flex: none; }
.bar { height: 8px; border-radius: 4px; background: var(--track); overflow: hidden; margin: 10px 0 6px; }
.bar i { display: block; height: 100%; border-radius: 4px; transition: width .25s; }
.row { display: flex; justify-content: space-between; gap: 10px; flex-wrap: wrap; font-variant-numeric: tabular-nums; }
ul.list { list-style: none; margin: 0; padding: 0; }
ul.list li { padding: 10px 2px; border-bottom: 1px solid var(--line); }
ul.list li:last-child { border-bottom: 0; }
.empty { padding: 18px; text-align: center; color: var(--soft); border: 1px dashed var(--line); border-radius: 10px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 6px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
th { font-weight: 600; color: var(--soft); font-size: 13px; white-space: normal; }
.scroll td:last-child { white-space: normal; min-width: 9em; }
@media (max-width: 1000px) { .scroll td:last-child { white-space: nowrap; } }
tr.chosen td { font-weight: 700; }
tr.gated td { color: var(--soft); }
.scroll { overflow-x: auto; }
h3 { margin: 4px 0 8px; font-size: 17px; }
summary { cursor: pointer; min-height: 44px; padding: 12px 0; }
@media (prefers-reduced-motion: reduce) { .bar i { transition: none; } }
@media print { .card { break-inside: avoid; } i[style*="background"], .bars i, i.was { print-color-adjust: exact; } }
@media (forced-colors: active) {
  i[style*="background"], .bars i, i.was { forced-color-adjust: none; } i.was { background: CanvasText; }
  .bar, .stack, li.chosen { outline: 1px solid; }
  button[aria-pressed="true"] { outline: 3px solid Highlight; outline-offset: -3px; }
}
"""
"""The style of cards, lists and tables; it follows the theme of the page or of the notebook."""
