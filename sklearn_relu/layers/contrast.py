"""Local contrast normalization of feature maps."""

from functools import partial
from typing import Any

import numpy as np

from sklearn_relu.activations import Identity
from sklearn_relu.kernels import Call
from sklearn_relu.layers.base import Arrays, Block, Inputs, Layer, Noise
from sklearn_relu.layers.windows import Windows

WINDOW = 9
"""Rows and columns over which means are taken."""

SPREAD = 2.25
"""Standard deviation of their weights, in pixels."""

LEAST = 1e-4
"""Deviations below it are taken for it: what rounding leaves of a flat image is no contrast."""

TINY = 1e-12


class LocalContrast(Layer):
    """Subtracts from each pixel the mean around it, and divides by the deviation around it.

    Both are over all channels, with the weights of a normal distribution in a window of 9 x 9
    pixels; near an edge of what there is of it. Deviations below their mean over the image are
    taken for that mean, so flat regions stay flat.

    Parameters
    ----------
    image_shape : tuple of (int, int, int)
        Rows, columns and channels.

    References
    ----------
    Jarrett, Kavukcuoglu, Ranzato & LeCun (2009), What is the best multi-stage architecture for
    object recognition?, section 2.
    """

    is_piecewise_linear = False

    def __init__(self, image_shape: tuple[int, int, int]):
        rows, columns, channels = self.image_shape = self.output_shape = image_shape
        self.activation = Identity()
        self.n_units, self.places = channels, rows * columns
        self.reads = self.gives = rows * columns * channels
        self._means = _means(rows), _means(columns)
        maps = dict.fromkeys(("deviation", "divisor", "one", "other"), self.places)
        self._memory = {"z": self.gives, "level": 1, "rest": 1} | maps
        self.scratch = sum(self._memory.values()) - self.gives

    def blocks(self) -> dict[str, Block]:
        """None."""
        return {}

    def memory(self) -> dict[str, int]:
        """The outputs, what they were divided by, and room for means."""
        return self._memory

    def multiplications(self) -> int:
        """None in one product: each image has its own."""
        return 0

    def forward(self, x: Inputs, memory: Arrays, params: Arrays, noise: Noise = None) -> list[Call]:
        """Normalize each image; what all networks read is normalized once."""
        assert isinstance(x, np.ndarray)  # it takes no sparse rows
        n = len(x)
        images = self._of_images({name: memory[name][:n] for name in self._memory})
        calls: list[Call] = [partial(self._normalize, self._images(x), images)]
        if n < len(memory["z"]):
            kept = (memory[name] for name in ("z", "level", "deviation", "divisor"))
            calls += [partial(np.copyto, each[1:], each[:1]) for each in kept]
        return calls

    def backward(
        self,
        x: Inputs,
        memory: Arrays,
        grad_a: np.ndarray,
        grad_x: np.ndarray | None,
        params: Arrays,
        grads: Arrays,
    ) -> list[Call]:
        """The chain rule through the quotient, the deviation and the mean."""
        if grad_x is None:
            return []
        grads_of_images = self._images(memory["grad_z"]), self._images(grad_x)
        return [partial(self._go_back, *grads_of_images, self._of_images(memory))]

    def sums(self, x: Any, params: Arrays, biased: bool = True) -> np.ndarray:
        """Normalize each image."""
        return self._normalized(x)["z"]

    def input_gradient(
        self, x: Any, z: np.ndarray, grad_z: np.ndarray, params: Arrays
    ) -> np.ndarray:
        """Normalize each image again, and go back."""
        x = np.broadcast_to(x, grad_z.shape)
        memory, grad_x = self._normalized(x) | {"grad_z": grad_z.copy()}, np.empty_like(grad_z)
        for call in self.backward(x, memory, grad_z, grad_x, params, {}):
            call()
        return grad_x

    def weight_gradients(self, x: Any, grad_z: np.ndarray, params: Arrays) -> Arrays:
        """None."""
        return {}

    def onnx(self, graph: Any, x: Any, params: Arrays) -> Any:
        """Means over windows are convolutions of one channel."""
        channels = self.image_shape[2]
        images = graph.reshape(x, channels)
        centered = images - graph.reshape(self._onnx_mean(graph, images), 1)
        deviation = np.sqrt(self._onnx_mean(graph, centered * centered))
        level = np.mean(deviation, axis=-1, keepdims=True)
        divisor = np.maximum(np.maximum(deviation, level), LEAST)
        return graph.reshape(centered / graph.reshape(divisor, 1), self.gives)

    def _onnx_mean(self, graph: Any, images: Any) -> Any:
        """The mean over all channels around each place, (n_networks, n_samples, places)."""
        rows, columns, _ = self.image_shape
        mean = graph.reshape(np.mean(images, axis=-1, keepdims=True), self.places)
        along = tuple(Windows.of(n, WINDOW, 1, "same") for n in (rows, columns))
        kernel = np.outer(_weights(), _weights()).reshape(1, -1, 1)
        kernel = np.repeat(kernel, images.n_networks, axis=0)
        share = np.outer(*(_mass(n) for n in (rows, columns))).reshape(1, 1, -1)
        blurred = graph.convolution(mean, graph.value(kernel), (rows, columns, 1), along)
        return graph.reshape(blurred, self.places) / graph.value(share)

    def _images(self, columns: np.ndarray) -> np.ndarray:
        return columns.reshape(-1, *self.image_shape)

    def _of_images(self, memory: Arrays) -> Arrays:
        """Views by images, and the matrices that take means: along rows, from the left, and along
        columns, from the right."""
        shapes = {"z": self.image_shape, "level": (1, 1), "rest": (1, 1)}
        views = {
            name: memory[name].reshape(-1, *shapes.get(name, self.image_shape[:2]))
            for name in self._memory
        }
        dtype, (rows, columns) = memory["z"].dtype, self._means
        return views | {"rows": rows.astype(dtype), "columns": columns.T.astype(dtype)}

    def _normalized(self, x: np.ndarray) -> Arrays:
        """Memory of its own, with normalized images."""
        memory = {name: np.empty((*x.shape[:2], n), x.dtype) for name, n in self._memory.items()}
        for call in self.forward(x, memory, {}):
            call()
        return memory

    def _normalize(self, images: np.ndarray, of: Arrays) -> None:
        """Overwrite "z", and what the way back reads."""
        z, deviation, level, mean = of["z"], of["deviation"], of["level"], of["one"]
        np.mean(images, axis=3, out=mean)
        _take_means(mean, of["rows"], of["columns"], of["other"])
        np.subtract(images, mean[..., None], out=z)
        np.einsum("nrcf,nrcf->nrc", z, z, out=deviation)
        deviation /= self.n_units
        _take_means(deviation, of["rows"], of["columns"], of["other"])
        np.sqrt(deviation, out=deviation)
        np.mean(_flat(deviation), axis=1, out=_flat(level)[:, 0])
        np.maximum(level, LEAST, out=level)
        np.maximum(deviation, level, out=of["divisor"])
        z /= of["divisor"][..., None]

    def _go_back(self, grad_z: np.ndarray, grad_x: np.ndarray, of: Arrays) -> None:
        """Overwrite `grad_x`, through the quotient, the deviation and the mean."""
        z, divisor, one, other = of["z"], of["divisor"], of["one"], of["other"]
        rows, columns = of["rows"].T, of["columns"].T
        self._to_deviation(grad_z, of)
        _take_means(other, rows, columns, one)
        other *= divisor  # what was divided is z times it
        other *= 2 / self.n_units
        np.multiply(z, other[..., None], out=grad_x)
        grad_z /= divisor[..., None]
        grad_x += grad_z
        np.mean(grad_x, axis=3, out=one)
        _take_means(one, rows, columns, other)
        grad_x -= one[..., None]

    def _to_deviation(self, grad_z: np.ndarray, of: Arrays) -> None:
        """Overwrite "other" with the gradient for the squared deviations."""
        one, other, rest = of["one"], of["other"], of["rest"]
        np.einsum("nrcf,nrcf->nrc", grad_z, of["z"], out=one)
        one /= of["divisor"]
        np.negative(one, out=one)
        np.greater_equal(of["deviation"], of["level"], out=other)
        other *= one
        one -= other  # of places whose divisor is the mean deviation
        np.sum(_flat(one), axis=1, out=_flat(rest)[:, 0])
        rest *= of["level"] > LEAST
        rest /= self.places
        other += rest
        np.maximum(of["deviation"], TINY, out=one)
        other /= one
        other *= 0.5


def _flat(maps: np.ndarray) -> np.ndarray:
    """Views (images, places)."""
    return maps.reshape(len(maps), -1)


def _take_means(maps: np.ndarray, rows: np.ndarray, columns: np.ndarray, room: np.ndarray) -> None:
    """``maps = rows @ maps @ columns`` for each image, with `room` for what is in between."""
    np.matmul(rows, maps, out=room)
    np.matmul(room, columns, out=maps)


def _weights() -> np.ndarray:
    """The weights of a window along one direction; their sum is 1."""
    places = np.arange(WINDOW) - WINDOW // 2
    weights = np.exp(-0.5 * (places / SPREAD) ** 2)
    return weights / weights.sum()


def _sums(n: int) -> np.ndarray:
    """The matrix of weighted sums over the windows around n places."""
    sums, weights = np.zeros((n, n)), _weights()
    for place in range(WINDOW):
        windows, pixels = Windows.of(n, WINDOW, 1, "same").at(place)
        sums[np.arange(n)[windows], np.arange(n)[pixels]] = weights[place]
    return sums


def _mass(n: int) -> np.ndarray:
    """The sum of the weights that are within the image, for each window."""
    return _sums(n).sum(axis=1)


def _means(n: int) -> np.ndarray:
    """The matrix of weighted means over the windows around n places."""
    return _sums(n) / _mass(n)[:, None]
