"""Gradients, layer by layer."""

import numpy as np

from sklearn_relu.displays.base import CurveDisplay, with_options
from sklearn_relu.displays.style import draw_legend, named_models, styles
from sklearn_relu.displays.ticks import logarithmic, whole_numbers
from sklearn_relu.inspection import gradient_report


class GradientFlowDisplay(CurveDisplay):
    """The norm of the gradient for each layer's weights.

    One line a network on a logarithmic scale; where nothing arrives there is no point.

    Parameters
    ----------
    norms : dict of str to ndarray of shape (n_layers,) or (n_networks, n_layers)
        By the models' names, the output layer's last.

    Attributes
    ----------
    lines_ : dict of str to list of matplotlib Line2D
        One a network.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    _figsize = (7, 4.5)

    def __init__(self, norms):
        self.norms = norms

    @classmethod
    def from_estimator(
        cls, estimator, X, y, *, initial=False, name=None, ax=None, curve_kwargs=None
    ):
        """Draw :func:`sklearn_relu.inspection.gradient_report` of models.

        Parameters
        ----------
        estimator : estimator, list of estimator, or dict of str to estimator
            Fitted, unless `initial`. Several are drawn over each other.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        initial : bool, default=False
            Whether to look at the start of training.
        name : str or list of str, default=None
            Names for the legend; None takes the models' activations.
        ax : matplotlib Axes, default=None
            None makes a figure.
        curve_kwargs : dict or list of dict, default=None
            Options for ``Axes.plot``, for all models or for each.

        Returns
        -------
        display : GradientFlowDisplay
        """
        return cls.from_reports(
            {
                name: gradient_report(model, X, y, initial=initial)
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
        reports : dict of str to GradientReport
            By the models' names.
        ax : matplotlib Axes, default=None
        curve_kwargs : dict or list of dict, default=None

        Returns
        -------
        display : GradientFlowDisplay
        """
        norms = {name: report.weight_norms for name, report in reports.items()}
        return cls(norms).plot(ax, curve_kwargs=curve_kwargs)

    def _names(self):
        return list(self.norms)

    def _draw(self, ax, *, names, options) -> None:
        self.lines_ = {}
        for style, (name, norms), label, given in zip(
            styles(len(self.norms)), self.norms.items(), names, options, strict=True
        ):
            rows = np.where(np.atleast_2d(norms) > 0, norms, np.nan)
            layers = np.arange(1, rows.shape[1] + 1)
            look = with_options(style, given) | {"label": "_"}
            self.lines_[name] = [ax.plot(layers, row, **look)[0] for row in rows]
            self.lines_[name][0].set_label(given.get("label", label))
        if not any(np.isfinite(line.get_ydata()).any() for line in ax.lines):
            middle = {"transform": ax.transAxes, "ha": "center", "va": "center"}
            ax.text(0.5, 0.5, "no gradient reaches any layer", color="0.4", **middle)
        deepest = max(np.shape(norms)[-1] for norms in self.norms.values())
        logarithmic(ax.yaxis)
        whole_numbers(ax.xaxis)
        ax.set_xlim(0.5, deepest + 0.5)
        ax.set_xlabel("layer, from the inputs to the outputs")
        ax.set_ylabel("norm of the gradient for its weights")
        ax.grid(alpha=0.3)
        draw_legend(ax)
