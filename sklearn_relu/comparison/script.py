"""Python code that builds an estimator anew."""

import inspect
from dataclasses import dataclass
from importlib import import_module
from keyword import iskeyword
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

WIDTH = 100
"""Letters of a line, where it can be broken."""

INDENT = 4

LONG = 50
"""Letters from which on a step of a pipeline is a statement of its own."""


@dataclass(frozen=True)
class Code:
    """An expression: text, or several of them between brackets."""

    opening: str
    items: tuple["Code", ...] | None = None
    closing: str = ""

    @property
    def flat(self) -> str:
        """All of it in one line."""
        return self.opening + ", ".join(item.flat for item in self.items or ()) + self.closing

    def lines(self, room: int) -> list[str]:
        """In several lines, if it has no room in one."""
        if not self.items or len(self.flat) <= room:
            return [self.flat]
        return [self.opening, *_indented(_filled(self.items, room - INDENT)), self.closing]


def _filled(items: tuple[Code, ...], room: int) -> list[str]:
    """Items with a comma each: texts, as many to a line as have room; others on their own."""
    lines: list[str] = []
    may_join = False
    for item in items:
        *before, last = item.lines(room - 1)
        last += ","
        is_text = item.items is None
        if is_text and may_join and len(lines[-1]) + 1 + len(last) <= room:
            lines[-1] += f" {last}"
        else:
            lines += [*before, last]
        may_join = is_text
    return lines


def _indented(lines: list[str]) -> list[str]:
    return [" " * INDENT + line for line in lines]


class Script:
    """Statements of Python, and the imports that they need.

    Attributes
    ----------
    imports : dict of str to set of str
        For each module the names from it.
    statements : dict of str to str
        Code by the variable that it gives a value to.
    """

    def __init__(self) -> None:
        self.imports: dict[str, set[str]] = {}
        self.statements: dict[str, str] = {}

    def use(self, module: str, name: str) -> str:
        """Import a name from a module, and return it."""
        self.imports.setdefault(module, set()).add(name)
        return name

    def name(self, found: Any) -> str:
        """Import a class or a function, from the shortest path that has it.

        Parameters
        ----------
        found : class or function
            At the top of a module.

        Returns
        -------
        name : str

        Raises
        ------
        ValueError
            For a function without a name, or within another one.
        """
        module, name = found.__module__, found.__qualname__
        if module == "builtins":
            return name
        parts = module.split(".")
        for i in range(1, len(parts) + 1):
            path = ".".join(parts[:i])
            if getattr(import_module(path), name, None) is found:
                return self.use(path, name)
        raise ValueError(f"{module}.{name} cannot be imported, so there is no code that names it.")

    def assign(self, variable: str, value: Any) -> None:
        """Add statements that build a value; long steps of a pipeline have some of their own.

        Parameters
        ----------
        variable : str
            The name that it gets.
        value : object
            An estimator, a part, a splitter, a class, a function, or of Python's and NumPy's
            values; or lists, tuples and dicts of these.
        """
        self._state(variable, self._code(value))

    def header(self) -> str:
        """The import statements, of this package last."""
        own = [module for module in self.imports if module.partition(".")[0] == "sklearn_relu"]
        others = [module for module in self.imports if module not in own]
        return "\n\n".join(
            "\n".join(
                f"from {module} import {', '.join(sorted(self.imports[module]))}"
                for module in sorted(modules)
            )
            for modules in (others, own)
            if modules
        )

    def _code(self, value: Any) -> Code:
        if isinstance(value, type | FunctionType | BuiltinFunctionType | np.ufunc):
            return Code(self.name(value))
        if isinstance(value, BaseEstimator):
            return self._call(value, value.get_params(deep=False))
        if hasattr(value, "get_n_splits"):
            # Repeated splitters keep the arguments of those that they repeat apart.
            return self._call(value, vars(value) | getattr(value, "cvargs", {}))
        if isinstance(value, list):
            return Code("[", tuple(map(self._code, value)), "]")
        if isinstance(value, tuple):
            return self._tuple(value)
        if isinstance(value, dict):
            return Code("{", tuple(self._entry(key, each) for key, each in value.items()), "}")
        if isinstance(value, np.ndarray):
            return Code(f"{self.use('numpy', 'array')}(", (self._code(value.tolist()),), ")")
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, float) and not np.isfinite(value):
            return Code(f'float("{value}")')
        return Code(repr(value))

    def _tuple(self, values: tuple) -> Code:
        if len(values) == 1:
            return Code(f"({self._code(values[0]).flat},)")
        codes = [self._code(value) for value in values]
        if len(values) > 1 and isinstance(values[1], BaseEstimator):
            codes[1] = self._step(values[0], codes[1])
        return Code("(", tuple(codes), ")")

    def _step(self, name: Any, code: Code) -> Code:
        """A step of a pipeline by its name, after a statement, if it is long and the name free."""
        is_free = isinstance(name, str) and name.isidentifier() and not iskeyword(name)
        if len(code.flat) < LONG or not is_free or name in self.statements:
            return code
        self._state(name, code)
        return Code(name)

    def _state(self, variable: str, code: Code) -> None:
        lines = code.lines(WIDTH - len(variable) - 3)
        self.statements[variable] = f"{variable} = " + "\n".join(lines)

    def _call(self, value: Any, params: dict[str, Any]) -> Code:
        """A constructor's call, with the arguments that are not its defaults."""
        defaults = inspect.signature(type(value)).parameters
        arguments = [
            self._prefixed(f"{name}=", self._code(given))
            for name, given in params.items()
            if name in defaults and repr(given) != repr(defaults[name].default)
        ]
        return Code(f"{self.name(type(value))}(", tuple(arguments), ")")

    def _entry(self, key: Any, value: Any) -> Code:
        return self._prefixed(f"{self._code(key).flat}: ", self._code(value))

    @staticmethod
    def _prefixed(prefix: str, code: Code) -> Code:
        return Code(prefix + code.opening, code.items, code.closing)
