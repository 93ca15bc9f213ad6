"""Predictions of a network in the plane, and the linear regions that it is made of."""

import numpy as np
from sklearn.base import is_classifier

from sklearn_relu.displays.base import ImageDisplay
from sklearn_relu.displays.style import COLORS, MARKERS, SEQUENTIAL, draw_legend, in_words
from sklearn_relu.displays.ticks import shortened
from sklearn_relu.inspection.model import final_network, fitted_network

SHADES = (0.3, 0.6, 0.15)
"""How much of a colour a region has: another share once colours repeat."""

MARGIN = 0.1
"""How far the picture reaches beyond the data, as a share of their range."""

MOST_SAMPLES = 500
"""Samples that are drawn: more would hide the predictions below them."""

MOST_LETTERS = 40
"""Letters of a feature's name; of a longer one the beginning and the end."""

COVERED = 0.06
"""Share of the picture that samples take at most."""

LARGEST, SMALLEST = 22, 4
"""Areas of a sample's mark, in square points."""


class DecisionRegionDisplay(ImageDisplay):
    """Predictions for two features, with the boundaries of the linear regions.

    The boundaries are drawn over the predictions. At most 500 samples are drawn over both, at equal
    distances, the smaller the more there are.

    Parameters
    ----------
    xx, yy : ndarray of shape (n_rows, n_columns)
        A grid over the two features.
    response : ndarray of shape (n_rows, n_columns)
        Numbers of classes, or predictions.
    classes : ndarray of shape (n_classes,) or None
        None for a regressor.
    pieces : ndarray of shape (n_units, n_rows, n_columns)
        The linear piece that each summed input of a hidden unit is on; no units for a network that
        is not piecewise linear.
    feature_names : sequence of str, default=("feature 0", "feature 1")

    Attributes
    ----------
    surface_ : matplotlib QuadMesh
        The predictions.
    boundaries_ : list of matplotlib QuadContourSet
        The kinks of the units, one entry a unit that has one in the picture.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    _figsize = (6.5, 5.5)

    def __init__(
        self,
        *,
        xx,
        yy,
        response,
        classes=None,
        pieces=(),
        feature_names=("feature 0", "feature 1"),
    ):
        self.xx = xx
        self.yy = yy
        self.response = response
        self.classes = classes
        self.pieces = pieces
        self.feature_names = feature_names

    @classmethod
    def from_estimator(
        cls, estimator, X, y=None, *, grid_resolution=300, ax=None, cmap=None, **kwargs
    ):
        """Draw the predictions of a fitted model of two features.

        Parameters
        ----------
        estimator : estimator
            Fitted on two features. Of an ensemble's networks the first one's regions are drawn.
        X : {array-like, DataFrame} of shape (n_samples, 2)
            They span the picture.
        y : array-like of shape (n_samples,), default=None
            Labels or numbers; with them the samples are drawn.
        grid_resolution : int, default=300
            Points of the grid along each feature.
        ax : matplotlib Axes, default=None
            None makes a figure.
        cmap : str or matplotlib Colormap, default=None
            Colours of predictions, and of the samples; of classes, one colour each.
        **kwargs
            Options for ``Axes.pcolormesh``, which draws the predictions.

        Returns
        -------
        display : DecisionRegionDisplay

        Raises
        ------
        NotFittedError
            If the model is not fitted.
        TypeError
            If the model reads series.
        ValueError
            If X has another number of features than 2.
        """
        if getattr(final_network(estimator), "reads_series", False):
            raise TypeError(
                "DecisionRegionDisplay draws predictions for two features, and a recurrent network "
                f"reads series; got {estimator!r}. Pass a network of features."
            )
        points = np.asarray(X, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != 2:
            raise ValueError(
                f"X must have 2 features to draw a plane; got shape {points.shape}. Fit the model "
                "on two of them, or on a projection such as PCA(2)."
            )
        low, high = points.min(axis=0), points.max(axis=0)
        margin = MARGIN * (high - low)
        sides = np.linspace(low - margin, high + margin, grid_resolution)
        xx, yy = np.meshgrid(sides[:, 0], sides[:, 1])
        grid = np.column_stack([xx.ravel(), yy.ravel()])
        names = {}
        if hasattr(X, "columns"):
            grid = type(X)(dict(zip(X.columns, grid.T, strict=True)))
            names = {"feature_names": list(map(str, X.columns))}
        response = estimator.predict(grid)
        classes = estimator.classes_ if is_classifier(estimator) else None
        if classes is not None:
            response = np.searchsorted(classes, response)
        display = cls(
            xx=xx,
            yy=yy,
            response=np.reshape(response, xx.shape),
            classes=classes,
            pieces=_pieces(estimator, grid).reshape(-1, *xx.shape),
            **names,
        ).plot(ax, cmap=cmap, **kwargs)
        if y is not None:
            display._draw_samples(points, np.asarray(y), cmap)
        return display

    def _draw(self, ax, *, cmap, options) -> None:
        draw = self._draw_numbers if self.classes is None else self._draw_classes
        draw(ax, cmap, options)
        line = {"colors": "white" if self.classes is None else "0.25", "linewidths": 0.6}
        self.boundaries_ = []
        for pieces in self.pieces:
            values = np.unique(pieces)
            if len(values) > 1:
                levels = (values[1:] + values[:-1]) / 2
                self.boundaries_.append(ax.contour(self.xx, self.yy, pieces, levels, **line))
        ax.set_xlabel(shortened(self.feature_names[0], MOST_LETTERS))
        ax.set_ylabel(shortened(self.feature_names[1], MOST_LETTERS))

    def _draw_numbers(self, ax, cmap, options: dict) -> None:
        look = {"cmap": SEQUENTIAL if cmap is None else cmap, "rasterized": True}
        self.surface_ = ax.pcolormesh(self.xx, self.yy, self.response, **look | options)
        self.figure_.colorbar(self.surface_, ax=ax, label="prediction")

    def _draw_classes(self, ax, cmap, options: dict) -> None:
        from matplotlib.colors import ListedColormap, to_rgba

        n_classes = len(self.classes)
        shades = [
            to_rgba(color, SHADES[i // len(COLORS) % len(SHADES)])
            for i, color in enumerate(self._colors(cmap))
        ]
        look = {"cmap": ListedColormap(shades), "vmin": -0.5, "vmax": n_classes - 0.5}
        look |= {"linewidth": 0, "rasterized": True}
        self.surface_ = ax.pcolormesh(self.xx, self.yy, self.response, **look | options)

    def _colors(self, cmap) -> list:
        """A full colour for each class."""
        n_classes = len(self.classes)
        if cmap is None:
            return [COLORS[i % len(COLORS)] for i in range(n_classes)]
        import matplotlib as mpl

        chosen = mpl.colormaps[cmap] if isinstance(cmap, str) else cmap
        return list(chosen(np.linspace(0, 1, n_classes)))

    def _draw_samples(self, points: np.ndarray, y: np.ndarray, cmap) -> None:
        n_samples = len(points)
        points, y = points[:: -(-n_samples // MOST_SAMPLES)], y[:: -(-n_samples // MOST_SAMPLES)]
        area = self._area_of_a_mark(len(points))
        marks = {"s": area, "edgecolors": "white", "linewidths": 0.3, "zorder": 3}
        if self.classes is None:
            colors = {"cmap": self.surface_.get_cmap(), "norm": self.surface_.norm}
            self.ax_.scatter(*points.T, c=y, **colors, **marks)
            return
        for i, (label, color) in enumerate(zip(self.classes, self._colors(cmap), strict=True)):
            style = {"color": [color], "marker": MARKERS[i % len(MARKERS)]}
            self.ax_.scatter(*points[y == label].T, label=in_words(label), **style, **marks)
        some = "" if len(points) == n_samples else f"\n({len(points)} of {n_samples} samples)"
        draw_legend(self.ax_, title=f"class{some}", markerscale=np.sqrt(LARGEST / area))

    def _area_of_a_mark(self, n_samples: int) -> float:
        """Square points of a sample's mark, so that all samples leave the surface to be seen."""
        box = self.ax_.get_window_extent()
        points_per_pixel = 72 / self.ax_.figure.dpi
        whole = box.width * box.height * points_per_pixel**2
        return float(np.clip(COVERED * whole / max(1, n_samples), SMALLEST, LARGEST))


def _pieces(estimator, grid) -> np.ndarray:
    """The pieces of all units at the points of a grid, (n_units, n_points)."""
    network = fitted_network(estimator, grid)
    if not all(layer.is_piecewise_linear for layer in network.hidden_layers):
        return np.empty((0, len(grid)))
    columns = []
    for _, trace in network.traces():
        each = [trace.linear_pieces(i)[0] for i in range(len(network.hidden_layers))]
        columns.append(np.concatenate([np.empty((len(trace.a[-1][0]), 0)), *each], axis=1))
    return np.concatenate(columns).T
