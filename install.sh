#!/bin/sh
# Installs partwork: fetches the archive of a release for this machine, checks its SHA-256 sum and puts
# one file, the program, into a folder of yours. Needs no root, and asks nothing.
#
# PARTWORK_RELEASES says where releases lie, as in https://github.com/OWNER/NAME/releases; below it
# `download/v<version>/` holds the files of one, and `latest/download/` those of the last.
set -eu

# `repository` of Cargo.toml with `/releases`, once there is one; `tests/install.rs` holds the two together.
known=''
releases=${PARTWORK_RELEASES:-$known}

version=''
dir=${HOME:+$HOME/.local/bin}
dry=''
work=''
draft=''

usage() {
  cat <<'TEXT'
Installs partwork from a release, without root.

usage: install.sh [--version VERSION] [--dir DIR] [--dry-run]

  --version VERSION  such as 0.1.0; else the last release
  --dir DIR          where the program goes; else ~/.local/bin
  --dry-run          say what would be done, and install nothing

PARTWORK_RELEASES names the place of the releases, an https address.
PARTWORK_TIMEOUT is how many seconds a server may be silent; else 30.
TEXT
}

fail() {
  echo "install.sh: $*" >&2
  echo "install.sh: nothing was installed" >&2
  exit 1
}

mistake() {
  echo "install.sh: $*; --help says what there is" >&2
  exit 2
}

clean() {
  if [ -n "$draft" ]; then rm -f -- "$draft"; fi
  if [ -n "$work" ]; then rm -rf -- "$work"; fi
}

has() { command -v "$1" >/dev/null 2>&1; }

# Which archive is for this machine.
target() {
  system=$(uname -s)
  machine=$(uname -m)
  case $machine in
    x86_64 | amd64) machine=x86_64 ;;
    aarch64 | arm64) machine=aarch64 ;;
    *) fail "there is no release for the processor $machine; build partwork from its source" ;;
  esac
  case $system in
    Linux) echo "$machine-unknown-linux-musl" ;;
    Darwin) echo "$machine-apple-darwin" ;;
    *) fail "there is no release for $system; build partwork from its source" ;;
  esac
}

# fetch URL FILE
fetch() {
  if has curl; then
    # A transfer that stands still ends, and none is led from https to anything else.
    set -- "$1" "$2" --fail --silent --show-error --location --max-redirs 5 \
      --connect-timeout "$timeout" --speed-limit 1 --speed-time "$timeout"
    url=$1 file=$2
    shift 2
    case $url in https:*) set -- "$@" --proto =https --tlsv1.2 ;; esac
    curl "$@" --output "$file" -- "$url" || fail "$url can't be had"
  elif has wget; then
    url=$1 file=$2
    # GNU's tries again and again, and takes any address that it is led to; the one of BusyBox knows neither word,
    # and in some systems dies of its own time limit.
    if wget --help 2>&1 | grep -q -e --https-only; then
      set -- wget -q -O "$file" --tries=1 --timeout="$timeout"
      case $url in https:*) set -- "$@" --https-only ;; esac
    elif has timeout; then
      set -- timeout "$((timeout * 10))" wget -q -O "$file"
    else
      set -- wget -q -O "$file"
    fi
    "$@" "$url" || fail "$url can't be had"
  else
    fail "neither curl nor wget is here"
  fi
}

# The SHA-256 sum of a file, in hexadecimal.
sum() {
  if has sha256sum; then
    sha256sum <"$1"
  elif has shasum; then
    shasum -a 256 <"$1"
  elif has openssl; then
    openssl dgst -sha256 -r <"$1"
  else
    fail "none of sha256sum, shasum and openssl is here, and what isn't checked isn't installed"
  fi | cut -d ' ' -f 1
}

while [ $# -gt 0 ]; do
  case $1 in
    --version | --dir)
      [ $# -gt 1 ] && [ -n "$2" ] || mistake "$1 takes a value"
      case $1 in --version) version=${2#v} ;; *) dir=$2 ;; esac
      shift
      ;;
    --version=?*) version=${1#*=} version=${version#v} ;;
    --dir=?*) dir=${1#*=} ;;
    --dry-run) dry=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) mistake "\`$1\` is unknown" ;;
  esac
  shift
done

case $version in
  *[!0-9A-Za-z.+-]* | .* | -*) mistake "\`$version\` is no version" ;;
esac
timeout=${PARTWORK_TIMEOUT:-30}
case $timeout in
  '' | *[!0-9]* | 0) mistake "PARTWORK_TIMEOUT is a number of seconds, not \`$timeout\`" ;;
esac
releases=${releases%/}
case $releases in
  '') mistake "where the releases of partwork lie isn't known; name the place in PARTWORK_RELEASES" ;;
  https://?*) ;;
  # A sum that comes the same open way as the archive proves nothing.
  http://127.0.0.1[:/]* | http://localhost[:/]*) ;;
  *) mistake "PARTWORK_RELEASES is an https address, not \`$releases\`" ;;
esac
[ -n "$dir" ] || mistake "HOME is not set; name a folder with --dir"
case $dir in /*) ;; *) dir=$PWD/$dir ;; esac
has tar || fail "tar is not here"

target=$(target)
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
work=$(mktemp -d "${TMPDIR:-/tmp}/partwork.XXXXXX") || fail "there is no place for temporary files"

if [ -n "$version" ]; then from=$releases/download/v$version; else from=$releases/latest/download; fi
fetch "$from/SHA256SUMS" "$work/sums"
# Each line is a sum, two spaces and a name.
found=$(sed -n "s/^\([0-9a-f]\{64\}\)  \(partwork-[0-9A-Za-z.+-]*-$target\.tar\.gz\)\$/\1 \2/p" "$work/sums")
case $found in
  '') fail "$from/SHA256SUMS names no archive for $target" ;;
  *"
"*) fail "$from/SHA256SUMS names several archives for $target" ;;
esac
wanted=${found%% *}
archive=${found#* }
named=${archive#partwork-}
named=${named%-"$target".tar.gz}
if [ -n "$version" ] && [ "$version" != "$named" ]; then
  fail "$from/SHA256SUMS is of version $named, not $version"
fi
# Of one release, also where a newer one comes meanwhile.
from=$releases/download/v$named

if [ -n "$dry" ]; then
  echo "would fetch $from/$archive"
  echo "would check that its SHA-256 sum is $wanted"
  echo "would put partwork $named into $dir"
  exit 0
fi

# Before the download, which takes a while.
mkdir -p -- "$dir" 2>/dev/null || fail "$dir can't be made; choose another folder with --dir"
[ ! -d "$dir/partwork" ] || fail "$dir/partwork is a folder"
draft=$(mktemp "$dir/.partwork.XXXXXX" 2>/dev/null) || {
  draft=''
  fail "$dir can't be written to; choose another folder with --dir"
}

echo "fetching $from/$archive"
fetch "$from/$archive" "$work/archive"
got=$(sum "$work/archive")
[ "$got" = "$wanted" ] || fail "$archive has the sum $got and not $wanted: it was cut short, or is not what was released"
# That one file, and nothing else that it may hold.
member=partwork-$named-$target/partwork
tar -xzf "$work/archive" -C "$work" "$member" 2>/dev/null || fail "$archive holds no $member"
[ -f "$work/$member" ] && [ ! -h "$work/$member" ] || fail "$member is no file"
cat "$work/$member" >"$draft" || fail "$dir has no room for it"
chmod 755 "$draft"
said=$("$draft" --version 2>/dev/null) || fail "the program doesn't run on this machine"
[ "$said" = "partwork $named" ] || fail "the program says that it is \`$said\`"
mv -f -- "$draft" "$dir/partwork" || fail "$dir/partwork can't be replaced"
draft=''

echo "the sum is right; partwork $named is $dir/partwork"
case :${PATH:-}: in
  *:"$dir":*) ;;
  *) echo "add $dir to your PATH, as by: export PATH=\"$dir:\$PATH\"" ;;
esac
echo "\`partwork new site my-site\` makes a first site; \`partwork completions\` and \`partwork man\` print the rest"
