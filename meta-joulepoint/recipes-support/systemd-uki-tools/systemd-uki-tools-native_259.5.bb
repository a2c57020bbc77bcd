SUMMARY = "systemd's own tools that sign a UKI and what it will measure"
DESCRIPTION = "systemd-measure and systemd-sbsign for the build machine, which no layer has: of systemd's sources as oe-core \
has them, two programs."

require recipes-core/systemd/systemd.inc

inherit native meson pkgconfig

DEPENDS = "gperf-native libcap-native openssl-native python3-jinja2-native python3-pyelftools-native tpm2-tss-native util-linux-native"

EXTRA_OEMESON = "-Dauto_features=disabled -Dopenssl=enabled -Dtpm2=enabled -Defi=true -Dbootloader=enabled -Dman=disabled -Dmode=release"
MESON_TARGET = "systemd-measure systemd-sbsign"

do_install() {
    install -d ${D}${libdir}/systemd
    install -m 0755 ${B}/systemd-measure ${B}/systemd-sbsign ${D}${libdir}/systemd/
}
