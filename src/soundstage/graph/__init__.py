"""The graph: typed functions as nodes, one JSON document, a content-addressed cache. Knows nothing of media."""

from soundstage.graph.cache import Cache
from soundstage.graph.events import Event, Listener
from soundstage.graph.graph import Graph, Link, Node
from soundstage.graph.host import Demand, Host
from soundstage.graph.node import Task, TaskFunction, find_registered, task
from soundstage.graph.port import Port
from soundstage.graph.run import run
from soundstage.graph.types import Between, IsModel, IsSeed, Kind, ModelRef, OneOf, Says, Seed, Unit

__all__ = [
    "Between",
    "Cache",
    "Demand",
    "Event",
    "Graph",
    "Host",
    "IsModel",
    "IsSeed",
    "Kind",
    "Link",
    "Listener",
    "ModelRef",
    "Node",
    "OneOf",
    "Port",
    "Says",
    "Seed",
    "Task",
    "TaskFunction",
    "Unit",
    "find_registered",
    "run",
    "task",
]
