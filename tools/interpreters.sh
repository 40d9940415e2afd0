#!/bin/sh
# Prints one Python interpreter per minor version that the project supports: python3, others on the PATH, pyenv's.
# Each line is "VERSION PATH". An interpreter that is too old, or that cannot create a virtual environment, is left out.
set -u
seen=""
for python in python3 python3.13 python3.12 python3.11 python3.14 \
  "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python; do
  version=$("$python" -c 'import sys, venv, ensurepip
if sys.version_info >= (3, 11) and sys.version_info.releaselevel == "final":
    print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
  case "$version $seen" in
    " "* | *" $version "*) continue ;;
  esac
  seen="$seen $version "
  echo "$version $python"
done
