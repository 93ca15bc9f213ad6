"""The convolution of images, channels last."""

from functools import partial
from typing import Any

import numpy as np

from sklearn_relu.activations import Activation, Identity
from sklearn_relu.kernels import Call
from sklearn_relu.kernels.images.convolutions import convolve, image_gradient, weight_gradient
from sklearn_relu.kernels.images.kernel import Kernel
from sklearn_relu.layers.base import Arrays, Inputs, Layer, Noise
from sklearn_relu.layers.dense import Dense
from sklearn_relu.layers.pooling import ActivatedMaxPooling, MaxPooling
from sklearn_relu.layers.windows import Windows


class Convolution(Dense):
    """A convolution of images.

    Channels come last, so it is a fully connected layer over all places: each reads its window,
    with zeros beyond the edges. A filter is a column of the weights (rows x columns x channels,
    filters); so activations, penalties and initializers need to know nothing of places.

    Parameters
    ----------
    image_shape : tuple of (int, int, int)
        Rows, columns and channels of the input.
    n_filters : int
    activation : Activation
    kernel_size : tuple of (int, int), default=(3, 3)
        Rows and columns of a window.
    strides : tuple of (int, int), default=(1, 1)
        Rows and columns from one window to the next.
    padding : {"same", "valid"}, default="same"
        Whether windows reach beyond the edges; see :class:`Windows`.
    is_trained : bool, default=True
        Whether the layer learns. Otherwise it keeps the parameters with which it starts.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document
    recognition, section II.
    """

    takes_sparse = False
    units_are_columns = False

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        n_filters: int,
        activation: Activation,
        kernel_size: tuple[int, int] = (3, 3),
        strides: tuple[int, int] = (1, 1),
        padding: str = "same",
        is_trained: bool = True,
    ):
        rows, columns, channels = self.image_shape = image_shape
        self.kernel_size = kernel_size
        self.along = (
            Windows.of(rows, kernel_size[0], strides[0], padding),
            Windows.of(columns, kernel_size[1], strides[1], padding),
        )
        if not is_trained:
            self._rates = 0.0, 0.0
        places = self.along[0].n_windows * self.along[1].n_windows
        fan_in = kernel_size[0] * kernel_size[1] * channels
        self._shape(rows * columns * channels, fan_in, n_filters, activation, places)
        before = self.along[0].before, self.along[1].before
        self._kernel = Kernel(kernel_size, strides, before)

    @property
    def output_shape(self) -> tuple[int, int, int]:
        """Rows, columns and channels of the output."""
        return self.along[0].n_windows, self.along[1].n_windows, self.gives // self.places

    def joined_with(self, following: Layer) -> tuple[Layer, Layer] | None:
        """Pool the summed inputs, before biases and a monotone activation see them."""
        if type(following) is MaxPooling and self.activation.is_monotone:
            return Sums(self), ActivatedMaxPooling(following, self.activation)
        return None

    def product(self, x: Inputs, weight: np.ndarray, z: np.ndarray) -> Call:
        """Overwrite `z` with the products of all windows and the weights."""
        return partial(convolve, self._images(x), weight, self._of_places(z), self._kernel)

    def product_for_weights(self, x: Inputs, grad_z: np.ndarray, grad_weight: np.ndarray) -> Call:
        """Overwrite the gradient of the weights."""
        images, places = self._images(x), self._of_places(grad_z)
        return partial(weight_gradient, images, places, grad_weight, self._kernel)

    def product_for_input(self, grad_z: np.ndarray, weight: np.ndarray, grad_x: np.ndarray) -> Call:
        """Each pixel's gradient is the sum over the windows that it is in."""
        places, images = self._of_places(grad_z), self._images(grad_x)
        return partial(image_gradient, places, weight, images, self._kernel)

    def sums(self, x: Any, params: Arrays, biased: bool = True) -> np.ndarray:
        """The products of all windows and the weights, and the biases."""
        weight = params["weight"]
        dtype = np.result_type(x, weight)
        z = np.empty((len(weight), x.shape[1], self._memory["z"]), dtype)
        self.product(x, weight, z)()
        if biased:
            self.by_place(z)[...] += params["bias"]
        return z

    def input_gradient(
        self, x: Any, z: np.ndarray, grad_z: np.ndarray, params: Arrays
    ) -> np.ndarray:
        """Each pixel's gradient is the sum over the windows that it is in."""
        grad_x = np.empty((*grad_z.shape[:2], self.reads), grad_z.dtype)
        self.product_for_input(grad_z, params["weight"], grad_x)()
        return grad_x

    def weight_gradients(self, x: Any, grad_z: np.ndarray, params: Arrays) -> Arrays:
        """The products of the windows and `grad_z`; 0 where the layer learns nothing."""
        gradient = np.zeros(params["weight"].shape, grad_z.dtype)
        if any(self._rates):
            self.product_for_weights(x, grad_z, gradient)()
        return {"weight": gradient}

    def onnx(self, graph: Any, x: Any, params: Arrays) -> Any:
        """Conv, then the activation's expression place by place."""
        known = {name: graph.value(array) for name, array in params.items()}
        weight, bias = known.pop("weight"), known.pop("bias")
        z = graph.convolution(x, weight, self.image_shape, self.along)
        a = self.activation.expression(z + bias, known)
        return graph.reshape(a, self.gives)

    def features(self, x: Any) -> Any:
        """The channels of all pixels."""
        return x.reshape(-1, self.image_shape[2])

    def _images(self, x: Any) -> np.ndarray:
        """A view (n_networks, n_samples, rows, columns, channels)."""
        return x.reshape(*x.shape[:2], *self.image_shape)

    def _of_places(self, sums: np.ndarray) -> np.ndarray:
        """A view (n_networks, n_samples, rows of places, columns of places, summed inputs)."""
        n_sums = self._blocks["weight"].shape[1]
        return sums.reshape(len(sums), -1, *self.output_shape[:2], n_sums)


class Sums(Convolution):
    """A convolution without biases and activation, which are the next layer's.

    Parameters
    ----------
    convolution : Convolution
    """

    def __init__(self, convolution: Convolution):
        vars(self).update(vars(convolution))
        self.activation = Identity()
        self._memory = {"z": self.gives}

    def forward(self, x: Inputs, memory: Arrays, params: Arrays, noise: Noise = None) -> list[Call]:
        """The products of all windows and the weights."""
        return [self.product(x, params["weight"], memory["z"])]

    def backward(
        self,
        x: Inputs,
        memory: Arrays,
        grad_a: np.ndarray,
        grad_x: np.ndarray | None,
        params: Arrays,
        grads: Arrays,
    ) -> list[Call]:
        """The chain rule through the weights and the input."""
        return self.products_backward(x, memory["grad_z"], grad_x, params, grads)
