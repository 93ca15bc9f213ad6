"""The contract of architectures: the layers of a network, and the X that they read."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from sklearn_relu.estimators.data import Data
from sklearn_relu.estimators.parts import Parts
from sklearn_relu.layers import Layer
from sklearn_relu.network.stage import Stage
from sklearn_relu.part import Part


class Architecture(ABC):
    """The layers of a network. :class:`MLP` is one.

    It is a part of :class:`BaseNetwork`, and knows nothing of targets.
    """

    def _auto_part(self, parameter: str) -> Part | None:
        """Return the part that "auto" means for a parameter, or None: the family has its own."""
        return None

    def _for_data(self, data: Data, held_out: Data | None) -> "Architecture":
        """Return the estimator with numbers for those of its parameters that the data decide.

        Parameters
        ----------
        data : Data
        held_out : Data or None
            Rows that the user held out.
        """
        return self

    @abstractmethod
    def _hidden_units(self) -> list[int]:
        """Units of each hidden layer, by the parameters.

        Raises
        ------
        ValueError
            If the parameters do not say it.
        """

    @abstractmethod
    def _set_hidden_units(self, units: list[int]) -> None:
        """Set the parameters so that they say these units of each hidden layer."""

    @abstractmethod
    def _stages(self, n_inputs: int, parts: Parts, n_raw: int) -> tuple[Stage, ...]:
        """All layers, and what training does to each; the output layer, with `n_raw` raw outputs,
        last."""

    def _fitted_shape(self, stages: tuple[Stage, ...]) -> dict[str, Any]:
        """Fitted attributes by which :meth:`_fitted_layers` knows what the arrays do not say.

        Parameters may be set anew after a fit; these stay.
        """
        return {}

    @abstractmethod
    def _fitted_layers(self) -> list[Layer]:
        """The layers of the fitted estimator, as wide as its arrays are now.

        Raises
        ------
        ValueError
            If the arrays do not say it.
        """

    def _computing_dtype(self, X) -> np.dtype:
        """The dtype that a network computes in for checked X, which is X's unless that is cast
        batch by batch."""
        return X.dtype

    @abstractmethod
    def _check_data(self, X, y, reset: bool) -> tuple[Any, np.ndarray]:
        """X and y as arrays; `reset` unless they must have the fitted features."""

    @abstractmethod
    def _check_inputs(self, X) -> Any:
        """X of a fitted estimator as an array."""
