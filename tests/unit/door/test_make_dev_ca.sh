#!/bin/sh
# test_make_dev_ca.sh - make-dev-ca makes certificates that strict verifiers
# accept, keeps what serves, renews what does not, and guards the keys
# shellcheck disable=SC2317 # functions are called through check
set -eu

here=$(cd "$(dirname "$0")" && pwd)
make=$here/../../../certs/make-dev-ca
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
d=$top/a
failed=0

check() { # WHAT COMMAND...
	what=$1
	shift
	if ! "$@" >"$top/out" 2>&1; then
		echo "FAILED: $what"
		sed 's/^/  /' "$top/out"
		failed=1
	fi
}

not() {
	! "$@"
}

verifies() { # DIRECTORY OPTION VALUE
	openssl verify -x509_strict -purpose sslserver "$2" "$3" \
		-CAfile "$1/ca.pem" "$1/edge.pem"
}

sum() {
	cksum <"$d/$1"
}

prints() { # CERTIFICATE TEXT
	openssl x509 -in "$1" -noout -text | grep -q "$2"
}

fits() { # DIRECTORY
	[ "$(openssl x509 -in "$1/edge.pem" -noout -pubkey)" = \
		"$(openssl pkey -in "$1/edge.key" -pubout)" ]
}

# Nothing at all is written to either output.
silent() {
	"$@" >"$top/said" 2>&1
	[ ! -s "$top/said" ]
}

mode() { # FILE MODE
	[ -n "$(find "$1" -perm "$2")" ]
}

# A leaf of our CA and key with so many days left and these names.
sign_again() { # DAYS NAMES
	openssl req -new -key "$d/edge.key" -subj /CN=x -out "$top/csr"
	printf 'subjectAltName=%s\nauthorityKeyIdentifier=keyid\n' "$2" \
		>"$top/ext"
	openssl x509 -req -in "$top/csr" -days "$1" -CA "$d/ca.pem" \
		-CAkey "$d/ca.key" -set_serial 7 -extfile "$top/ext" \
		-out "$top/leaf" 2>/dev/null
	cat "$top/leaf" "$d/ca.pem" >"$d/edge.pem"
}

# ---- the first run
check 'makes all' "$make" "$d" edge.example.org '*.wild.example.org' \
	192.0.2.1 2001:db8::1
check 'verifies by name' verifies "$d" -verify_hostname edge.example.org
check 'verifies by wildcard' verifies "$d" -verify_hostname a.wild.example.org
check 'verifies by IPv4' verifies "$d" -verify_ip 192.0.2.1
check 'verifies by IPv6' verifies "$d" -verify_ip 2001:db8::1
check 'no other name' not verifies "$d" -verify_hostname other.example.org
check 'the CA verifies itself' openssl verify -x509_strict \
	-CAfile "$d/ca.pem" "$d/ca.pem"
check 'the leaf is no CA' prints "$d/edge.pem" 'CA:FALSE'
check 'the CA signs leaves only' prints "$d/ca.pem" 'CA:TRUE, pathlen:0'
check 'key usage' prints "$d/edge.pem" '^ *Digital Signature$'
check 'CA key usage' prints "$d/ca.pem" 'Certificate Sign, CRL Sign'
check 'for TLS servers' prints "$d/edge.pem" 'TLS Web Server Authentication'
check 'subject key id' prints "$d/edge.pem" 'Subject Key Identifier'
check 'authority key id' prints "$d/edge.pem" 'Authority Key Identifier'
check 'EC P-256' prints "$d/edge.pem" 'ASN1 OID: prime256v1'
check 'the key fits' fits "$d"
check 'the chain holds the CA' test \
	"$(grep -c BEGIN "$d/edge.pem")" -eq 2
check 'at most 825 days' not openssl x509 -in "$d/edge.pem" -noout \
	-checkend $((825 * 86400))
check 'nearly 825 days' openssl x509 -in "$d/edge.pem" -noout \
	-checkend $((820 * 86400))
check 'ten years for the CA' openssl x509 -in "$d/ca.pem" -noout \
	-checkend $((3640 * 86400))
check 'ca.key is 0600' mode "$d/ca.key" 600
check 'edge.key is 0600' mode "$d/edge.key" 600
check 'nothing else is left' test "$(find "$d" -type f | wc -l)" -eq 4
if command -v certtool >/dev/null; then
	check 'GnuTLS verifies' certtool --verify --infile "$d/edge.pem" \
		--load-ca-certificate "$d/ca.pem" \
		--verify-hostname edge.example.org \
		--verify-purpose 1.3.6.1.5.5.7.3.1
fi

# ---- nothing to do
ca=$(sum ca.pem)
edge=$(sum edge.pem)
check 'quiet, other order and spelling' silent "$make" "$d" \
	2001:DB8:0::1 EDGE.example.org '*.wild.example.org' 192.0.2.1 192.0.2.1
check 'nothing changed' test "$edge$ca" = "$(sum edge.pem)$(sum ca.pem)"
sign_again 31 DNS:edge.example.org
edge=$(sum edge.pem)
check '31 days are enough' silent "$make" "$d" edge.example.org
check 'kept' test "$edge" = "$(sum edge.pem)"

# ---- reasons to renew; the CA stays
sign_again 29 DNS:edge.example.org
check 'renews' "$make" "$d" edge.example.org
check '29 days were too few' verifies "$d" -attime \
	$(($(date +%s) + 100 * 86400))
edge=$(sum edge.pem)
check 'renews' "$make" "$d" edge.example.org added.example.org
check 'the new name is in' verifies "$d" -verify_hostname added.example.org
check 'renews' "$make" "$d" edge.example.org
check 'the old name is out' not verifies "$d" -verify_hostname \
	added.example.org
check 'renews' "$make" --rsa "$d" edge.example.org
check 'RSA 3072' prints "$d/edge.pem" 'Public-Key: (3072 bit)'
check 'RSA verifies' verifies "$d" -verify_hostname edge.example.org
check 'quiet with RSA' silent "$make" --rsa "$d" edge.example.org
openssl genpkey -algorithm RSA -out "$d/edge.key" 2>/dev/null
check 'renews' "$make" --rsa "$d" edge.example.org
check 'a foreign key is replaced' fits "$d"
rm "$d/edge.key"
check 'renews' "$make" "$d" edge.example.org
check 'a lost key is replaced' fits "$d"
check 'the CA was kept all along' test "$ca" = "$(sum ca.pem)"

# ---- an RSA authority from the start
check 'makes all with RSA' "$make" --rsa "$top/rsa" edge.example.org
check 'an RSA CA' prints "$top/rsa/ca.pem" 'Public-Key: (3072 bit)'
check 'it verifies' verifies "$top/rsa" -verify_hostname edge.example.org
check 'another CA, another name' not test \
	"$(openssl x509 -in "$top/rsa/ca.pem" -noout -subject)" = \
	"$(openssl x509 -in "$d/ca.pem" -noout -subject)"
cp "$top/rsa/ca.pem" "$top/rsa/ca.key" "$d"
check 'renews' "$make" "$d" edge.example.org
check 'under another CA' verifies "$d" -verify_hostname edge.example.org

# ---- refusals change nothing
ca=$(sum ca.pem)$(sum ca.key)
edge=$(sum edge.pem)$(sum edge.key)
for name in 999.1.1.1 192.0.2.1:5061 '[::1]' ::g 2001:db8 'a b' \
	-a.org a..org .org '*' 'a.*.org' "a\$b" 'a/b' '' "a
b" "$(printf '%0300d' 1)"; do
	check "refuses the name \"$name\"" not "$make" "$d" ok.org "$name"
	check "refuses the name \"$name\" at once" not "$make" "$top/b" "$name"
done
check 'made nothing for bad names' not test -e "$top/b/ca.pem"
check 'usage without names' not "$make" "$d"
check 'usage without anything' not "$make"
check 'an unknown option' not "$make" --dsa "$d" ok.org
mv "$d/ca.key" "$top/kept"
check 'no CA key' not "$make" "$d" ok.org
openssl genpkey -algorithm RSA -out "$d/ca.key" 2>/dev/null
check 'a foreign CA key' not "$make" "$d" ok.org
mv "$top/kept" "$d/ca.key"
check 'nothing changed' test "$ca$edge" = \
	"$(sum ca.pem)$(sum ca.key)$(sum edge.pem)$(sum edge.key)"
check 'no leftovers' test -z "$(find "$d" "$top" -name '.make-dev-ca.*')"

exit "$failed"
