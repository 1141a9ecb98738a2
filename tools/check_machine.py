"""Can this machine install the book? Says what is wrong and what to do. Runs on old Pythons too (3.6 and up).

python tools/check_machine.py                 checks Python, disk and network; exit code 1 where one fails
python tools/check_machine.py --pip-options   prints the options that pip needs here
"""

import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

PYTHON = (3, 11)
DISK_GB = 5
PYPI = "https://pypi.org/simple/"
TORCH_CPU = "https://download.pytorch.org/whl/cpu/"


def python_problem():
    have = "%d.%d" % sys.version_info[:2]
    if sys.version_info < PYTHON:
        names = ["python3.%d" % minor for minor in range(PYTHON[1], PYTHON[1] + 5)]
        found = [name for name in names if shutil.which(name)]
        cure = (
            "Run: make book PYTHON=" + found[-1] if found else "Install Python 3.11, then: make book PYTHON=python3.11"
        )
        return "Python " + have + " is too old, 3.11 or newer is needed (" + sys.executable + "). " + cure
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return "This Python has no venv module. On Debian and Ubuntu: apt install python" + have + "-venv"
    return None


def disk_problem(folder="."):
    free = shutil.disk_usage(folder).free / 1e9
    if free < DISK_GB:
        return "Only {:.1f} GB are free here, about {} GB are needed. Make room, or clone onto another disk.".format(
            free, DISK_GB
        )
    return None


def reachable(url, seconds):
    """True where the server answers at all; its certificate is pip's business."""
    try:
        urllib.request.urlopen(url, timeout=seconds).close()
    except urllib.error.HTTPError:
        return True
    except urllib.error.URLError as error:
        return "CERTIFICATE" in str(error.reason)
    except OSError:
        return False
    return True


def package_index():
    """The index that pip is set to use."""
    ask = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    answer = subprocess.run(ask, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True)
    return os.environ.get("PIP_INDEX_URL") or answer.stdout.strip() or PYPI


def network_problem():
    if os.environ.get("PIP_NO_INDEX"):
        return None  # pip was told to install from files
    index = package_index()
    if reachable(index, 15):
        return None
    return "The package index " + index + " cannot be reached. Check the network; behind a proxy set HTTPS_PROXY."


def pip_options():
    """PyTorch from PyPI brings gigabytes of CUDA libraries on Linux; its own index has it without."""
    if sys.platform == "linux" and reachable(TORCH_CPU, 3):
        return "--extra-index-url " + TORCH_CPU
    return ""


def main():
    if "--pip-options" in sys.argv:
        print(pip_options())
        return 0
    problems = [p for p in (python_problem(), disk_problem(), network_problem()) if p]
    for problem in problems:
        print("\n*** " + problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
