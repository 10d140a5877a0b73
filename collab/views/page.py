"""The page: header, banner and the tabs, for one session."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui
from bokeh.models import CustomJS
from panel.io.resources import LOCAL_DIST
from panel.util import edit_readonly

from collab.floor import Seat
from collab.office import Office
from collab.views.address import Address, opened
from collab.views.alerting import AlertingView
from collab.views.analytics import AnalyticsView
from collab.views.asked import Asked
from collab.views.asking import AskingView
from collab.views.badge import Badge
from collab.views.balancing import BalancingView
from collab.views.beat import Beat
from collab.views.board import Board
from collab.views.browser import kept
from collab.views.diagnostics import DiagnosticsView
from collab.views.keyboard import KEYS
from collab.views.later import Later
from collab.views.leading import LeadingView
from collab.views.notice import Notice
from collab.views.period import PeriodView
from collab.views.presence import PresenceView
from collab.views.rooms import RoomsView
from collab.views.roster import RosterView
from collab.views.sign import Sign, alerting, experimenting, leaving, losing, pausing, reading
from collab.views.system import following
from collab.views.theme import ABOVE, HELD, PRINTED, THEME, plain
from collab.views.tuner import TuningView
from collab.views.tuning import Tuning
from collab.weights import Weights

ON_HEADER = """.MuiFormControlLabel-label, label, .MuiTypography-root { color: #ffffff !important; }
.who { color: #ffffff; margin-right: 12px; overflow-wrap: anywhere; }
@media (max-width: 600px) { .who { display: none; } }
a { color: #ffffff; display: inline-flex; align-items: center; justify-content: center; min-height: 44px;
  min-width: 44px; }"""
"""The style of what is on the header."""

FITS = 16
"""Beside a title of so many letters and Pause, a phone's header has room for one link more."""

WIDE = {"sizing_mode": "stretch_width"}

Tab = tuple[str, Any, tuple[Any, ...]]
"""A tab's name, what is in it, and the views that have to know whether it is open."""

AGAIN = """
dispatchEvent(new Event("collab-gone"))
const later = () => setTimeout(again, 1000)
const again = () => fetch(location.href, {cache: "no-store"}).then((page) => page.ok ? location.reload() : later())
  .catch(later)
again()
"""
"""A page whose server is gone is loaded again as soon as there is one, for as long as it is open.

Bokeh would connect the old page with the new session instead: five minutes after loading it may not (the session's
token has ended), and earlier what the new session pushes meets models of the old one with the same ids.
"""

BANNERS = {
    "demo": "A seeded team of eight is at work here: its leads, agents and outcomes are made up, the router and the "
    "history are real. Its day passes 30 times as fast as life.",
    "seeded": "This history is of the seeded team: its leads, agents and outcomes are made up, the router and the "
    "history are real.",
    "joined": "Another process records this stream; this page shares it.",
}
"""What a banner says, by state; a live team of its own has none."""


OF_AGENTS = ("Team", "Chat", "Leads")
"""The tabs of who signed in as an agent."""


def banner(office: Office) -> str:
    """What people must know of what they see, or ""."""
    kind = "demo" if office.team_at_work else "seeded" if office.tenant == "demo" else ""
    parts = [BANNERS[kind]] if kind else []
    if office.mode == "joined":
        parts.append(BANNERS[office.mode])
    return " ".join(parts)


def title(office: Office) -> str:
    """What the page of an office is called."""
    return f"collab · {office.tenant}"


def page(office: Office, seat: Seat | None = None, *, index: bool = False) -> pmui.Page:
    """The dashboard of an office for one session, for one who signed in or, without a seat, for anybody.

    With `index` there is an index of what else is served, to which its header links.
    """
    board = Board(office, seat)
    said = banner(office)
    alert = Notice(brief=True, object=said, severity="info", visible=bool(said))
    address = Address(opened(), board.schedule)
    tabs = _tabs(board, address)
    pause = pmui.Switch.from_param(
        board.param.paused, label="Pause", description="", color="default", stylesheets=[ON_HEADER]
    )
    _prepare_document(title(office))
    lost = reading if office.mode == "reading" else losing
    signs = (alert, *(Sign(board, say) for say in (pausing(board), lost, alerting, experimenting, *leaving(seat))))
    header = [pause] if seat is None else [_leaving(seat.id), pause]
    if index and not board.of_agent:
        fits = seat is None and len(title(office)) <= FITS
        header.insert(0, _link("./index", "Index", "" if fits else "who"))
    main = pn.Column(*signs, _wrong(address), tabs, margin=(8, 16), **WIDE)
    board.param.watch(lambda event: _shut(main, tabs) if board.gone else None, "frame")
    shown = _framed(title(office), header, main, ABOVE)
    shown.main.extend([kept(address, board, shown), Beat(office, width=0, height=0, margin=0)])
    return shown


def _tabs(board: Board, address: Address) -> pmui.Tabs:
    """The tabs; only the views of the one that is open take in what is new."""
    office = board.shared
    weights = Weights.of(office.team.weights)
    address.weights(weights)
    tuned = {"office": office, "seat": board.seat, "weights": weights}
    tuning = Later(lambda: TuningView(Tuning(**tuned, active=False), active=False))
    analytics = Later(lambda: _analytics(office, address))
    asked, period = _asked("alert"), PeriodView()
    asking = Later(lambda: AskingView(board, weights, period, active=False))
    alerts = Later(lambda: _alerting(board, period, asked, address))
    leads = Later(lambda: _leading(board, address))
    rooms = Later(lambda: _rooms(board, address))
    diagnostics = Later(lambda: DiagnosticsView(board, active=False))
    made = (_team(board), ("Alerts", alerts, (alerts,)), ("Leads", leads, (leads,)),
            ("Chat", rooms, (rooms,)), ("What-if", asking, (asking,)), ("Tuning", tuning, (tuning,)),
            ("Analytics", analytics, (analytics,)), ("Diagnostics", diagnostics, (diagnostics,)))  # fmt: skip
    hidden = [name for name, _, _ in made if board.of_agent and name not in OF_AGENTS]
    made = tuple(tab for tab in made if tab[0] not in hidden)
    tabs = pmui.Tabs(
        *((name, content) for name, content, _ in made),
        dynamic=False,  # a plot that is made when its tab opens is measured before it is drawn, which breaks the page
        margin=0,
        **WIDE,
    )
    tabs.param.watch(lambda event: _activate([views for _, _, views in made], event.new), "active")
    names = [name for name, _, _ in made]
    if not board.of_agent:
        _turn(tabs, names.index("What-if"), period)
    Badge(tabs, names.index("Chat"), board)
    address.tab(tabs, names, hidden)
    if asked and "Alerts" in names:
        tabs.active = names.index("Alerts")
    return tabs


def _asked(name: str) -> str:
    """What the page's address asks for, e.g. the alert in `/?alert=…`, to which notices link; or ""."""
    given = pn.state.session_args.get(name) or [b""]
    return given[0].decode(errors="replace")


def _team(board: Board) -> Tab:
    views = [PresenceView(board)] if board.of_agent else [PresenceView(board), BalancingView(board)]
    return "Team", pn.Column(*views, RosterView(board), **WIDE), tuple(views)


def _analytics(office: Office, address: Address) -> AnalyticsView:
    """The Analytics tab, as the address says."""
    view = AnalyticsView(Asked(office=office, active=False), active=False)
    address.choice(view.trend, "measure", "period")
    address.choice(view.heat, week="measure")
    address.choice(view.compare, compared="measure")
    address.choice(view.asked, "zone")
    return view


def _alerting(board: Board, period: PeriodView, asked: str, address: Address) -> AlertingView:
    """The Alerts tab, by the clocks that the address says."""
    view = AlertingView(board, period.look, alert=asked, active=False)
    address.choice(view.alerts, "zone")
    return view


def _leading(board: Board, address: Address) -> LeadingView:
    """The Leads tab, with the assignments that the address says."""
    view = LeadingView(board, active=False)
    finding = view.assignments.finding
    address.words(finding, "words", "find", finding.told)
    # what is found comes later, and its leads may ask for what none of the newest does
    view.assignments.offer(address.asked("skill") if finding.words else "")
    address.choice(view.assignments, "agent", "skill", "urgency", "within")
    return view


def _rooms(board: Board, address: Address) -> RoomsView:
    """The Chat tab, with the room and the message that the address says until one moves on."""
    room, message = address.asked("room"), address.asked("message")
    view = RoomsView(board, room, int(message[:15]) if message.isdecimal() else 0)
    address.words(view, "room", "room", lambda: view.room)
    address.words(view, "message", "message", lambda: view.message)
    return view


def closed(why: str) -> pmui.Page:
    """What is shown to who signed in, but may not see the team: why, and the way out."""
    said = pmui.Alert(object=plain(why), severity="error", closeable=False, sizing_mode="stretch_width")
    return _framed("collab", [_leaving("")], pn.Column(said, margin=(8, 16), sizing_mode="stretch_width"))


def beside(name: str, main: Any, seat: Seat | None = None) -> pmui.Page:
    """A page beside the dashboard, in the dashboard's look, with the way back in its header."""
    _prepare_document(name)
    header = [_link("./index", "Index"), _link("./", "Dashboard")] + ([] if seat is None else [_leaving("")])
    shown = _framed(name, header, pn.Column(main, margin=(8, 16), **WIDE))
    shown.main.append(following(shown))
    return shown


def _wrong(address: Address) -> Notice:
    """What of the address that was opened is wrong; a tab's own fields are read, and told, when it is made."""
    alert = Notice(severity="warning")

    def tell(*events: Any) -> None:
        said = plain(". ".join(wrong[:1].upper() + wrong[1:] for wrong in address.wrong))
        alert.param.update(object=said, visible=bool(said))

    address.param.watch(tell, "wrong")
    tell()
    return alert


def _leaving(who: str) -> pn.pane.HTML:
    """Who signed in, and the way out."""
    said = f'<span class="who">{escape(who)}</span><a href="./logout">Sign out</a>'
    return pn.pane.HTML(said, stylesheets=[ON_HEADER])


def _link(address: str, words: str, kind: str = "") -> pn.pane.HTML:
    return pn.pane.HTML(f'<a class="{kind}" href="{address}">{words}</a>', stylesheets=[ON_HEADER], margin=(5, 8))


def _framed(title: str, header: list[Any], main: pn.Column, *sheets: str) -> pmui.Page:
    shown = pmui.Page(
        title=title,
        header=[pn.Row(pn.layout.HSpacer(), *header)],
        main=[main],
        main_width={"xl": 1440},
        theme_config=THEME,
        busy_indicator=None,
        stylesheets=[HELD, PRINTED, *sheets],
    )
    # else the page follows Panel's own: each event walks all its models twice, and Panel keeps it when it is closed
    with edit_readonly(shown):
        shown.busy = shown.param.loading
    served = getattr(pn.state.curdoc, "session_context", None) is not None
    if served and (area := pn.state.notifications) is not None:
        area.position = "top-center"  # below are the fields that people write into meanwhile
        pn.state.on_session_destroyed(lambda context: _forget(area))
    return shown


def _shut(main: pn.Column, tabs: pmui.Tabs) -> None:
    """Take the tabs away, and what they could still be asked, from who may not be here any more."""
    main[:] = [one for one in main if one is not tabs]


def _prepare_document(title: str) -> None:
    if pn.state.curdoc is not None:
        pn.state.curdoc.js_on_event("connection_lost", CustomJS(code=AGAIN))
        pn.state.curdoc.js_on_event("document_ready", CustomJS(code=KEYS))
        pn.state.curdoc.title = title
        pn.state.curdoc.template_variables["dist_url"] = LOCAL_DIST  # else a change of theme asks a CDN for styles


def _forget(area: Any) -> None:
    """Let go of a closed session's notifications, which Panel keeps."""
    for ref in area._models:
        pn.state._views.pop(ref, None)


def _activate(by_tab: Sequence[tuple[Any, ...]], tab: int) -> None:
    for number, views in enumerate(by_tab):
        for view in views:
            view.active = number == tab


def _turn(tabs: pmui.Tabs, tab: int, period: PeriodView) -> None:
    """Turn to the tab of the what-if whenever a time is looked at there, also the same again."""

    def turn(event: Any) -> None:
        if event.new is not None:
            tabs.active = tab

    period.param.watch(turn, "around", onlychanged=False)
