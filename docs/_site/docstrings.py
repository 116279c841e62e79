# SPDX-License-Identifier: MIT
"""Provide Markdown docstrings for the reference: compiled modules have docstrings, and their stubs the signatures."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

import griffe

PARAMETER = re.compile(r"([a-z_]\w*(?:, \w+)*): (.*)")


def markdown(docstring: str) -> str:
    """Turn lines such as `name: what it is` into a list, and names of pages into links."""
    lines: list[str] = []
    listed = False
    for line in inspect.cleandoc(docstring).splitlines():
        parameter = PARAMETER.fullmatch(line)
        if parameter:
            names = ", ".join(f"`{name}`" for name in parameter[1].split(", "))
            lines += [""] * (not listed) + [f"- {names}: {parameter[2]}"]
        elif listed and line.startswith("    "):
            lines.append(line)
        else:
            lines += [""] * listed + [line]
        listed = bool(parameter) or (listed and line.startswith("    "))
    text = "\n".join(lines).replace("**", r"\*\*").replace("<", "&lt;")
    return re.sub(r"docs/([\w-]+)\.md", r"[docs/\1.md](../\1.md)", text)


def compiled(path: str, module: str) -> str | None:
    """Return the docstring of the object that a stub describes, without the signature that Cython puts before it."""
    found: Any = importlib.import_module(module)
    for name in path.removeprefix(module).lstrip(".").split(".") if path != module else ():
        found = vars(found).get(name) if isinstance(found, type) else getattr(found, name, None)
    text = inspect.cleandoc(found.__doc__ or "") if found is not None else ""
    name = path.rpartition(".")[2]
    return re.sub(rf"\A(?:\w+\.)*{re.escape(name)}(?:\(.*\)|: .*)?(?: -> .*)?(?:\n\n?|\Z)", "", text) or None


def add_overloaded(scope: griffe.Module | griffe.Class) -> None:
    """Add a member for each name for which a stub has only overloads."""
    for name, overloads in scope.overloads.items():
        if name not in scope.members and overloads:
            last = overloads[-1]
            member = griffe.Function(name, parameters=last.parameters, returns=last.returns, lineno=last.lineno)
            member.overloads = list(overloads)
            scope.set_member(name, member)


class Docstrings(griffe.Extension):
    def on_module_members(self, *, mod: griffe.Module, **kwargs: Any) -> None:
        add_overloaded(mod)

    def on_class_members(self, *, cls: griffe.Class, **kwargs: Any) -> None:
        add_overloaded(cls)

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        path, module = obj.path, obj.module.path
        stub = not isinstance(obj.filepath, list) and obj.filepath.suffix == ".pyi"
        if stub and not obj.docstring and not obj.is_module and not path.rpartition(".")[2].startswith("_T"):
            text = compiled(path, module)
            obj.docstring = griffe.Docstring(text, parent=obj) if text else None
        if obj.docstring:
            obj.docstring.value = markdown(obj.docstring.value)
