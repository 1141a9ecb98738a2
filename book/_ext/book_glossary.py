"""A word that the glossary explains shows its explanation where it stands: on hover, and on focus."""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

GLOSSARY = re.compile(r"glossary(\.html)?#term-")
SIGNS = {r"\propto": "∝", r"\beta": "β", r"\Delta": "Δ", r"\sum": "Σ", r"\log": "log ", r"\xi": "ξ", r"\gamma": "γ"}
SIGNS |= {r"\langle": "⟨", r"\rangle": "⟩", r"\varepsilon": "ε", r"\ne": "≠", r"\pm": "±", r"\le": "≤", r"\ge": "≥"}


def plain(formula: str) -> str:
    """A short formula in words that a tooltip can show: its signs, without the braces."""
    for name, sign in SIGNS.items():
        formula = re.sub(re.escape(name) + r"(?![a-z])\s*", sign, formula)
    return re.sub(r"[{}]|\\[,;:! ]|\\", "", formula)


def definitions(env) -> dict[str, str]:
    """The id of each term, with the first paragraph of its definition."""
    found = {}
    for page in sorted(env.found_docs):
        if "glossary" not in page:
            continue
        for item in env.get_doctree(page).findall(nodes.definition_list_item):
            paragraph = next(item.findall(nodes.paragraph)).deepcopy()
            for formula in list(paragraph.findall(nodes.math)):
                formula.replace_self(nodes.Text(plain(formula.astext())))
            meaning = paragraph.astext().replace("\n", " ")
            for term in item.findall(nodes.term):
                found |= {name: meaning for name in term["ids"]}
    return found


class ExplainTerms(SphinxPostTransform):
    """Put the definition beside every link to a term, for CSS to show."""

    default_priority = 100  # after the references are resolved
    formats = ("html",)

    def run(self, **_) -> None:
        links = [link for link in self.document.findall(nodes.reference) if GLOSSARY.search(link.get("refuri", ""))]
        meanings = definitions(self.env) if links else {}
        for link in links:
            if meaning := meanings.get(link["refuri"].split("#")[1]):
                link["classes"].append("explained")
                link["reftitle"] = meaning


def setup(app) -> dict:
    app.add_post_transform(ExplainTerms)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
