SUMMARY = "The HMI on a screen at the cabinet"
DESCRIPTION = "WPE WebKit under Weston's kiosk shell, showing this unit's own page and nothing else."
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://${COMMON_LICENSE_DIR}/Apache-2.0;md5=89aea4e17d99a7cacdbeed46a0096b10"

SRC_URI = "file://joulepoint-page.service file://weston.conf"
S = "${UNPACKDIR}"

inherit allarch features_check joulepoint-only systemd
REQUIRED_DISTRO_FEATURES = "wayland opengl"

INHIBIT_DEFAULT_DEPS = "1"
do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install() {
    install -D -m 0644 ${S}/joulepoint-page.service ${D}${systemd_system_unitdir}/joulepoint-page.service
    install -D -m 0644 ${S}/weston.conf ${D}${systemd_system_unitdir}/weston.service.d/joulepoint.conf
}

SYSTEMD_SERVICE:${PN} = "joulepoint-page.service"
FILES:${PN} = "${systemd_system_unitdir}"
RDEPENDS:${PN} = "cog weston weston-init"
