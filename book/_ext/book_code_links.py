"""Names in code cells link to the API: ebm.sample, and after `draws = ebm.sample(...)` also draws.rhat.

The cells of a page share their names, as in a kernel. What a function returns is read off its annotation.
"""

import ast
import doctest
import html
import inspect
import re
import typing
from collections.abc import Callable

from book_api import public_names, public_objects

BLOCK = re.compile(r"(?<=<pre>)(?:<span></span>)?<span class=.*?(?=</pre>)", re.DOTALL)
DOT = '<span class="o">.</span>'
NAME = r'<span class="n[a-z]?">\w+</span>'
CHAIN = re.compile(rf"(?<!{re.escape(DOT)}){NAME}(?:{re.escape(DOT)}{NAME})+")


def link_names(body: str, address: Callable[[str], str | None]) -> str:
    """The HTML of a page with links in its code; `address` gives the URL of a path such as ebmtools.sample."""
    names, scope = public_names(), {}

    def link(match: re.Match) -> str:
        spans = match[0].split(DOT)
        for k in range(len(spans), 1, -1):
            path = resolve(".".join(text_of(span) for span in spans[:k]), scope)
            if url := names.get(path) and address(names[path]):
                return DOT.join([f'<a class="code-link" href="{url}">{DOT.join(spans[:k])}</a>', *spans[k:]])
        return match[0]

    def link_block(match: re.Match) -> str:
        learn(text_of(match[0]), scope, names)
        return CHAIN.sub(link, match[0])

    return BLOCK.sub(link_block, body)


def text_of(markup: str) -> str:
    return html.unescape(re.sub("<[^>]*>", "", markup))


def resolve(chain: str, scope: dict[str, str]) -> str:
    """`ebm.sample` as ebmtools.sample, `draws.rhat` as ebmtools.Draws.rhat."""
    head, *rest = chain.split(".")
    return ".".join([scope.get(head, ""), *rest])


def learn(source: str, scope: dict[str, str], names: dict[str, str]) -> None:
    """Note what the names of a cell stand for: modules and functions by import, records and energies by assignment."""
    if ">>> " in source:
        source = "".join(example.source for example in doctest.DocTestParser().get_examples(source))
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # another language, or a magic of IPython
        return
    for statement in statements:
        match statement:
            case ast.Import(names=aliases):
                scope |= {a.asname or a.name: a.name for a in aliases if a.name == "ebmtools"}
            case ast.ImportFrom(module=module, names=aliases) if (module or "").split(".")[0] == "ebmtools":
                scope |= {a.asname or a.name: f"{module}.{a.name}" for a in aliases}
            case ast.Assign(targets=targets, value=value):
                for name in (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)):
                    scope.pop(name, None)
                if isinstance(targets[0], ast.Name) and isinstance(value, ast.Call):
                    made = made_by(names.get(resolve(ast.unparse(value.func), scope), ""))
                    scope |= {targets[0].id: made} if made else {}


def made_by(path: str) -> str | None:
    """The public class of what a call returns, such as ebmtools.Draws for ebmtools.sample."""
    objects = public_objects()
    thing = objects.get(path)
    cls = typing.get_type_hints(thing).get("return") if inspect.isfunction(thing) else thing
    bases = inspect.getmro(cls) if inspect.isclass(cls) else ()
    return next((path for base in bases for path, other in objects.items() if other is base), None)


def link_page(app, pagename, templatename, context, doctree) -> None:
    objects = app.env.domains["py"].objects

    def address(path: str) -> str | None:
        entry = objects.get(path)
        return entry and f"{app.builder.get_relative_uri(pagename, entry.docname)}#{entry.node_id}"

    if "body" in context:
        context["body"] = link_names(context["body"], address)


def setup(app) -> dict:
    app.connect("html-page-context", link_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
