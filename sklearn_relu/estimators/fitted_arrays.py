"""Between the flat parameters of the engine and the arrays of a fitted estimator."""

import zlib
from functools import lru_cache
from itertools import zip_longest
from typing import Any

import numpy as np

from sklearn_relu.initializers import Initializer
from sklearn_relu.layers import Arrays, Layer
from sklearn_relu.network.inference import n_networks_of
from sklearn_relu.network.layout import ParameterLayout
from sklearn_relu.network.start import layer_starts


def initial_params(
    layers: list[Layer], initializer: Initializer, biases: Initializer, rng, X, dtype
) -> np.ndarray:
    """The parameters (n_params,) of one network before training."""
    layout = ParameterLayout(layers)
    params = np.zeros(layout.n_params, dtype)
    views = layout.views(params[None])
    for view, layer in zip(views, layers, strict=True):
        layer.init_parameters(view, rng)
    if X is not None:
        layers[0].init_from_rows(views[0], X)
    initializer.initialize(layer_starts(layers, views), rng, X)
    biases.initialize_biases(layer_starts(layers, views, for_biases=True), rng)
    for view, layer in zip(views, layers, strict=True):
        layer.finish_start(view, rng)
    return params


def fitted_arrays(layers: list[Layer], networks: list[Arrays]) -> dict[str, Any]:
    """``coefs_``, ``intercepts_`` and ``activation_parameters_`` of one dict of arrays a layer.

    Copies, with the network axis only if there is more than one network. Of weights that are tied
    only the earlier layer's are among them.
    """
    sole = n_networks_of(networks) == 1
    of_kinds: dict[str, list[np.ndarray]] = {"weight": [], "bias": []}
    learned = []
    for layer, arrays in zip(layers, networks, strict=True):
        more = {}
        for name, block in layer.blocks().items():
            if not block.is_own:
                continue
            array = arrays[name] if block.kind == "weight" else arrays[name][:, 0]
            array = array[0].copy() if sole else array.copy()
            if block.kind in of_kinds:
                of_kinds[block.kind].append(array)
            else:
                more[name] = array
        learned.append(more)
    return {
        "coefs_": of_kinds["weight"],
        "intercepts_": of_kinds["bias"],
        "activation_parameters_": learned[:-1],
    }


def fitted_params(estimator, layers: list[Layer], dtype) -> list[Arrays]:
    """The parameters of a fitted estimator as they are now, one dict a layer, network axis first.

    Raises
    ------
    ValueError
        If arrays do not fit together, as they may not if some were assigned: compiled loops do not
        look at bounds.
    """
    learned = [*estimator.activation_parameters_, {}]
    of_kinds = {"weight": iter(estimator.coefs_), "bias": iter(estimator.intercepts_)}
    _check_all_lengths(estimator, layers)
    first = estimator.coefs_[0]
    sole = np.ndim(first) == 2
    ensemble = () if sole else np.shape(first)[:1]
    params, are_own = [], True
    for layer, more in zip(layers, learned, strict=True):
        found = {}
        for name, block in layer.blocks().items():
            if block.transposes is not None:
                are_own = False
                continue
            is_weight = block.kind == "weight"
            array = next(of_kinds[block.kind]) if block.kind in of_kinds else more.get(name)
            wanted = ensemble + (block.shape if is_weight else block.shape[1:])
            if not isinstance(array, np.ndarray) or array.shape != wanted:
                raise _misfit(_place(layers, layer, name), array, wanted)
            array = array.astype(dtype, copy=False)
            if not is_weight:
                array = array[..., None, :]
            found[name] = array[None] if sole else array
        params.append(found)
    return params if are_own else ParameterLayout(layers).completed(params)


def _check_all_lengths(estimator, layers: list[Layer]) -> None:
    check_lengths(estimator, **_lengths(tuple(layers)))


@lru_cache(maxsize=8)  # each small prediction asks for the same ones
def _lengths(layers: tuple[Layer, ...]) -> dict[str, int]:
    blocks = [block for layer in layers for block in layer.blocks().values()]
    kinds = [block.kind for block in blocks if block.is_own]
    return {
        "coefs_": kinds.count("weight"),
        "intercepts_": kinds.count("bias"),
        "activation_parameters_": len(layers) - 1,
    }


def _place(layers: list[Layer], layer: Layer, name: str) -> str:
    """The fitted array of a layer's block, as a user finds it."""
    i, kind = layers.index(layer), layer.blocks()[name].kind
    if kind == "activation":
        return f"activation_parameters_[{i}][{name!r}]"
    before = [block for each in layers[:i] for block in each.blocks().values() if block.is_own]
    own = list(layer.blocks())
    n = sum(block.kind == kind for block in before)
    n += sum(layer.blocks()[each].kind == kind for each in own[: own.index(name)])
    return f"{'coefs_' if kind == 'weight' else 'intercepts_'}[{n}]"


def check_lengths(estimator, **lengths: int) -> None:
    """Raise a ValueError unless each of some fitted lists has so many entries."""
    for name, wanted in lengths.items():
        if len(found := getattr(estimator, name)) != wanted:
            raise ValueError(
                f"{name} must have {wanted} entries, one for each layer of the fitted network; it "
                f"has {len(found)}. Assign what the fit gave, or fit again."
            )


def _misfit(where: str, array, wanted: tuple[int, ...]) -> ValueError:
    """An error that says what is wrong with an array."""
    is_array = isinstance(array, np.ndarray)
    found = f"has shape {array.shape}" if is_array else f"is {type(array).__name__}"
    return ValueError(
        f"{where} must be an array of shape {wanted}, to fit the network's other arrays; it "
        f"{found}. Assign one of that shape, or fit again."
    )


def flat_params(layers: list[Layer], estimator, n_networks: int, dtype) -> np.ndarray:
    """The parameters of a fitted estimator, as (n_networks, n_params).

    Raises
    ------
    ValueError
        If they have other shapes than the layers ask for.
    """
    before = estimator._fitted_layers()
    arrays = fitted_params(estimator, before, dtype)
    layout = ParameterLayout(layers)
    params = np.empty((n_networks, layout.n_params), dtype)
    views = layout.views(params)
    fitted = [{name: array.shape for name, array in layer.items()} for layer in arrays]
    wanted = [{name: view.shape for name, view in layer.items()} for layer in views]
    difference = ""
    if fitted != wanted:
        difference = _differing(fitted, wanted)
    elif ParameterLayout(before).transposed != layout.transposed:
        difference = "its weights are tied before or now, and not in both"
    if difference:
        raise ValueError(
            "warm_start and partial_fit go on with the fitted network, and its shape has changed: "
            f"{difference}. Set warm_start=False, or clone the estimator, to start anew."
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
    learned = [layer.values() for layer in estimator.activation_parameters_]
    of_layers = zip_longest(estimator.coefs_, estimator.intercepts_, learned)
    for coef, intercept, more in of_layers:
        for array in (coef, intercept, *(more or ())):
            if array is not None:
                checksum = zlib.crc32(np.ascontiguousarray(array).data, checksum)
    return checksum
