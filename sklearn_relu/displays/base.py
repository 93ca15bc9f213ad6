"""The base of all displays: it has the axes that they draw into."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar


class Display(ABC):
    """A picture whose data are the attributes of the display.

    A display has a figure's size in `_figsize`, draws in `_draw`, and may refuse data in `_check`.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    _figsize: ClassVar[tuple[float, float]]
    """Inches of a figure of its own."""

    def plot(self, ax=None):
        """Draw the picture that the class describes.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            The axes to draw into. None makes a figure.

        Returns
        -------
        self : Display
            With `figure_`, `ax_` and what was drawn, which the class lists under Attributes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self._check()
        self.figure_, self.ax_ = _figure_and_axes(ax, self._figsize)
        self._draw(self.ax_)
        return self

    def _check(self) -> None:  # noqa: B027 - most displays draw whatever they have
        """Raise for data that cannot be drawn, before there is a figure."""

    @abstractmethod
    def _draw(self, ax) -> None:
        """Draw into axes, and keep what was drawn."""


def _figure_and_axes(ax, figsize: tuple[float, float]) -> tuple[Any, Any]:
    """The given axes and their figure, or new ones."""
    if ax is not None:
        return ax.figure, ax
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("displays need matplotlib: pip install matplotlib") from error
    return plt.subplots(layout="constrained", figsize=figsize)
