#!/usr/bin/env bash
# What a browser does where the user's session is there already: follows redirects from the link, and prints the one that leads to the
# client. `browse.sh LINK CLIENT`.
link=$1
for _ in $(seq 10); do
  link=$(curl --silent --max-time 20 --output /dev/null --write-out '%{redirect_url}' "$link")
  case $link in "$2"*) echo "$link"; exit 0 ;; "") break ;; esac
done
echo "the provider does not lead back" >&2
exit 1
