# What the scripts of deploy/ and tests/ share. Sourced, never run. The sourcing script is in bash with `set -euo pipefail`.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Milliseconds since the epoch.
now_ms() { local t=$EPOCHREALTIME; echo $((${t/[.,]/} / 1000)); }

# "12.3 s" from two instants in milliseconds.
seconds() { printf '%d.%d s' $((($2 - $1) / 1000)) $((($2 - $1) % 1000 / 100)); }

# Ends the script with one message in both languages. usage: die EXIT_CODE ENGLISH CHINESE
die() {
  printf '%s: %s\n%s: %s\n' "${0##*/}" "$2" "${0##*/}" "$3" >&2
  exit "$1"
}

# Copies stdin to the file LOG and shows how far it got: one moving line on a terminal, else a line every half minute.
# Lines of progress look like "[12/340] …" (ninja) or "12/340 Test …" (ctest). usage: … | progress LABEL LOG
progress() {
  local label=$1 log=$2 line at=0 shown=$EPOCHSECONDS moving='' pattern='^\[? *([0-9]+)/([0-9]+)[] ]'
  [[ -t 2 ]] && moving=1
  while IFS= read -r line || [[ $line ]]; do
    printf '%s\n' "$line" >&3
    [[ $line =~ $pattern ]] || continue
    at="${BASH_REMATCH[1]}/${BASH_REMATCH[2]}"
    if [[ $moving ]]; then
      printf '\r%s %s \033[K' "$label" "$at" >&2
    elif ((EPOCHSECONDS - shown >= 30)); then
      printf '%s %s\n' "$label" "$at" >&2
      shown=$EPOCHSECONDS
    fi
  done 3>"$log"
  if [[ $moving ]]; then printf '\r\033[K' >&2; fi
}

# How many jobs the machine bears: one per core, and 1.5 GiB of free memory each. SHOUJIE_JOBS overrides.
jobs_max() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1572864) }' /proc/meminfo)
  ((memory > 0)) || memory=1
  echo "${SHOUJIE_JOBS:-$((cores < memory ? cores : memory))}"
}

# Sets `answer` to a port of the loopback that nobody listens on, another one at each call; below the ports that the kernel gives
# out by itself.
ports_taken=()
free_port() {
  local port
  for ((;;)); do
    port=$((15000 + (RANDOM * 32768 + RANDOM) % 17000))
    [[ " ${ports_taken[*]-} " == *" $port "* ]] && continue
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  ports_taken+=("$port")
  answer=$port
}
