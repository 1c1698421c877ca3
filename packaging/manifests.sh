#!/usr/bin/env bash
# Writes the manifests of the package managers from a release's checksums:
#
#   packaging/manifests.sh VERSION OWNER/NAME SHA256SUMS FOLDER
#
#   FOLDER/winget/*.yaml            winget, a portable program in a zip: schema 1.12.0
#   FOLDER/scoop/intune-ferry.json  Scoop
#   FOLDER/homebrew/intune-ferry.rb Homebrew
#
# Every archive that a manifest names must be in SHA256SUMS; nothing is written where one is missing.
set -euo pipefail

fail() {
    echo "error: $1" >&2
    exit 1
}

if [ $# -ne 4 ]; then
    echo "usage: $0 VERSION OWNER/NAME SHA256SUMS FOLDER" >&2
    exit 2
fi
version=$1 repository=$2 sums=$3 out=$4

# These go into files of three languages as they are: nothing that would need quoting may be in them.
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || fail "$version is not a version"
[[ $repository =~ ^[0-9A-Za-z-]+/[0-9A-Za-z._-]+$ ]] || fail "$repository is not OWNER/NAME"
[ -r "$sums" ] || fail "$sums cannot be read"

owner=${repository%%/*}
home=https://github.com/$repository
download=$home/releases/download
description="Move, back up and review Microsoft Intune policies"
identifier=$owner.IntuneFerry
# winget's schema: each part of an identifier has at most 32 characters.
[ "${#owner}" -le 32 ] || fail "$owner is too long for an identifier of winget"

# An archive's name without its end.
archive() { echo "intune-ferry-$1-v${2:-$version}"; }

sum() {
    local name found
    name=$(archive "$1").$2
    found=$(tr -d '\r' <"$sums" | awk -v name="$name" '$2 == name || $2 == "*" name { print tolower($1) }')
    [[ $found =~ ^[0-9a-f]{64}$ ]] || fail "$sums says nothing usable of $name"
    echo "$found"
}

win_x64=$(sum x86_64-pc-windows-msvc zip)
win_arm=$(sum aarch64-pc-windows-msvc zip)
mac_x64=$(sum x86_64-apple-darwin tgz)
mac_arm=$(sum aarch64-apple-darwin tgz)
linux_x64=$(sum x86_64-unknown-linux-musl tgz)
linux_arm=$(sum aarch64-unknown-linux-musl tgz)

mkdir -p "$out/winget" "$out/scoop" "$out/homebrew"

schema() { echo "# yaml-language-server: \$schema=https://aka.ms/winget-manifest.$1.1.12.0.schema.json"; }

cat >"$out/winget/$identifier.yaml" <<END
$(schema version)
PackageIdentifier: $identifier
PackageVersion: $version
DefaultLocale: en-US
ManifestType: version
ManifestVersion: 1.12.0
END

cat >"$out/winget/$identifier.locale.en-US.yaml" <<END
$(schema defaultLocale)
PackageIdentifier: $identifier
PackageVersion: $version
PackageLocale: en-US
Publisher: $owner
PublisherUrl: https://github.com/$owner
PublisherSupportUrl: $home/issues
PackageName: intune-ferry
PackageUrl: $home
License: MIT OR Apache-2.0
LicenseUrl: $home/blob/v$version/LICENSE-MIT
ShortDescription: $description
Moniker: intune-ferry
Tags:
- backup
- intune
- microsoft-graph
- migration
ReleaseNotesUrl: $home/releases/tag/v$version
ManifestType: defaultLocale
ManifestVersion: 1.12.0
END

winget_installer() {
    cat <<END
- Architecture: $1
  InstallerUrl: $download/v$version/$(archive "$2").zip
  InstallerSha256: $(echo "$3" | tr a-f A-F)
END
}

cat >"$out/winget/$identifier.installer.yaml" <<END
$(schema installer)
PackageIdentifier: $identifier
PackageVersion: $version
InstallerType: zip
NestedInstallerType: portable
NestedInstallerFiles:
- RelativeFilePath: intune-ferry.exe
  PortableCommandAlias: intune-ferry
Commands:
- intune-ferry
Installers:
$(winget_installer x64 x86_64-pc-windows-msvc "$win_x64")
$(winget_installer arm64 aarch64-pc-windows-msvc "$win_arm")
ManifestType: installer
ManifestVersion: 1.12.0
END

# Scoop: `$version` and `$baseurl` are its own words, for finding the next release by itself.
scoop_now() {
    cat <<END
        "$1": {
            "url": "$download/v$version/$(archive "$2").zip",
            "hash": "$3"
        }
END
}
scoop_next() {
    cat <<END
            "$1": {
                "url": "$download/v\$version/$(archive "$2" "\$version").zip"
            }
END
}

cat >"$out/scoop/intune-ferry.json" <<END
{
    "version": "$version",
    "description": "$description",
    "homepage": "$home",
    "license": "MIT|Apache-2.0",
    "architecture": {
$(scoop_now 64bit x86_64-pc-windows-msvc "$win_x64"),
$(scoop_now arm64 aarch64-pc-windows-msvc "$win_arm")
    },
    "bin": "intune-ferry.exe",
    "checkver": {
        "github": "$home"
    },
    "autoupdate": {
        "architecture": {
$(scoop_next 64bit x86_64-pc-windows-msvc),
$(scoop_next arm64 aarch64-pc-windows-msvc)
        },
        "hash": {
            "url": "\$baseurl/SHA256SUMS"
        }
    }
}
END

brew_archive() {
    cat <<END
    $1 do
      url "$download/v$version/$(archive "$2").tgz"
      sha256 "$3"
    end
END
}

cat >"$out/homebrew/intune-ferry.rb" <<END
class IntuneFerry < Formula
  desc "$description"
  homepage "$home"
  version "$version"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
$(brew_archive on_arm aarch64-apple-darwin "$mac_arm")
$(brew_archive on_intel x86_64-apple-darwin "$mac_x64")
  end

  on_linux do
$(brew_archive on_arm aarch64-unknown-linux-musl "$linux_arm")
$(brew_archive on_intel x86_64-unknown-linux-musl "$linux_x64")
  end

  def install
    bin.install "intune-ferry"
    bash_completion.install "completions/intune-ferry.bash" => "intune-ferry"
    zsh_completion.install "completions/_intune-ferry"
    fish_completion.install "completions/intune-ferry.fish"
    man1.install Dir["man/*.1"]
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/intune-ferry --version")
  end
end
END
