#!/usr/bin/env bash
# Builds the images of a release from its archives and pushes them to ghcr.io:
#
#   packaging/container/push.sh VERSION OWNER/NAME FOLDER
#
# FOLDER holds the two archives for Linux. Prints, for the workflow: name=IMAGE, plain=DIGEST, git=DIGEST.
# `docker` must be signed in.
set -euo pipefail

if [ $# -ne 3 ]; then
    echo "usage: $0 VERSION OWNER/NAME FOLDER" >&2
    exit 2
fi
version=$1 repository=$2 archives=$3
here=$(cd "$(dirname "$0")" && pwd)
# Names of images are lower case.
image=ghcr.io/$(echo "$repository" | tr '[:upper:]' '[:lower:]')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

unpack() {
    local name=intune-ferry-$1-unknown-linux-musl-v$version
    mkdir -p "$work/linux/$2"
    tar -xzf "$archives/$name.tgz" -C "$work/linux/$2" --strip-components=1 "$name/intune-ferry"
}
unpack x86_64 amd64
unpack aarch64 arm64
cp "$here"/../../LICENSE-{APACHE,MIT} "$work/"

# The builder that docker starts with makes images for one platform only.
docker buildx create --name ferry --use >&2

push() {
    local stage=$1
    shift
    docker buildx build --push --platform linux/amd64,linux/arm64 --target "$stage" --file "$here/Dockerfile" \
        --provenance mode=max --metadata-file "$work/$stage.json" \
        --label "org.opencontainers.image.title=intune-ferry" \
        --label "org.opencontainers.image.description=Move, back up and review Microsoft Intune policies" \
        --label "org.opencontainers.image.source=https://github.com/$repository" \
        --label "org.opencontainers.image.version=$version" \
        --label "org.opencontainers.image.licenses=MIT OR Apache-2.0" \
        "$@" "$work" >&2
    echo "$stage=$(jq -er '."containerimage.digest"' "$work/$stage.json")"
}
tags() { # suffix
    echo --tag "$image:$version$1"
    # A release candidate is not what `latest` means.
    [[ $version == *-* ]] || echo --tag "$image:latest$1"
}

echo "name=$image"
# shellcheck disable=SC2046 # two or four words, none with a space
push plain $(tags "")
# shellcheck disable=SC2046
push git $(tags "-git")
