#!/bin/sh
# Deploy a commit of main to the idle slot: deploy.sh COMMIT SLOT. The gate is asked at every step, and a shut one ends it.
# deploy-build, deploy-switch and deploy-back are the site's own: fetch and build, point the proxy, point it back.
# shellcheck disable=SC2029 # commit and slot are meant to be those of this side
set -eu
commit=$1 slot=$2
policy=${POLICY:-/etc/auditor/policies.yaml}
nas=${NAS:-deployer@nas.lan}

gate() { auditor gate -q -c "$policy" --commit "$commit" --slot "$slot" "$@"; }

gate --stage deploy --wait 15m
ssh "$nas" deploy-build "$commit" "$slot"
gate --stage switch
ssh "$nas" deploy-switch "$slot"
# 1: production is wrong, and goes back; 3: it could not be seen, which going back does not mend
gate --stage after || {
  code=$?
  [ "$code" != 1 ] || ssh "$nas" deploy-back
  exit "$code"
}
