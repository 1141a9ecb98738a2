#!/bin/sh
# The browser for the page checks: the one that is there, else Debian's package.
# Never fails, but says loudly what it could not do: the checks that follow decide, and fail where CI is set.
[ -n "${CHROMIUM:-}" ] && exit 0
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  command -v "$name" >/dev/null && exit 0
done

if command -v apt-get >/dev/null; then
  if [ "$(id -u)" = 0 ]; then as_root=""; else as_root="sudo -n"; fi
  echo "Installing Chromium (Debian's package) for the page checks."
  $as_root apt-get update -qq >/dev/null 2>&1
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends chromium >/dev/null 2>&1
  command -v chromium >/dev/null && exit 0
fi

echo "*********************************************************************"
echo "*** NO CHROMIUM: THE BROWSER CHECKS OF THE PAGES CANNOT RUN       ***"
echo "*** They are skipped, or fail where the variable CI is set.       ***"
echo "*** Install the package chromium, then run: make pages            ***"
echo "*********************************************************************"
exit 0
