#!/usr/bin/env bash
# The step of action.yml: runs the installer of this repository for the runner's system.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
version=${VERSION:-}
if [ -z "$version" ]; then
    version=$(sed -n '/^\[package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' "$here/../../Cargo.toml" | head -n 1)
fi
version=${version#v}
repository=${REPOSITORY:-${ACTION_REPOSITORY:-}}
if [ -z "$repository" ] && [ -z "${INTUNE_FERRY_BASE_URL:-}" ]; then
    echo "::error::say OWNER/NAME of the releases in the input \`repository\`"
    exit 1
fi
export INTUNE_FERRY_REPOSITORY=$repository INTUNE_FERRY_VERSION=$version
folder=$RUNNER_TEMP/intune-ferry-$version

if [ "$RUNNER_OS" = Windows ]; then
    options=()
    [ "${ATTESTATION:-}" != true ] || options=(-Attestation)
    pwsh -NoProfile -File "$(cygpath -w "$here/../install.ps1")" -Dir "$folder" "${options[@]}"
else
    options=()
    [ "${ATTESTATION:-}" != true ] || options=(--attestation)
    # With the folder in PATH, the installer need not advise what is done below.
    PATH=$folder:$PATH sh "$here/../install.sh" --dir "$folder" ${options[@]+"${options[@]}"}
fi

echo "$folder" >>"$GITHUB_PATH"
{
    echo "version=$version"
    echo "path=$folder"
} >>"$GITHUB_OUTPUT"
