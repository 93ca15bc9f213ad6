"""Weights as images."""

import math

import numpy as np

from sklearn_relu.displays.base import Display
from sklearn_relu.displays.style import DIVERGING, whole_numbers
from sklearn_relu.inspection import final_network


class WeightsDisplay(Display):
    """Weights into units, such as those of the first layer, as images.

    The images stand in rows, with one scale of colours for all; white is 0.

    Parameters
    ----------
    weights : ndarray of shape (n_units, n_features)
        One row an image: weights, or the slopes of a local linear map.
    image_shape : tuple of int, default=None
        Height and width, if the features are the pixels of an image. None draws one line a unit.
    titles : sequence of str, default=None
        What to write over each image.
    label : str, default="weight"
        What the values are, for the scale of colours.

    Attributes
    ----------
    image_ : matplotlib AxesImage
        All images in one, with gaps of NaN between them.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    _figsize = (6.5, 5.5)

    def __init__(self, weights, *, image_shape=None, titles=None, label="weight"):
        self.weights = weights
        self.image_shape = image_shape
        self.titles = titles
        self.label = label

    @classmethod
    def from_estimator(cls, estimator, *, image_shape=None, n_units=25, ax=None):
        """Draw the weights of the first layer.

        Parameters
        ----------
        estimator : estimator
            Fitted. Of an ensemble the first network's are drawn.
        image_shape : tuple of int, default=None
            Height and width, if the features are the pixels of an image.
        n_units : int, default=25
            The units with the largest weights (by their norm), so many.
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display : WeightsDisplay

        Raises
        ------
        ValueError
            If images of that shape do not have as many pixels as there are features.
        """
        coef = final_network(estimator).coefs_[0]
        weights = (coef if coef.ndim == 2 else coef[0]).T
        largest = np.argsort(-np.linalg.norm(weights, axis=1), kind="stable")[:n_units]
        return cls(weights[largest], image_shape=image_shape).plot(ax=ax)

    def _check(self) -> None:
        n_features = np.shape(self.weights)[1]
        if self.image_shape is not None and math.prod(self.image_shape) != n_features:
            height, width = self.image_shape
            raise ValueError(
                f"image_shape={self.image_shape!r} has {height * width} pixels, and there are "
                f"{n_features} features. Pass a height and a width whose product is {n_features}."
            )

    def _draw(self, ax) -> None:
        weights = np.asarray(self.weights)
        largest = np.abs(weights).max() or 1.0
        tiles = weights if self.image_shape is None else self._tiles(weights)
        self.image_ = ax.imshow(
            tiles,
            cmap=DIVERGING,
            vmin=-largest,
            vmax=largest,
            interpolation="nearest",
            aspect="auto" if self.image_shape is None else "equal",
        )
        self.figure_.colorbar(self.image_, ax=ax, label=self.label, shrink=0.8)
        if self.image_shape is None:
            ax.set_xlabel("feature")
            ax.set_ylabel("unit")
            whole_numbers(ax.xaxis)
            whole_numbers(ax.yaxis)
            return
        ax.set_axis_off()
        for i, title in enumerate(self.titles or ()):
            row, column = self._corner(i)
            middle = column + (self.image_shape[1] - 1) / 2
            ax.text(middle, row - 0.7, title, ha="center", va="bottom", fontsize=9)

    @property
    def _gap(self) -> int:
        return 3 if self.titles else 1

    def _corner(self, i: int) -> tuple[int, int]:
        """The row and column of the upper left pixel of an image."""
        height, width = self.image_shape
        per_row = math.ceil(math.sqrt(len(self.weights)))
        row, column = divmod(i, per_row)
        return row * (height + self._gap) + self._gap - 1, column * (width + 1)

    def _tiles(self, weights: np.ndarray) -> np.ndarray:
        height, width = self.image_shape
        corners = [self._corner(i) for i in range(len(weights))]
        shape = max(row for row, _ in corners) + height, max(col for _, col in corners) + width
        tiles = np.full(shape, np.nan)
        for (row, column), image in zip(corners, weights, strict=True):
            tiles[row : row + height, column : column + width] = image.reshape(height, width)
        return tiles
