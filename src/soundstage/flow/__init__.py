"""Flow matching: the straight path from noise to data, schedules, solvers, guidance, the training loss.

Everything is a function over a velocity callable; nothing here knows a network.
"""

from soundstage.flow.guidance import batched, guide, guided
from soundstage.flow.path import flow_loss, interpolate, uniform, velocity_target
from soundstage.flow.schedule import SCHEDULES, Schedule, linear, pruned, shifted, sway, swayed
from soundstage.flow.solve import Velocity, euler, heun, midpoint
from soundstage.flow.unipc import unipc

__all__ = [
    "SCHEDULES",
    "Schedule",
    "Velocity",
    "batched",
    "euler",
    "flow_loss",
    "guide",
    "guided",
    "heun",
    "interpolate",
    "linear",
    "midpoint",
    "pruned",
    "shifted",
    "sway",
    "swayed",
    "uniform",
    "unipc",
    "velocity_target",
]
