"""The Team tab in Streamlit by its own best practice: a fragment that runs every second, over one shared team."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st
from _pages import given, team, work

from collab.views.board import Board
from collab.views.cards import CARDS, card
from collab.views.distribution import BARS
from collab.views.feed import feed_of
from collab.views.kpis import TILES
from collab.views.presence import numbers
from collab.views.theme import SHEET
from collab.views.workload import row


@st.cache_resource
def shared() -> Board:
    """The team, its changes and what is shown of it: once for all sessions."""
    told = given()
    office = team(told.folder)
    office.call(work(office, told.rate, Path(told.folder, "stamps")))
    return Board(office)


@st.fragment(run_every=1)
def shown(board: Board) -> None:
    """Tiles, distribution, cards, table and latency, as the dashboard's Team tab has them."""
    feed = feed_of(board.shared)
    frame = feed.frame
    style = "".join((SHEET, TILES, BARS, CARDS)).replace(":host", ".stApp")
    tiles = "".join(feed.murals.mural("numbers", numbers).of(frame).values())
    st.html(f'<style>{style}</style><div class="kpis">{tiles}</div>')
    columns = st.columns(3)
    for place, agent in enumerate(frame.agents):
        columns[place % 3].html(card(agent, place, frame.rooms.get(agent.id, 0), frame.time))
    st.dataframe(pd.DataFrame([row(agent) for agent in frame.agents]))
    st.line_chart(pd.DataFrame({"ms": [point.ms for point in frame.latencies]}))


st.set_page_config(layout="wide")
shown(shared())
