"""Chapters carry the number of their file: 08_... is chapter 8, whatever stands before it in the table of contents."""

import re

from docutils import nodes
from sphinx_external_toc.collectors import TocTreeCollectorWithStyles


def chapter_of(page: str) -> int | None:
    """The number at the start of a file's name.

    >>> chapter_of("notebooks/08_machines"), chapter_of("notebooks/01b_learning"), chapter_of("book/index")
    (8, 1, None)
    """
    found = re.match(r"(\d\d)b?_", page.rsplit("/", 1)[-1])
    return int(found[1]) if found else None


def renumber(env) -> None:
    """Put the file's number in front of all section numbers of a chapter."""
    for page, numbers in env.toc_secnumbers.items():
        chapter = chapter_of(page)
        if chapter is None:
            continue
        for anchor, number in numbers.items():
            if number:
                numbers[anchor] = (chapter, *number[1:])
        for numbered in (*env.tocs[page].findall(nodes.reference), env.titles[page]):
            if numbered.get("secnumber"):
                numbered["secnumber"] = [chapter, *numbered["secnumber"][1:]]


def setup(app) -> dict:
    by_position = TocTreeCollectorWithStyles.assign_section_numbers

    def by_file(self, env):
        changed = by_position(self, env)
        renumber(env)
        return changed

    TocTreeCollectorWithStyles.assign_section_numbers = by_file
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
