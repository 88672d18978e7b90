#!/usr/bin/env bash
# Installs a libtorch with CUDA for Millrace and prints the variable to start it with.
#
#   deploy/gpu/setup-cuda.sh [FOLDER]          default: ~/.local/share/millrace/cuda
#   eval "$(deploy/gpu/setup-cuda.sh)"         the same, and sets the variable in this shell
#   ./millrace worker --model DIR --device cuda --precision bf16 --token-budget 0
#
# Needs: Linux on x86-64, an NVIDIA driver for CUDA 12 (525 or later), Python 3.9 to 3.13 with venv, 6 GB of disk. pip takes
# the wheel from wherever it is configured to. Everything but the variable goes to the standard error.
#
# The version is not free: DJL's native layer is compiled against this one and breaks silently with others.
set -euo pipefail

torch_version=2.7.1
folder="${1:-${XDG_DATA_HOME:-$HOME/.local/share}/millrace/cuda}"
python="${PYTHON:-python3}"

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "setup-cuda: $*"
    exit 1
}

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || fail "this is $(uname -s) on $(uname -m); CUDA runs on Linux on x86-64 here"
"$python" -c 'import sys, venv; sys.exit(not (3, 9) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null ||
    fail "$python is missing, has no venv module, or is not Python 3.9 to 3.13; name another one with PYTHON=..."

if [ ! -x "$folder/bin/python" ]; then
    say "Making a virtual environment in $folder ..."
    "$python" -m venv "$folder" >&2
fi
lib="$(echo "$folder"/lib/python3*/site-packages/torch/lib)"
if [ "$(cat "$(dirname "$lib")/version.py" 2>/dev/null | sed -n "s/^__version__ = '\([0-9.]*\).*/\1/p")" != "$torch_version" ]; then
    say "Installing torch $torch_version with CUDA (some 3 GB to download) ..."
    "$folder/bin/python" -m pip install --quiet "torch==$torch_version" >&2
    lib="$(echo "$folder"/lib/python3*/site-packages/torch/lib)"
fi
[ -f "$lib/libtorch_cuda.so" ] ||
    fail "the torch that pip installed has no CUDA ($lib/libtorch_cuda.so is missing); install one that has it into $folder"

if command -v nvidia-smi >/dev/null 2>&1; then
    nvidia-smi --query-gpu=index,name,memory.total --format=csv,noheader >&2 || say "setup-cuda: nvidia-smi failed; see above"
else
    say "setup-cuda: there is no nvidia-smi here; without an NVIDIA driver, --device cuda will be refused"
fi
printf 'export PYTORCH_LIBRARY_PATH=%q\n' "$lib"
