#!/bin/sh
# check_shell.sh ROOT: shellcheck has nothing to say of any shell script
set -eu
list=$(mktemp)
trap 'rm -f "$list"' EXIT
cd "$1"
find . -path './build*' -prune -o -path ./.git -prune -o -path \
	./tests/fuzz/corpus -prune -o -type f -print |
	while read -r file; do
		case $(head -c 64 "$file" | head -n 1 | tr -d '\0') in
		'#!'*/sh | '#!'*/bash | '#!'*'env bash' | '#!'*'env sh')
			printf '%s\n' "$file"
			;;
		esac
	done >"$list"
grep -qx ./run "$list" || {
	echo "./run is not among the scripts found"
	exit 1
}
xargs shellcheck --severity=info <"$list"
echo "shellcheck: $(wc -l <"$list") scripts"
