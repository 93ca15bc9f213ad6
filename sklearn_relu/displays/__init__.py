"""Pictures of networks and of searches, by scikit-learn's convention for displays."""

from sklearn_relu.displays.activation import ActivationDisplay
from sklearn_relu.displays.comparison import ComparisonDisplay
from sklearn_relu.displays.decision_region import DecisionRegionDisplay
from sklearn_relu.displays.gradient_flow import GradientFlowDisplay
from sklearn_relu.displays.gradient_through_time import GradientThroughTimeDisplay
from sklearn_relu.displays.images import FeatureMapsDisplay, FiltersDisplay, OcclusionDisplay
from sklearn_relu.displays.loss_curve import LossCurve, LossCurveDisplay
from sklearn_relu.displays.reconstruction import ReconstructionDisplay
from sklearn_relu.displays.sparsity import SparsityDisplay
from sklearn_relu.displays.weights import WeightsDisplay

__all__ = [
    "ActivationDisplay",
    "ComparisonDisplay",
    "DecisionRegionDisplay",
    "FeatureMapsDisplay",
    "FiltersDisplay",
    "GradientFlowDisplay",
    "GradientThroughTimeDisplay",
    "LossCurve",
    "LossCurveDisplay",
    "OcclusionDisplay",
    "ReconstructionDisplay",
    "SparsityDisplay",
    "WeightsDisplay",
]
