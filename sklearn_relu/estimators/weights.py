"""Between the flat parameters of the engine and the arrays of a fitted estimator."""

import zlib
from typing import Any

import numpy as np

from sklearn_relu.activations import Activation, Identity
from sklearn_relu.engine.buffers import ParameterLayout
from sklearn_relu.engine.layers import Arrays, Dense
from sklearn_relu.initializers import Initializer, LayerStart


def initial_params(
    layers: list[Dense], initializer: Initializer, biases: Initializer, rng, X, dtype
) -> np.ndarray:
    """The parameters (n_params,) of one network before training."""
    layout = ParameterLayout(layers)
    params = np.zeros(layout.n_params, dtype)
    views = layout.views(params[None])
    starts = [
        LayerStart(view["weight"][0], view["bias"][0, 0], layer.activation, layer is layers[-1])
        for view, layer in zip(views, layers, strict=True)
    ]
    initializer.initialize(starts, rng, X)
    biases.initialize_biases(starts, rng)
    for view, layer in zip(views, layers, strict=True):
        layer.activation.init_parameters(view)
    return params


def fitted_arrays(networks: list[Arrays]) -> dict[str, Any]:
    """``coefs_``, ``intercepts_`` and ``activation_parameters_`` of one dict of arrays a layer.

    Copies, with the network axis only if there is more than one network.
    """
    sole = len(networks[0]["weight"]) == 1

    def array(view):
        return view[0].copy() if sole else view.copy()

    return {
        "coefs_": [array(layer["weight"]) for layer in networks],
        "intercepts_": [array(layer["bias"][:, 0]) for layer in networks],
        "activation_parameters_": [
            {name: array(layer[name][:, 0]) for name in layer if name not in ("weight", "bias")}
            for layer in networks[:-1]
        ],
    }


def layer_params(estimator, dtype) -> list[Arrays]:
    """The parameters of a fitted estimator as they are now, network axis first."""
    sole = estimator.coefs_[0].ndim == 2
    learned = [*estimator.activation_parameters_, {}]
    params = []
    for coef, intercept, more in zip(estimator.coefs_, estimator.intercepts_, learned, strict=True):
        arrays = {"weight": coef, "bias": intercept[..., None, :]}
        arrays |= {name: values[..., None, :] for name, values in more.items()}
        params.append(
            {
                name: (array[None] if sole else array).astype(dtype, copy=False)
                for name, array in arrays.items()
            }
        )
    return params


def flat_params(layers: list[Dense], estimator, n_networks: int, dtype) -> np.ndarray:
    """The parameters of a fitted estimator, as (n_networks, n_params).

    Raises
    ------
    ValueError
        If they have other shapes than the layers ask for.
    """
    arrays = layer_params(estimator, dtype)
    layout = ParameterLayout(layers)
    params = np.empty((n_networks, layout.n_params), dtype)
    views = layout.views(params)
    fitted = [{name: array.shape for name, array in layer.items()} for layer in arrays]
    wanted = [{name: view.shape for name, view in layer.items()} for layer in views]
    if fitted != wanted:
        raise ValueError(
            "warm_start and partial_fit go on with the fitted network, and its shape has changed: "
            f"{_differing(fitted, wanted)}. Set warm_start=False, or clone the estimator, to start "
            "anew."
        )
    for layer, view in zip(arrays, views, strict=True):
        for name, array in layer.items():
            view[name][...] = array
    return params


def _differing(fitted: list[dict], wanted: list[dict]) -> str:
    """The first layer whose arrays (network axis first) are not those that are asked for."""
    if len(fitted) != len(wanted):
        return f"fitted {len(fitted)} layers, now {len(wanted)}"
    i = next(i for i in range(len(fitted)) if fitted[i] != wanted[i])
    return f"layer {i + 1} fitted as {fitted[i]}, now {wanted[i]}"


def fitted_layers(estimator, activations: list[Activation]) -> list[Dense]:
    """The layers that a fitted estimator's arrays are for."""
    layers = []
    for coef, activation in zip(estimator.coefs_, [*activations, Identity()], strict=True):
        fan_in, width = coef.shape[-2:]
        layers.append(Dense(fan_in, width // activation.input_width(1), activation))
    return layers


def fingerprint(estimator) -> int:
    """A checksum of the fitted arrays, to notice that a user assigned others."""
    checksum = 0
    for layer in layer_params(estimator, estimator.coefs_[0].dtype):
        for array in layer.values():
            checksum = zlib.crc32(np.ascontiguousarray(array).data, checksum)
    return checksum
