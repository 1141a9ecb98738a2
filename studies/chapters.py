"""What a chapter defines, without running the chapter: its functions and classes, for a study of larger size."""

import ast
from pathlib import Path
from types import ModuleType

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
_KINDS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def definitions(notebook: str) -> ModuleType:
    """Return a module with the imports, functions and classes of a notebook.

    Its parameters and data are not there: what the functions read of them is set on the module.

    >>> chapter = definitions("11_pi_doc")
    >>> chapter.counted(chapter.MassNet())
    2182241
    """
    path = NOTEBOOKS / f"{notebook}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if isinstance(node, _KINDS) and not _is_of_the_book(node)]
    module = ModuleType(notebook)
    exec(compile(tree, path, "exec"), module.__dict__)
    return module


def _is_of_the_book(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "exercises"
