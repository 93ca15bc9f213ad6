"""A build check: every public name of the package is in the API pages, with a docstring."""

import importlib
import inspect

from sphinx.errors import ExtensionError

import sklearn_relu

MODULES = [
    "sklearn_relu",
    *(
        f"sklearn_relu.{name}"
        for name in dir(sklearn_relu)
        if inspect.ismodule(getattr(sklearn_relu, name))
    ),
]


def public_names() -> dict[str, object]:
    """What ``__all__`` names, and in modules without one what they define without underscore."""
    found = {}
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        names = getattr(module, "__all__", None) or [
            name
            for name, value in vars(module).items()
            if not name.startswith("_") and getattr(value, "__module__", None) == module_name
        ]
        found |= {f"{module_name}.{name}": getattr(module, name) for name in names}
    return found


def _object(name: str) -> object:
    """What a full name means; None for what is not in a module."""
    module_name, _, attribute = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError, ValueError):
        return None


def check(app, exception) -> None:
    """Raise for the names that are missing, once the site is built."""
    if exception is not None:
        return
    documented = {id(_object(name)) for name in app.env.get_domain("py").objects}
    public = public_names()
    missing = [name for name, value in public.items() if id(value) not in documented]
    silent = [
        name
        for name, value in public.items()
        if (inspect.isclass(value) or inspect.isfunction(value)) and not value.__doc__
    ]
    if missing or silent:
        raise ExtensionError(
            f"public names that docs/api.rst does not have: {missing}; without a docstring: "
            f"{silent}"
        )


def setup(app) -> dict:
    """Register the check."""
    app.connect("build-finished", check)
    return {"parallel_read_safe": True}
