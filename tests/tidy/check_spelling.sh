#!/bin/sh
# check_spelling.sh ROOT: codespell knows no better
set -eu
command -v codespell >/dev/null || {
	echo "SKIPPED: codespell is not installed"
	exit 77
}
cd "$1"
exec codespell --quiet-level=2 --skip './build*,./.git,./LICENSE,*/corpus/*' \
	--ignore-words tests/tidy/spelling.ignore .
