"""Activations as curves."""

from collections.abc import Sequence

import numpy as np

from sklearn_relu.activations import ACTIVATIONS, Activation
from sklearn_relu.displays.base import CurveDisplay, with_options
from sklearn_relu.displays.style import draw_legend, in_words, marks_along, styles
from sklearn_relu.part import resolve_part


class ActivationDisplay(CurveDisplay):
    """Activations and their derivatives.

    Functions are full lines, derivatives broken ones.

    Parameters
    ----------
    z : ndarray of shape (n_points,)
        Summed inputs.
    values, derivatives : dict of str to ndarray of shape (n_points, n_outputs)
        By name; a unit of CReLU has two outputs.

    Attributes
    ----------
    lines_ : dict of str to list of matplotlib Line2D
        For each name its functions, then its derivatives.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> from sklearn_relu.displays import ActivationDisplay
    >>> display = ActivationDisplay.from_activations(["logistic", "tanh", "relu"])
    """

    _figsize = (8, 4.5)

    def __init__(self, z, values, derivatives):
        self.z = z
        self.values = values
        self.derivatives = derivatives

    @classmethod
    def from_activations(
        cls,
        activations: Sequence,
        *,
        limits=(-4.0, 4.0),
        n_points=801,
        name=None,
        ax=None,
        curve_kwargs=None,
    ):
        """Draw activations.

        Parameters
        ----------
        activations : sequence of {str, Activation}
            What learns parameters has those that it starts with; what is random gives what it gives
            when predicting. Where a unit has several summed inputs (maxout), all but the first are
            0.
        limits : tuple of float, default=(-4.0, 4.0)
            The range of summed inputs.
        n_points : int, default=801
        name : str or list of str, default=None
            Names for the legend. None takes those of the activations.
        ax : matplotlib Axes, default=None
            None makes a figure.
        curve_kwargs : dict or list of dict, default=None
            Options for ``Axes.plot``, for all activations or for each.

        Returns
        -------
        display : ActivationDisplay

        Raises
        ------
        ValueError
            For an unknown name.
        """
        z = np.linspace(limits[0], limits[1], n_points)
        parts = [resolve_part(each, ACTIVATIONS, Activation, "activations") for each in activations]
        curves = {
            in_words(each): _curve(part, z) for each, part in zip(activations, parts, strict=True)
        }
        values = {name: value for name, (value, _) in curves.items()}
        derivatives = {name: derivative for name, (_, derivative) in curves.items()}
        return cls(z, values, derivatives).plot(ax, name=name, curve_kwargs=curve_kwargs)

    def _names(self):
        return list(self.values)

    def _draw(self, ax, *, names, options) -> None:
        ax.axhline(0, color="0.8", linewidth=0.8, zorder=0)
        ax.axvline(0, color="0.8", linewidth=0.8, zorder=0)
        self.lines_ = {}
        for style, name, label, given in zip(
            styles(len(self.values)), self.values, names, options, strict=True
        ):
            look = {"color": style["color"], **marks_along(style, len(self.z))}
            function = {"linewidth": 2, **look}
            derivative = {"linestyle": "--", "linewidth": 1.2, **look}
            lines = ax.plot(self.z, self.values[name], **with_options(function, given))
            lines += ax.plot(self.z, self.derivatives[name], **with_options(derivative, given))
            for line in lines:
                line.set_label("_")
            lines[0].set_label(given.get("label", label))
            self.lines_[name] = lines
        ax.plot([], [], "--", color="0.4", linewidth=1.2, label="derivative")
        ax.set_xlabel("summed input z")
        ax.set_ylabel("activation, and its derivative")
        draw_legend(ax)


def _curve(activation: Activation, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The activations of one unit for z, and their derivatives, (n_points, n_outputs)."""
    summed = np.zeros((1, len(z), activation.input_width(1)))
    summed[0, :, 0] = z
    params = {name: np.empty((1, 1, *s)) for name, s in activation.parameter_shapes(1).items()}
    activation.init_parameters(params)
    a = np.empty((1, len(z), activation.output_width(1)))
    activation.forward(summed, a, params)
    derivatives = np.empty(a.shape[1:])
    for output in range(a.shape[2]):
        grad_a = np.zeros_like(a)
        grad_a[..., output] = 1
        grad_z = np.empty_like(summed)
        unused = {name: np.empty_like(array) for name, array in params.items()}
        activation.backward(summed, a, grad_a, grad_z, params, unused)
        derivatives[:, output] = grad_z[0, :, 0]
    return a[0], derivatives
