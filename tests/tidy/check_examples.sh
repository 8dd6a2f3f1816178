#!/bin/sh
# check_examples.sh ROOT REMPART: the configurations that we ship and that the
# README shows are fit to run, and say which fault a broken one has
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$1"
cp conf/*.conf "$dir/"
awk '/^```libconfig$/ { n++; on = 1; next }
	/^```$/ { on = 0 }
	on { print > ("'"$dir"'/readme-" n ".conf") }' README.md
[ -s "$dir/readme-1.conf" ] || {
	echo "README.md shows no configuration"
	exit 1
}
certs/make-dev-ca "$dir" edge.example.com
for file in "$dir"/*.conf; do
	"$2" check "$file" || exit 1
done

sed 's/^  uri /  url /' "$dir/rempart.conf" >"$dir/broken"
if "$2" check "$dir/broken" 2>"$dir/said"; then
	echo "a misspelt key passes"
	exit 1
fi
grep -q 'broken:[0-9]*: .*url' "$dir/said" || {
	cat "$dir/said"
	echo "the fault names neither its line nor the key"
	exit 1
}
