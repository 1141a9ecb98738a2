"""What _config.yml cannot say: MathJax from this machine, and the repository's address where CI knows it."""

import os
import shutil
from importlib.metadata import distribution
from pathlib import Path

MATHJAX = Path(distribution("sphinx-mathjax-offline").locate_file("sphinx-mathjax-offline/static/mathjax"))
NEEDED = ("tex-chtml-full.js", "output/chtml/fonts/woff-v2")  # 1.7 MB of 24


def name_repository(app, config) -> None:
    """Repository and Binder buttons, only where the runner says which repository this is."""
    server, name = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    if not (server and name):
        return
    config.html_theme_options |= {
        "repository_url": f"{server}/{name}",
        "repository_provider": "github",
        "repository_branch": os.environ.get("GITHUB_REF_NAME", "main"),
        "use_repository_button": True,
        "launch_buttons": {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"},
    }


def copy_mathjax(app, exception) -> None:
    """Equations render from file://, without a request that leaves the machine."""
    if exception or app.builder.format != "html":
        return
    target = Path(app.outdir) / "_static" / "mathjax"
    for name in NEEDED:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (MATHJAX / name).is_dir():
            shutil.copytree(MATHJAX / name, target / name, dirs_exist_ok=True)
        else:
            shutil.copy2(MATHJAX / name, target / name)


def setup(app) -> dict:
    # Before the theme reads its options (the default priority is 500).
    app.connect("config-inited", name_repository, priority=100)
    app.connect("build-finished", copy_mathjax)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
