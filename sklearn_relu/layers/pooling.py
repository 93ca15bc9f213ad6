"""Pooling: what is left of each window of an image."""

from abc import abstractmethod
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from sklearn_relu.activations import Activation, Identity
from sklearn_relu.kernels import Call, fused
from sklearn_relu.layers.base import Arrays, Block, Inputs, Layer, Noise
from sklearn_relu.layers.windows import Windows


class Pooling(Layer):
    """One number for each window of an image and each channel; windows do not overlap.

    Windows that reach beyond the edges count with what they have.

    Parameters
    ----------
    image_shape : tuple of (int, int, int)
        Rows, columns and channels of the input.
    pool_size : tuple of (int, int), default=(2, 2)
        Rows and columns of a window.
    padding : {"same", "valid"}, default="same"
        Whether windows reach beyond the edges; see :class:`Windows`.

    References
    ----------
    Boureau, Ponce & LeCun (2010), A theoretical analysis of feature pooling in visual recognition.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        pool_size: tuple[int, int] = (2, 2),
        padding: str = "same",
    ):
        rows, columns, channels = self.image_shape = image_shape
        self.pool_size = pool_size
        self.along = (
            Windows.of(rows, pool_size[0], pool_size[0], padding),
            Windows.of(columns, pool_size[1], pool_size[1], padding),
        )
        self.output_shape = self.along[0].n_windows, self.along[1].n_windows, channels
        self.activation = Identity()
        self.n_units = channels
        self.places = self.output_shape[0] * self.output_shape[1]
        self.reads = rows * columns * channels
        self.gives = self.scratch = self.places * channels

    def blocks(self) -> dict[str, Block]:
        """None."""
        return {}

    def memory(self) -> dict[str, int]:
        """The outputs, and room to find out whose they are."""
        return {"z": self.gives, "share": self.gives}

    def multiplications(self) -> int:
        """None."""
        return 0

    def forward(self, x: Inputs, memory: Arrays, params: Arrays, noise: Noise = None) -> list[Call]:
        """Pool each window; what all networks read is pooled once."""
        z = memory["z"]
        calls: list[Call] = [partial(self.pool, self._images(x), self._pooled(z[: len(x)]))]
        if len(x) < len(z):
            calls.append(partial(np.copyto, z[1:], z[:1]))
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
        """Share each window's gradient out to its pixels."""
        if grad_x is None:
            return []
        z, grad_z, share = (self._pooled(memory[name]) for name in ("z", "grad_z", "share"))
        return [partial(self.share_out, self._images(x), z, grad_z, share, self._images(grad_x))]

    def sums(self, x: Any, params: Arrays, biased: bool = True) -> np.ndarray:
        """Pool each window."""
        z = np.empty((*x.shape[:2], self.gives), x.dtype)
        self.pool(self._images(x), self._pooled(z))
        return z

    def input_gradient(
        self, x: Any, z: np.ndarray, grad_z: np.ndarray, params: Arrays
    ) -> np.ndarray:
        """Share each window's gradient out to its pixels."""
        n_networks = len(grad_z)
        x, z = (np.broadcast_to(each, (n_networks, *each.shape[1:])) for each in (x, z))
        grad_x = np.empty(x.shape, grad_z.dtype)
        share = np.empty_like(grad_z)
        z, left, share = (self._pooled(each) for each in (z, grad_z.copy(), share))
        self.share_out(self._images(x), z, left, share, self._images(grad_x))
        return grad_x

    def weight_gradients(self, x: Any, grad_z: np.ndarray, params: Arrays) -> Arrays:
        """None."""
        return {}

    def onnx(self, graph: Any, x: Any, params: Arrays) -> Any:
        """MaxPool or AveragePool."""
        return graph.pooling(self.onnx_operator, x, self.image_shape, self.along)

    onnx_operator: str

    @abstractmethod
    def pool(self, images: np.ndarray, pooled: np.ndarray) -> None:
        """Overwrite `pooled`; both are (images, rows, columns, channels)."""

    @abstractmethod
    def share_out(
        self,
        images: np.ndarray,
        pooled: np.ndarray,
        grad_pooled: np.ndarray,
        share: np.ndarray,
        grad_images: np.ndarray,
    ) -> None:
        """Overwrite `grad_images`, with `share` as scratch memory; `grad_pooled` may be too."""

    def _images(self, x: Any) -> np.ndarray:
        return x.reshape(-1, *self.image_shape)

    def _pooled(self, columns: np.ndarray) -> np.ndarray:
        return columns.reshape(-1, *self.output_shape)

    def _pixels(self, images: np.ndarray, *pooled: np.ndarray) -> Iterator[list[np.ndarray]]:
        """For each place in a window the pixels there, and what is pooled of their windows."""
        for i in range(self.pool_size[0]):
            for j in range(self.pool_size[1]):
                (rows, pixel_rows), (columns, pixel_columns) = (
                    self.along[0].at(i),
                    self.along[1].at(j),
                )
                pixels = images[:, pixel_rows, pixel_columns]
                if pixels.size:
                    yield [pixels, *(each[:, rows, columns] for each in pooled)]

    def _leave_none_out(self, grad_images: np.ndarray) -> None:
        """Pixels in no window have no gradient."""
        if not all(windows.cover_all for windows in self.along):
            grad_images[...] = 0


class MaxPooling(Pooling):
    """The largest number of each window; of several the first has the gradient."""

    onnx_operator = "MaxPool"
    is_piecewise_linear = True

    def pool(self, images: np.ndarray, pooled: np.ndarray) -> None:
        """The largest of all."""
        if fused.run("largest", images, pooled, *self._window):
            return
        pooled[...] = -np.inf
        for pixels, largest in self._pixels(images, pooled):
            np.maximum(largest, pixels, out=largest)

    def share_out(
        self,
        images: np.ndarray,
        pooled: np.ndarray,
        grad_pooled: np.ndarray,
        share: np.ndarray,
        grad_images: np.ndarray,
    ) -> None:
        """All to the first pixel that is the largest."""
        self._leave_none_out(grad_images)
        if fused.run("to_largest", images, pooled, grad_pooled, grad_images, *self._window):
            return
        of_windows = pooled, grad_pooled, share
        of_pixels = self._pixels(images, *of_windows), self._pixels(grad_images)
        for (pixels, largest, left, part), (grads,) in zip(*of_pixels, strict=True):
            np.equal(pixels, largest, out=part)
            np.multiply(part, left, out=grads)
            left -= grads

    @property
    def _window(self) -> tuple[int, int, int, int]:
        """Its rows and columns, and those of the first one that are beyond the edges."""
        return *self.pool_size, self.along[0].before, self.along[1].before

    def linear_pieces(self, x: Any, z: np.ndarray, a: np.ndarray, params: Arrays) -> np.ndarray:
        """The place of the largest number in its window."""
        x = np.broadcast_to(x, (len(z), *x.shape[1:]))
        places = np.full_like(z, -1)
        for place, (pixels, largest, chosen) in enumerate(
            self._pixels(self._images(x), self._pooled(z), self._pooled(places))
        ):
            chosen[(chosen < 0) & (pixels == largest)] = place
        return places


class ActivatedMaxPooling(MaxPooling):
    """Max pooling of summed inputs; then come the biases and the activation of their layer.

    Its output is that of pooling the activations, which are not computed: they are several times as
    many.

    Parameters
    ----------
    pooling : MaxPooling
    activation : Activation
        A monotone one.
    """

    def __init__(self, pooling: MaxPooling, activation: Activation):
        vars(self).update(vars(pooling))
        self.activation = activation
        self._memory = dict.fromkeys(("z", "largest", "share"), self.gives)
        if activation.needs_summed_input:
            self._memory["a"] = self.gives
        self.scratch = 2 * self.gives

    def memory(self) -> dict[str, int]:
        """Summed inputs with and without biases, and activations unless they may share memory."""
        return self._memory

    def forward(self, x: Inputs, memory: Arrays, params: Arrays, noise: Noise = None) -> list[Call]:
        """Pool each window, then activate."""
        z, largest = memory["z"], memory["largest"]
        return [
            partial(self.pool, self._images(x), self._pooled(largest)),
            partial(np.copyto, z, largest),
            self.activation_forward(memory, params, noise),
        ]

    def backward(
        self,
        x: Inputs,
        memory: Arrays,
        grad_a: np.ndarray,
        grad_x: np.ndarray | None,
        params: Arrays,
        grads: Arrays,
    ) -> list[Call]:
        """The chain rule through the activation and the bias, then to the largest pixels."""
        largest = memory | {"z": memory["largest"]}
        return [
            self.activation_backward(memory, grad_a, params, grads),
            *super().backward(x, largest, grad_a, grad_x, params, grads),
        ]


class AveragePooling(Pooling):
    """The mean of each window."""

    onnx_operator = "AveragePool"

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        pool_size: tuple[int, int] = (2, 2),
        padding: str = "same",
    ):
        super().__init__(image_shape, pool_size, padding)
        self._n_pixels = np.zeros(self.output_shape)
        for _, n_pixels in self._pixels(np.empty((1, *image_shape)), self._n_pixels[None]):
            n_pixels += 1

    def pool(self, images: np.ndarray, pooled: np.ndarray) -> None:
        """The sum over the number of pixels."""
        pooled[...] = 0
        for pixels, total in self._pixels(images, pooled):
            total += pixels
        np.divide(pooled, self._n_pixels, out=pooled)

    def share_out(
        self,
        images: np.ndarray,
        pooled: np.ndarray,
        grad_pooled: np.ndarray,
        share: np.ndarray,
        grad_images: np.ndarray,
    ) -> None:
        """To all pixels alike."""
        self._leave_none_out(grad_images)
        np.divide(grad_pooled, self._n_pixels, out=share)
        for grads, part in self._pixels(grad_images, share):
            grads[...] = part
