# Sourced by the oracles: the programs they need, the command line under test, a place to work.
#
# Exit codes of every oracle: 0 both witnesses agree, 1 they do not, 77 a program that the oracle needs is missing.

set -euo pipefail
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
me=$(basename "$0")
oracles=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$oracles/../.." && pwd)

fail() {
  echo "$me: $*" >&2
  exit 1
}

# need PROGRAM PACKAGE: ends the oracle when the program is missing.
need() {
  command -v "$1" >/dev/null || {
    echo "$me: \`$1\` is missing: nothing was checked; Debian's package \`$2\` has it" >&2
    exit 77
  }
}

need python3 python3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The build that the end-to-end tests use; when they have just run, there is nothing to do.
if [ -z "${SHOESHINE:-}" ]; then
  need cargo cargo
  (cd "$root" && cargo build --quiet --example shoeshine)
  SHOESHINE=${CARGO_TARGET_DIR:-$root/target}/debug/examples/shoeshine
fi

# What it tells people is shown only when it fails.
shoeshine() {
  "$SHOESHINE" "$@" 2>"$scratch/told" || {
    local code=$?
    cat "$scratch/told" >&2
    echo "$me: exit code $code of: shoeshine $*" >&2
    return 1
  }
}
