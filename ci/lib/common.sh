# What every script in ci/ begins with. To be sourced, by bash, after `set -euo pipefail`.
# shellcheck shell=bash

# The top of the checkout, and where everything that is made goes.
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$TOP/build
export TOP BUILD

# The first Rust and Node versions that will do.
MIN_RUST=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' "$TOP/rust/rust-toolchain.toml")
MIN_NODE=20.19.0
export MIN_RUST MIN_NODE

say() { printf '%s\n' "$*" >&2; }
die() {
	say "${0##*/}: $*"
	exit 1
}

# Whether version $1 is at least $2.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n1)" = "$2" ]; }

# What this checkout is, as SemVer: the workspace's version, and the commit as build metadata.
joulepoint_version() {
	local version
	version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$TOP/rust/Cargo.toml" | head -n1)
	printf '%s+g%s\n' "$version" "$(git -C "$TOP" describe --always --dirty --exclude '*' 2>/dev/null || echo unknown)"
}

# Runs a command as root: as it is, or through sudo.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo -- "$@"
	else
		die "needs root for: $* (and there is no sudo)"
	fi
}

# The Debian mirror: the host's own, whichever release it is on itself.
debian_mirror() {
	local uri
	# shellcheck disable=SC2016 # the fields are apt's
	uri=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 'Created-By: Packages' 2>/dev/null |
		sed -n 's/ Debian Debian$//p' | head -n1)
	[ -n "$uri" ] || die "apt knows no Debian mirror: add one to /etc/apt/sources.list and run apt-get update"
	printf '%s\n' "$uri"
}

# The compilers that ci/setup chose, if it has run.
# shellcheck disable=SC1091
load_tools() {
	[ -f "$BUILD/setup/env" ] || die "ci/setup has not run yet"
	. "$BUILD/setup/env"
}

# A hash over file names and contents: what a stamp is compared with.
content_hash() { cat -- "$@" 2>/dev/null | sha256sum | cut -c1-16; }

# Whether step $1 was done with key $2 already; done_with records it.
is_done() { [ "$(cat "$BUILD/setup/$1.stamp" 2>/dev/null)" = "$2" ]; }
done_with() {
	mkdir -p "$BUILD/setup"
	printf '%s\n' "$2" >"$BUILD/setup/$1.stamp"
}

# The HMI's packages as package-lock.json has them, unless they are there already.
hmi_packages() {
	local key
	key=$(content_hash "$TOP/recipes-hmi/hmi/package-lock.json")
	if is_done hmi-packages "$key" && [ -d "$TOP/recipes-hmi/hmi/node_modules" ]; then return; fi
	(cd "$TOP/recipes-hmi/hmi" && npm ci --no-audit --no-fund --loglevel=error)
	done_with hmi-packages "$key"
}
