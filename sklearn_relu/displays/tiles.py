"""Values as images, or as lines, side by side."""

import math

import numpy as np

from sklearn_relu.displays.base import ImageDisplay
from sklearn_relu.displays.style import DIVERGING
from sklearn_relu.displays.ticks import named_places, whole_numbers

LETTERS = 9.0
"""Points of the titles of images."""

LETTERS_OF_IMAGE = 0.2
"""Share of the height that an image and its title have, which the title's letters take at most."""

LETTER = 0.75
"""Width of a letter as a share of its height."""

ROOM = 1.8
"""Heights of a letter between two images."""


class TilesDisplay(ImageDisplay):
    """Values in rows, each as an image or as a line, with one scale of colours for all.

    Parameters
    ----------
    weights : ndarray of shape (n_images, n_values)
    image_shape : tuple of int, default=None
        Height and width of an image. None draws lines.
    titles : sequence of str, default=None
        What to write over each image, or beside each line.
    label : str, default="weight"
        What the values are, for the scale of colours.
    feature_names : sequence of str, default=None
        Names of the values, below the lines.
    order : str, default=None
        How the images are ordered, in words.
    """

    _figsize = (6.5, 5.5)

    _thing = "units"
    """What the images are of, for the title."""

    _gap = 1
    """Rows of pixels between images."""

    def __init__(
        self,
        weights,
        *,
        image_shape=None,
        titles=None,
        label="weight",
        feature_names=None,
        order=None,
    ):
        self.weights = weights
        self.image_shape = image_shape
        self.titles = titles
        self.label = label
        self.feature_names = feature_names
        self.order = order

    def _check(self) -> None:
        n_features = np.shape(self.weights)[1]
        if self.image_shape is not None and math.prod(self.image_shape) != n_features:
            height, width = self.image_shape
            raise ValueError(
                f"image_shape={self.image_shape!r} has {height * width} pixels, and there are "
                f"{n_features} features. Pass a height and a width whose product is {n_features}."
            )

    def _draw(self, ax, *, cmap, options) -> None:
        weights = np.asarray(self.weights)
        largest = np.abs(weights).max() or 1.0
        look = {"cmap": DIVERGING if cmap is None else cmap, "vmin": -largest, "vmax": largest}
        look |= {"interpolation": "nearest", "aspect": "auto" if self._are_lines else "equal"}
        if not self._are_lines and self.titles:
            self._make_room(ax)
        tiles = weights if self._are_lines else self._tiles(weights)
        self.image_ = ax.imshow(tiles, **look | options)
        self.figure_.colorbar(self.image_, ax=ax, label=self.label, shrink=0.8, aspect=15)
        if self._are_lines:
            self._name_lines(ax)
        else:
            self._name_images(ax)

    def _name_lines(self, ax) -> None:
        ax.set_xlabel("feature")
        ax.set_ylabel("unit" if self.order is None else f"unit ({self.order})")
        for axis, names in ((ax.xaxis, self.feature_names), (ax.yaxis, self.titles)):
            if names is None:
                whole_numbers(axis)
            else:
                named_places(axis, names)

    def _name_images(self, ax) -> None:
        ax.set_axis_off()
        if self.order is not None:
            ax.set_title(f"{self._thing}, {self.order}", loc="left", fontsize=10)
        for i, title in enumerate(self.titles or ()):
            row, column = self._corner(i)
            middle = column + (self.image_shape[1] - 1) / 2
            below = {"ha": "center", "va": "bottom", "fontsize": self._letters}
            ax.text(middle, row - 0.7, title, **below)

    @property
    def _are_lines(self) -> bool:
        return self.image_shape is None

    def _make_room(self, ax) -> None:
        """Find the size of the titles, and the rows of pixels between images that they take."""
        box = ax.get_window_extent()
        height, width = self.image_shape
        per_row = self._per_row
        n_rows = -(-len(self.weights) // per_row)
        points = np.array([box.height / n_rows, box.width / per_row]) * 72 / ax.figure.dpi
        longest = max(len(title) for title in self.titles)
        pixel = min(points / (height * (1 + LETTERS_OF_IMAGE * ROOM), width + 1))
        self._letters = min(
            LETTERS, LETTERS_OF_IMAGE * points[0], (width + 1) * pixel / (LETTER * longest)
        )
        needed = ROOM * self._letters
        pixel = min((points[0] - needed) / height, points[1] / (width + 1))
        self._gap = max(2, math.ceil(needed / pixel))

    @property
    def _per_row(self) -> int:
        return math.ceil(math.sqrt(len(self.weights)))

    def _corner(self, i: int) -> tuple[int, int]:
        """The row and column of the upper left pixel of an image."""
        height, width = self.image_shape
        row, column = divmod(i, self._per_row)
        return row * (height + self._gap) + self._gap - 1, column * (width + 1)

    def _tiles(self, weights: np.ndarray) -> np.ndarray:
        height, width = self.image_shape
        corners = [self._corner(i) for i in range(len(weights))]
        shape = max(row for row, _ in corners) + height, max(col for _, col in corners) + width
        tiles = np.full(shape, np.nan)
        for (row, column), image in zip(corners, weights, strict=True):
            tiles[row : row + height, column : column + width] = image.reshape(height, width)
        return tiles
