"""One arithmetic for the notebooks on all x86-64 processors, so that their last digits agree.

python tools/arithmetic.py COMMAND ...     runs a command with it

Libraries look at the processor and take the widest vectors that it has. The order of a sum, and so its last digit,
depends on that width, and training amplifies it. Here all of them are held to AVX2 or less, which nearly all x86-64
processors have. Benchmarks and your own programs are not held back: they run without these switches.
"""

import os
import platform
import sys

from llvmlite import binding

AVX2 = {
    # Numba: compile for Haswell, the first processor with AVX2. Features not named here would be those of the host.
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma,+bmi,+bmi2,+sse4.2,+sse4.1,+ssse3,+popcnt,+f16c,+lzcnt,+movbe",
    # PyTorch's own loops, and the products by oneDNN.
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    # PyTorch's matrix products, solvers and exponentials by MKL. "AVX2" would hold on Intel's processors alone: MKL
    # ignores it on AMD's, and takes other kernels there. COMPATIBLE is slower, and the same on both.
    "MKL_CBWR": "COMPATIBLE",
    # NumPy's and SciPy's linear algebra.
    "OPENBLAS_CORETYPE": "Haswell",
    # NumPy's loops. It knows other names in other versions; a name that it does not know changes nothing.
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
}


def switches() -> dict[str, str]:
    """The environment for the common arithmetic; empty where the processor is of another kind, or has no AVX2."""
    features = binding.get_host_cpu_features() if platform.machine() in ("x86_64", "AMD64") else {}
    return AVX2 if features.get("avx2") and features.get("fma") else {}


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("No command came. Expected: python tools/arithmetic.py COMMAND ...")
    os.execvpe(sys.argv[1], sys.argv[1:], os.environ | switches())
