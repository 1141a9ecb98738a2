"""The page "What this machine computed": whatever differs between two runs is reported, and nothing else is."""

import base64
import copy
import json
import subprocess
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
new = nbformat.v4


@pytest.fixture(autouse=True)
def tools(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))


def figure_cell(png: bytes, name: str):
    about = {"mystnb": {"figure": {"name": name, "caption": "A line."}, "image": {"alt": "A line."}}}
    picture = {"image/png": base64.b64encode(png).decode(), "text/plain": "<Figure size 640x480>"}
    return new.new_code_cell("draw()", metadata=about, outputs=[new.new_output("display_data", picture)])


def notebook():
    """A heading, a printed number, a computed sentence, a verdict, a figure."""
    stream = new.new_output("stream", text="error: 0.224\nstates: 65,536\n")
    sentence = {"text/markdown": "The gap is $5 \\times 10^{-8}$.", "text/plain": "<IPython object 99>"}
    verdict = new.new_output("stream", text="hybrid below pairwise: True\n")
    cells = [
        new.new_markdown_cell("# A chapter\n\n## The error"),
        new.new_code_cell("print(error)", outputs=[stream]),
        new.new_code_cell("say(gap)", outputs=[new.new_output("display_data", sentence)]),
        new.new_markdown_cell("## The verdict"),
        new.new_code_cell("print(holds)", metadata={"tags": ["nbval-check-output"]}, outputs=[verdict]),
        figure_cell(b"line", "fig-experiment"),
    ]
    return new.new_notebook(cells=cells)


def compared(change=lambda cells: None):
    """The comparison of the notebook, changed, with the notebook as it is."""
    from differences import compare

    here = copy.deepcopy(notebook())
    change(here.cells)
    return compare(here, notebook())


def printing(position: int, text: str):
    """A change: the cell prints something else."""
    return lambda cells: cells[position].outputs[0].update(text=text)


def test_a_notebook_equals_itself():
    from differences import Comparison

    assert compared() == Comparison(numbers=3, equal=3, verdicts=1, figures=1)


def test_a_changed_number_is_reported_with_its_place():
    found = compared(printing(1, "error: 0.233\nstates: 65,536\n"))
    assert (found.numbers, found.equal, found.other_words) == (3, 2, [])
    assert (found.largest.here, found.largest.committed, found.largest.heading) == ("0.233", "0.224", "The error")
    assert found.largest.relative == pytest.approx(0.009 / 0.233)


def test_a_number_in_a_sentence_counts_with_its_power_of_ten():
    sentence = "The gap is $5 \\times 10^{-7}$."
    found = compared(lambda cells: cells[2].outputs[0].data.update({"text/markdown": sentence}))
    assert found.largest.here == "5e-7"
    assert found.largest.relative == pytest.approx(0.9)


@pytest.mark.parametrize("text", ["hybrid below pairwise: False\n", ""])
def test_a_changed_verdict_is_reported(text):
    assert compared(printing(4, text)).other_verdicts == ["The verdict"]


def test_a_missing_cell_is_reported_and_a_missing_verdict_does_not_hold():
    found = compared(lambda cells: cells.pop(4))
    assert (found.alone, found.verdicts, found.other_verdicts) == (["The verdict"], 1, ["The verdict"])
    assert compared(lambda cells: cells.pop(1)).alone == ["The error"]


def test_numbers_of_a_changed_cell_are_none_of_them_equal():
    found = compared(lambda cells: cells[1].update(source="print(2 * error)"))
    assert (found.alone, found.numbers, found.equal) == (["The error", "The error"], 5, 1)


@pytest.mark.parametrize("text", ["error: nan\nstates: 65,536\n", "loss: 0.224\nstates: 65,536\n", ""])
def test_other_words_are_reported_and_their_numbers_not_paired(text):
    found = compared(printing(1, text))
    assert (found.other_words, found.numbers, found.equal) == (["The error"], 3, 1)


def test_a_changed_figure_is_reported():
    change = base64.b64encode(b"other").decode()
    found = compared(lambda cells: cells[5].outputs[0].data.update({"image/png": change}))
    assert found.other_figures == ["fig-experiment"]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("-0.5 ± 1e-05, 1,234,567 states", ["-0.5", "1e-05", "1,234,567"]),
        ("[(0,6,14)] s0 x86_64 54 %.", ["0", "6", "14", "54"]),
        ("between 3-5 and 1.0.", ["3", "5", "1.0"]),
    ],
)
def test_what_counts_as_a_number(text, numbers):
    from differences import split

    assert split(text)[0] == numbers


@pytest.fixture
def folders(tmp_path):
    """A folder with the committed notebook and one with a run of it, to be changed by the test."""
    for name in ("committed", "fresh"):
        (tmp_path / name).mkdir()
        nbformat.write(notebook(), tmp_path / name / "05_coupling_reconstruction.ipynb")
    (tmp_path / "fresh" / "seconds.json").write_text(json.dumps({"05_coupling_reconstruction": 12.3}))
    return tmp_path


def page(folders) -> str:
    import this_machine

    return this_machine.page(folders / "fresh", folders / "committed", {"05_coupling_reconstruction": 12.3})


def test_page_of_equal_runs_says_so(folders):
    text = page(folders)
    assert "All notebooks ran on this machine" in text
    assert "3 numbers, and 3 of them equal" in text
    assert "**The 1 verdicts are all the same.**" in text
    assert "Nowhere" in text
    assert "| 12 s |" in text


def test_page_reports_what_differs(folders):
    changed = notebook()
    printing(1, "error: 0.233\nstates: 65,536\n")(changed.cells)
    printing(4, "hybrid below pairwise: False\n")(changed.cells)
    nbformat.write(changed, folders / "fresh" / "05_coupling_reconstruction.ipynb")
    text = page(folders)
    assert "3 numbers, and 2 of them equal" in text
    assert "**1 of the 1 verdicts differ:**" in text
    assert "under “The error”: 0.233 here, 0.224 committed" in text
    assert "Nowhere" not in text


def test_page_of_a_part_and_of_a_notebook_not_yet_committed(folders):
    nbformat.write(notebook(), folders / "committed" / "06_more.ipynb")
    nbformat.write(notebook(), folders / "fresh" / "07_new.ipynb")
    text = page(folders)
    assert "2 of the 3 notebooks ran" in text
    assert "{doc}`../notebooks/07_new`\n\n- Other verdicts, under “The verdict”." in text


@pytest.mark.parametrize("run_here", [True, False])
def test_site_takes_outputs_and_main_figure_from_the_run(folders, monkeypatch, run_here):
    import site_source

    changed = notebook()
    changed.cells[5] = figure_cell(b"drawn here", "fig-experiment")
    nbformat.write(changed, folders / "fresh" / "05_coupling_reconstruction.ipynb")
    monkeypatch.setattr(site_source, "COMMITTED", folders / "committed")
    site_source.lay_out(folders / "source", folders / "fresh" if run_here else None)
    assert (folders / "source/book/_static/main_figure.png").read_bytes() == (b"drawn here" if run_here else b"line")
    text = (folders / "source/book/_this_machine.md").read_text()
    assert ("built from the committed outputs" in text) != run_here
    assert ("{numref}`fig-experiment`" in text) == run_here


def recipe(target: str) -> list[str]:
    """The commands of `make TARGET` that run a tool of ours."""
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=True)
    return [line.split("tools/")[1].strip() for line in done.stdout.splitlines() if "/python tools/" in line]


def test_make_book_leaves_the_committed_outputs_alone():
    assert recipe("book")[-2:] == ["run_notebooks.py  --into _build/notebooks", "site_source.py _build/notebooks"]
    assert recipe("html")[-1:] == ["site_source.py"]
    assert recipe("notebooks")[-2:] == ["run_notebooks.py", "main_figure.py"]
