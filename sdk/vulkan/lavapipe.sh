#!/usr/bin/env bash
# Brings Lavapipe of Debian's backports into the build's folder, where the runner finds it. The one of Debian 12 itself, Mesa 22.3, loses
# the first convolution of a session and takes twice as long. Other systems have a newer one themselves. May run again at any point.
set -euo pipefail

[ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" = bookworm ] || exit 0
read -r package version checksum < <(grep -v '^#' "$ASSAY_SOURCE_DIR/sdk/vulkan/lavapipe.lock")
cd "$ASSAY_BUILD_DIR"

# The same archive that the user's own settings name for this release, with a list of its own: nothing of the system's changes.
site=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' | sed -n 's/ bookworm$//p' | head -n 1)
[ -n "$site" ] || { echo "apt has no source of the release bookworm, whose backports have Lavapipe" >&2; exit 1; }
mkdir -p apt/lists/partial apt/cache/archives/partial
echo "deb $site bookworm-backports main" > apt/sources.list
apt=(apt-get -q -o Dir::Etc::SourceList="$PWD/apt/sources.list" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$PWD/apt/lists"
     -o Dir::Cache="$PWD/apt/cache" -o APT::Sandbox::User=)
"${apt[@]}" update
"${apt[@]}" download "$package=$version"
archive=$(ls "${package}_"*.deb)
echo "$checksum  $archive" | sha256sum --check --quiet

rm -rf mesa
dpkg-deb --extract "$archive" mesa
library=$(find "$PWD/mesa" -name libvulkan_lvp.so)
mv "$library" libvulkan_lvp.so
printf '{"file_format_version": "1.0.0", "ICD": {"api_version": "1.4.305", "library_path": "%s"}}\n' "$PWD/libvulkan_lvp.so" > lavapipe.json
rm -rf mesa apt "$archive"
