"""Run the notebooks: notebooks/NAME.py is the source, notebooks/NAME.ipynb is written beside it with outputs.

python tools/run_notebooks.py                          every notebook, two at a time
python tools/run_notebooks.py 03_pairwise_models       one notebook
python tools/run_notebooks.py 03_pairwise_models -p n_spins 64 --into big
                                                       with another parameter, written to the folder big/

With --into, the folder also gets seconds.json: how long each notebook took.
A second run changes no byte. A notebook that fails keeps its old .ipynb.
"""

import argparse
import json
import os
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import jupytext
import nbformat
import papermill
from arithmetic import switches

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python", "pygments_lexer": "ipython3"}
KEPT = ("tags", "editable", "jupyter", "mystnb")
FOLDED = {"checks": "Checks", "solution": "One way to do it"}
"""Cells that the page folds under a word of their own."""
CELL_SECONDS = 3600


def has_image(output) -> bool:
    return any(kind.startswith("image/") for kind in output.get("data", {}))


def merged(outputs: list) -> list:
    """The same outputs with neighbouring pieces of one stream joined: where they were cut depends on timing."""
    joined: list = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def label_figure(cell, position: int) -> None:
    """Move name, caption and alt text from the figure's output to the cell, where the book reads them."""
    images = [output for output in cell.outputs if has_image(output) or "ebmtools" in output.get("metadata", {})]
    if not images:
        return
    if len(images) > 1:
        raise ValueError(f"cell {position}: {len(images)} figures in one cell; the book numbers one for each cell")
    if not has_image(images[0]):
        raise ValueError(f"cell {position}: a figure that left no image")
    about = images[0].metadata.pop("ebmtools", {})
    missing = [key for key in ("name", "caption", "alt") if not about.get(key, "").strip()]
    if missing:
        raise ValueError(f"cell {position}: a figure without {', '.join(missing)}; show it with plotting.show")
    figure = {"name": about["name"], "caption": about["caption"]}
    cell.metadata["mystnb"] = {"figure": figure, "image": {"alt": about["alt"]}}


def fold(cell) -> None:
    """What a page hides is folded in JupyterLab too."""
    tags = cell.metadata.get("tags", [])
    for tag, word in FOLDED.items():
        if tag in tags:
            cell.metadata["mystnb"] = {"code_prompt_show": word, "code_prompt_hide": word}
    hidden = {"source_hidden": ("hide-input", "remove-input", "hide-cell"), "outputs_hidden": ("hide-cell",)}
    jupyter = {name: True for name, marks in hidden.items() if any(mark in tags for mark in marks)}
    if jupyter:
        cell.metadata["jupyter"] = jupyter


def tidy(notebook) -> None:
    """Keep what the notebook says; drop when, where and by whom it was run."""
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": LANGUAGE})
    count = 0
    for position, cell in enumerate(notebook.cells):
        cell.id = f"cell-{position:03d}"
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            cell.outputs = merged(cell.outputs)
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = count
            label_figure(cell, position)
            fold(cell)
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in KEPT if cell.metadata.get(key)})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)


def check_parameters(notebook, given: dict) -> None:
    """Refuse a parameter that the notebook does not have, or a value of another kind than its default."""
    defaults: dict = {}
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            exec(cell.source, {}, defaults)
    for name, value in given.items():
        if name not in defaults:
            raise ValueError(f"-p {name}: the notebook has no such parameter. It has {', '.join(sorted(defaults))}.")
        number = isinstance(defaults[name], float) and type(value) is int
        if type(value) is not type(defaults[name]) and not number:
            kind = type(defaults[name]).__name__
            raise ValueError(f"-p {name}: got {value!r}, expected a value of type {kind}, such as {defaults[name]!r}.")


def run(source: Path, into: Path, parameters: dict) -> float:
    """Execute one notebook in its own kernel, and write it; the seconds that it took."""
    start = time.perf_counter()
    # The kernel of this interpreter, and figures inside it, whatever is set on the machine.
    os.environ["JUPYTER_PATH"] = str(Path(sys.prefix) / "share" / "jupyter")
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    os.environ |= switches()
    notebook = jupytext.read(source)
    notebook.metadata["kernelspec"] = KERNEL
    check_parameters(notebook, parameters)
    done = papermill.execute_notebook(
        notebook,
        None,
        parameters=parameters,
        kernel_name="python3",
        language="python",
        progress_bar=False,
        cwd=str(source.parent),
        execution_timeout=CELL_SECONDS,
        extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
    )
    tidy(done)
    into.mkdir(parents=True, exist_ok=True)
    nbformat.write(done, into / f"{source.stem}.ipynb")
    return time.perf_counter() - start


def attempt(source: Path, into: Path, parameters: dict) -> tuple[float, str]:
    """Seconds, and the traceback where the notebook failed."""
    try:
        return run(source, into, parameters), ""
    except papermill.exceptions.PapermillExecutionError as error:
        return 0.0, str(error)
    except Exception:
        return 0.0, traceback.format_exc()


def value(text: str):
    """A parameter from the command line: JSON where it is, else the text itself."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the notebooks.")
    parser.add_argument("names", nargs="*", help="such as 03_pairwise_models; none: all of them")
    parser.add_argument("-p", dest="parameters", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"))
    parser.add_argument("--into", type=Path, help="folder to write to; needed where parameters are given")
    parser.add_argument("--folder", type=Path, default=NOTEBOOKS, help="folder with the sources")
    parser.add_argument("--jobs", type=int, default=2, help="notebooks at a time")
    options = parser.parse_args()
    if options.parameters and not options.into:
        parser.error("-p changes the outputs: add --into FOLDER, so that the book keeps its own")

    sources = sorted(options.folder.glob("*.py"))
    if options.names:
        wanted = {Path(name).stem for name in options.names}
        if unknown := wanted - {source.stem for source in sources}:
            parser.error(f"no such notebook: {', '.join(sorted(unknown))}")
        sources = [source for source in sources if source.stem in wanted]

    parameters = {name: value(text) for name, text in options.parameters}
    failed, took = [], {}
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        jobs = {pool.submit(attempt, s, (options.into or s.parent).resolve(), parameters): s for s in sources}
        for number, job in enumerate(as_completed(jobs), start=1):
            name, (seconds, error) = jobs[job].stem, job.result()
            print(f"[{number}/{len(jobs)}] {name}  {'FAILED' if error else f'{seconds:.1f} s'}", flush=True)
            if error:
                failed.append(name)
                print(error, file=sys.stderr, flush=True)
            else:
                took[name] = round(seconds, 1)
    if options.into and took:
        (options.into / "seconds.json").write_text(json.dumps(took, indent=1, sort_keys=True) + "\n")
    if failed:
        print(f"Failed: {', '.join(failed)}. Their old .ipynb files are untouched.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
