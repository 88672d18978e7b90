#!/usr/bin/env bash
# Makes folders of growing size: the first rows of real vectors, and synthetic ones. What is there already is left alone.
#
#   sizes.sh REAL FOLDER     REAL is a folder that CollectionVectors wrote; makes FOLDER/real-25k ... FOLDER/syn-1m
#
# Environment: PYTHON=python3
set -euo pipefail

if [ $# -ne 2 ]; then
    sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
real="$1" folder="$2"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
python="${PYTHON:-python3}"
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

# gt.npz is written last.
[ -f "$real/gt.npz" ] || "$python" "$here/vectors.py" truth "$real"
for thousands in 25 50 100; do
    out="$folder/real-${thousands}k"
    [ -f "$out/gt.npz" ] || "$python" "$here/vectors.py" subset "$real" "$out" --documents "${thousands}000" --queries 1000
done
for size in 100k:100000 300k:300000 1m:1000000; do
    out="$folder/syn-${size%:*}"
    [ -f "$out/gt.npz" ] || "$python" "$here/synthetic.py" "$out" --documents "${size#*:}" --queries 500
done
