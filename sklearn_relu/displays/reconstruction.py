"""Rows beside their reconstructions."""

import math

import numpy as np
from scipy.sparse import issparse

from sklearn_relu.displays.base import ImageDisplay
from sklearn_relu.displays.style import SEQUENTIAL
from sklearn_relu.displays.ticks import named_places, shortened, whole_numbers
from sklearn_relu.inspection.names import feature_names
from sklearn_relu.sklearn_private import rows_of


class ReconstructionDisplay(ImageDisplay):
    """Rows, each above what a model gives back for it.

    All have one scale of colours, that of the rows.

    Parameters
    ----------
    originals, reconstructions : ndarray of shape (n_rows, n_features)
    image_shape : tuple of int, default=None
        Height and width, if the features are the pixels of an image: the images stand in two rows.
        None draws two lines a row, in the order of the features.
    titles : sequence of str, default=None
        Names of the rows; None numbers them.
    feature_names : sequence of str, default=None
        Names of the features, where rows are lines.

    Attributes
    ----------
    image_ : matplotlib AxesImage
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    _figsize = (7, 3.5)

    def __init__(
        self, originals, reconstructions, *, image_shape=None, titles=None, feature_names=None
    ):
        self.originals = originals
        self.reconstructions = reconstructions
        self.image_shape = image_shape
        self.titles = titles
        self.feature_names = feature_names

    @classmethod
    def from_estimator(
        cls, estimator, X, *, image_shape=None, n_rows=8, ax=None, cmap=None, **kwargs
    ):
        """Draw the first rows of X and their reconstructions.

        Parameters
        ----------
        estimator : transformer
            Fitted, with ``inverse_transform``: an Autoencoder, PCA, or a Pipeline of such.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        image_shape : tuple of int, default=None
            Height and width, if the features are the pixels of an image.
        n_rows : int, default=8
        ax : matplotlib Axes, default=None
            None makes a figure.
        cmap : str or matplotlib Colormap, default=None
        **kwargs
            Options for ``Axes.imshow``.

        Returns
        -------
        display : ReconstructionDisplay

        Raises
        ------
        ValueError
            If images of that shape do not have as many pixels as there are features.
        """
        n_samples = X.shape[0] if hasattr(X, "shape") else len(X)
        rows = rows_of(X, np.arange(min(n_rows, n_samples)))
        given = estimator.inverse_transform(estimator.transform(rows))
        originals, given = (
            each.toarray() if issparse(each) else np.asarray(each) for each in (rows, given)
        )
        names = feature_names(estimator, originals.shape[1])
        display = cls(originals, given, image_shape=image_shape, feature_names=names)
        return display.plot(ax, cmap=cmap, **kwargs)

    def _check(self) -> None:
        shape, other = np.shape(self.originals), np.shape(self.reconstructions)
        if shape != other:
            raise ValueError(
                f"originals and reconstructions must be alike; got arrays of {shape} and {other}."
            )
        if self.image_shape is not None and math.prod(self.image_shape) != shape[1]:
            height, width = self.image_shape
            raise ValueError(
                f"image_shape={self.image_shape!r} has {height * width} pixels, and there are "
                f"{shape[1]} features. Pass a height and a width whose product is {shape[1]}."
            )

    def _draw(self, ax, *, cmap, options) -> None:
        originals = np.asarray(self.originals)
        look = {"vmin": originals.min(), "vmax": originals.max(), "interpolation": "nearest"}
        look |= {"cmap": SEQUENTIAL if cmap is None else cmap}
        look |= {"aspect": "auto" if self.image_shape is None else "equal"}
        tiles = self._lines() if self.image_shape is None else self._images()
        self.image_ = ax.imshow(tiles, **look | options)
        self.figure_.colorbar(self.image_, ax=ax, label="value", shrink=0.8, aspect=15)
        if self.image_shape is None:
            self._name_lines(ax)
        else:
            self._name_images(ax)

    @property
    def _titles(self) -> list[str]:
        if self.titles is not None:
            return list(self.titles)
        return [str(i) for i in range(len(self.originals))]

    def _lines(self) -> np.ndarray:
        """For each row two lines, and an empty one between rows."""
        n_rows, n_features = np.shape(self.originals)
        lines = np.full((3 * n_rows - 1, n_features), np.nan)
        lines[::3], lines[1::3] = self.originals, self.reconstructions
        return lines

    def _name_lines(self, ax) -> None:
        ax.set_xlabel("feature")
        ax.set_ylabel("row, above its reconstruction")
        named_places(ax.yaxis, self._titles)
        ax.set_yticks(3 * ax.get_yticks() + 0.5, [tick.get_text() for tick in ax.get_yticklabels()])
        ax.tick_params(axis="y", length=0)
        if self.feature_names is None:
            whole_numbers(ax.xaxis)
        else:
            named_places(ax.xaxis, self.feature_names)

    def _images(self) -> np.ndarray:
        """Images in two rows, with a pixel between them."""
        assert self.image_shape is not None
        height, width = self.image_shape
        tiles = np.full((2 * height + 1, len(self.originals) * (width + 1) - 1), np.nan)
        for top, images in ((0, self.originals), (height + 1, self.reconstructions)):
            for i, image in enumerate(np.asarray(images)):
                left = i * (width + 1)
                tiles[top : top + height, left : left + width] = image.reshape(height, width)
        return tiles

    def _name_images(self, ax) -> None:
        assert self.image_shape is not None
        height, width = self.image_shape
        middles = (width + 1) * np.arange(len(self.originals)) + (width - 1) / 2
        ax.set_xticks(middles, map(shortened, self._titles))
        ax.set_yticks([(height - 1) / 2, height + (height + 1) / 2], ["row", "reconstruction"])
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
