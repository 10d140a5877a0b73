"""The team's rooms: who says what, live; what is typed, pressed and searched there is a member's command."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from panel.custom import JSComponent

from collab.office.floors import READS
from collab.protocol import Role
from collab.views.board import Board
from collab.views.replying import Replying
from collab.views.roster import id_of
from collab.views.scheduling import at_end
from collab.views.talk import REFUSED, Patch, Talk
from collab.views.theme import SHEET
from collab.views.typed import typed

HERE = Path(__file__).parent / "chat"
PARTS = ("drawn.js", "log.js", "attach.js", "composer.js", "about.js", "rooms.js")
"""The browser's side, in the order of its parts."""

WIDE = {"sizing_mode": "stretch_width"}


class Conversation(JSComponent):
    """The browser's side: it shows patches, and asks for what is done there."""

    signed = param.Boolean(default=False, doc="Did somebody sign in, who can't be somebody else here?")

    _esm = "\n".join((HERE / part).read_text(encoding="utf-8") for part in PARTS)
    _stylesheets = (SHEET, (HERE / "chat.css").read_text(encoding="utf-8"))

    def __init__(self, hear: Callable[[dict[str, Any]], Coroutine[Any, Any, None]], **params: Any) -> None:
        self._hear = hear
        super().__init__(**params)

    def _handle_msg(self, data: Any) -> None:
        if isinstance(data, dict):
            pn.state.execute(partial(self._hear, data))

    def put(self, patches: list[Patch]) -> None:
        """Show these."""
        self._send_msg(patches)


class RoomsView(Replying):
    """The rooms of the team, as one of its members reads and writes them.

    Args:
        board: the session's board.
        room: which room is opened first, around the message with this `number` if it is not 0.
        me: who one is, if that is known; else a field asks for it.
    """

    me = param.String("", label="You are", doc="The id by which others know and mention you.")
    role = param.ClassSelector(default=Role.team_lead, class_=Role, doc="What you may do in rooms.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it hears nothing.")
    room = param.String("", doc="Which room is open; none is the first of the list, at its newest.")
    message = param.String("", doc="The number of the message around which it is open; none is its newest.")

    def __init__(self, board: Board, room: str = "", number: int = 0, **params: Any) -> None:
        if board.seat is not None:  # nobody speaks as somebody else
            params |= {"me": board.by, "role": board.seat.role}
        super().__init__(**{"me": board.member} | params)
        self.board = board
        self.conversation = Conversation(self.hear, signed=board.seat is not None, **WIDE)
        self.talk = Talk(board.shared, board.schedule, self._put, lambda: board.frame.names, room, number)
        self.talk.member.again = lambda: pn.state.execute(partial(self.enter, self.me))
        self._name = pmui.TextInput(label="You are", value=self.me, placeholder="kim", description="", width=200)
        self._in = pmui.Button(label="Come in", icon="login", variant="outlined")
        self._in.on_click(self._enter)
        self._name.param.watch(self._enter, "enter_pressed")
        asked = pn.FlexBox(self._name, self._in, gap="12px", align_items="center", **WIDE)
        whose = pn.pane.HTML(_whose([agent.id for agent in board.frame.agents]), stylesheets=[SHEET], **WIDE)
        self._who = pn.Column(asked, whose, visible=not self.me, **WIDE)
        self._layout = pn.Column(self._who, self.said, self.conversation, **WIDE)
        if board.office.desk is None:
            self._who.visible = self.conversation.visible = False
            self._say(READS)
            return
        board.param.watch(self._known, "member")
        at_end(self.talk.member.forget)

    def _put(self, patches: list[Patch]) -> None:
        """Show patches, unless who signed in may not be here any more."""
        if self.board.seat is not None and (why := self.board.seat.gone):
            self.talk.member.forget()
            self._say(why)
            patches = [{"put": "nobody"}]
        self.conversation.put(patches)
        for opened in patches:
            if opened["put"] == "room":
                self._stands(opened["at"])

    def _stands(self, at: int) -> None:
        """Keep which room is open, and around which message; 0 is none."""
        first = self.talk.room == next(iter(self.talk.rooms), "") and not at
        self.param.update(room="" if first else self.talk.room, message=str(at or ""))

    async def hear(self, asked: dict[str, Any]) -> None:
        """Do what the browser asks for, as what one may be by now."""
        if not await self._seated():
            return
        self.talk.drawn = True
        if asked.get("do") == "ready" and self.me and not self.talk.inside:
            await self.enter(self.me)
        elif asked.get("do") == "past":
            if str(asked.get("number")) == self.message:  # else another was asked for meanwhile
                self._stands(0)
        elif asked.get("do") == "be":
            await self.enter(str(asked.get("me")))
        else:
            await self.talk.hear(asked)

    async def _seated(self) -> bool:
        """Go by what who signed in may do by now; False if they may not be here any more."""
        seat = self.board.seat
        if seat is None:
            return True
        if why := seat.gone:
            await self.talk.member.leave()
            self._say(why)
            return False
        if seat.role != self.role:
            self.role = seat.role
            if self.talk.inside:
                await self.enter(self.me)
        return True

    async def enter(self, me: str) -> None:
        """Come in as this member, or as who signed in."""
        try:
            await self.talk.enter(self.board.by or id_of(me.strip()), self.role)
        except REFUSED as error:
            self._say(str(error))
            self._who.visible = self.board.seat is None
            return
        self.said.visible = self._who.visible = False
        self.me = self.board.member = self.talk.me

    async def _enter(self, event: object) -> None:
        await self.enter(typed(self._name))
        if self.talk.inside:
            self.conversation.put([{"put": "entered"}])  # the button that was pressed is gone

    async def _known(self, event: Any) -> None:
        """The browser said, after this was made, who came in there before."""
        if self.active and not self.me:
            await self.enter(event.new)

    @param.depends("active", watch=True)
    async def _shown(self) -> None:
        if not self.active:
            await self.talk.member.leave()
        elif (me := self.me or self.board.member) and not self.talk.inside:
            await self.enter(me)


def _whose(agents: list[str]) -> str:
    """What is said while nobody is in."""
    some = f", e.g. {', '.join(escape(agent) for agent in agents[:3])}," if agents else ""
    return (
        f'<div class="empty">Rooms are read and written as somebody. Type your own id, or that of somebody in the '
        f"team{some} and come in. Whoever signs in need not say it.</div>"
    )
