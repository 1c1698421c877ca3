#!/usr/bin/env bash
# Adds to the archives of a release what installs them, and the checksums of all of it:
#
#   packaging/assemble.sh VERSION OWNER/NAME FOLDER
#
# FOLDER holds the six archives and the list of what the program is made of.
set -euo pipefail

if [ $# -ne 3 ]; then
    echo "usage: $0 VERSION OWNER/NAME FOLDER" >&2
    exit 2
fi
version=$1 repository=$2 out=$3
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$out" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The installers belong to this release: they know its name.
for script in install.sh install.ps1; do
    sed -e "s|@REPOSITORY@|$repository|g" -e "s|@VERSION@|$version|g" "$here/$script" >"$out/$script"
done

# The PowerShell module, as a folder that is put into a folder of $env:PSModulePath.
(cd "$here/powershell" && zip -q -r "$out/IntuneFerry-v$version.zip" IntuneFerry)

cd "$out"
rm -f SHA256SUMS
sha256sum -- * >"$work/archives"
"$here/manifests.sh" "$version" "$repository" "$work/archives" "$work/manifests"
cp "$work/manifests/scoop/intune-ferry.json" "$work/manifests/homebrew/intune-ferry.rb" .
(cd "$work/manifests/winget" && zip -q "$out/winget-manifests-v$version.zip" -- *.yaml)

sha256sum -- * >"$work/SHA256SUMS"
mv "$work/SHA256SUMS" SHA256SUMS
