"""A Message Batches server for tests, demos and anyone's pipeline; it knows nothing of the rest of batchtui."""

from batchtui.simulator.app import Simulator
from batchtui.simulator.faults import Fault, FaultKind
from batchtui.simulator.history import HistoryBatch, history
from batchtui.simulator.server import Served, run, serve
from batchtui.simulator.settings import Settings, SimulatorError

__all__ = [
    "Fault",
    "FaultKind",
    "HistoryBatch",
    "Served",
    "Settings",
    "Simulator",
    "SimulatorError",
    "history",
    "run",
    "serve",
]
