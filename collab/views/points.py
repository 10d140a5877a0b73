"""The weights of a sweep as points that the map and the scatter share: what is chosen on one is chosen on the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import param
from bokeh.models import CDSView, ColumnDataSource, IndexFilter

from collab.records import FACTORS
from collab.views.tuning import Tuning
from collab.whatif.places import columns, places, signed
from collab.whatif.rescore import Values
from collab.whatif.sweep import NothingLeft


class Points(param.Parameterized):
    """The points of a tuning's sweep: where each lies, what the log says of it, which are on the front of two columns.

    A point is chosen by `source.selected`; that of the weights in question is chosen by itself.

    Attributes:
        source: x and y on the map, the four weights, and the sweep's columns; rows are those of the sweep.
        front: a view of the source with the rows that none beats in both `metric` and `across`.
    """

    tuning = param.ClassSelector(class_=Tuning, doc="What is tuned.")
    across = param.String("share_moved", doc="The column across the scatter.")
    metric = param.String("", doc="The column up the scatter, and the colour of the map.")
    said = param.String("", doc="Why there is no front, or nothing.")

    def __init__(self, tuning: Tuning, **params: Any) -> None:
        super().__init__(tuning=tuning, **params)
        self.source = ColumnDataSource({name: [] for name in (*FACTORS, "x", "y", "alpha", "share_moved")})
        self.filter = IndexFilter([])
        self.front = CDSView(filter=self.filter)
        self.step = 5
        self._chosen = False
        self.source.selected.on_change("indices", self._choose)
        tuning.param.watch(lambda event: self._fill(), "sweep")
        tuning.param.watch(lambda event: self._mark(), "answer")
        self._fill()

    @property
    def columns(self) -> list[str]:
        """The columns of the sweep that can be shown: estimates, ess, share_moved."""
        sweep = self.tuning.sweep
        return [] if sweep is None else columns(sweep)

    def place(self, weights: Sequence[int]) -> int | None:
        """The row of the grid's weights that are nearest to these; None without a sweep."""
        sweep = self.tuning.sweep
        if sweep is None:
            return None
        return sweep.nearest(weights)

    def weights(self, row: int) -> Values:
        """The four integers of a row."""
        a, e, p, r = (int(one) for one in self.tuning.sweep.weights[row])
        return a, e, p, r

    def reach(self, column: str, margin: float = 0.03) -> tuple[float, float]:
        """The least and the most of a column that the log can say, and a little around them, for an axis."""
        shown = np.asarray(self.source.data.get(column, []), np.float64)
        known = shown[(np.asarray(self.source.data["alpha"]) == 1.0) & np.isfinite(shown)] if len(shown) else shown
        if not len(known):
            known = np.array([0.0, 1.0])
        low, high = float(known.min()), float(known.max())
        around = margin * (high - low) if high > low else 0.5 * abs(high) or 0.5
        return low - around, high + around

    def best(self) -> pd.DataFrame:
        """The rows of the front, the best in `metric` first; empty without one."""
        sweep = self.tuning.sweep
        try:
            rows = sweep.front(signed(self.metric), signed(self.across))
            self.said = ""
        except NothingLeft as error:
            rows, self.said = sweep.frame().head(0), str(error)
        return rows

    def _fill(self) -> None:
        sweep = self.tuning.sweep
        if sweep is None:
            self.source.data = {name: [] for name in self.source.data}
            self.filter.indices = []
            return
        rows = sweep.frame()
        x, y = places(sweep)
        shown = {name: rows[name].to_numpy(np.float64) for name in self.columns}
        refused = rows["refused"].to_numpy() if "refused" in rows else np.zeros(len(rows), bool)
        self.source.data = {
            "x": x,
            "y": y,
            **{factor: rows[factor].to_numpy(np.int32) for factor in FACTORS},
            **shown,
            "alpha": np.where(refused, 0.25, 1.0),
        }
        self.metric = self.metric if self.metric in shown else self.columns[0]
        self._outline()
        self._mark()

    @param.depends("metric", "across", watch=True)
    def _outline(self) -> None:
        if self.tuning.sweep is not None and self.metric:
            self.filter.indices = [self.place(row) for row in self.best()[list(FACTORS)].to_numpy()]

    def _mark(self) -> None:
        """Choose the point of the weights in question."""
        row = self.place(self.tuning.weights.integers())
        if row is not None and self.source.selected.indices != [row]:
            self._chosen = True
            self.source.selected.indices = [row]
            self._chosen = False

    def _choose(self, name: str, before: list[int], now: list[int]) -> None:
        if self._chosen or self.tuning.sweep is None:
            return
        if now and now[0] != self.place(self.tuning.weights.integers()):
            self.tuning.take(self.weights(now[0]))
        self._mark()
