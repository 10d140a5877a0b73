"""The leads to come with their band, how such forecasts fared, and the agents they need beside those on shift."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import Any, NamedTuple

import panel as pn
import panel_material_ui as pmui
import param

from collab.analytics.measure import recorded
from collab.forecast import Abstained, Backtest, Forecast, Predicted, Staffing, Target
from collab.history import History
from collab.views.asked import EMPTY, Asked, number, what
from collab.views.figures import WHAT, WIDE
from collab.views.scheduling import scheduler
from collab.views.steps import BEFORE, COUNTED, AgentsSteps, LeadsSteps, between
from collab.views.task import Task
from collab.views.theme import ERROR, PRIMARY, SHEET, SUCCESS
from collab.views.told import empty

WEEKS = 8
"""So many of the newest weeks are forecast again from what was known before each."""

SHOWN = 5
"""So many of the intervals that lack most agents are listed."""

NEAR = 0.05
"""A band that holds by no more than this too many or too few of the counts is as wide as it says."""

PATIENCE = {"nobody gives up (Erlang C)": 0.0} | {
    f"they give up after {said} (Erlang A)": s for said, s in (("2 min", 120.0), ("5 min", 300.0), ("15 min", 900.0))
}

WHAT_LEADS = (
    "Leads of each interval: the day's, by weekday and what came lately, spread over its slots. Of the counts to come "
    "80 % and 95 % shall lie in the bands. A day that was not wholly recorded is a gap, not 0. Holidays to come and "
    "campaigns are not in it. MASE is the mean error over that of taking the same interval of the week before, in the "
    "weeks known at the time."
)
WHAT_AGENTS = (
    "The fewest agents with whom the share asked for is taken in time, each interval by itself as if it went on for "
    "ever, all agents alike; an agent who holds several leads is as many places. On shift are those of the same "
    "interval of the week, on average over the newest four weeks. Where skills or choice matter, ask the What-if tab."
)


class Found(NamedTuple):
    """All that is shown."""

    forecast: Forecast
    leads: Predicted | Abstained
    tested: Backtest | Abstained
    staffing: Staffing | Abstained


class ForecastView(pn.viewable.Viewer):
    """Forecast, back-test and staffing gap; or why there is none, and what to do.

    Args:
        source: what is asked, shared with other views; a history, for a view that stands alone; or a forecast of
            leads that were counted elsewhere, of which zone, hours and intervals are its own.
    """

    minutes = param.Selector(
        default=30, objects={"15 minutes": 15, "30 minutes": 30, "1 hour": 60}, label="Intervals", doc="How long each."
    )
    days = param.Selector(
        default=7, objects={f"{n} day{'s' * (n > 1)}": n for n in (1, 3, 7, 14, 28)}, label="Ahead", doc="How far."
    )
    hours = param.String(label="Open, if not as worked out", doc="When leads are taken, e.g. Mon-Fri 07:00-21:00.")
    share = param.Number(0.8, bounds=(0.5, 0.99), step=0.01, label="Share taken in time", doc="Of the leads.")
    within_s = param.Selector(
        default=60.0, objects={"20 s": 20.0, "1 min": 60.0, "5 min": 300.0, "15 min": 900.0, "1 h": 3600.0},
        check_on_set=False, label="In time is within", doc="Seconds.",
    )  # fmt: skip
    patience_s = param.Selector(
        default=0.0, objects=PATIENCE, check_on_set=False, label="While they wait", doc="Mean seconds; 0: for ever."
    )
    holding_s = param.Parameter(
        doc="Seconds that a lead keeps a place, one number or those seen; the history's if none."
    )
    capacity = param.Number(None, bounds=(0, None), inclusive_bounds=(False, True), doc="Leads that an agent holds.")
    rostered = param.Series(None, doc="Agents by weekday (0 is Monday) and minutes after midnight; the usual, if none.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it asks nothing.")
    found = param.Parameter(doc="What is shown; None if nothing is recorded.")

    def __init__(self, source: Asked | History | Forecast, **params: Any) -> None:
        super().__init__(**params)
        self._own = source if isinstance(source, Forecast) else None
        asked = source if isinstance(source, Asked) else Asked(source) if isinstance(source, History) else None
        self.asked: Asked | None = asked
        self.task = Task(scheduler() if asked is None else asked.schedule)
        self._kept: tuple[Any, Forecast, Backtest | Abstained] | None = None
        self.leads, self.agents = LeadsSteps(320), AgentsSteps(280)
        self.words, self._needed = (pn.pane.HTML("", stylesheets=[SHEET, WHAT], **WIDE) for _ in range(2))
        self.plot, self._gap = (_hidden(one.figure) for one in (self.leads, self.agents))
        self._target = pn.FlexBox(*self._knobs("share", "within_s", "patience_s"), gap="16px", visible=False, **WIDE)
        self._layout = pn.Column(
            _head("What comes", "How many leads will come, how sure is that, and who is missing?"),
            pn.FlexBox(*self._knobs("minutes", "days", "hours"), gap="16px", **WIDE),
            self.words, self.plot, self._target, self._needed, self._gap, **WIDE,
        )  # fmt: skip
        if asked is not None:
            asked.param.watch(lambda *events: self.ask(), ["book", "zone"])
            asked.opening.param.watch(lambda *events: self._say(), "error")
        self.task.param.watch(lambda *events: self._say(), "error")
        self._say()
        pn.state.onload(self.ask)  # what becomes visible while a page opens stays hidden in the browser

    def _knobs(self, *names: str) -> list[Any]:
        """The widgets of these parameters; those that a forecast from elsewhere has settled are left out."""
        look = {"min_width": 140, "styles": {"flex": "1 1 180px"}, **WIDE}
        kinds = {"share": pmui.FloatSlider, "hours": pmui.TextInput}
        settled = ("minutes", "hours") if self.asked is None else ()
        made = [
            kinds.get(name, pmui.Select).from_param(self.param[name], **look) for name in names if name not in settled
        ]
        if self.asked is not None and "minutes" in names:
            made.append(pmui.Select.from_param(self.asked.param.zone, **look))
        return made

    def wait(self, timeout_s: float = 120.0) -> None:
        """Block until all that was asked is answered: for scripts, notebooks and tests."""
        for task in (() if self.asked is None else (self.asked.opening,)) + (self.task,):
            task.wait(timeout_s)

    @param.depends(
        "minutes", "days", "hours", "share", "within_s", "patience_s", "holding_s", "capacity", "rostered", "active",
        watch=True,
    )  # fmt: skip
    def ask(self) -> None:
        """Ask again, away from this thread."""
        if self.active and (self.asked is None or self.asked.book is not None):
            target = Target(self.share, self.within_s, self.patience_s or None)
            given = {"holding_s": self.holding_s, "capacity": self.capacity, "rostered": self.rostered}
            book, zone = (None, "") if self.asked is None else (self.asked.book, self.asked.zone)
            begin = partial(self._begun, book, zone, self.minutes, self.hours.strip())
            self.task.start(partial(_asked, begin, self.days, target, given), self._take)

    def _begun(self, *key: Any) -> tuple[Forecast, Backtest | Abstained] | None:
        """The forecast of these leads and its back-test, which no other knob changes; None if nothing is recorded."""
        book, zone, minutes, hours = key
        if self._own is None and recorded(book) is None:
            return None
        if self._kept is None or self._kept[0] != key:
            made = self._own or Forecast(book.history, minutes=minutes, zone=zone, hours=hours or None)
            self._kept = (key, made, made.backtest(WEEKS))
        return self._kept[1:]

    def _take(self, found: Found | None) -> None:
        with pn.io.hold():
            self.plot.visible = found is not None
            self._target.visible = found is not None and isinstance(found.leads, Predicted)
            self._gap.visible = found is not None and isinstance(found.staffing, Staffing)
            self.words.object = empty(EMPTY) if found is None else self._come(found)
            self._needed.object = self._lacking(found) if self._target.visible else ""
            self.found = found

    def _come(self, found: Found) -> str:
        """Fill the first plot; what is said above it."""
        predicted = found.leads if isinstance(found.leads, Predicted) else None
        self.leads.fill(found.forecast.arrivals, predicted, self.days)
        if predicted is None:
            before = f"Below is what was counted in the newest {BEFORE} days."
            return f"{empty(f'No forecast: {found.leads.reason}.')}<p>{before}</p>{what(WHAT_LEADS)}"
        said = _cards(_leads_cards(predicted, found.tested, found.forecast.arrivals.minutes))
        shown = _legend((COUNTED, "counted"), (PRIMARY, "forecast, with its 80 and (paler) its 95 % band"))
        told = (tried(found.tested), *(f"{one}." for one in predicted.left_out))
        return f"{said}<p>{escape(' '.join(told))}</p>{shown}{what(WHAT_LEADS)}"

    def _lacking(self, found: Found) -> str:
        """Fill the second plot; what is said above it."""
        staffing, minutes = found.staffing, found.forecast.arrivals.minutes
        head = "<h3>Who is needed</h3>"
        if isinstance(staffing, Abstained):
            return f"{head}{empty(f'It cannot be said who is needed: {staffing.reason}.')}"
        self.agents.fill(staffing, minutes)
        shown = _legend((PRIMARY, "needed"), (SUCCESS, "usually on shift"), (ERROR, "missing (hatched)"))
        return f"{head}{_cards(_agents_cards(staffing))}{_worst(staffing, minutes)}{shown}{what(WHAT_AGENTS)}"

    def _say(self) -> None:
        opening = "" if self.asked is None else self.asked.opening.error
        if error := self.task.error or opening:
            self.plot.visible = self._gap.visible = self._target.visible = False
            self._needed.object = ""
            self.words.object = empty(f"This cannot be shown: {error}", "alert")
        elif self.found is None:
            self.words.object = empty("Reading the leads…")

    def __panel__(self) -> pn.Column:
        return self._layout


def tried(tested: Backtest | Abstained) -> str:
    """What the back-test says, in words."""
    if isinstance(tested, Abstained):
        return f"How good such forecasts are is not known: {tested.reason}."
    closer = tested.against_naive < 1
    sure = tested.coverage(80)
    width = "as it should be" if abs(sure - 0.8) <= NEAR else "so it is too narrow" if sure < 0.8 else "so it is wide"
    return (
        f"Each of the newest {len(tested.weeks)} known weeks was forecast from what was known before it, {tested.n:,} "
        f"intervals: the error was {tested.against_naive:.2f} of that of taking the week before"
        f"{'' if closer else ', which is the better forecast here'}. {sure:.0%} of the counts lay in the 80 % band, "
        f"{width}, and {tested.coverage(95):.0%} in the 95 % one."
    )


def _asked(begin: Any, days: int, target: Target, given: dict[str, Any], heard: Any, stopped: Any) -> Found | None:
    if (begun := begin()) is None:
        return None
    forecast, tested = begun
    leads = forecast.leads(days)
    try:
        staffing = forecast.staffing(target, days, **given)
    except ValueError as error:  # the leads are shown, whatever is wrong with the agents
        staffing = Abstained(str(error), forecast.arrivals.known_days, forecast.arrivals.known_days)
    return Found(forecast, leads, tested, staffing)


def _leads_cards(found: Predicted, tested: Backtest | Abstained, minutes: int) -> list[tuple[str, str]]:
    table = found.table
    peak = table.loc[table["leads"].idxmax()]
    busiest = (
        f"leads {between(peak['start'], minutes)}, the most; 80 % band {peak['low80']:.0f} to {peak['high80']:.0f}"
    )
    span = f"leads from {table['start'].iloc[0]:%a %d %b} to {table['start'].iloc[-1]:%a %d %b}"
    cards = [(f"{table['leads'].sum():,.0f}", f"{span}, n {found.known_days} days"), (f"{peak['leads']:,.0f}", busiest)]
    if isinstance(tested, Abstained):
        return [*cards, ("–", "MASE: not tried yet"), ("–", "in the 80 % band: not tried yet")]
    mase = f"MASE in {len(tested.weeks)} weeks; under 1 is closer than the week before"
    return [*cards, (f"{tested.mase:.2f}", mase), (f"{tested.coverage(80):.0%}", "of the counts lay in the 80 % band")]


def _agents_cards(found: Staffing) -> list[tuple[str, str]]:
    peak = found.table.loc[found.table["agents"].idxmax()]
    over = f"{peak['agents_low']:.0f} to {peak['agents_high']:.0f} over the 80 % band"
    unknown = bool(found.table["rostered"].isna().all())
    gap = ("–", "who is on shift is not known; give rostered") if unknown else (
        f"{len(found.short)}", f"of {len(found.table)} intervals lack agents"
    )  # fmt: skip
    return [
        (f"{peak['agents']:.0f}", f"agents at the peak, {peak['start']:%a %d %b %H:%M}; {over}"),
        gap,
        (number(found.holding.mean_s, "s"), f"a lead keeps a place on average, n {found.holding.n:,}"),
        (f"{found.capacity:.3g}", f"leads at once for an agent; {found.target}"),
    ]


def _worst(found: Staffing, minutes: int) -> str:
    rows = found.short.head(SHOWN).itertuples(index=False)
    said = (
        f"{between(one.start, minutes)}: {-one.gap:.1f} missing ({one.agents:.0f} needed, {one.rostered:.1f} on shift)"
        for one in rows
    )
    listed = "".join(f"<li>{escape(one)}</li>" for one in said)
    return f"<p>The widest gaps:</p><ul>{listed}</ul>" if listed else ""


def _cards(cards: list[tuple[str, str]]) -> str:
    shown = "".join(f'<div class="card kpi"><b>{escape(a)}</b><span>{escape(b)}</span></div>' for a, b in cards)
    return f'<div class="kpis">{shown}</div>'


def _legend(*parts: tuple[str, str]) -> str:
    said = (f'<span class="chip"><i style="background:{fill}"></i>{escape(text)}</span>' for fill, text in parts)
    return f'<p style="display:flex;flex-wrap:wrap;gap:6px">{"".join(said)}</p>'


def _head(title: str, question: str) -> pn.pane.HTML:
    head = f'<h3>{escape(title)}</h3><p class="soft">{escape(question)}</p>'
    return pn.pane.HTML(head, stylesheets=[SHEET, WHAT], **WIDE)


def _hidden(plot: Any) -> pn.Column:
    # in a column, as a Bokeh pane that was hidden again takes the hidden figure's word and stays hidden
    return pn.Column(pn.pane.Bokeh(plot, **WIDE), visible=False, **WIDE)
