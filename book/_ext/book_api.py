"""From docstrings to API pages: nothing is misread as markup, names in backticks link, records show no constructor."""

import inspect
import re
from dataclasses import is_dataclass
from functools import cache

import ebmtools

RECORD = re.compile(r"(?<=^Returns\n-------\n)([A-Z]\w+)$", re.MULTILINE)
EXAMPLE = re.compile(r"(^ *>>> .*?(?:\n\s*\n|\Z))", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(?<![`:\w])`([^`]+)`(?!`)|(``[^`]+``|:[\w:]+:`[^`]+`)")
MARKUP = re.compile(r"\||\*(?=\S)|(?<=\w)_(?![\w{])")
"""What reStructuredText may take for a substitution, emphasis or a reference: |J_ij|, *x, x_."""


@cache
def public_names() -> dict[str, str]:
    """Every path by which users reach a public name, and the path under which the pages have it.

    ebmtools.exact.states and ebmtools.Draws.rhat stand for themselves; ebmtools.Pairwise.flip_change is documented as
    ebmtools.Energy.flip_change.
    """
    names = {}
    for path, thing in public_objects().items():
        names[path] = path
        for base in inspect.getmro(thing) if inspect.isclass(thing) else ():
            home = next((path for path, other in public_objects().items() if other is base), None)
            for member in members(base) if home else ():
                names.setdefault(f"{path}.{member}", f"{home}.{member}")
    return names


@cache
def public_objects() -> dict[str, object]:
    """What ebmtools offers, and what the modules among it define."""
    objects = {}
    for name in ebmtools.__all__:
        thing = objects[f"ebmtools.{name}"] = getattr(ebmtools, name)
        if inspect.ismodule(thing):
            own = {key: value for key, value in vars(thing).items() if not key.startswith("_")}
            objects |= {
                f"ebmtools.{name}.{key}": value
                for key, value in own.items()
                if getattr(value, "__module__", "") == thing.__name__
            }
    return objects


def members(cls: type) -> list[str]:
    """The public methods and properties that a class documents itself, and the fields of a record."""
    methods = [key for key, value in vars(cls).items() if value.__doc__ and is_method(value)]
    fields = inspect.get_annotations(cls) if is_record(cls) else ()
    return [name for name in [*fields, *methods] if not name.startswith("_")]


def is_method(value: object) -> bool:
    return inspect.isroutine(value) or isinstance(value, property)


def is_record(thing: object) -> bool:
    return inspect.isclass(thing) and (is_dataclass(thing) or issubclass(thing, tuple))


def as_markup(text: str, name: str, names: dict[str, str]) -> str:
    """The docstring of `name` as reStructuredText: what stands in backticks links if it is public, else it is code."""

    def inline(match: re.Match) -> str:
        code, markup = match.groups()
        if markup:
            return markup
        owners = name.split(".")
        paths = [".".join([*owners[:k], code]) for k in range(len(owners), -1, -1)]
        target = next((names[path] for path in paths if path in names), name)
        return f"``{code}``" if target == name else f":py:obj:`{code} <{target}>`"

    def prose(part: str) -> str:
        pieces, end = [], 0
        for match in CODE.finditer(part):
            pieces += [MARKUP.sub(r"\\\g<0>", part[end : match.start()]), inline(match)]
            end = match.end()
        return "".join([*pieces, MARKUP.sub(r"\\\g<0>", part[end:])])

    parts = EXAMPLE.split(RECORD.sub(r"`\1`", text))  # examples stand at the odd places
    return "".join(part if k % 2 else prose(part) for k, part in enumerate(parts))


def rewrite_docstring(app, what, name, obj, options, lines) -> None:
    lines[:] = as_markup("\n".join(lines), name, public_names()).split("\n")
    if what in ("attribute", "property"):
        lines[:0] = ["..", ""]  # an empty comment: else napoleon takes what stands before a colon for a type


def hide_constructor(app, what, name, obj, options, signature, return_annotation):
    """Records come from functions: nobody calls their constructors."""
    return ("", "") if is_record(obj) else None


def setup(app) -> dict:
    app.connect("autodoc-process-docstring", rewrite_docstring, priority=400)  # before napoleon, at 500
    app.connect("autodoc-process-signature", hide_constructor)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
