# What the three `run`s share. Sourced after deploy/lib.sh, never run.

# Fetches and makes what a program needs, once, and again when what it is made of has changed. Two at once wait for each other.
# usage: fetched DIRECTORY FUNCTION FILE…     FUNCTION gets the empty directory and fills it
fetched() {
  local at=$1 make=$2 of
  shift 2
  of=$(cat "$@" | cksum)
  mkdir -p "$at"
  exec 9>"$at.lock"
  flock 9
  if [[ $(cat "$at/made" 2>/dev/null || true) != "$of" ]]; then
    echo "run: fetching what the program needs, once / 正在获取所需组件（仅一次）" >&2
    rm -rf "$at"
    mkdir -p "$at"
    "$make" "$at" >"$at.log" 2>&1 </dev/null || {
      tail -n 30 "$at.log" >&2
      die 69 "could not fetch or build; its last lines are above, all of them in $at.log" "获取或构建失败，最后的输出见上，完整日志：$at.log"
    }
    echo "$of" >"$at/made"
  fi
  exec 9>&-
}
