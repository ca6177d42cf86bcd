#!/usr/bin/env bash
# The way in for schools whose network lets only 443 through: coturn, and HAProxy that shares 443 among pages and relay.
# A packet filter of its own (nftables, table tongke_relay) lets coturn send to the media port alone: without it this
# does not start, since any UDP port of this machine could be reached through the relay.
#   deploy/relay.sh [--config FILE] [--data DIR]      as root; runs until stopped
# It takes everything from Tongke's own configuration (relay.host ...) and data, looks once a minute whether an address or
# the certificate has changed, and ends when one of the two programs does, so that systemd starts it again.
set -euo pipefail
cd "$(dirname "$0")/.."
look_every_s=60

stop() { printf '\n✗ %s\n  %s\n' "$1" "$2" >&2; exit 1; }

install_programs() {
  local missing=() program
  for program in coturn:turnserver haproxy:haproxy nftables:nft; do
    command -v "${program#*:}" >/dev/null || missing+=("${program%:*}")
  done
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || stop "请先安装：${missing[*]}" "Install these first: ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  # Debian starts both with configurations of its own, on the same ports.
  for program in "${missing[@]}"; do
    [ ! -d /run/systemd/system ] || [ "$program" = nftables ] || systemctl disable --now "$program" >/dev/null 2>&1
  done
}

write_files() { .venv/bin/tongke relay "$@"; }
relay_stamp() { sha256sum <"$folder/turnserver.conf"; }
proxy_stamp() { cat "$folder/haproxy.cfg" "$folder/443.pem" | sha256sum; }

# Again and again: who loads rules anew, e.g. nftables.service, takes away all that others had.
limit_relay() {
  [ -f "$folder/relay.nft" ] || stop "请以 root 运行" "Run this as root"
  nft -f "$folder/relay.nft" || stop "包过滤（nftables）在这里不能用，中继不启动：否则经它可到达本机任何 UDP 端口" \
    "The packet filter (nftables) cannot be used here, so the relay does not run: through it any UDP port of this machine could be reached"
}

start_relay() {
  relay_seen=$(relay_stamp)
  turnserver -c "$folder/turnserver.conf" >/dev/null &
  relay=$!
}

start_proxy() {
  proxy_seen=$(proxy_stamp)
  haproxy -W -db -f "$folder/haproxy.cfg" &
  proxy=$!
}

finish() {
  trap - EXIT
  kill "${relay:-}" "${proxy:-}" "${pause:-}" 2>/dev/null || true
  wait
  nft delete table inet tongke_relay 2>/dev/null || true
}

follow_changes() {
  write_files "$@" >/dev/null || true # what runs goes on with what it has
  limit_relay
  if [ "$(proxy_stamp)" != "$proxy_seen" ]; then
    proxy_seen=$(proxy_stamp)
    kill -USR2 "$proxy" # HAProxy takes over its own sockets: no connection is cut
  fi
  if [ "$(relay_stamp)" != "$relay_seen" ]; then
    kill "$relay" && wait "$relay" || true
    start_relay
  fi
}

install_programs
folder=$(write_files "$@")
trap finish EXIT
trap 'exit 0' TERM INT
limit_relay
start_relay
start_proxy
while true; do
  sleep "$look_every_s" &
  pause=$!
  wait -n "$relay" "$proxy" "$pause" || true
  for each in "$relay" "$proxy"; do
    kill -0 "$each" 2>/dev/null || stop "中继停止了" "The relay has stopped"
  done
  follow_changes "$@"
done
