"""The bases of all displays: they have the axes that they draw into."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar


class Display(ABC):
    """A picture whose data are the attributes of the display.

    A display has a figure's size in `_figsize`, and may refuse data in `_check`.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    _figsize: ClassVar[tuple[float, float]]
    """Inches of a figure of its own."""

    def _plot(self, ax, draw: Callable[[Any], None]):
        """Draw into axes, or into those of a new figure."""
        self._check()
        self.figure_, self.ax_ = _figure_and_axes(ax, self._figsize)
        draw(self.ax_)
        return self

    def _check(self) -> None:  # noqa: B027 - most displays draw whatever they have
        """Raise for data that cannot be drawn, before there is a figure."""


class CurveDisplay(Display):
    """A picture of curves, each with a name in the legend.

    A display says in `_names` what its curves are called by default.
    """

    def plot(self, ax=None, *, name=None, curve_kwargs=None):
        """Draw the picture that the class describes.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            The axes to draw into. None makes a figure.
        name : str or list of str, default=None
            Names for the legend, one for each entry. None takes those of the data.
        curve_kwargs : dict or list of dict, default=None
            Options for ``Axes.plot``: the same for all entries of the legend, or one dict for each.

        Returns
        -------
        self : Display
            With `figure_`, `ax_` and what was drawn, which the class lists under Attributes.

        Raises
        ------
        ValueError
            If there are not as many names or dicts as entries of the legend.
        ImportError
            If matplotlib is not installed.
        """
        known = self._names()
        names = known if name is None else [name] if isinstance(name, str) else list(name)
        if len(names) != len(known):
            raise ValueError(
                f"name must be a str for one curve, or a list of {len(known)}, one for each of "
                f"{known}; got {name!r}."
            )
        options = options_of_curves(curve_kwargs, len(known))
        return self._plot(ax, lambda axes: self._draw(axes, names=names, options=options))

    @abstractmethod
    def _draw(self, ax, *, names: list[str], options: list[dict]) -> None:
        """Draw into axes, and keep what was drawn."""

    @abstractmethod
    def _names(self) -> list[str]:
        """The names in the legend, if no others are given."""


class ImageDisplay(Display):
    """A picture whose main part is an image, with a map of colours."""

    def plot(self, ax=None, *, cmap=None, **kwargs):
        """Draw the picture that the class describes.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            The axes to draw into. None makes a figure.
        cmap : str or matplotlib Colormap, default=None
            The map of colours. None takes the display's own.
        **kwargs
            Options for the matplotlib function that draws the image.

        Returns
        -------
        self : Display
            With `figure_`, `ax_` and what was drawn, which the class lists under Attributes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        return self._plot(ax, lambda axes: self._draw(axes, cmap=cmap, options=kwargs))

    @abstractmethod
    def _draw(self, ax, *, cmap, options: dict) -> None:
        """Draw into axes, and keep what was drawn."""


def options_of_curves(curve_kwargs: dict | Sequence[dict] | None, n_curves: int) -> list[dict]:
    """Options for each curve of a picture.

    Parameters
    ----------
    curve_kwargs : dict, list of dict or None
        The same for all, or one for each.
    n_curves : int

    Returns
    -------
    options : list of dict

    Raises
    ------
    ValueError
        If there are not as many dicts as curves.
    """
    if curve_kwargs is None or isinstance(curve_kwargs, dict):
        return [curve_kwargs or {}] * n_curves
    options = list(curve_kwargs)
    if len(options) != n_curves:
        raise ValueError(
            f"curve_kwargs must be a dict, or a list of {n_curves} of them, one for each entry of "
            f"the legend; got a list of {len(options)}."
        )
    return options


def with_options(defaults: dict, options: dict) -> dict:
    """Options of a line, those of a user before our own.

    Parameters
    ----------
    defaults : dict
        By the full names of matplotlib's options.
    options : dict
        By these or by short ones, such as "lw".

    Returns
    -------
    options : dict
    """
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    return defaults | normalize_kwargs(options, Line2D)


def _figure_and_axes(ax, figsize: tuple[float, float]) -> tuple[Any, Any]:
    """The given axes and their figure, or new ones."""
    if ax is not None:
        return ax.figure, ax
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("displays need matplotlib: pip install matplotlib") from error
    return plt.subplots(layout="constrained", figsize=figsize)
