"""`/metrics`: what this process counts and how it stands now, as Prometheus reads it.

Teams are summed up: whoever may read the metrics of a gateway does not learn which teams it has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from collab.door import Door
from collab.live.tally import BOUNDS_S, Durations
from collab.office import Office
from collab.protocol import Role
from collab.records import Presence, seconds_between
from collab.web.page import Page
from collab.web.site import Site


class Scrape(Page):
    """The metrics of this process."""

    name = "metrics"

    async def get(self) -> None:
        """All of them as text."""
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.finish(await scraped(self.site))

    async def head(self) -> None:
        """That they are there, without them."""
        await self.get()


async def scraped(site: Site) -> bytes:
    """The metrics as text, read in the loop in which they change."""

    async def read() -> list[Metric]:
        if site.door is None:
            return [*_of_teams(site.offices)]
        return [*_of_teams(site.offices, site.door.past.deciding), *_of_gateway(site.door)]

    if site.door is not None:
        found = await site.door.ask(read())
    else:
        found = await site.office.ask(read()) if site.office is not None else []
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Found([*found, *_of_site(site)]))
    return generate_latest(registry)


class _Found(Collector):
    """Metrics that are read already, in the form in which they are asked for."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        return self._metrics


def _of_teams(offices: list[Office], *past: Durations) -> Iterator[Metric]:
    """The teams of this process, summed up; an office that only reads has a team too.

    The `past` durations are of decisions on teams that are not open any more.
    """
    teams = [office.team for office in offices]
    yield _gauge("collab_teams", "Teams that are open in this process", len(teams))
    presence = Counter(agent.presence for team in teams for agent in team.members())
    yield _gauges("collab_agents", "Agents on the roster", "presence", {one: presence[one] for one in Presence})
    rooms = [room for team in teams for room in team.rooms.values()]
    yield _gauge("collab_rooms", "Rooms that are not archived", sum(not room.archived for room in rooms))
    queues = [(office.team.queue(), office.timing.now()) for office in offices]
    yield _gauge("collab_queue_leads", "Leads that wait for an agent", sum(len(queue) for queue, _ in queues))
    waits = (seconds_between(state.arrived, now) for queue, now in queues for state in queue)
    yield _gauge("collab_queue_oldest_seconds", "How long the lead that came first waits", max(waits, default=0.0))
    held = sum(len(team.leads) - team.waiting for team in teams)  # by agents who were taken off the roster, too
    yield _gauge("collab_held_leads", "Leads that agents hold", held)
    yield _gauge("collab_stream_seq", "Places of the streams that are taken in", sum(team.seq for team in teams))
    recording = [(office.recorder, office.team.seq) for office in offices if office.recorder is not None]
    behind = sum(max(0, seq - recorder.recorded) for recorder, seq in recording)
    yield _gauge("collab_recorder_behind_events", "Events on the streams that are not recorded", behind)
    late = max((recorder.behind_s for recorder, _ in recording), default=0.0)
    yield _gauge("collab_recorder_behind_seconds", "How long ago all was recorded, at worst", late)
    faults = sum(recorder.fault is not None for recorder, _ in recording)
    yield _gauge("collab_recorder_faults", "Recorders that cannot record now", faults)
    deciding = (office.desk.deciding for office in offices if office.desk is not None)
    yield _histogram(
        "collab_deciding_seconds", "The time of a routing decision itself", "", {"": _sum([*deciding, *past])}
    )


def _of_gateway(door: Door) -> Iterator[Metric]:
    gateway, floors, past, tally = door.gateway, door.floors, door.past, door.gateway.tally
    roles = Counter(line.entry.role for line in gateway.lines)
    yield _gauges("collab_connections", "Members that are connected", "role", {role: roles[role] for role in Role})
    yield _counter("collab_connections_accepted", "Connections that were let in", tally.entered)
    yield _gauge("collab_rooms_attended", "Rooms in which a member is here", sum(floor.hall.rooms for floor in floors))
    said = past.said + sum(floor.said for floor in floors)
    yield _counter("collab_messages_sent", "Messages that members said here", said)
    told = past.told + sum(floor.hall.told for floor in floors)
    yield _counter("collab_events_delivered", "Events of rooms that were written to members", told)
    told_bytes = past.told_bytes + sum(floor.hall.told_bytes for floor in floors)
    yield _counter("collab_delivered_bytes", "Bytes of these events as frames", told_bytes)
    yield _counter("collab_received_bytes", "Bytes of the frames that members sent", tally.bytes_in)
    yield _counters("collab_refused", "Frames that were refused", "code", tally.refused)
    yield _counters("collab_cut_off", "Connections that the gateway ended", "code", tally.cut)
    kinds = {str(kind.__struct_config__.tag): took for kind, took in tally.commands.items()}
    counts = {kind: sum(took.counts) for kind, took in kinds.items()}
    yield _counters("collab_commands", "Commands that were answered", "kind", counts)
    busy = {kind: took for kind, took in kinds.items() if counts[kind]}
    yield _histogram("collab_command_seconds", "From a command's arrival to its answer", "kind", busy)


def _of_site(site: Site) -> Iterator[Metric]:
    found = CounterMetricFamily("collab_http_requests", "Answers over HTTP", labels=("page", "status"))
    for (page, status), count in sorted(site.answered.items()):
        found.add_metric((page, str(status)), count)
    yield found
    if site.pressed is not None:
        said = "From a key or press on the dashboard to its browser's next paint"
        yield _histogram("collab_press_seconds", said, "", {"": site.pressed})


def _sum(every: Iterable[Durations]) -> Durations:
    total = Durations()
    for one in every:
        total.join(one)
    return total


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value=value)


def _counter(name: str, said: str, value: float) -> Metric:
    return CounterMetricFamily(name, said, value=value)


def _gauges(name: str, said: str, label: str, values: Any) -> Metric:
    found = GaugeMetricFamily(name, said, labels=(label,))
    for value, count in values.items():
        found.add_metric((value,), count)
    return found


def _counters(name: str, said: str, label: str, values: Any) -> Metric:
    found = CounterMetricFamily(name, said, labels=(label,))
    for value, count in sorted(values.items()):
        found.add_metric((value,), count)
    return found


def _histogram(name: str, said: str, label: str, values: dict[str, Durations]) -> Metric:
    found = HistogramMetricFamily(name, said, labels=(label,) if label else ())
    for value, took in values.items():
        upto, buckets = 0, []
        for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), took.counts, strict=True):
            upto += count
            buckets.append((bound, upto))
        found.add_metric((value,) if label else (), buckets, took.total_s)
    return found
