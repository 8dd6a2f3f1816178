#!/bin/sh
# check_hardening.sh PROGRAM: what the linker was asked for is in the program
set -eu
fail() {
	echo "$1"
	exit 1
}
readelf -h "$1" | grep -q 'Type:.*DYN' || fail "$1: not a PIE"
readelf -lW "$1" | grep -q GNU_RELRO || fail "$1: no RELRO"
readelf -dW "$1" | grep -q 'FLAGS.*NOW' || fail "$1: symbols bound lazily"
readelf -lW "$1" | grep 'GNU_STACK' | grep -q E &&
	fail "$1: an executable stack"
readelf -sW "$1" | grep -q __stack_chk_fail ||
	fail "$1: no stack protector"
readelf -sW "$1" | grep -q __asan_ && fail "$1: a sanitizer in a release"
echo "hardening holds"
