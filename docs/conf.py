"""The site: ``make docs`` writes it to docs/_build/html; every warning is an error."""

import os
import socket
import sys
from pathlib import Path

import sklearn_relu

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "ext"))
os.environ["MPLBACKEND"] = "Agg"

project = "sklearn_relu"
version = release = sklearn_relu.__version__
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "public_names",
]
exclude_patterns = ["_build", "gallery/README.rst", "sg_execution_times.rst"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
myst_heading_anchors = 3
suppress_warnings = ["config.cache"]  # the gallery's order is a function

html_theme = "pydata_sphinx_theme"
html_title = "sklearn_relu"
html_theme_options = {"show_prev_next": False, "navbar_align": "left"}
html_sidebars = {"index": [], "getting_started": []}
html_show_sourcelink = False

autosummary_generate = True
autodoc_default_options = {"members": True, "inherited-members": True}
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

SITES = {
    "python": "https://docs.python.org/3/",
    "numpy": "https://numpy.org/doc/stable/",
    "scipy": "https://docs.scipy.org/doc/scipy/",
    "sklearn": "https://scikit-learn.org/stable/",
    "matplotlib": "https://matplotlib.org/stable/",
}


def _is_reachable(site: str) -> bool:
    try:
        socket.create_connection((site.split("/")[2], 443), timeout=3).close()
    except OSError:
        return False
    return True


# Without a network the site is complete but for links to these.
intersphinx_mapping = {name: (site, None) for name, site in SITES.items() if _is_reachable(site)}

sphinx_gallery_conf = {
    "examples_dirs": str(HERE.parent / "examples" / "gallery"),
    "gallery_dirs": "gallery",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "remove_config_comments": True,
    "capture_repr": (),
    "doc_module": ("sklearn_relu",),
    "backreferences_dir": "gallery/backreferences",
    "write_computation_times": False,
}


def _skip_what_scikit_learn_documents(app, what, name, obj, skip, options):
    """Methods that classes inherit from scikit-learn, whose docstrings link to pages of its own."""
    module = getattr(obj, "__module__", None) or ""
    return True if module.startswith("sklearn.") else None


def setup(app):
    """Connect the above."""
    app.connect("autodoc-skip-member", _skip_what_scikit_learn_documents)
