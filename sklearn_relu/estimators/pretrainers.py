"""The unsupervised estimators that pre-train a layer, one class a kind."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from sklearn.base import BaseEstimator, clone

from sklearn_relu.activations import ACTIVATIONS, Activation
from sklearn_relu.estimators.autoencoder import Autoencoder
from sklearn_relu.estimators.parts import resolve_parts
from sklearn_relu.estimators.rbm import RBM
from sklearn_relu.estimators.standard import Standard
from sklearn_relu.layers import Arrays, Layer
from sklearn_relu.sklearn_private import callbacks_of, validate_parameters

History = dict[str, list[float]]


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

    @abstractmethod
    def learn(
        self, layer: Layer, reads: Any, before: Activation | None, settings: dict[str, Any]
    ) -> tuple[Arrays, History]:
        """Have a clone learn as many units, with the layer's activation.

        Parameters
        ----------
        layer : Layer
        reads : {ndarray, csr matrix} of shape (n_samples, layer.reads)
            The rows that the layer reads.
        before : Activation or None
            That of the layer before, which gives these rows; None: they are X.
        settings : dict
            Attributes of the clone beside those that the layer decides.

        Returns
        -------
        arrays : dict of ndarray
            What the layer is to begin with, by the names of its blocks, network axis first.
        history : dict of list of float
            That of the clone.
        """

    def _fitted(self, reads: Any, settings: dict[str, Any], **of_layer: Any) -> Any:
        model = clone(self._estimator).set_params(**of_layer)
        vars(model).update(settings)
        return model.fit(reads)


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

    def learn(self, layer, reads, before, settings):
        """Learn the encoder's only layer."""
        of_layer = {"hidden_layer_sizes": (layer.n_units,), "activation": layer.activation}
        model = self._fitted(reads, settings, **of_layer)
        _, params = model._network(reads.dtype)
        return params[0], model.history_


RATE_OF_GAUSSIAN_UNITS = 0.02
"""Factor of a machine's learning rate where its visible units are Gaussian: their reconstructions
have no bound, so the rate is one or two orders of magnitude smaller (Hinton 2010, section 13.2)."""


class ByMachine(Pretrainer):
    """Each layer is the hidden layer of a restricted Boltzmann machine: a deep belief net.

    Codes of binary units are probabilities, and so are the next machine's visible units. Codes of
    rectified units are real numbers: they are standardized for Gaussian visible units, and the
    layer undoes that.

    References
    ----------
    Hinton, Osindero & Teh (2006), A fast learning algorithm for deep belief nets.
    Nair & Hinton (2010), Rectified linear units improve restricted Boltzmann machines.
    """

    takes = RBM
    trains_in_stacks = False

    @staticmethod
    def by_default():
        """Return a machine with all defaults."""
        return RBM()

    def check(self, activations):
        """Raise a ValueError for activations that are no mean of a machine's hidden units."""
        super().check(activations)
        for activation in activations:
            if activation.machine_units is None:
                able = [name for name, cls in ACTIVATIONS.items() if cls.machine_units]
                raise ValueError(
                    f"pretraining={self._estimator!r} learns layers of rectified or binary units; "
                    f"activation={activation!r} has neither. Use pretraining='autoencoder', which "
                    f"takes any activation, or one of {able}."
                )

    def learn(self, layer, reads, before, settings):
        """Learn the weights to the hidden units and their biases."""
        units = {"n_components": layer.n_units, "hidden": layer.activation.machine_units}
        if _are_shares(reads) if before is None else before.machine_units == "binary":
            units["visible"] = "binary"
        else:
            rate = self._estimator.learning_rate * RATE_OF_GAUSSIAN_UNITS
            units |= {"visible": "gaussian", "learning_rate": rate}
        standard = None
        if before is not None and units["visible"] == "gaussian":
            standard = Standard.of(reads)
            reads = standard.codes(reads)
        model = self._fitted(reads, settings, **units)
        weight, bias = model.components_.T, model.intercept_hidden_
        if standard is not None:
            weight, bias = standard.undone(weight, bias)
        learned = {"weight": weight[None], "bias": bias[None, None]}
        blocks = layer.blocks().items()
        arrays = {name: learned[block.kind] for name, block in blocks if block.kind in learned}
        return arrays, model.history_


def _are_shares(X: Any) -> bool:
    """Whether all values are in [0, 1]."""
    return bool(X.min() >= 0 and X.max() <= 1)


PRETRAININGS: dict[str, type[Pretrainer]] = {"autoencoder": ByAutoencoder, "rbm": ByMachine}
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
