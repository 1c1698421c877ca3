#!/bin/sh
# Installs intune-ferry for the user who runs this: downloads the archive for this machine, checks its checksum, and
# puts the program into a folder of the user. Nothing else is changed; nothing needs root.
#
#   sh install.sh [--dir FOLDER] [--version VERSION] [--attestation]
#
#   --dir FOLDER       where the program goes; otherwise $XDG_BIN_HOME or ~/.local/bin
#   --version VERSION  another release than the one that this file belongs to
#   --attestation      also have GitHub's `gh` check that the release workflow of the repository built the archive
#
# Environment, for mirrors and pipelines:
#   INTUNE_FERRY_DIR         as --dir
#   INTUNE_FERRY_VERSION     as --version
#   INTUNE_FERRY_REPOSITORY  OWNER/NAME on github.com
#   INTUNE_FERRY_BASE_URL    where the archives and SHA256SUMS are, instead of the release on github.com
set -eu

# The release workflow writes the release that this file belongs to in here.
released_repository='@REPOSITORY@'
released_version='@VERSION@'

say() { printf '%s\n' "$*"; }

fail() {
    printf 'error: %s\n' "$1" >&2
    if [ $# -gt 1 ]; then
        printf '  fix: %s\n' "$2" >&2
    fi
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# The Rust target of this machine. The Linux programs are static: they need no particular C library.
target() {
    system=$(uname -s)
    machine=$(uname -m)
    case $system in
    Linux) rest=unknown-linux-musl ;;
    Darwin)
        rest=apple-darwin
        # A shell that Rosetta translates says x86_64 on an Apple processor.
        if [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || true)" = 1 ]; then
            machine=arm64
        fi
        ;;
    MINGW* | MSYS* | CYGWIN*)
        fail "this script is for Linux and macOS" "In PowerShell, run install.ps1 of the same release."
        ;;
    *) fail "there is no program for $system" "Build it from source: the README says how." ;;
    esac
    case $machine in
    x86_64 | amd64) echo "x86_64-$rest" ;;
    aarch64 | arm64) echo "aarch64-$rest" ;;
    *) fail "there is no program for $machine processors" "Build it from source: the README says how." ;;
    esac
}

# Plain http only from this machine itself: a local mirror, or a test.
check_address() {
    case $1 in
    https://*) ;;
    http://127.0.0.1:* | http://127.0.0.1/* | http://localhost:* | http://localhost/*) ;;
    *) fail "$1 is not an https address" "Give INTUNE_FERRY_BASE_URL an https address." ;;
    esac
}

download() {
    if has curl; then
        case $1 in
        https://*) curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --retry 3 --output "$2" "$1" ;;
        *) curl --fail --silent --show-error --output "$2" "$1" ;;
        esac
    elif has wget; then
        wget --quiet --output-document="$2" "$1"
    else
        fail "neither curl nor wget is installed" "Install curl."
    fi || fail "could not download $1" "Check the version and the network, then run this again."
}

checksum() {
    if has sha256sum; then
        line=$(sha256sum "$1")
    elif has shasum; then
        line=$(shasum -a 256 "$1")
    elif has openssl; then
        line=$(openssl dgst -sha256 -r "$1")
    else
        fail "sha256sum, shasum and openssl are missing: the download cannot be checked" "Install one of them."
    fi
    echo "${line%% *}"
}

# What SHA256SUMS says of a file: exactly one line, and 64 hexadecimal digits.
expected() {
    found=$(awk -v name="$2" '$2 == name || $2 == "*" name { print tolower($1) }' "$1")
    case $found in
    *[!0-9a-f]* | '') return 1 ;;
    esac
    [ "${#found}" -eq 64 ] && echo "$found"
}

path_advice() {
    case ":$PATH:" in
    *":$1:"*)
        say "Try it: intune-ferry demo"
        return
        ;;
    esac
    say "$1 is not in your PATH. Add it:"
    case ${SHELL:-} in
    */fish) say "  fish_add_path \"$1\"" ;;
    */zsh) say "  echo 'export PATH=\"$1:\$PATH\"' >> ~/.zshrc" ;;
    *) say "  echo 'export PATH=\"$1:\$PATH\"' >> ~/.profile" ;;
    esac
    say "Then open a new terminal and try it: intune-ferry demo"
}

main() {
    repository=${INTUNE_FERRY_REPOSITORY:-$released_repository}
    version=${INTUNE_FERRY_VERSION:-$released_version}
    base=${INTUNE_FERRY_BASE_URL:-}
    dir=${INTUNE_FERRY_DIR:-${XDG_BIN_HOME:-${HOME:-}/.local/bin}}
    attestation=no
    while [ $# -gt 0 ]; do
        case $1 in
        --dir | --version)
            [ $# -ge 2 ] || fail "$1 needs a value"
            if [ "$1" = --dir ]; then dir=$2; else version=$2; fi
            shift
            ;;
        --attestation) attestation=yes ;;
        *) fail "unknown option $1" "The options are --dir FOLDER, --version VERSION and --attestation." ;;
        esac
        shift
    done
    version=${version#v}
    case $version in
    @* | '') fail "this copy belongs to no release" "Give --version, or take install.sh from a release." ;;
    *[!0-9A-Za-z.-]*) fail "$version is not a version" ;;
    esac
    if [ -z "$base" ] || [ "$attestation" = yes ]; then
        case $repository in
        @* | '') fail "this copy belongs to no repository" "Set INTUNE_FERRY_REPOSITORY to OWNER/NAME." ;;
        */*/* | *[!0-9A-Za-z._/-]*) fail "$repository is not OWNER/NAME" ;;
        esac
    fi
    base=${base:-https://github.com/$repository/releases/download/v$version}
    base=${base%/}
    check_address "$base/"
    has tar || fail "tar is not installed" "Install tar."

    # `target` may fail: in a subshell that ends only the subshell.
    target=$(target) || exit 1
    folder=intune-ferry-$target-v$version
    archive=$folder.tgz
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM

    say "Downloading $archive"
    download "$base/SHA256SUMS" "$work/SHA256SUMS"
    download "$base/$archive" "$work/$archive"
    want=$(expected "$work/SHA256SUMS" "$archive") || fail "SHA256SUMS says nothing usable of $archive" \
        "Nothing was installed. The release may be incomplete; try again later."
    have=$(checksum "$work/$archive") || exit 1
    [ "$have" = "$want" ] || fail "$archive has the checksum $have; SHA256SUMS says $want" \
        "Nothing was installed. Download again; if it stays so, do not use the file and report it."
    if [ "$attestation" = yes ]; then
        has gh || fail "gh is not installed: the attestation cannot be checked" "Install GitHub's CLI, or leave out --attestation."
        gh attestation verify "$work/$archive" --repo "$repository" ||
            fail "the attestation of $archive is not good" "Nothing was installed. Do not use the file and report it."
    fi

    tar -xzf "$work/$archive" -C "$work" "$folder/intune-ferry" ||
        fail "$archive does not hold $folder/intune-ferry" "Nothing was installed. Report it."
    # Before anything is replaced: the program must run here.
    answer=$("$work/$folder/intune-ferry" --version) ||
        fail "the program does not run on this machine" "Nothing was installed. If /tmp forbids programs, set TMPDIR."
    [ "$answer" = "intune-ferry $version" ] || fail "the program says it is \`$answer\`, not version $version" \
        "Nothing was installed. Report it."

    mkdir -p "$dir" || fail "could not make $dir" "Give --dir a folder that you may write."
    # Next to the old one and then over it, so that a running program is never half written.
    if ! { cp "$work/$folder/intune-ferry" "$dir/.intune-ferry.$$" && chmod 755 "$dir/.intune-ferry.$$" &&
        mv -f "$dir/.intune-ferry.$$" "$dir/intune-ferry"; }; then
        rm -f "$dir/.intune-ferry.$$"
        fail "could not write $dir/intune-ferry" "Give --dir a folder that you may write."
    fi
    say "Installed $answer in $dir"
    path_advice "$dir"
}

# Last, so that a download that was cut off does nothing.
main "$@"
