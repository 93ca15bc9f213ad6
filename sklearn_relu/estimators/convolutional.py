"""Convolutional networks."""

from dataclasses import replace
from functools import lru_cache
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklearn_relu.activations import Activation, Identity
from sklearn_relu.estimators.blocks import Block, Pair, blocks_of, for_each_block
from sklearn_relu.estimators.classes import Classes
from sklearn_relu.estimators.describing import Attribute, Parameter
from sklearn_relu.estimators.fitted_arrays import check_lengths
from sklearn_relu.estimators.images import Images, ImageShape, in_words, is_whole
from sklearn_relu.estimators.mlp import sizes_of_layers
from sklearn_relu.estimators.numbers import Numbers
from sklearn_relu.estimators.parameters import BY_ITSELF
from sklearn_relu.estimators.parts import Parts
from sklearn_relu.estimators.validation import working_memory
from sklearn_relu.layers import (
    AveragePooling,
    ChannelsLast,
    Convolution,
    Dense,
    Layer,
    LocalContrast,
    MaxPooling,
)
from sklearn_relu.network.inference import raw_outputs
from sklearn_relu.network.stage import Stage
from sklearn_relu.parameters import store_parameters
from sklearn_relu.sklearn_private import Interval

_OF_BLOCKS = [Interval(Integral, 1, None, closed="left"), list, tuple, np.ndarray]


class Convolutional(Images):
    """A convolutional network, whatever the targets are: blocks of a convolution, a detector and a
    pool, then fully connected layers."""

    filters: Any = (16, 32)
    kernel_size: Any = 3
    hidden_layer_sizes: Any = ()
    padding: Any = "same"
    strides: Any = 1
    pooling: Any = "max"
    pool_size: Any = 2
    normalization: Any = None
    train_filters: Any = True
    spatial_dropout: Any = 0.0

    _described_parameters = {
        "filters": Parameter(
            "int or sequence of int",
            ["array-like", Interval(Integral, 1, None, closed="left")],
            """
            Filters of each block: a convolution, its activation, and a pool. Blocks count as hidden
            layers, so sequences such as `activation` have one for each block first.
            """,
        ),
        "kernel_size": Parameter(
            "int, tuple of (int, int) or list of them",
            _OF_BLOCKS,
            """
            Pixels that a filter sees, along rows and columns: one number for both, or a tuple
            (rows, columns). A list has one for each block, as do lists of the other parameters of
            blocks. In a direction in which images have a length of 1, kernels and pools have too.
            """,
        ),
        "hidden_layer_sizes": Parameter(
            "int or sequence of int",
            ["array-like", Interval(Integral, 1, None, closed="left")],
            "Units of each fully connected layer between the blocks and the outputs.",
        ),
        "activation": Parameter(
            "str, Activation or sequence of them",
            BY_ITSELF,
            """
            What filters and hidden units do with their summed input; a sequence has one for each
            block, then one for each fully connected layer. Names are those of
            :data:`sklearn_relu.activations.ACTIVATIONS`. Parts carry parameters:
            ``LeakyReLU(negative_slope=0.1)``.
            """,
        ),
        "padding": Parameter(
            "str or list of str",
            [str, list, tuple],
            """
            "same": there is an output for each `strides` pixels, and windows that reach beyond the
            edges see zeros there; of pools, what there is of a window counts. "valid": no window
            reaches beyond the edges. As in Keras.
            """,
        ),
        "strides": Parameter(
            "int, tuple of (int, int) or list of them",
            _OF_BLOCKS,
            "Pixels from one window of a convolution to the next.",
        ),
        "pooling": Parameter(
            "str, None or list of them",
            [str, list, tuple, None],
            """
            What is left of each window of `pool_size`: "max", "average", or None for all. The last
            block may have "global_average", the mean of each filter over the whole image.
            """,
        ),
        "pool_size": Parameter(
            "int, tuple of (int, int) or list of them",
            _OF_BLOCKS,
            "Pixels of a pool, along rows and columns. Pools do not overlap.",
        ),
        "normalization": Parameter(
            "str, None or list of them",
            [str, list, tuple, None],
            """
            "local_contrast" subtracts from each activation the mean around it, over all filters,
            and divides by the deviation around it, before the pool (Jarrett et al. 2009).
            """,
        ),
        "train_filters": Parameter(
            "bool",
            ["boolean"],
            """
            Whether convolutions learn. False keeps the filters as they are drawn, and trains the
            layers after the blocks only.
            """,
        ),
        "dropout": Parameter(
            "float or sequence of float",
            [Interval(Real, 0, 1, closed="left"), list, tuple],
            """
            Share of values to drop in each step, in [0, 1), after the pool of a block and after
            each fully connected layer; a sequence has one for each block and layer. The others are
            scaled up, so predictions need no scaling and are never random.
            """,
        ),
        "spatial_dropout": Parameter(
            "float or sequence of float",
            [Interval(Real, 0, 1, closed="left"), list, tuple],
            """
            Share of filters to drop in each step, each with all its places, in [0, 1), or one for
            each block. Where it is above 0, it takes the place of the block's `dropout`.
            """,
        ),
    }

    _described_attributes = {
        "coefs_": Attribute(
            "list of ndarray of shape (fan_in, fan_out)",
            """
            Weights of each block, (rows * columns * channels, filters), and of each fully connected
            layer; of an ensemble (ensemble_size, fan_in, fan_out). Predictions use them as they
            are, also after they were assigned.
            """,
        ),
        "filters_": Attribute(
            "list of ndarray of shape (rows, columns, channels, filters)",
            "Views of the weights of each block; of an ensemble (ensemble_size, ...).",
        ),
        "layer_shapes_": Attribute(
            "list of tuple of int",
            """
            The shape of each layer's output: (rows, columns, channels) of convolutions,
            normalizations and pools, (units,) of fully connected layers.
            """,
        ),
    }

    # From parameters to layers.

    def _hidden_units(self):
        return [*self._filters(), *sizes_of_layers(self.hidden_layer_sizes)]

    def _set_hidden_units(self, units):
        n_blocks = len(self._filters())
        self.filters = tuple(units[:n_blocks])
        self.hidden_layer_sizes = tuple(units[n_blocks:])

    def _filters(self) -> list[int]:
        filters = sizes_of_layers(self.filters, "filters", "filters for each block")
        if not filters:
            raise ValueError(
                f"filters must have a number of filters for at least one block; got "
                f"{self.filters!r}. Use MLPClassifier or MLPRegressor for a network without "
                "convolutions."
            )
        return filters

    def _block_parameters(self) -> tuple[Block, ...]:
        return tuple(blocks_of(self, len(self._filters())))

    def _stages(self, n_inputs, parts, n_raw):
        self._check_shape_is_as_fitted()
        blocks = self._block_parameters()
        before, *hidden, outputs = groups_of_layers(
            self.image_shape_,
            self._channels_first,
            blocks,
            tuple(parts.hidden_layer_sizes),
            tuple(parts.activations),
            n_raw,
            bool(self.train_filters),
        )
        spatial = self._spatial_dropout(len(blocks), parts)
        stages = [Stage(layer) for layer in before]
        for i, group in enumerate(hidden):
            by_channel = spatial[i] if i < len(blocks) else 0.0
            stages += self._stages_of(i, group, i < len(blocks), by_channel, parts)
        return *stages, Stage(outputs[0], parts.penalties[-1])

    def _stages_of(
        self, i: int, group: tuple[Layer, ...], is_block: bool, by_channel: float, parts: Parts
    ) -> list[Stage]:
        """The stages of a block, or of a fully connected layer; dropout comes after the last."""
        first = Stage(group[0])
        if self.train_filters or not is_block:
            penalties = parts.penalties[i], parts.activity_penalties[i]
            first = Stage(group[0], *penalties, max_norm=self.max_norm)
        *others, last = [first, *(Stage(layer) for layer in group[1:])]
        rate = by_channel or parts.dropout[i]
        return [*others, replace(last, dropout=rate, drops_channels=by_channel > 0)]

    def _spatial_dropout(self, n_blocks: int, parts: Parts) -> list[float]:
        """The share of filters that each block drops."""
        value = self.spatial_dropout
        rates = for_each_block("spatial_dropout", value, n_blocks, lambda v: isinstance(v, Real))
        if not all(isinstance(rate, Real) and 0 <= float(rate) < 1 for rate in rates):
            raise ValueError(
                f"spatial_dropout must hold shares of filters to drop, in [0, 1); got {value!r}."
            )
        if any(rates) and not parts.solver.takes_batches:
            raise ValueError(
                f"solver={self.solver!r} minimizes one smooth function of all rows and cannot take "
                f"spatial_dropout={value!r}, which is random. Use another solver, such as 'adam', "
                "or spatial_dropout=0."
            )
        return [float(rate) for rate in rates]

    # A fitted network.

    def _fitted_shape(self, stages):
        layers = [stage.layer for stage in stages]
        shapes = [getattr(layer, "output_shape", (layer.gives,)) for layer in layers]
        blocks = [tuple(block) for block in self._block_parameters()]
        return {
            "layer_shapes_": [tuple(map(int, shape)) for shape in shapes],
            "_blocks": blocks,
            "_trains_filters": bool(self.train_filters),
        }

    def _fitted_layers(self):
        return [layer for group in self._fitted_groups() for layer in group]

    def _fitted_groups(self) -> tuple[tuple[Any, ...], ...]:
        """The layers of the fitted network in groups, see :func:`groups_of_layers`."""
        check_lengths(self, coefs_=len(self._activations) + 1)
        widths = [(np.shape(coef) or (1,))[-1] for coef in self.coefs_[:-1]]
        units = [
            width // activation.input_width(1)
            for width, activation in zip(widths, self._activations, strict=True)
        ]
        return groups_of_fitted(
            self.image_shape_,
            self._channels_first,
            tuple(Block(*block) for block in self._blocks),
            tuple(units),
            tuple(self._activations),
            self._loss.n_raw(self.n_outputs_),
            self._trains_filters,
        )

    @property
    def filters_(self):
        """Views of the weights of each block, (rows, columns, channels, filters)."""
        check_is_fitted(self)
        blocks = self._fitted_groups()[1 : len(self._blocks) + 1]
        views = []
        for group, coef in zip(blocks, self.coefs_[: len(blocks)], strict=True):
            shape = *group[0].kernel_size, group[0].image_shape[2], coef.shape[-1]
            views.append(coef.reshape(*coef.shape[:-2], *shape))
        return views

    def feature_maps(self, X, block=0) -> np.ndarray:
        """The activations of a block's filters, before its normalization and its pool.

        Parameters
        ----------
        X : array-like of shape (n_samples, rows, columns), (n_samples, rows, columns, channels) or
            (n_samples, n_features)
            Images as in :meth:`fit`.
        block : int, default=0
            0 is the first block, -1 the last.

        Returns
        -------
        maps : ndarray of shape (n_samples, rows, columns, filters)
            Of an ensemble (ensemble_size, n_samples, rows, columns, filters).

        Raises
        ------
        NotFittedError
            If the network is not fitted.
        ValueError
            If there is no such block, or images are of another shape than in training.
        """
        X = self._check_inputs(X)
        n_blocks = len(self._blocks)
        if not is_whole(block) or not -n_blocks <= block < n_blocks:
            raise ValueError(
                f"block must be between {-n_blocks} and {n_blocks - 1}, for the network has "
                f"{n_blocks} blocks; got {block!r}."
            )
        groups, dtype = self._fitted_groups(), self._computing_dtype(X)
        n_layers = sum(len(group) for group in groups[: block % n_blocks + 1]) + 1
        layers, params = self._network(dtype)
        layers, params = layers[:n_layers], params[:n_layers]
        maps = raw_outputs(layers, params, X, dtype, working_memory())
        maps = maps.reshape(*maps.shape[:2], *groups[block % n_blocks + 1][0].output_shape)
        return maps[0] if len(maps) == 1 else maps


def groups_of_layers(
    image_shape: ImageShape,
    channels_first: bool,
    blocks: tuple[Block, ...],
    units: tuple[int, ...],
    activations: tuple[Activation, ...],
    n_raw: int,
    are_trained: bool = True,
) -> tuple[tuple[Layer, ...], ...]:
    """All layers of a network, in groups: those before the first block; those of each block, the
    convolution first; each fully connected layer by itself, the outputs last.

    Parameters
    ----------
    image_shape : tuple of (rows, columns, channels)
    channels_first : bool
    blocks : tuple of Block
    units : tuple of int
        Filters of each block, then units of each fully connected layer.
    activations : tuple of Activation
        One for each of these.
    n_raw : int
    are_trained : bool, default=True
        Whether convolutions learn.

    Raises
    ------
    ValueError
        If a block has no output.
    """
    rearranged = channels_first and image_shape[2] > 1
    groups: list[tuple[Layer, ...]] = [(ChannelsLast(image_shape),) if rearranged else ()]
    shape, series = image_shape, (image_shape[0] == 1, image_shape[1] == 1)
    for i, block in enumerate(blocks):
        made = _layers_of_block(i, block, shape, series, units[i], activations[i], are_trained)
        groups.append(tuple(made))
        shape = made[-1].output_shape
    width = int(np.prod(shape))
    for n_units, activation in zip(units[len(blocks) :], activations[len(blocks) :], strict=True):
        groups.append((Dense(width, n_units, activation),))
        width = groups[-1][0].gives
    return *groups, (Dense(width, n_raw, Identity()),)


groups_of_fitted = lru_cache(maxsize=32)(groups_of_layers)
"""The same for a fitted network, whose activations are its own and do not change: each small
prediction asks for it."""


def _layers_of_block(
    i: int,
    block: Block,
    shape: ImageShape,
    series: tuple[bool, bool],
    n_filters: int,
    activation: Activation,
    is_trained: bool,
) -> list:
    """The layers of a block for images of that shape; `series` says which directions have a length
    of 1 from the beginning."""
    padding = block.padding
    kernel_size = _fitting(block.kernel_size, shape, series, padding)
    _check_has_output(i, "kernel_size", kernel_size, shape, padding)
    layers: list[Any] = [
        Convolution(shape, n_filters, activation, kernel_size, block.strides, padding, is_trained)
    ]
    shape = layers[-1].output_shape
    if block.normalization is not None:
        layers.append(LocalContrast(shape))
    if block.pooling == "global_average":
        layers.append(AveragePooling(shape, shape[:2]))
    elif block.pooling is not None:
        pool_size = _fitting(block.pool_size, shape, series, padding)
        _check_has_output(i, "pool_size", pool_size, shape, padding)
        pool = MaxPooling if block.pooling == "max" else AveragePooling
        layers.append(pool(shape, pool_size, padding))
    return layers


def _fitting(size: Pair, shape: ImageShape, series: tuple[bool, bool], padding: str) -> Pair:
    """The size of a window: 1 in a direction in which images have a length of 1."""
    along = zip(size, shape[:2], series, strict=True)
    rows, columns = (
        1 if is_series or (length == 1 and padding == "same") else n
        for n, length, is_series in along
    )
    return rows, columns


def _check_has_output(i: int, parameter: str, size: Pair, shape: ImageShape, padding: str) -> None:
    if padding == "valid" and (size[0] > shape[0] or size[1] > shape[1]):
        raise ValueError(
            f"Block {i + 1} would have no output: {parameter}={size} is larger than its input, "
            f"which is {in_words((*shape[:2], 1))}, under padding='valid'. Use padding='same', a "
            f"smaller {parameter}, less pooling before it, or fewer blocks."
        )


class CNNClassifier(Classes, Convolutional):
    """Convolutional network for classes of images, or of series.

    Each block is a convolution, an activation (the detector) and a pool. X is an array of images,
    (n_samples, rows, columns) or (n_samples, rows, columns, channels); or each row is an image of
    the shape `image_shape`, or else a series. Pixels should be scaled, such as ``X / 255``.
    Integers of 8 and 16 bits compute in float32; they are cast batch by batch, so an array of them
    is never copied as a whole.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    CNNRegressor : The same for numbers.
    MLPClassifier : Fully connected layers alone.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document
    recognition. Jarrett, Kavukcuoglu, Ranzato & LeCun (2009), What is the best multi-stage
    architecture for object recognition?

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_relu import CNNClassifier
    >>> digits = load_digits()
    >>> X, y = digits.images / 16, digits.target
    >>> model = CNNClassifier((8, 16), max_iter=20, learning_rate_init=0.005, random_state=0)
    >>> model = model.fit(X[:1000], y[:1000])
    >>> bool(model.score(X[1000:], y[1000:]) > 0.9)
    True
    >>> model.layer_shapes_
    [(8, 8, 8), (4, 4, 8), (4, 4, 16), (2, 2, 16), (10,)]
    """

    def __init__(
        self,
        filters=(16, 32),
        kernel_size=3,
        hidden_layer_sizes=(),
        activation="relu",
        *,
        image_shape=None,
        channels_first=False,
        padding="same",
        strides=1,
        pooling="max",
        pool_size=2,
        normalization=None,
        train_filters=True,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        loss="log_loss",
        initialization="auto",
        bias_initialization="auto",
        penalty="l2",
        activity_penalty=None,
        activity_alpha=0.0001,
        dropout=0.0,
        spatial_dropout=0.0,
        input_dropout=0.0,
        input_noise=0.0,
        regularization_schedule=None,
        max_norm=None,
        gradient_clipping=None,
        early_stopping_metric="score",
        time_limit=None,
        class_weight=None,
        dtype=None,
        ensemble_size=1,
    ):
        store_parameters(self, locals())


class CNNRegressor(Numbers, Convolutional):
    """Convolutional network for numbers that images, or series, have.

    X is as for :class:`CNNClassifier`. A row without `image_shape` is a series: kernels then run
    along it.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    CNNClassifier : The same for classes.
    MLPRegressor : Fully connected layers alone.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document
    recognition.

    Examples
    --------
    The frequency of a wave that begins anywhere:

    >>> import numpy as np
    >>> from sklearn_relu import CNNRegressor
    >>> draw = np.random.default_rng(0)
    >>> frequency, start = draw.uniform(1, 5, 600), draw.uniform(0, 6, 600)
    >>> X = np.sin(frequency[:, None] * np.linspace(0, 6, 50) + start[:, None])
    >>> model = CNNRegressor((8, 8), 5, pooling=("max", "global_average"), random_state=0)
    >>> model = model.set_params(learning_rate_init=0.01, max_iter=60, tol=0)
    >>> bool(model.fit(X[:400], frequency[:400]).score(X[400:], frequency[400:]) > 0.9)
    True
    >>> model.layer_shapes_
    [(1, 50, 8), (1, 25, 8), (1, 25, 8), (1, 1, 8), (1,)]
    """

    def __init__(
        self,
        filters=(16, 32),
        kernel_size=3,
        hidden_layer_sizes=(),
        activation="relu",
        *,
        image_shape=None,
        channels_first=False,
        padding="same",
        strides=1,
        pooling="max",
        pool_size=2,
        normalization=None,
        train_filters=True,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        loss="squared_error",
        initialization="auto",
        bias_initialization="auto",
        penalty="l2",
        activity_penalty=None,
        activity_alpha=0.0001,
        dropout=0.0,
        spatial_dropout=0.0,
        input_dropout=0.0,
        input_noise=0.0,
        regularization_schedule=None,
        max_norm=None,
        gradient_clipping=None,
        early_stopping_metric="score",
        time_limit=None,
        standardize_y=False,
        dtype=None,
        ensemble_size=1,
    ):
        store_parameters(self, locals())
