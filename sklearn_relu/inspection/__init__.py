"""A look inside: hidden units, the flow of gradients, the linear maps of a network."""

from sklearn_relu.estimators.findings import Finding
from sklearn_relu.inspection.activations import ActivationReport, activation_report
from sklearn_relu.inspection.gates import GateReport, gate_report
from sklearn_relu.inspection.gradients import GradientReport, gradient_report
from sklearn_relu.inspection.hidden import HiddenLayer, hidden_activations
from sklearn_relu.inspection.linear import (
    Attributions,
    LocalLinearMap,
    angle,
    attributions,
    local_linear_map,
)
from sklearn_relu.inspection.model import final_network
from sklearn_relu.inspection.occlusion import occlusion_map
from sklearn_relu.inspection.prune import prune
from sklearn_relu.inspection.regions import LinearRegions, linear_regions
from sklearn_relu.inspection.repair import RepairReport, repair_dead_units
from sklearn_relu.inspection.signal import SignalReport, signal_report
from sklearn_relu.inspection.through_time import GradientThroughTime, gradient_through_time
from sklearn_relu.inspection.verdict import Verdict, verdict

__all__ = [
    "ActivationReport",
    "Attributions",
    "Finding",
    "GateReport",
    "GradientReport",
    "GradientThroughTime",
    "HiddenLayer",
    "LinearRegions",
    "LocalLinearMap",
    "RepairReport",
    "SignalReport",
    "Verdict",
    "activation_report",
    "angle",
    "attributions",
    "final_network",
    "gate_report",
    "gradient_report",
    "gradient_through_time",
    "hidden_activations",
    "linear_regions",
    "local_linear_map",
    "occlusion_map",
    "prune",
    "repair_dead_units",
    "signal_report",
    "verdict",
]
