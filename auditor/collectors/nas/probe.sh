#!/bin/sh
# The auditor's probe: it looks at this machine once, prints what it saw, and changes nothing. It writes no file, runs no
# git, executes nothing that lies below $root; its only requests are GETs to the slots on 127.0.0.1. It reads below $root
# without following links, Docker's facts of the slots, the proxy's files. It takes no argument, no SSH_ORIGINAL_COMMAND;
# installed, it reads one line, "nonce=LOG:FRAME:KEY", hex only. Of env files no value leaves this machine but those of
# PUBLIC_* keys; others as an HMAC, if the policy asks for them. By the names nas-audit-docker and nas-audit-proxy, which
# root owns and sudoers lists, it does that one part alone. Start reading at `visit`, near the end: the order of things.
# --- constants of this site, written by `auditor probe` ---
PATH=/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin:/usr/syno/bin
root=/volume2/docker/archicratie-web
docker_mode=auto
proxy_kind=dsm
site_origin=https://archicratie.example
stamp_path=''
each_slot() { "$@" 0 8081 web_blue; "$@" 1 8082 web_green; }
each_page() { "$@" /; }
each_proxy_file() { "$@" /usr/syno/etc/www/ReverseProxy.json; }
each_own_file() { "$@" .env; }
each_pruned() { "$@" node_modules; "$@" .astro; }
tree() { find . -xdev \( -path ./.git -o -path ./node_modules -o -path ./.astro \) -type d -prune -o "$@"; }
whole() { find . -xdev \( -name .git -o -path '*/node_modules' -o -path '*/.astro' \) -type d -prune -o "$@"; }
# --- end of the constants ---
# Nothing of the caller's environment counts. POSIX mode makes bash prefer `unset` to an imported function of that name.
POSIXLY_CORRECT=1
unset -f unalias command printf read test '[' cd pwd umask echo true head tail find stat sha256sum readlink tar base64 \
    tr awk sed grep sort wc cat tee date df id uname ls sh sudo docker curl wget timeout synowebapi exit export set shift
unset IFS CDPATH TAR_OPTIONS GREP_OPTIONS WGETRC DOCKER_CONTEXT log frame key self && set -uf && umask 077
LC_ALL=C HOME=/nonexistent DOCKER_CONFIG=/nonexistent && export PATH LC_ALL HOME DOCKER_CONFIG
case ${DOCKER_HOST-} in unix://*) ;; *) unset DOCKER_HOST ;; esac # never a daemon across the network
helpers=/usr/local/sbin tab=$(printf '\t') newline='
'
odd="*[\\\\$(printf '\r')$newline]*" # names that lines can't carry: GNU's sha256sum escapes them, busybox's doesn't
most_files=200000 most_bytes=20971520 largest=4194304 shortest_value=8 older_seconds=120 sections=0
# --- framing (auditor/transports/frames.py) ---
section() { # NAME COMMAND…: what it prints, sealed with status, length, sha256; $frame is never exported nor an argument
    name=$1 sections=$((sections + 1)) && shift
    echo "$frame BEGIN $sections $name"
    seal=$({
        { "$@" </dev/null 3>&- 4>&-; echo "$?" >&4; } |
            { tee -a /proc/self/fd/3 /proc/self/fd/5 | sha256sum >&4; } 5>&1 | wc -c >&4 # pipes that are open already
    } 4>&1)
    # shellcheck disable=SC2086 # status, sha256, "-", length
    set -- $seal
    printf '\n%s END %s %s %s %s %s\n' "$frame" "$sections" "$name" "${1:-?}" "${4:-?}" "${2:-?}"
}
record() { # NAME COMMAND…: the name, a NUL, what it prints and complains of, a NUL; the record `end` is the last one
    printf '%s\0' "$1" && shift && "$@" 2>&1 | head -c "$largest" | tr -d '\000' && printf '\0'
}
listed() { # COMMAND…: its lines, capped, then a NUL and what it complained of
    { complaints=$({ "$@" 2>&3 | head -n "$most_files" >&6; } 3>&1 | { head -c 4096; cat >/dev/null; }); } 6>&1
    printf '\0%s' "$complaints"
}
within() { if [ $limited = yes ]; then timeout "$@"; else shift && "$@"; fi; } # SECONDS COMMAND…
# --- the machine ---
tools() { for tool in curl wget docker synowebapi sudo timeout git; do command -v $tool; done; }
machine() {
    record clock date -u +%s; record user id -un; record kernel uname -srm; record dsm cat /etc.defaults/VERSION
    record tools tools; record disk df -Pk "$root"; record root pwd -P; record sudo sudo -n -l
    [ -z "$self" ] || record script sha256sum "$self"; record end true
}
# --- the site's folder ---
below_root() { case $(pwd -P)/ in "$root"/*) ;; *) return 1 ;; esac; }
last_lines() { for f; do if [ -f "$f" ] && [ ! -L "$f" ]; then tail -n 1 "$f"; fi; done; }
chain() { # each link that `current` goes through NUL its text NUL, NUL, the folder at its end NUL git's HEAD and last log
    link=current
    for _ in 1 2 3 4 5 6 7 8; do
        [ -L "$link" ] || break
        target=$(readlink -n "$link" && echo /) && target=${target%/}
        printf '%s\0%s\0' "$link" "$target"; case $target in /*) link=$target ;; *) link=${link%"${link##*/}"}$target ;; esac
    done
    printf '\0%s\0%s\0' "$(if [ -d current ]; then cd -P current && pwd -P; elif [ -e current ]; then echo other; fi)" \
        "$(cd -P current && below_root && [ ! -L .git ] && last_lines .git/HEAD .git/logs/HEAD)"
} 2>/dev/null
hashes() { tree -type f ! -path "$odd" -exec sha256sum {} +; }
stats() { tree ! -type d ! -type l ! -path "$odd" -exec stat -c '%f %s %Y %n' {} +; }
odd_files() { # links, and names with a backslash or the end of a line: name NUL stat NUL text of the link or sha256 NUL
    # shellcheck disable=SC2016 # the inner shell expands it: names are its arguments, never its program
    tree ! -type d \( -type l -o -path "$odd" \) -exec sh -c 'for f do
        printf "%s\0%s\0" "$f" "$(stat -c "%f %s %Y" "$f")"
        if [ -L "$f" ]; then readlink -n "$f"; elif [ -f "$f" ]; then sha256sum <"$f"; fi
        printf "\0"
    done' sh {} +
}
pruned() { # folder NUL how many files NUL
    [ ! -d "$1" ] || [ -L "$1" ] || printf '%s\0%s\0' "$1" "$(find "./$1" -xdev ! -type d -print0 | tr -dc '\000' | wc -c)"
}
git_files() { # of .git, or of the folder that a file of that name points to, and its common folder
    git=.git common='' && if [ -L .git ]; then return 0; elif [ -f .git ]; then IFS= read -r git <.git && git=${git#gitdir: }; fi
    [ -f "$git/commondir" ] && IFS= read -r common <"$git/commondir"
    (cd -P "$git" && below_root && small_files)
    [ -z "$common" ] || (cd -P "$git" && cd -P "$common" && below_root && small_files)
} 2>/dev/null
small_files() { # folder NUL last line of HEAD's log NUL names of files that are too large NUL the others, tar as base64 NUL
    set --
    for f in HEAD config config.worktree packed-refs refs reftable index FETCH_HEAD shallow info hooks index.lock MERGE_HEAD \
        objects/info/alternates CHERRY_PICK_HEAD REVERT_HEAD BISECT_LOG rebase-merge/onto rebase-apply/onto; do
        [ ! -e "$f" ] || set -- "$@" "$f"
    done
    printf '%s\0%s\0%s\0%s\0' "$(pwd -P)" "$(last_lines logs/HEAD)" "$(find "$@" -type f -size +16384k)" "$({
        find . -name . -o -type d -prune -o -name 'sharedindex.*' -type f -size -16385k -exec tar cf - {} +
        find "$@" \( -type f -o -type l \) ! -name '*.sample' -size -16385k -exec tar cf - {} +
    } | base64)"
}
build_files() { # FIND…: compose files, Dockerfiles, .dockerignores as tar
    "$@" -type f \( -name 'docker-compose*.y*ml' -o -name 'compose*.y*ml' -o -name '*Dockerfile*' -o -name Containerfile \
        -o -name '*.dockerignore' \) -size -257k -exec tar cf - {} + || :
} 2>/dev/null
about() { # name NUL state NUL folder NUL mtime NUL what .git is NUL, then the pruned folders
    printf '%s\0%s\0%s\0%s\0%s\0' "$1" "$2" "$(pwd -P)" "$(stat -c %Y .)" "$(
        if [ -L .git ]; then echo link; elif [ -d .git ]; then echo folder; elif [ -f .git ]; then echo file; fi)"
    [ "$2" = late ] || each_pruned pruned
}
release() { # NAME STATE: the one whose folder this shell is in; STATE is active, older or late
    number=$((number + 1)) && section "release.$number" about "$1" "$2"
    [ "$2" != late ] || return 0
    section "release.$number.git" git_files; section "release.$number.hashes" listed hashes
    section "release.$number.stats" listed stats; section "release.$number.odd" listed odd_files
    [ "$2" != active ] || section build.release build_files tree
}
releases() {
    number=-1 state=older active=$(cd -P current 2>/dev/null && below_root && pwd -P)
    if [ -n "$active" ] && cd -P "$active"; then release '' active; fi
    cd -P "$root" || return
    until=$(($(date -u +%s) + older_seconds))
    set -- && set +f && for folder in releases/*; do set -- "$folder" "$@"; done && set -f
    for folder in "$@"; do # newest name first
        if [ -L "$folder" ] || ! cd -P "./$folder"; then continue; fi
        if [ -d app ] && [ ! -L app ]; then cd -P app || :; fi
        if [ "$(date -u +%s)" -ge "$until" ]; then state=late; fi
        if below_root && [ "$(pwd -P)" != "$active" ]; then release "${folder#releases/}" $state; fi
        cd -P "$root" || return
    done
}
top() { find releases -maxdepth 1 ! -type d -exec stat -c '%f %s %Y %n' {} +; } # links and files among the releases
# --- env files ---
env_keys() { # name TAB 0|1 TAB value for `printf %b`, as auditor's own parser reads them
    tr -d '\r' | awk -v quotes="\"'\`" '
    function encoded(s, part, n, i, out) {
        n = split(s, part, /\\/); out = part[1]; for (i = 2; i <= n; i++) out = out "\\0134" part[i]
        gsub(/\n/, "\\0012", out); gsub(/\t/, "\\0011", out); return out
    }
    function closing(quote, i, c) { # where it ends; a backslash counts within double quotes alone
        for (i = 2; (c = substr(text, i, 1)) != quote && c != ""; i++) if (c == "\\" && quote == "\"") i++
        return c == "" ? 0 : i
    }
    { text = text $0 "\n" }
    END { for (sub(/^\357\273\277/, "", text); text != ""; text = (end = index(text, "\n")) ? substr(text, end + 1) : "") {
        end = 0; value = ""
        if (match(text, /^[ \t]*(export[ \t]+)?[A-Za-z_][A-Za-z0-9_.-]*[ \t]*(=|:[ \t])[ \t]*/)) {
            name = substr(text, 1, RLENGTH); text = substr(text, RLENGTH + 1)
            sub(/^[ \t]*/, "", name); sub(/[ \t]*[=:][ \t]*$/, "", name); sub(/^export[ \t]+/, "", name)
            quote = substr(text, 1, 1); if (index(quotes, quote)) end = closing(quote)
            if (end) { value = substr(text, 2, end - 2); text = substr(text, end + 1) } else {
                value = substr(text, 1, index(text, "\n") - 1); text = substr(text, length(value) + 1)
                if (match(value, /(^|[ \t])#/)) value = substr(value, 1, RSTART - 1)
                gsub(/^[ \t]+|[ \t]+$/, "", value)
            }
            printf "%s\t%d\t%s\n", name, value != "", encoded(value)
        }
        if (!end && (value ~ /-----BEGIN / || text ~ /^[^\n]*-----BEGIN /)) # the lines of a bare key are no names
            text = (end = index(text, "-----END")) ? substr(text, end) : ""
    } }'
}
hmac() { # HMAC-SHA256 (RFC 2104) of what `printf %b "$1"` gives; its key is $key as text, xor 0x36, then xor 0x5c
    inner=$({ printf %s "$key" | tr 0123456789abcdef '\006\007\004\005\002\003\000\001\016\017WTURSP'
        printf 66666666666666666666666666666666 && printf %b "$1"; } | sha256sum | awk -v d=0123456789abcdef '{
        for (i = 1; i < 64; i += 2) printf "\\0%o", 16 * index(d, substr($1, i, 1)) + index(d, substr($1, i + 1, 1)) - 17 }')
    { printf %s "$key" | tr 0123456789abcdef 'lmnohijkde=>?89:'
        printf %032d 0 | tr 0 '\134'; printf %b "$inner"; } | sha256sum | head -c 64
}
is_own() { case $1 in */"$2") echo yes ;; esac; }
env_file() { # name NUL stat NUL start of `ls -l` NUL `read`, a line per key: name TAB 0|1 TAB =value or #hmac or nothing NUL
    printf '%s\0%s\0%s\0' "$1" "$(stat -c '%f %s %Y' "$1")" "$(find "$1" -prune -exec ls -ld {} + | head -c 11)"
    own=$(each_own_file is_own "$1") && [ -f "$1" ] && [ ! -L "$1" ] && [ -r "$1" ] && echo read && head -c 65536 "$1" |
        env_keys | while IFS="$tab" read -r name full value; do
            plain=$(printf %b "$value") shown=''
            case $name in PUBLIC_*) shown="=$value" ;;
            *) if [ -n "$own" ] && [ ${#plain} -ge $shortest_value ]; then shown="#$(hmac "$value")"; fi ;; esac
            printf '%s\t%s\t%s\n' "$name" "$full" "$shown"
        done
    printf '\0'
}
env_files() {
    whole -iname '.env*' ! -type d ! -path "*$newline*" -print | head -n 1000 | while IFS= read -r f; do env_file "$f"; done
    whole -iname '.env*' ! -type d -path "*$newline*" -exec printf '%s\0\0\0\0' {} \; || :
} 2>/dev/null
# --- Docker's facts of the slots; env, labels and history are judged at home, in memory, and dropped ---
find_docker() { # by which door
    docker=$(command -v docker) docker_by=none
    if [ $docker_mode = none ]; then docker_by=not-asked
    elif [ $docker_mode != sudo ] && [ -n "$docker" ] && within 20 "$docker" ps -q; then docker_by=direct
    elif [ $docker_mode != direct ] && sudo -n -l "$helpers/nas-audit-docker"; then docker_by=helper
    elif [ $docker_mode != direct ] && [ -n "$docker" ] && sudo -n -l "$docker"; then docker_by=sudo; fi
} >/dev/null 2>&1
ask() { if [ "$docker_by" = sudo ]; then within 30 sudo -n "$docker" "$@"; else within 30 "$docker" "$@"; fi; }
helper() { printf 'nonce=%s:%s:%s\n' "$log" "$frame" "$key" | sudo -n "$helpers/$1"; }
docker_facts() {
    record by echo "$docker_by"
    case $docker_by in helper) helper nas-audit-docker ;;
    direct | sudo) record version ask version --format '{{json .}}' && each_slot container ;; esac; record end true
}
container() { # NUMBER PORT [CONTAINER]: the one of that name, else one that publishes the port
    holders=$(ask ps -aq --no-trunc --filter "publish=$2" 2>/dev/null) images='' id=''
    record "$1.holders" echo "$holders"
    for id in ${3+"$3"} $holders; do
        images=$(ask inspect --type container --format '{{.Image}} {{.Config.Image}}' "$id" 2>/dev/null) && break
    done
    [ -z "$id" ] || record "$1.container" ask inspect --type container --format '{{json .}}' "$id"
    [ -n "$images" ] || return 0
    record "$1.image" ask inspect --type image --format '{{json .}}' "${images%% *}"
    record "$1.tag" ask inspect --type image --format '{{.Id}}' "${images#* }"
    record "$1.history" ask history --no-trunc --format '{{json .}}' "${images%% *}"
    record "$1.changes" ask diff "$id"; record "$1.visit" find_visit "$id"
    [ -z "$stamp_path" ] || record "$1.stamp" stamp "$id"
}
stamp() { ask cp "$1:$stamp_path" - 2>/dev/null | head -c 65536 | base64; }
find_visit() { # did it log the request that the auditor made of the public site? No line of the log leaves this machine
    { ask logs --since 30m "$1" 2>&1 && printf '\nlog read\n'; } | sed -n "s/.*__auditor-$log.*/seen/p;\$s/^log read\$/read/p"
}
# --- the proxy's rules ---
proxy_file() { # plain first, then by sudo; which one it was
    if text=$(cat "$1" 2>&1); then record "plain $1" printf %s "$text"
    elif text=$(sudo -n cat "$1" 2>/dev/null); then record "sudo $1" printf %s "$text"; else record "failed $1" cat "$1"; fi
}
proxy_facts() {
    each_proxy_file proxy_file
    [ $proxy_kind = dsm ] && api=$(command -v synowebapi) &&
        record synowebapi within 20 "$api" --exec api=SYNO.Core.AppPortal.ReverseProxy method=list version=1
    if [ -z "$role" ] && sudo -n -l "$helpers/nas-audit-proxy" >/dev/null 2>&1; then helper nas-audit-proxy; fi
    record end true
}
# --- what the slots answer: the pages, then to depth two the scripts that they name ---
find_fetcher() {
    if command -v curl; then fetcher=curl; elif wget --version | grep GNU; then fetcher=wget; else fetcher=busybox; fi
} >/dev/null 2>&1
fetch() {
    case $fetcher in curl) curl -q -g -s -i --path-as-is --max-time 20 --max-redirs 0 --noproxy '*' -H 'Cache-Control: no-cache' "$1" ;;
    wget) wget -q -O - --save-headers --content-on-error --max-redirect=0 --tries=1 --timeout=20 --no-proxy --no-hsts "$1" ;;
    busybox) within 20 wget -q -S -O - -Y off "$1" 2>&1 ;; # not -T: it crashes Debian's
    esac 2>/dev/null; }
veiled() { # of an answer what it is; of its body the names of keys and the kinds of lines alone
    awk -v plain="${fetcher#busybox}" '!body && /^[ \r]*$/ { body = 1; print; next }
    !body && /^ *(HTTP\/|[Cc]ontent-[Tt]ype:)/ { print; next } !body { if (plain != "" || /^  /) next; body = 1 }
    /[^ \t\r]/ && !seen++ && /^[ \t]*</ { print "<html"; exit } /^ref: refs\// { print "ref: refs/" }
    /^[ \t]*(export[ \t]+)?[A-Za-z_][A-Za-z0-9_.]*[ \t]*=/ { sub(/=[ \t]*[^ \t\r].*/, "=x"); print }
    /^[ \t]*\[(core|remote|branch)/ { print "[core]" } /^[0-9a-f]+[ \t\r]*$/ && length($0) > 39 { printf "%040d\n", 0 }'
}
page() { # path NUL depth NUL the raw answer as base64 NUL
    case $seen in *" $1 "*) return 0 ;; esac
    if [ "$files" -ge 200 ] || [ "$bytes" -ge $most_bytes ]; then capped=yes && return 0; fi
    seen="$seen$1 " files=$((files + 1))
    body=$(fetch "http://127.0.0.1:$port$1" | head -c $largest | $veil | base64 | tr -d '\n')
    bytes=$((bytes + ${#body} * 3 / 4))
    printf '%s\0%s\0%s\0' "$1" "$depth" "$body"
    if [ "$depth" -lt 2 ]; then found="$found $(printf %s "$body" | base64 -d | scripts_of "$1")"; fi
}
scripts_of() { # the same-origin script paths that a text names, absolute; $1 is its own path
    tr -cs 'A-Za-z0-9_@%+~./:?=-' '\n' | awk -v own="$1" -v origin="$site_origin" '
    BEGIN { folder = own; sub(/[^\/]*$/, "", folder) } { sub(/^[^?\/]*=/, "") }
    index($0, origin "/") == 1 { $0 = substr($0, length(origin) + 1) }
    !/[^\/]\.m?js(\?|$)/ || /^\/\// || /:/ { next }
    !/^\// { $0 = (own ~ /\.m?js(\?|$)/ && !/^\.\.?\// ? "/" : folder) $0 } # bundles name scripts from the root
    { while (sub(/\/\.\//, "/") || sub(/^\/\.\.\//, "/") || sub(/\/[^\/]+\/\.\.\//, "/")); if (!seen[$0]++) print }'
}
pages() { # NUMBER PORT
    port=$2 seen=' ' files=0 bytes=0 capped=no depth=3 found='' veil=veiled # first what nobody may serve
    for path in /.env /.env.local /.env.production /.env.production.local /.env.backup /.git/HEAD /.git/config; do page $path; done
    depth=0 veil=cat seen=' ' files=0 && each_page page && page /__auditor-not-found
    for depth in 1 2; do scripts=$found found='' && for path in $scripts; do page "$path"; done; done
    printf 'end\0%s\0%s\0' "$fetcher" $capped
}
slot() { section "pages.$1" pages "$@"; }
# --- the visit ---
nonces() { # three times 32 hex digits: from the one line that an installed copy reads, else from what precedes this script
    role='' self=''
    case ${0##*/} in nas-audit | nas-audit-docker | nas-audit-proxy)
        self=$0 role=${0##*nas-audit} line=$(head -c 105) && nonce_log=${line#nonce=} nonce_key=${line##*:}
        nonce_frame=${nonce_log#*:} nonce_log=${nonce_log%%:*} && nonce_frame=${nonce_frame%%:*}
        [ "$line" = "nonce=$nonce_log:$nonce_frame:$nonce_key" ] || nonce_log='' ;;
    esac
    log=${nonce_log-} frame=${nonce_frame-} key=${nonce_key-} && unset nonce_log nonce_frame nonce_key
    case ${#log}:${#frame}:${#key}:$log$frame$key in *:*:*:*[!0-9a-f]*) ;; 32:32:32:*) return 0 ;; esac
    echo 'nas-audit: no nonce of three times 32 hex digits' >&2 && exit 64
}
site() { section current chain; releases; section top listed top; section env env_files
    section build.root build_files find . -maxdepth 1; }
visit() {
    echo "$frame OPEN 1" && find_docker && find_fetcher
    real=$(cd -P "$root" && pwd -P) && cd -P "$real" && root=$real || real=''
    section machine machine; [ -z "$real" ] || site
    section docker docker_facts; section proxy proxy_facts; each_slot slot
    [ -z "$real" ] || section current.end chain; section end date -u +%s && echo "$frame DONE $sections"
}
main() {
    limited=no && timeout 5 true 2>/dev/null && limited=yes
    case $role in -docker) find_docker && docker_facts ;; -proxy) proxy_facts ;;
    *) { visit; } 3>&1 | cat ;; esac # `cat` makes the answer a pipe, which `tee` can open again; sshd may give a socket
}
nonces
main </dev/null
