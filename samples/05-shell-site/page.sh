#!/bin/sh
# page.sh FILE: makes a web page of a small markdown file, on standard output.
set -eu
title=$(sed -n 's/^# //p' "$1" | head -n 1)
cat <<EOF
<!doctype html>
<title>$title</title>
<h1>$title</h1>
EOF
sed -e '/^# /d' -e '/^$/d' -e 's/.*/<p>&<\/p>/' "$1"
