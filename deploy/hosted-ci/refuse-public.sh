#!/usr/bin/env bash
# Refuse an address of a git repository that anybody may read: the raw store holds publishers' pages as they sent them,
# which we may not republish (R15). Asked without any credentials; no answer means that it is private, or not there.
set -euo pipefail
address=${1:?address of the repository of the raw store}
case $address in
*/ | *[[:space:]]*)
  echo "No repository is named for the raw store: set the variable LUKUINA_RAW_REPOSITORY." >&2
  exit 2
  ;;
esac
if GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=true git -c credential.helper= -c http.extraHeader= ls-remote --quiet "$address" >/dev/null 2>&1; then
  echo "Anybody may read $address: make it private before a night keeps the raw store there." >&2
  exit 2
fi
