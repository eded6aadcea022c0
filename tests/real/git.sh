# SPDX-License-Identifier: MIT
# git makes the same history.

. "$MTR_SRC/tests/real/real.sh"
need git

cat >"$mtr_tmp/script" <<'SCRIPT'
set -e
rm -rf repository
git init -q repository
cd repository
for i in 1 2 3 4 5 6 7 8; do
    seq "$i" "$((i * 900))" >numbers
    mkdir -p "d$i"
    seq "$((i * 7))" 3 "$((i * 5000))" >"d$i/more"
    git add .
    git commit -q -m "change $i"
done
git checkout -q -b side HEAD~3
echo side >side
git add side
git commit -q -m side
git merge -q -m merged -
git log --stat --format='%H %an %ad %s'
git diff HEAD~4 | sha256sum
git blame numbers | tail -n 3
git -c pack.threads=2 gc -q
git fsck --full
git grep -c 99 | sort
git count-objects
cd ..
SCRIPT

# nothing of the user's own
HOME=$mtr_tmp
GIT_CONFIG_NOSYSTEM=1
GIT_AUTHOR_NAME=Someone GIT_AUTHOR_EMAIL=someone@example.org
GIT_COMMITTER_NAME=Someone GIT_COMMITTER_EMAIL=someone@example.org
GIT_AUTHOR_DATE='2001-02-03T04:05:06Z' GIT_COMMITTER_DATE='2001-02-03T04:05:06Z'
export HOME GIT_CONFIG_NOSYSTEM GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL \
    GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_AUTHOR_DATE GIT_COMMITTER_DATE
unset XDG_CONFIG_HOME GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE

cd "$mtr_tmp" || exit 99
real git sh script
