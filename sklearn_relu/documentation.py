"""Where the documentation of an estimator or a part is, for its HTML representation."""

from importlib.metadata import PackageNotFoundError, metadata


class Documented:
    """Links a class's HTML representation to its page in this package's own documentation.

    The site is the one that the installed package's metadata names (``Documentation`` under
    ``[project.urls]`` in pyproject.toml), in the folder of the installed version. Without one there
    is no link. A class of one's own that derives from one of ours has none.
    """

    _doc_link_module = "sklearn_relu"

    @property
    def _doc_link_template(self) -> str:
        return _template()

    def _doc_link_url_param_generator(self) -> dict[str, str]:
        package, folder, *_ = type(self).__module__.split(".")
        public = package if folder == "estimators" else f"{package}.{folder}"
        return {"name": f"{public}.{type(self).__name__}"}


def _template() -> str:
    """The address of a class's page by its public name; empty where there is no site."""
    try:
        installed = metadata("sklearn-relu")
    except PackageNotFoundError:
        return ""
    urls = dict(url.split(", ", 1) for url in installed.get_all("Project-URL") or [])
    if "Documentation" not in urls:
        return ""
    return f"{urls['Documentation'].rstrip('/')}/{installed['Version']}/api/{{name}}.html"
