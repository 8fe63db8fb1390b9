# To be sourced. use_debian_suite SUITE [deb|deb-src]: from here on apt-get speaks of that suite of Debian
# and nothing of the host's package state changes. SUITE may be two, "experimental,sid". Sets `cache`,
# the suite's folder in $REDBEE_TEST_CACHE. Environment: REDBEE_TEST_CACHE, DEBIAN_MIRROR.
use_debian_suite() {
  local suite=$1 kind=${2:-deb} mirror one
  mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m1 '/debian/*$')}
  cache=${REDBEE_TEST_CACHE:-$HOME/.cache/redbee-test}/debian/$suite
  [ "$kind" = deb ] || cache=$cache-source
  mkdir -p "$cache"/state/lists/partial "$cache"/archives/partial "$cache"/etc/{apt.conf.d,preferences.d}
  : > "$cache/status"
  for one in ${suite//,/ }; do
    echo "$kind [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $one main"
  done > "$cache/etc/sources.list"
  cat > "$cache/apt.conf" <<EOC
Dir::State "$cache/state"; Dir::State::status "$cache/status"; Dir::Cache "$cache"; Dir::Etc "$cache/etc";
APT::Architecture "amd64"; APT::Sandbox::User "root"; Acquire::Languages "none"; Acquire::Check-Valid-Until "false";
APT::Default-Release "${suite%%,*}";
EOC
  export APT_CONFIG=$cache/apt.conf
  compgen -G "$cache/state/lists/*$([ "$kind" = deb ] && echo Packages || echo Sources)*" > /dev/null || apt-get -qq update
}
