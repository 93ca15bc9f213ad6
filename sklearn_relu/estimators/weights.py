"""Between the flat parameters of the engine and the arrays of a fitted estimator."""

import zlib
from typing import Any

import numpy as np

from sklearn_relu.activations import Identity
from sklearn_relu.initializers import Initializer, LayerStart
from sklearn_relu.layers import Arrays, Dense
from sklearn_relu.network.layout import ParameterLayout


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


def fitted_network(estimator, dtype) -> tuple[list[Dense], list[Arrays]]:
    """The layers of a fitted estimator, and their parameters as they are now, network axis first.

    Raises
    ------
    ValueError
        If arrays do not fit together, as they may not if some were assigned: compiled loops do not
        look at bounds.
    """
    coefs = estimator.coefs_
    activations = [*estimator._activations, _OUTPUT]
    learned = [*estimator.activation_parameters_, {}]
    _check_lengths(estimator, len(activations))
    sole = np.ndim(coefs[0]) == 2
    ensemble = () if sole else np.shape(coefs[0])[:1]
    n_raw = estimator._loss.n_raw(estimator.n_outputs_)
    layers: list[Dense] = []
    params: list[Arrays] = []
    fan_in = estimator.n_features_in_
    for i, activation in enumerate(activations):
        width = n_raw if activation is _OUTPUT else (np.shape(coefs[i]) or (1,))[-1]
        layer = Dense(fan_in, width // activation.input_width(1), activation)
        fan_in = layer.output_width
        arrays = {"weight": coefs[i], "bias": estimator.intercepts_[i]} | learned[i]
        found = {}
        for name, block in layer.parameter_blocks().items():
            wanted = ensemble + (block.shape if name == "weight" else block.shape[1:])
            array = arrays.pop(name, None)
            if not isinstance(array, np.ndarray) or array.shape != wanted:
                raise _misfit(i, name, array, wanted)
            array = array.astype(dtype, copy=False)
            if name != "weight":
                array = array[..., None, :]
            found[name] = array[None] if sole else array
        layers.append(layer)
        params.append(found)
    return layers, params


_OUTPUT = Identity()
"""What the output layer does: its link is the loss's."""


def _check_lengths(estimator, n_layers: int) -> None:
    """Raise a ValueError unless there is an array for each layer."""
    for name, wanted in (
        ("coefs_", n_layers),
        ("intercepts_", n_layers),
        ("activation_parameters_", n_layers - 1),
    ):
        if len(found := getattr(estimator, name)) != wanted:
            raise ValueError(
                f"{name} must have {wanted} entries, one for each layer of the fitted network; it "
                f"has {len(found)}. Assign what the fit gave, or fit again."
            )


def _misfit(i: int, name: str, array, wanted: tuple[int, ...]) -> ValueError:
    """What is wrong with an array of layer i."""
    attribute = {"weight": "coefs_", "bias": "intercepts_"}.get(name, "activation_parameters_")
    where = f"{attribute}[{i}]"
    if attribute == "activation_parameters_":
        where += f"[{name!r}]"
    is_array = isinstance(array, np.ndarray)
    found = f"has shape {array.shape}" if is_array else f"is {type(array).__name__}"
    return ValueError(
        f"{where} must be an array of shape {wanted}, to fit the network's other arrays; it "
        f"{found}. Assign one of that shape, or fit again."
    )


def flat_params(layers: list[Dense], estimator, n_networks: int, dtype) -> np.ndarray:
    """The parameters of a fitted estimator, as (n_networks, n_params).

    Raises
    ------
    ValueError
        If they have other shapes than the layers ask for.
    """
    _, arrays = fitted_network(estimator, dtype)
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


def fingerprint(estimator) -> int:
    """A checksum of the fitted arrays, to notice that a user assigned others."""
    checksum = 0
    learned = [*estimator.activation_parameters_, {}]
    for coef, intercept, more in zip(estimator.coefs_, estimator.intercepts_, learned, strict=True):
        for array in (coef, intercept, *more.values()):
            checksum = zlib.crc32(np.ascontiguousarray(array).data, checksum)
    return checksum
