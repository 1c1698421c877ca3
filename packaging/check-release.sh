#!/usr/bin/env bash
# Whether the commit that is checked out can be released under this tag, by this repository:
#
#   packaging/check-release.sh vVERSION OWNER/NAME
#
# Prints `version=VERSION`, or says everything that has to be mended first.
set -euo pipefail

if [ $# -ne 2 ]; then
    echo "usage: $0 vVERSION OWNER/NAME" >&2
    exit 2
fi
tag=$1 repository=$2
version=${tag#v}
cd "$(dirname "$0")/.."

wrong=0
complain() {
    echo "error: $1" >&2
    wrong=1
}

# The first line of its kind in the package's own table.
package() { sed -n '/^\[package\]/,/^\[/s/^'"$1"' = "\(.*\)"$/\1/p' Cargo.toml | head -n 1; }

[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || complain "the tag $tag is not vMAJOR.MINOR.PATCH"
[ "$(package version)" = "$version" ] || complain "Cargo.toml has the version $(package version), the tag $tag"
# `cargo binstall` finds the archives by it.
[ "$(package repository)" = "https://github.com/$repository" ] ||
    complain "Cargo.toml's [package] needs: repository = \"https://github.com/$repository\""
grep -q "^## \[$version\]" CHANGELOG.md || complain "CHANGELOG.md has no heading \`## [$version]\`"
grep -q "^    ModuleVersion = '${version%%-*}'" packaging/powershell/IntuneFerry/IntuneFerry.psd1 ||
    complain "packaging/powershell/IntuneFerry/IntuneFerry.psd1 has another ModuleVersion than ${version%%-*}"
# Where the history is not here (a shallow copy), there is nothing to compare with.
if git rev-parse --verify --quiet origin/main >/dev/null 2>&1; then
    git merge-base --is-ancestor HEAD origin/main || complain "the commit is not on main"
fi

[ "$wrong" -eq 0 ] || exit 1
echo "version=$version"
