#!/bin/sh
# A stand-in for the program of tonistiigi/binfmt, for machines that cannot have that: the options --install, --uninstall and
# --version, what they write to the kernel, and the status in JSON that they end with, are as its README describes them
# (https://github.com/tonistiigi/binfmt). The emulators and the patterns they are registered for are Debian's:
# /usr/bin/qemu-NAME and /etc/binfmts/qemu-NAME in this image. Like the original it ends with 0 when an emulator could not be
# installed: who calls it must look at what the kernel serves.
set -u
mount=/proc/sys/fs/binfmt_misc

# An architecture, with or without its system and variant, as the emulator's name.
emulator() {
  name=${1#linux/}
  case ${name%%/*} in
    amd64 | x86_64) echo qemu-x86_64 ;;
    arm64 | aarch64) echo qemu-aarch64 ;;
    arm | armhf | armel) echo qemu-arm ;;
    386 | i386) echo qemu-i386 ;;
    *) echo "qemu-${name#qemu-}" ;;
  esac
}

install() {
  name=$(emulator "$1")
  pattern=/etc/binfmts/$name
  if [ ! -f "$pattern" ]; then echo "installing: $1 unsupported architecture: $1" >&2; return; fi
  if [ -e "$mount/$name" ]; then echo "installing: $1 $name already registered" >&2; return; fi
  magic=$(sed -n 's/^magic //p' "$pattern")
  mask=$(sed -n 's/^mask //p' "$pattern")
  # F: the kernel opens the emulator now, so it works where this image's files are not. C, P: as upstream's image has it.
  if printf '%s' ":$name:M:0:$magic:$mask:/usr/bin/$name:CFP" >"$mount/register"; then echo "installing: $1 OK" >&2; else echo "installing: $1 failed" >&2; fi
}

uninstall() {
  name=$1
  [ -e "$mount/$name" ] || name=$(emulator "$1")
  if [ -e "$mount/$name" ] && printf '%s' -1 >"$mount/$name"; then echo "uninstalling: $name OK" >&2; else echo "uninstalling: $1 not found" >&2; fi
}

# "NAME", "NAME" for a list of names.
quoted() { sed 's/.*/    "&"/; $!s/$/,/'; }

platforms() {
  case $(uname -m) in x86_64) printf 'linux/amd64\nlinux/386\n' ;; aarch64) echo linux/arm64 ;; esac
  for name in $(emulators); do
    case $name in
      qemu-x86_64) echo linux/amd64 ;;
      qemu-aarch64) echo linux/arm64 ;;
      qemu-arm) printf 'linux/arm/v7\nlinux/arm/v6\n' ;;
      qemu-riscv64 | qemu-ppc64le | qemu-s390x) echo "linux/${name#qemu-}" ;;
    esac
  done
}

emulators() { for file in "$mount"/*; do head -n 1 "$file" 2>/dev/null | grep -qx enabled && [ "$file" != "$mount/status" ] && echo "${file##*/}"; done; }

to_install= to_uninstall=
while [ $# -gt 0 ]; do
  case $1 in
    --install | -install) to_install=${2-}; shift ;;
    --install=*) to_install=${1#*=} ;;
    --uninstall | -uninstall) to_uninstall=${2-}; shift ;;
    --uninstall=*) to_uninstall=${1#*=} ;;
    --version | -version) echo "binfmt/stand-in" >&2; exit 0 ;;
    *) echo "flag provided but not defined: $1" >&2; exit 2 ;;
  esac
  shift
done
[ -e "$mount/status" ] || mount -t binfmt_misc binfmt_misc "$mount" || exit 0
[ "$to_install" != all ] || to_install=$(cd /etc/binfmts && echo * | tr ' ' ,)
for one in $(echo "$to_uninstall" | tr , ' '); do uninstall "$one"; done
for one in $(echo "$to_install" | tr , ' '); do install "$one"; done
printf '{\n  "supported": [\n%s\n  ],\n  "emulators": [\n%s\n  ]\n}\n' "$(platforms | quoted)" "$(emulators | quoted)"
