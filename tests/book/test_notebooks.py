"""The committed notebooks: source and outputs in step, whole, and free of anything of the machine that ran them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest
import yaml
from tornado.web import HTTPError

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "notebooks").glob("*.py"))
CHAPTERS = [source for source in SOURCES if source.stem[:2].isdigit()]  # they have exercises, the other pages have none
MACHINE = r"/home/|/Users/|/tmp/|[A-Z]:\\\\| at 0x[0-9a-f]+>|site-packages" + "|" + re.escape(f"{Path.home()}/")


def cells_of_source(notebook) -> list[tuple]:
    """What the author wrote: kind, text and tags of every cell."""
    return [(cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in notebook.cells]


def output_text(output) -> str:
    return "".join(str(value) for kind, value in output.get("data", {}).items() if "image" not in kind) + output.get(
        "text", ""
    )


def figure_problems(notebook) -> list[str]:
    """Figures that are empty, or without name, caption or alt text."""
    problems = []
    for position, cell in enumerate(notebook.cells):
        images = [kind for o in cell.get("outputs", []) for kind in o.get("data", {}) if kind.startswith("image/")]
        about = cell.metadata.get("mystnb", {})
        figure, alt = about.get("figure", {}), about.get("image", {}).get("alt", "")
        if images and not (figure.get("caption") and alt and re.fullmatch("[a-z0-9-]+", figure.get("name", ""))):
            problems.append(f"cell {position}: a figure without caption, alt text, or a name of a-z, 0-9 and -")
        if figure and len(images) != 1:
            problems.append(f"cell {position}: {len(images)} images for one caption")
        pictures = [o.data["image/png"] for o in cell.get("outputs", []) if "image/png" in o.get("data", {})]
        problems += [f"cell {position}: an empty image" for picture in pictures if len(picture) < 2000]
    return problems


def output_problems(notebook) -> list[str]:
    """Errors, warnings and traces of a machine in what the cells printed."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    problems = [f"error: {o.ename}" for o in outputs if o.output_type == "error"]
    problems += [f"stderr: {o.text[:80]}" for o in outputs if o.get("name") == "stderr"]
    problems += [f"of this machine: {m.group()}" for o in outputs if (m := re.search(MACHINE, output_text(o)))]
    return problems


def old_exercise_problems(notebook) -> list[str]:
    """As below, for chapters whose answers are not checked yet: a heading, then a code cell, folded and run."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    exercises = set(re.findall(r"\*\*Exercise (\d+\.\d+)", text))
    problems = [] if re.search(r"^## Exercises", text, re.M) and exercises else ["no '## Exercises' with exercises"]
    solved = set()
    for cell, after in zip(notebook.cells, notebook.cells[1:], strict=False):
        for number in re.findall(r"^### Solution to exercise (\d+\.\d+)", cell.source, re.M):
            hidden = after.cell_type == "code" and "hide-cell" in after.metadata.get("tags", [])
            solved.add(number)
            problems += [] if hidden else [f"solution {number}: the next cell is not code tagged hide-cell"]
    return problems + [f"exercise {number}: no solution" for number in sorted(exercises ^ solved)]


def exercise_problems(notebook) -> list[str]:
    """Each exercise is a box, then a cell to start from, and has a solution, folded, whose code is folded and run."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    exercises = re.findall(r"^:::+\{admonition\} Exercise (\d+\.\d+)", text, re.M)
    problems = [] if re.search(r"^## Exercises", text, re.M) and exercises else ["no '## Exercises' with exercises"]
    found: dict[str, list[str]] = {"start": [], "solution": []}
    for cell, after in zip(notebook.cells, notebook.cells[1:], strict=False):
        tags = after.metadata.get("tags", []) if after.cell_type == "code" else []
        if match := re.search(r"^:::+\{admonition\} Exercise (\d+\.\d+)", cell.source, re.M):
            asked = f'answer("{match.group(1)}' in after.source and "..." in after.source and not tags
            found["start"] += [match.group(1)] if asked else []
        if match := re.search(r"^:::+\{admonition\} Solution to exercise (\d+\.\d+)", cell.source, re.M):
            folded = {"hide-cell", "solution"} <= set(tags) and ":class: dropdown" in cell.source
            checked = f'assert answer("{match.group(1)}' in after.source
            found["solution"] += [match.group(1)] if folded and checked else []
    problems += [f"exercise {n}: no cell to start from, with answer(...)" for n in exercises if n not in found["start"]]
    problems += [f"exercise {n}: no folded, checked solution" for n in exercises if n not in found["solution"]]
    return problems


@pytest.fixture(params=SOURCES, ids=lambda source: source.stem)
def pair(request):
    source = request.param
    outputs = source.with_suffix(".ipynb")
    assert outputs.is_file(), f"{outputs.name} is missing; run `make notebooks`"
    return jupytext.read(source), nbformat.read(outputs, as_version=4)


def test_pair_is_in_step(pair):
    source, outputs = pair
    assert cells_of_source(outputs) == cells_of_source(source), "run `make notebooks`: the .py is newer than the .ipynb"


def test_notebook_is_whole(pair):
    _, notebook = pair
    tags = [tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])]
    assert tags.count("parameters") == 1
    assert figure_problems(notebook) == []
    assert output_problems(notebook) == []


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda source: source.stem)
def test_chapter_has_solved_exercises(chapter):
    answers = chapter.parent / "exercises" / f"chapter_{int(chapter.stem[:2])}.py"
    problems = exercise_problems if answers.is_file() else old_exercise_problems
    assert problems(nbformat.read(chapter.with_suffix(".ipynb"), as_version=4)) == []


def test_figure_names_are_unique():
    notebooks = [nbformat.read(source.with_suffix(".ipynb"), as_version=4) for source in SOURCES]
    abouts = [cell.metadata.get("mystnb", {}) for notebook in notebooks for cell in notebook.cells]
    names = [about["figure"]["name"] for about in abouts if "figure" in about]
    assert len(names) == len(set(names))


def test_every_notebook_is_in_the_table_of_contents():
    toc = (ROOT / "_toc.yml").read_text()
    listed = set(re.findall(r"file: notebooks/(\w+)", toc))
    assert listed == {source.stem for source in SOURCES}
    assert listed == {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert yaml.safe_load(toc)["format"] == "jb-book"


# The runner and the checks above on notebooks made here: right ones pass, wrong ones are caught.

HEAD = """# %% [markdown]
# # A notebook

# %% tags=["parameters"]
n = 3

# %%
import matplotlib.pyplot as plt
from IPython.display import display

print("one", flush=True)
print("two")
figure, axes = plt.subplots()
axes.plot(range(n))
plt.close(figure)
display(figure, metadata={"ebmtools": ABOUT})

# %% [markdown]
# ## Exercises

# %% [markdown]
# :::{admonition} Exercise 1.1: a sum
# :class: exercise
# Add.
# :::

# %%
total = ...
total and None  # answer("1.1", total)

# %% [markdown]
# :::{admonition} Solution to exercise 1.1
# :class: dropdown solution
# Count.
# :::

# %% tags=["hide-cell", "solution"]
1 + 1  # assert answer("1.1", 2)
"""
ABOUT = {"name": "a-line", "caption": "A line.", "alt": "A rising line."}


def run(folder: Path, text: str) -> subprocess.CompletedProcess:
    (folder / "01_trial.py").write_text(text)
    command = [sys.executable, ROOT / "tools/run_notebooks.py", "--folder", folder]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_second_run_changes_no_byte_and_failure_leaves_the_old_file(tmp_path):
    written = tmp_path / "01_trial.ipynb"
    assert run(tmp_path, HEAD.replace("ABOUT", repr(ABOUT))).returncode == 0
    first = written.read_bytes()
    notebook = nbformat.read(written, as_version=4)
    assert notebook.cells[2].metadata["mystnb"]["image"]["alt"] == ABOUT["alt"]
    assert notebook.cells[2].outputs[0].text == "one\ntwo\n"
    assert figure_problems(notebook) + output_problems(notebook) + exercise_problems(notebook) == []

    assert run(tmp_path, HEAD.replace("ABOUT", repr(ABOUT))).returncode == 0
    assert written.read_bytes() == first

    failed = run(tmp_path, HEAD.replace("ABOUT", repr(ABOUT)) + "\n# %%\n1 / 0\n")
    assert failed.returncode == 1
    assert "ZeroDivisionError" in failed.stderr
    without_alt = run(tmp_path, HEAD.replace("ABOUT", repr({"name": "a-line", "caption": "A line."})))
    assert without_alt.returncode == 1
    assert "a figure without alt" in without_alt.stderr
    assert written.read_bytes() == first


def after_a_run(source: Path, folder: Path) -> Path:
    """Copy a notebook and our settings for it, the .ipynb an hour newer than its source."""
    written = source.with_suffix(".ipynb")
    for path in (source, written, source.parent / "jupytext.toml"):
        shutil.copy(path, folder)
    os.utime(folder / source.name, (0, (folder / written.name).stat().st_mtime - 3600))
    return folder / written.name


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_jupyter_opens_both_files_after_a_run(source, tmp_path):
    """By the manager of files that JupyterLab asks: cells from the source, outputs from the .ipynb. Saved as they are,
    they leave the source as it was.
    """
    written = after_a_run(source, tmp_path)
    with_outputs = sum(bool(cell.get("outputs")) for cell in nbformat.read(written, as_version=4).cells)
    for name in (source.name, written.name):
        manager = jupytext.TextFileContentsManager(root_dir=str(tmp_path))
        model = manager.get(name, type="notebook")
        assert cells_of_source(model["content"]) == cells_of_source(jupytext.read(source))
        assert sum(bool(cell.get("outputs")) for cell in model["content"].cells) == with_outputs > 0
        manager.save(model, name)
        assert (tmp_path / source.name).read_text() == source.read_text()


def test_jupyter_would_not_open_them_without_our_setting(tmp_path):
    written = after_a_run(SOURCES[0], tmp_path)
    setting = tmp_path / "jupytext.toml"
    setting.write_text(re.sub("outdated_text_notebook_margin.*", "", setting.read_text()))
    with pytest.raises(HTTPError, match="more recent"):
        jupytext.TextFileContentsManager(root_dir=str(tmp_path)).get(written.name, type="notebook")


def test_checks_catch_their_faults():
    new = nbformat.v4
    png = new.new_output("display_data", {"image/png": "x" * 10})
    loud = new.new_output("stream", name="stderr", text="warning")
    path = new.new_output("stream", name="stdout", text="read /home/someone/data")
    error = new.new_output("error", ename="ValueError", evalue="", traceback=[])
    notebook = new.new_notebook(cells=[new.new_code_cell("1", outputs=[png, loud, path, error])])
    assert len(figure_problems(notebook)) == 2
    assert len(output_problems(notebook)) == 3
    exercise = new.new_markdown_cell("## Exercises\n:::{admonition} Exercise 1.1: A\n:::")
    assert len(exercise_problems(new.new_notebook(cells=[exercise, new.new_code_cell("1")]))) == 2
    assert exercise_problems(notebook) != []
    assert old_exercise_problems(notebook) != []
    unsolved = new.new_markdown_cell("## Exercises\n**Exercise 1.1.** Add.")
    assert old_exercise_problems(new.new_notebook(cells=[unsolved])) == ["exercise 1.1: no solution"]
