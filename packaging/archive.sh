#!/usr/bin/env bash
# Makes a release's archive from a program that was built:
#
#   packaging/archive.sh TARGET PROGRAM FOLDER
#
# TARGET is the Rust target of PROGRAM; the archive is written into FOLDER. Its name is the one that `cargo binstall`
# looks for without any settings (cargo-binstall's SUPPORT.md, 2026-08-22): NAME-TARGET-vVERSION.tgz, with a folder of
# that name inside, and .zip for Windows, without one: winget cannot remove a portable program that was in a folder of its
# archive (github.com/microsoft/winget-cli/issues/2806, open, read 2026-11), and binstall takes either.
#
# The program must run on this machine: it prints its shell completions and manual pages itself.
set -euo pipefail

if [ $# -ne 3 ]; then
    echo "usage: $0 TARGET PROGRAM FOLDER" >&2
    exit 2
fi
target=$1 program=$2 out=$3
root=$(cd "$(dirname "$0")/.." && pwd)

# It prints one line: `intune-ferry 1.2.3`.
version=$("$program" --version | tr -d '\r' | sed -n 's/^intune-ferry //p')
if ! [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]]; then
    echo "$program does not say its version as expected" >&2
    exit 1
fi

name=intune-ferry-$target-v$version
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/$name/completions" "$work/$name/man" "$out"
out=$(cd "$out" && pwd)

case $target in
*windows*) suffix=.exe ;;
*) suffix= ;;
esac
cp "$program" "$work/$name/intune-ferry$suffix"
chmod 755 "$work/$name/intune-ferry$suffix"
cp "$root"/{README.md,CHANGELOG.md,LICENSE-APACHE,LICENSE-MIT} "$work/$name/"

"$program" completions bash >"$work/$name/completions/intune-ferry.bash"
"$program" completions zsh >"$work/$name/completions/_intune-ferry"
"$program" completions fish >"$work/$name/completions/intune-ferry.fish"
"$program" completions powershell >"$work/$name/completions/intune-ferry.ps1"
"$program" man --out "$work/$name/man" >/dev/null

cd "$work"
case $target in
*windows*)
    archive=$name.zip
    rm -f "$out/$archive"
    # The Windows runners have 7-Zip and no zip; elsewhere it is the other way round.
    cd "$name"
    if command -v 7z >/dev/null 2>&1; then
        7z a -tzip -bd -bso0 "$out/$archive" ./*
    else
        zip -q -r "$out/$archive" ./*
    fi
    ;;
*)
    archive=$name.tgz
    # macOS: without a second file for each file's attributes.
    export COPYFILE_DISABLE=1
    tar -czf "$out/$archive" "$name"
    ;;
esac
echo "$out/$archive"
