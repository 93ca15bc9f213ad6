"""Active units, sample by sample."""

import numpy as np

from sklearn_relu.displays.base import ImageDisplay
from sklearn_relu.displays.style import COLORS
from sklearn_relu.displays.ticks import named_places
from sklearn_relu.inspection.hidden import active_units
from sklearn_relu.inspection.report import percent

MOST_SAMPLES = 200
"""Samples in the map: at more a pixel would hold several."""


class SparsityDisplay(ImageDisplay):
    """The units of a hidden layer that are active on each sample, and how often they are.

    The map has at most 200 samples, at equal distances; the rates above it are over all of them.
    The two share the place of the axes that are given, which are to be of ``subplots``.

    Parameters
    ----------
    active : ndarray of bool of shape (n_samples, n_units)
        Where the activation is not exactly 0; of a unit with several, where one of them is not.

    Attributes
    ----------
    order_ : ndarray of shape (n_units,)
        The units from the most active to the least, as they are drawn from left to right.
    image_ : matplotlib AxesImage
        Samples by units.
    bars_ : matplotlib BarContainer
        The share of samples on which each unit is active.
    rates_ax_ : matplotlib Axes
        The bars', above the map.
    ax_ : matplotlib Axes
        The map's.
    figure_ : matplotlib Figure
    """

    _figsize = (7, 5)

    def __init__(self, active):
        self.active = active

    @classmethod
    def from_estimator(cls, estimator, X, *, layer=-1, ax=None, cmap=None, **kwargs):
        """Draw the hidden activations of a fitted model.

        Parameters
        ----------
        estimator : estimator
            Fitted. Of an ensemble the networks' units are next to each other.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        layer : int, default=-1
            Which hidden layer: 0 is the first, -1 the last.
        ax : matplotlib Axes, default=None
            One of ``subplots``; its place is shared by the two. None makes a figure.
        cmap : str or matplotlib Colormap, default=None
            Colours of 0 and of active units in the map.
        **kwargs
            Options for ``Axes.imshow``, which draws the map.

        Returns
        -------
        display : SparsityDisplay
        """
        active = np.concatenate(list(active_units(estimator, X, layer)), axis=1)
        return cls(active).plot(ax, cmap=cmap, **kwargs)

    def _draw(self, ax, *, cmap, options) -> None:
        ax.set_axis_off()
        grid = ax.get_subplotspec().subgridspec(2, 1, height_ratios=[1, 3])
        self.ax_ = self.figure_.add_subplot(grid[1])
        self.rates_ax_ = self.figure_.add_subplot(grid[0], sharex=self.ax_)
        rates = self.active.mean(axis=0)
        self.order_ = np.argsort(-rates, kind="stable")
        self._draw_map(cmap, options)
        self._draw_rates(rates[self.order_])

    def _draw_map(self, cmap, options: dict) -> None:
        from matplotlib.colors import ListedColormap

        n_samples = len(self.active)
        shown = self.active[:: -(-n_samples // MOST_SAMPLES), self.order_]
        look = {"vmin": 0, "vmax": 1, "aspect": "auto", "interpolation": "nearest"}
        cmap = ListedColormap(["white", COLORS[0]]) if cmap is None else cmap
        self.image_ = self.ax_.imshow(shown, **look | {"cmap": cmap} | options)
        self.ax_.set_xlabel("units, from the most active to the least")
        self.ax_.set_ylabel(f"{len(shown)} of {n_samples} samples")
        self.ax_.set_yticks([])
        named_places(self.ax_.xaxis, self.order_.tolist())

    def _draw_rates(self, rates: np.ndarray) -> None:
        ax = self.rates_ax_
        self.bars_ = ax.bar(np.arange(len(rates)), rates, width=1.0, color=COLORS[0])
        dead = np.flatnonzero(rates == 0)
        if len(dead):  # an empty artist that nothing clips would be at no place of the figure
            ax.plot(dead, np.zeros(len(dead)), "x", color=COLORS[1], clip_on=False)
        ax.set_ylim(0, 1)
        ax.set_ylabel("active on")
        ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
        ax.tick_params(labelbottom=False)
        of_units = f"{len(dead)} of {len(rates)} units dead (x)" if len(dead) else "no unit dead"
        zeros = percent(1 - self.active.mean())
        ax.set_title(f"{zeros} exact zeros, {of_units}", loc="left")
