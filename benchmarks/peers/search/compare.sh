#!/usr/bin/env bash
# Measures Millrace and its peers on a folder of vectors, one after the other, and appends a JSON line a configuration
# to a file.
#
#   compare.sh VECTORS OUT           one way to build each index
#   TUNE=1 compare.sh VECTORS OUT    the best of many
#
# Environment: WARM_UP=8 ROUNDS=7 QUERIES=1000 THREADS=2   the protocol, the same for all
#              PEERS="millrace lucene bmp seismic"         who runs
#              WORK=VECTORS/indexes                        where indexes are kept; what is there already is not built again
#              SEISMIC='{"n_postings": 4000}' BMP='{"block": 32}' LUCENE='{"order": "plain"}'   other builds
#              PYTHON=python3                              an interpreter with numpy, scipy and the peers
set -euo pipefail

if [ $# -ne 2 ]; then
    sed -n '2,13s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
vectors="$1" out="$2"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
python="${PYTHON:-python3}"
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
if [ -z "${JAVA_HOME:-}" ]; then JAVA_HOME="$("$here/../../../millrace" --print-java-home)"; fi
export JAVA_HOME

options=(--warm-up "${WARM_UP:-8}" --rounds "${ROUNDS:-7}" --queries "${QUERIES:-1000}" --threads "${THREADS:-2}")
options+=(--work "${WORK:-$vectors/indexes}")
if [ -n "${TUNE:-}" ]; then options+=(--tune); fi

[ -f "$vectors/gt.npz" ] || "$python" "$here/vectors.py" truth "$vectors"
# Lucene goes before BMP, which takes the order of documents from it.
for peer in ${PEERS:-millrace lucene bmp seismic}; do
    settings=()
    echo "$(date +%T) $peer on $vectors" >&2
    case "$peer" in
        lucene | bmp)
            [ -d "$here/lucene/target/lib" ] || mvn -q -f "$here/lucene/pom.xml" compile >&2
            "$python" "$here/lucene_search.py" "$vectors" "${options[@]}" --order-only
            ;;
    esac
    case "$peer" in
        lucene) settings=(--settings "${LUCENE:-"{}"}") ;;
        seismic) settings=(--settings "${SEISMIC:-"{}"}") ;;
        bmp) settings=(--settings "${BMP:-"{}"}") ;;
    esac
    "$python" "$here/${peer}_search.py" "$vectors" "${options[@]}" "${settings[@]}" >>"$out"
done
