"""Pictures of matplotlib for a page: inline SVG that takes the page's colours and fonts."""

import html
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

LONGEST_NAME = 26
"""Letters of a name in a picture; of a longer one the middle is left out."""

DPI = 150


@dataclass(frozen=True)
class Picture:
    """A picture of a report.

    Attributes
    ----------
    name : str
        Its file's, without an ending.
    figure : matplotlib.figure.Figure
    title : str
        Above the picture, as text of the page.
    text : str
        The same in words, for those who cannot see it.
    note : str, default=""
        Below the picture.
    """

    name: str
    figure: Any
    title: str
    text: str
    note: str = ""

    def __post_init__(self):
        """Settle the layout: each drawing would change it a little."""
        with drawing(self.name):
            self.figure.draw_without_rendering()
        self.figure.set_layout_engine("none")

    def svg(self) -> str:
        """An element for a page; its ids begin with the picture's name.

        Black and white become the colours of the page's text and of its paper.
        """
        drawn = io.StringIO()
        with drawing(self.name):
            self.figure.savefig(
                drawn, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
            )
        svg = drawn.getvalue()
        svg = svg[svg.index("<svg") :]
        svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
        svg = re.sub(r'(\bid="|url\(#|xlink:href="#)', rf"\g<1>{self.name}-", svg)
        svg = svg.replace("#000000", "currentColor").replace("#ffffff", "var(--paper)")
        return re.sub(r"<svg [^>]*>", self._opening, svg, count=1)

    def _opening(self, tag: re.Match) -> str:
        (box,) = re.findall(r'viewBox="([^"]*)"', tag[0])
        words = html.escape(f"{self.title}. {self.text}")
        return f'<svg viewBox="{box}" role="img" aria-label="{words}">'

    def png(self) -> bytes:
        """The picture as a file, on white."""
        drawn = io.BytesIO()
        with drawing(self.name):
            self.figure.savefig(drawn, format="png", dpi=DPI)
        return drawn.getvalue()


@contextmanager
def drawing(salt: str) -> Iterator[None]:
    """Settings of matplotlib for pictures of a page, whatever the user's are: for making and for
    saving them."""
    from matplotlib import style

    settings = {"svg.fonttype": "none", "svg.hashsalt": salt}
    with style.context(["default", settings]), warnings.catch_warnings():
        # The page's fonts have letters that matplotlib's lacks.
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        yield


def label(name: Any) -> str:
    """A name as a picture shows it: short, in one line, and no formula.

    Parameters
    ----------
    name : object

    Returns
    -------
    label : str
    """
    text = " ".join(str(name).split())
    if len(text) > LONGEST_NAME:
        half = LONGEST_NAME // 2
        text = f"{text[:half]}…{text[-half + 1 :]}"
    return text.replace("$", r"\$")
