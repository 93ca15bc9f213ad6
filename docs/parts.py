"""Writes docs/parts.md: the parts by name, from the registries and the parts' own docstrings.

Run as ``python docs/parts.py``; a test holds the page to be what this writes.
"""

import re
from pathlib import Path

from sklearn_relu.estimators.parts import FAMILIES

TITLES = {
    "activation": "Activations",
    "initialization": "Initializations",
    "penalty": "Penalties on weights",
    "activity_penalty": "Penalties on activations",
    "loss": "Losses",
    "solver": "Solvers",
    "learning_rate": "Schedules",
    "numerical_embedding": "Numerical embeddings",
}
"""`bias_initialization` and `recurrent_initialization` take the names of `initialization`,
`gate_activation` those of `activation`, `regularization_schedule` those of `learning_rate`."""

HEAD = """# Parts by name

Written by `docs/parts.py` from the docstrings. Each name can be given as it is, or as a part
with parameters: `activation="leaky_relu"` or `activation=LeakyReLU(negative_slope=0.1)`. A search
reaches them as `activation__negative_slope`.
"""


def summary(cls) -> str:
    """The first sentence or line of a class's docstring, on one line."""
    paragraph = cls.__doc__.strip().split("\n\n")[0]
    paragraph = re.sub(r":\w+:`~?([^`]*)`", r"`\1`", paragraph)
    return re.sub(r"\s+", " ", paragraph).replace("``", "`").replace("|", "\\|")


def page() -> str:
    """The whole page."""
    lines = [HEAD]
    for parameter, title in TITLES.items():
        family, _ = FAMILIES[parameter]
        lines += [f"## {title} (`{parameter}`)", "", "| name | part | |", "| --- | --- | --- |"]
        for name, cls in family.items():
            defaults = ", ".join(f"{k}={v!r}" for k, v in cls().get_params(deep=False).items())
            lines.append(f'| `"{name}"` | `{cls.__name__}({defaults})` | {summary(cls)} |')
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    (Path(__file__).parent / "parts.md").write_text(page(), encoding="utf-8")
