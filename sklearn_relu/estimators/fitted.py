"""The inner interface of a fitted estimator: all that the rest of the package asks of it."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from sklearn_relu.activations import Activation
from sklearn_relu.estimators.base import BaseNetwork
from sklearn_relu.estimators.curves import copied_curves
from sklearn_relu.estimators.diagnosis import Diagnosis
from sklearn_relu.estimators.parts import resolve, resolve_parts
from sklearn_relu.files.values import bit_generator
from sklearn_relu.layers import Arrays, Layer
from sklearn_relu.losses import Loss
from sklearn_relu.network.layout import ParameterLayout
from sklearn_relu.optimizers import Solver
from sklearn_relu.sklearn_private import validate_parameters
from sklearn_relu.training.jobs import Job, TrainingState


class ImageLayout(NamedTuple):
    """The order of an image's pixels.

    Attributes
    ----------
    shape : tuple of (rows, columns, channels)
    channels_first : bool
    """

    shape: tuple[int, int, int]
    channels_first: bool

    def by_place(self, images: np.ndarray) -> np.ndarray:
        """A view (n_samples, rows, columns, channels) of contiguous images."""
        rows, columns, channels = self.shape
        if self.channels_first:
            return np.moveaxis(images.reshape(-1, channels, rows, columns), 1, -1)
        return images.reshape(-1, rows, columns, channels)


class Fitted:
    """A fitted estimator, in the field's words.

    Parameters
    ----------
    estimator : BaseNetwork

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    """

    def __init__(self, estimator: BaseNetwork):
        check_is_fitted(estimator)
        self._estimator: Any = estimator

    @property
    def loss(self) -> Loss:
        """The loss for the targets of the fit."""
        return self._estimator._loss

    @property
    def encoder(self) -> Any:
        """The encoder of tables that comes before the first layer, or None."""
        return getattr(self._estimator, "encoder_", None)

    @property
    def image_layout(self) -> ImageLayout | None:
        """The order of pixels, where X are images; else None."""
        own = self._estimator
        if not hasattr(own, "image_shape_"):
            return None
        return ImageLayout(own.image_shape_, own._channels_first)

    @property
    def n_channels(self) -> int | None:
        """The channels of a step, where X are series; else None."""
        return getattr(self._estimator, "series_shape_", (0, None))[1]

    @property
    def channels_come_first(self) -> bool:
        """Whether X has all steps of a channel one after the other."""
        return self._estimator._channels_first

    @property
    def solver(self) -> Solver:
        """The solver, as the parameters are now."""
        return resolve(self._estimator, "solver")

    @property
    def learning_rate(self) -> float:
        """The initial learning rate, as the parameters are now."""
        return self._estimator.learning_rate_init

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the weights."""
        return self._estimator.coefs_[0].dtype

    @property
    def n_networks(self) -> int:
        """1, or the size of the ensemble."""
        first = self._estimator.coefs_[0]
        return 1 if first.ndim == 2 else len(first)

    @property
    def n_parameters(self) -> int:
        """Weights, biases and learned parameters of activations, of all networks."""
        layers, _ = self.network(self.dtype)
        return self.n_networks * ParameterLayout(layers).n_params

    @property
    def n_encoding(self) -> int:
        """Of an autoencoder, the number of layers from the inputs to the code."""
        return self._estimator._n_encoding()

    @property
    def n_components(self) -> int:
        """Of an autoencoder, the width of the code."""
        return self.network(self.dtype)[0][self.n_encoding - 1].gives

    @property
    def is_mirrored(self) -> bool:
        """Whether the widths of some layers follow from those of others."""
        return self._estimator._are_inputs

    @property
    def n_epochs(self) -> int:
        """Epochs of all calls; under a full-batch solver, iterations."""
        losses = self._estimator.history_["loss"]
        return len(losses if self.n_networks == 1 else losses[0])

    @property
    def is_multilabel(self) -> bool:
        """Whether targets are several labels for each sample."""
        return self._estimator._is_multilabel()

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The figures that ``fit`` noted; None after ``partial_fit``."""
        noted = getattr(self._estimator, "_diagnosis", None)
        return None if noted is None else Diagnosis(**noted)

    @property
    def states(self) -> list[TrainingState]:
        """The state of each network with which training goes on; empty where none was kept."""
        kept = getattr(self._estimator, "_states", [])
        return [TrainingState.from_dict(state) for state in kept]

    def curves(self, name: str) -> list[np.ndarray]:
        """A column of ``history_``, one curve a network."""
        column = self._estimator.history_[name]
        several = column and isinstance(column[0], list)
        return [np.array(curve, float) for curve in (column if several else [column])]

    def network(self, dtype) -> tuple[list[Layer], list[Arrays]]:
        """The layers, and their parameters as they are now, network axis first.

        Raises
        ------
        ValueError
            If arrays do not fit together, as they may not if some were assigned.
        """
        return self._estimator._network(dtype)

    def inputs(self, X) -> Any:
        """X as the network reads it, in the dtype that it computes in."""
        X = self._estimator._check_inputs(X)
        return X.astype(self._estimator._computing_dtype(X), copy=False)

    def inputs_and_targets(self, X, y) -> tuple[Any, np.ndarray]:
        """X as the network reads it, and targets that the loss compares raw outputs with.

        Raises
        ------
        ValueError
            If targets are not like those of the fit.
        """
        draft = self._estimator._shallow_copy()  # to check data may set attributes
        X, y = draft._check_data(X, y, reset=False)
        draft._check_known_targets(y)
        X = X.astype(draft._computing_dtype(X), copy=False)
        return X, draft._encode_targets(y, self.loss).astype(X.dtype)

    def check(self) -> None:
        """Check attributes that come from a file: compiled loops do not look at bounds of arrays.

        Raises
        ------
        ValueError
            If arrays do not fit together, or the loss, an activation or a state is none.
        """
        own = self._estimator
        if not isinstance(own._loss, Loss) or not all(
            isinstance(activation, Activation) for activation in own._activations
        ):
            raise ValueError("its loss and activations are none")
        if self.dtype.kind != "f":
            raise ValueError(f"its weights are {self.dtype}")
        self.network(self.dtype)
        for state in self.states:
            for rng_state in (state.rng_state, state.split_rng_state, state.noise_state):
                if rng_state is not None:
                    bit_generator(rng_state)


def is_fitted(estimator: BaseNetwork) -> bool:
    """Whether an estimator is fitted."""
    return estimator.__sklearn_is_fitted__()


def exchange(estimator, arrays: dict[str, Any], hidden_units: list[int]) -> None:
    """Give a fitted estimator another network, with which training begins anew.

    Parameters
    ----------
    estimator : BaseNetwork, or scikit-learn's MLPClassifier or MLPRegressor
    arrays : dict
        ``coefs_``, ``intercepts_`` and ``activation_parameters_``, of which scikit-learn's networks
        have no use.
    hidden_units : list of int
    """
    if isinstance(estimator, BaseNetwork):
        estimator._set_hidden_units(hidden_units)
    else:
        estimator.hidden_layer_sizes = tuple(hidden_units)
        arrays = {name: arrays[name] for name in ("coefs_", "intercepts_")}
    vars(estimator).update(arrays)
    for name in ("_states", "_fingerprint"):
        vars(estimator).pop(name, None)


def adopt(estimator, attributes: dict[str, Any], targets: np.ndarray) -> None:
    """Make an estimator fitted by a network that was trained elsewhere.

    Parameters
    ----------
    estimator : BaseNetwork
        Not fitted. It gets the attributes, whose arrays are not copied.
    attributes : dict
        Fitted attributes.
    targets : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Targets of each class, or of so many outputs as there are.
    """
    vars(estimator).update(attributes)
    vars(estimator).update(copied_curves(attributes))  # partial_fit lets them grow
    parts = resolve_parts(estimator)
    estimator._activations = parts.activations
    estimator._loss = estimator._learn_targets(targets, None, parts.loss, new=True)


def first_jobs(estimator: BaseNetwork, X, y=None) -> list[Job]:
    """The networks with which ``fit(X, y)`` would begin; the estimator is not changed.

    Without y, targets are made up that the estimator takes.

    Raises
    ------
    ValueError
        As ``fit`` for parameters or data that cannot be used.
    """
    draft: Any = clone(estimator)
    draft.early_stopping, draft.batch_size = False, "auto"  # also where it has no such parameter
    if y is None:
        y = draft._made_up_targets(X.shape[0] if hasattr(X, "shape") else len(X))
    validate_parameters(draft)
    return draft._make_jobs(resolve_parts(draft), X, y)
