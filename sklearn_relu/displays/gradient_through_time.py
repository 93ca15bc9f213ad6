"""Gradients, step by step back through series."""

import numpy as np

from sklearn_relu.displays.base import CurveDisplay, with_options
from sklearn_relu.displays.style import draw_legend, marks_along, named_models, styles
from sklearn_relu.displays.ticks import logarithmic, whole_numbers
from sklearn_relu.inspection import gradient_through_time


class GradientThroughTimeDisplay(CurveDisplay):
    """The norm of the gradient at each step of series, counted back from their ends.

    One line a network and recurrent layer on a logarithmic scale; where nothing arrives there is no
    point.

    Parameters
    ----------
    norms : dict of str to ndarray of shape (n_layers, n_steps) or (n_networks, n_layers, n_steps)
        By the models' names; the last step comes first.

    Attributes
    ----------
    lines_ : dict of str to list of matplotlib Line2D
        By the names in the legend, one a network.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_relu import RNNRegressor
    >>> from sklearn_relu.displays import GradientThroughTimeDisplay
    >>> X = np.random.default_rng(0).normal(size=(50, 40))
    >>> models = {cell: RNNRegressor(20, cell=cell, random_state=0) for cell in ("rnn", "lstm")}
    >>> display = GradientThroughTimeDisplay.from_estimator(models, X, X[:, 0], initial=True)
    """

    _figsize = (7, 4.5)

    def __init__(self, norms):
        self.norms = norms

    @classmethod
    def from_estimator(
        cls, estimator, X, y, *, initial=False, name=None, ax=None, curve_kwargs=None
    ):
        """Draw :func:`sklearn_relu.inspection.gradient_through_time` of models.

        Parameters
        ----------
        estimator : estimator, list of estimator, or dict of str to estimator
            Recurrent networks, fitted unless `initial`. Several are drawn over each other.
        X : array-like or list of array-like
            Series, of equal or of unequal lengths.
        y : array-like of shape (n_series,) or (n_series, n_outputs)
        initial : bool, default=False
            Whether to look at the start of training.
        name : str or list of str, default=None
            Names for the legend; None takes the models' activations.
        ax : matplotlib Axes, default=None
            None makes a figure.
        curve_kwargs : dict or list of dict, default=None
            Options for ``Axes.plot``, for all lines or for each entry of the legend.

        Returns
        -------
        display : GradientThroughTimeDisplay

        Raises
        ------
        TypeError
            If a model does not end in a recurrent network.
        """
        return cls.from_reports(
            {
                name: gradient_through_time(model, X, y, initial=initial)
                for name, model in named_models(estimator, name).items()
            },
            ax=ax,
            curve_kwargs=curve_kwargs,
        )

    @classmethod
    def from_reports(cls, reports, *, ax=None, curve_kwargs=None):
        """Draw reports.

        Parameters
        ----------
        reports : dict of str to GradientThroughTime
            By the models' names.
        ax : matplotlib Axes, default=None
        curve_kwargs : dict or list of dict, default=None

        Returns
        -------
        display : GradientThroughTimeDisplay
        """
        norms = {name: report.norms for name, report in reports.items()}
        return cls(norms).plot(ax, curve_kwargs=curve_kwargs)

    def _entries(self) -> dict[str, np.ndarray]:
        """By the names in the legend, norms (n_networks, n_steps)."""
        found = {}
        for name, norms in self.norms.items():
            layers = np.swapaxes(norms if np.ndim(norms) == 3 else np.asarray(norms)[None], 0, 1)
            for i, of_layer in enumerate(layers, start=1):
                found[name if len(layers) == 1 else f"{name}, layer {i}"] = of_layer
        return found

    def _names(self):
        return list(self._entries())

    def _draw(self, ax, *, names, options) -> None:
        self.lines_ = {}
        entries = self._entries()
        for style, (name, norms), label, given in zip(
            styles(len(entries)), entries.items(), names, options, strict=True
        ):
            rows = np.where(norms > 0, norms, np.nan)
            steps = np.arange(rows.shape[1])
            plain = {"color": style["color"], "linestyle": style["linestyle"]}
            look = with_options(plain | marks_along(style, len(steps)), given) | {"label": "_"}
            self.lines_[name] = [ax.plot(steps, row, **look)[0] for row in rows]
            self.lines_[name][0].set_label(given.get("label", label))
        if not any(np.isfinite(line.get_ydata()).any() for line in ax.lines):
            middle = {"transform": ax.transAxes, "ha": "center", "va": "center"}
            ax.text(0.5, 0.5, "no gradient reaches any step", color="0.4", **middle)
        logarithmic(ax.yaxis)
        whole_numbers(ax.xaxis)
        ax.set_xlabel("steps before the last one")
        ax.set_ylabel("norm of the gradient for summed inputs")
        ax.grid(alpha=0.3)
        draw_legend(ax)
