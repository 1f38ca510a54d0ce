"""Names to functions, read without importing what they name.

A registry is a plain dict, name → "module:function". Each domain, a package below
`tfapp.domains`, has such tables in its `__init__.py`; `union` joins those of all
domains. Importing a model costs the seconds that TensorFlow takes, so options are
checked against the function's signature as it stands in the source file.
"""

import ast
import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from tfapp.base.errors import ConfigError, UnknownNameError, did_you_mean

DOMAINS = "tfapp.domains"
PACKAGE = "tfapp."

Row = dict[str, Any]
"""A row of `tfapp list`: "name", "summary", and "options" if there are any."""

TYPES: dict[str, Any] = {"Any": Any, "Literal": Literal}
"""Names an option's annotation may use, besides the builtins."""


@dataclass(frozen=True)
class Option:
    """One keyword argument of a registered function, as its source shows it."""

    annotation: str
    default: str
    imported: Mapping[str, str] = field(default_factory=dict)
    """Names in the annotation that the source imports: name → "module:name"."""

    def __str__(self) -> str:
        return f"{self.annotation} = {self.default}"


@dataclass(frozen=True)
class FunctionSignature:
    """The keyword-only arguments and the first docstring line of a function."""

    options: Mapping[str, Option]
    summary: str


def domains() -> tuple[str, ...]:
    """Return the names of all domains, in the order in which they are searched."""
    names: tuple[str, ...] = importlib.import_module(DOMAINS).DOMAINS
    return names


def tables(name: str) -> dict[str, Any]:
    """Return what every domain defines under a name: domain → table.

    Args:
        name: of a table in the domains' packages, such as "MODELS"; a domain that has
            none is left out.
    """
    packages = {d: importlib.import_module(f"{DOMAINS}.{d}") for d in domains()}
    return {d: getattr(p, name) for d, p in packages.items() if hasattr(p, name)}


def union(name: str) -> dict[str, Any]:
    """Return a table of all domains as one.

    A text "module:function" is relative to the package of its domain, unless it
    begins with `tfapp.`; other values are what they are.

    Args:
        name: of the table, such as "MODELS".

    Raises:
        ValueError: if two domains use one name; this is a bug, not a user's mistake.
    """
    joined: dict[str, Any] = {}
    for domain, table in tables(name).items():
        if twice := sorted(joined.keys() & table.keys()):
            raise ValueError(f"{DOMAINS}.{domain}.{name}: {twice} exist already.")
        joined |= {key: absolute(domain, value) for key, value in table.items()}
    return joined


def absolute(domain: str, value: Any) -> Any:
    """Return a "module:function" of a domain with its whole name."""
    relative = isinstance(value, str) and not value.startswith(PACKAGE)
    return f"{DOMAINS}.{domain}.{value}" if relative else value


def load(kind: str, registry: Mapping[str, str], name: str) -> Any:
    """Import and return what `name` stands for.

    Raises:
        UnknownNameError: if the registry does not hold the name.
    """
    return load_target(find(kind, registry, name))


def load_target(target: str) -> Any:
    """Import and return what "module:function" names."""
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)


def find(kind: str, registry: Mapping[str, str], name: str) -> str:
    """Return the "module:function" of a name."""
    if name not in registry:
        raise UnknownNameError(kind, name, registry)
    return registry[name]


@lru_cache
def signature(target: str) -> FunctionSignature:
    """Read the signature of "module:function" from its source file."""
    module, _, attribute = target.partition(":")
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(module)
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == attribute:
            pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            options = {
                arg.arg: _option(arg.annotation, default, _imports(tree))
                for arg, default in pairs
            }
            summary = (ast.get_docstring(node) or "").partition("\n")[0]
            return FunctionSignature(options, summary)
    raise AttributeError(f"{module} has no function {attribute!r}")


def _imports(tree: ast.Module) -> dict[str, str]:
    """Return what a file takes from other modules: name → "module:name"."""
    froms = (node for node in tree.body if isinstance(node, ast.ImportFrom))
    return {a.asname or a.name: f"{n.module}:{a.name}" for n in froms for a in n.names}


def _option(
    annotation: ast.expr | None, default: ast.expr | None, imports: Mapping[str, str]
) -> Option:
    nodes = ast.walk(annotation) if annotation else ()
    names = {node.id for node in nodes if isinstance(node, ast.Name)} - set(TYPES)
    return Option(
        ast.unparse(annotation) if annotation else "Any",
        ast.unparse(default) if default else "required",
        {name: imports[name] for name in sorted(names & set(imports))},
    )


def check_options(
    kind: str, registry: Mapping[str, str], name: str, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Refuse options that the function behind `name` does not take.

    Returns:
        The options in the types of the function: tables of TOML as the models that
        the function expects.

    Raises:
        ConfigError: for an unknown, missing or wrongly typed option.
    """
    parameters = signature(find(kind, registry, name)).options
    for key in options:
        if key not in parameters:
            raise ConfigError(
                f"Unknown option `{key}` of {kind} {name!r}."
                f"{did_you_mean(key, parameters)} Expected one of {sorted(parameters)}."
            )
    checked = {
        key: _checked(kind, name, key, parameters[key], value)
        for key, value in options.items()
    }
    missing = [k for k, o in parameters.items() if o.default == "required"]
    if missing := sorted(set(missing) - set(options)):
        raise ConfigError(f"{kind.capitalize()} {name!r} needs the options {missing}.")
    return checked


def _checked(kind: str, name: str, key: str, option: Option, value: Any) -> Any:
    types = TYPES | {n: load_target(target) for n, target in option.imported.items()}
    expected = eval(option.annotation, types)  # our own source, never input
    try:
        return TypeAdapter(expected).validate_python(value)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        detail = f"`{place}`: " * bool(place) + error.errors()[0]["msg"]
        if hasattr(
            expected, "__metadata__"
        ):  # a type with limits, which `detail` names
            shown = expected.__origin__.__name__
        else:
            shown = option.annotation
        raise ConfigError(
            f"Option `{key}` of {kind} {name!r}: {detail}. "
            f"Expected {shown}. Received: {value!r}"
        ) from None
