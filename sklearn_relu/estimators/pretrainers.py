"""The unsupervised estimators that pre-train a layer, one class a kind."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, clone

from sklearn_relu.activations import Activation
from sklearn_relu.estimators.autoencoder import Autoencoder
from sklearn_relu.estimators.parts import resolve_parts
from sklearn_relu.layers import Arrays, Layer
from sklearn_relu.sklearn_private import callbacks_of, validate_parameters


class Pretrainer(ABC):
    """An estimator that pre-trains layers: a clone of it learns each of them.

    Parameters
    ----------
    estimator : object
        Of the kind that `takes` says.
    """

    takes: ClassVar[type]
    """The class of the estimator."""

    trains_in_stacks: ClassVar[bool]
    """Whether the estimator's fit hands jobs to :func:`~sklearn_relu.training.gathering.train_fit`.
    """

    def __init__(self, estimator: Any):
        self._estimator = estimator

    @staticmethod
    @abstractmethod
    def by_default() -> BaseEstimator:
        """Return the estimator that the kind's name stands for."""

    def check(self, activations: list[Activation]) -> None:
        """Raise a ValueError if the estimator cannot learn layers with these activations."""
        # Within another fit scikit-learn validates no parameters.
        validate_parameters(self._estimator)

    def for_layer(self, layer: Layer, reads: Any) -> Any:
        """Return a clone that learns as many units, with the layer's activation.

        Parameters
        ----------
        layer : Layer
        reads : {ndarray, csr matrix} of shape (n_samples, layer.reads)
            The rows that the layer reads.
        """
        return clone(self._estimator).set_params(**self._of_layer(layer, reads))

    @abstractmethod
    def _of_layer(self, layer: Layer, reads: Any) -> dict[str, Any]:
        """The parameters of the estimator that the layer decides."""

    @abstractmethod
    def arrays(self, fitted: Any, dtype: np.dtype) -> Arrays:
        """Return the layer that a fitted clone has learned: arrays by name, network axis first."""


class ByAutoencoder(Pretrainer):
    """Each layer is the code layer of an autoencoder.

    References
    ----------
    Bengio, Lamblin, Popovici & Larochelle (2007), Greedy layer-wise training of deep networks.
    Vincent, Larochelle, Lajoie, Bengio & Manzagol (2010), Stacked denoising autoencoders.
    """

    takes = Autoencoder
    trains_in_stacks = True

    @staticmethod
    def by_default():
        """Return a denoising autoencoder that trains for some epochs, with a rate that falls."""
        return Autoencoder(corruption="masking", learning_rate="cosine", max_iter=50)

    def check(self, activations):
        """Raise a ValueError if a parameter of the autoencoder cannot be used."""
        super().check(activations)
        resolve_parts(self._estimator)

    def _of_layer(self, layer, reads):
        return {"hidden_layer_sizes": (layer.n_units,), "activation": layer.activation}

    def arrays(self, fitted, dtype):
        """Return the arrays of the encoder's only layer."""
        _, params = fitted._network(dtype)
        return params[0]


PRETRAININGS: dict[str, type[Pretrainer]] = {"autoencoder": ByAutoencoder}
"""The kinds of pre-training, by the names that the parameter takes."""


def named(name: str) -> BaseEstimator:
    """Return a new estimator, the one that a name of `PRETRAININGS` stands for."""
    return PRETRAININGS[name].by_default()


def pretrainer_of(value: Any) -> Pretrainer:
    """Return the pre-trainer that the value of `pretraining` stands for.

    Raises
    ------
    ValueError
        For what is neither a name nor such an estimator, and for an estimator with callbacks.
    """
    if isinstance(value, str) and value in PRETRAININGS:
        value = named(value)
    for kind in PRETRAININGS.values():
        if isinstance(value, kind.takes):
            _check_has_no_callbacks(value)
            return kind(value)
    classes = " or ".join(f"{kind.takes.__name__}(...)" for kind in PRETRAININGS.values())
    raise ValueError(
        f"pretraining must be one of {sorted(PRETRAININGS)}, {classes}, or None; got {value!r}."
        f"{_hint(value)}"
    )


def _hint(value: Any) -> str:
    for name, kind in PRETRAININGS.items():
        if isinstance(value, str) and value.lower() in (name, kind.takes.__name__.lower()):
            return f" Did you mean {name!r}?"
        if isinstance(value, type) and issubclass(value, kind.takes):
            return f" That is a class: pass an instance, {value.__name__}()."
    return ""


def _check_has_no_callbacks(estimator: Any) -> None:
    if callbacks := callbacks_of(estimator):
        raise ValueError(
            f"pretraining={estimator!r} has callbacks: {callbacks}. Clones of it learn one layer "
            "each, so they would be called for several fits. Set them on the network, which keeps "
            "its layers in a Checkpoint too."
        )
