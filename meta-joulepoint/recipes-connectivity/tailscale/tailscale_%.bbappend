# It is installed and off: a unit joins nobody's network before somebody decides so (TUN).
SYSTEMD_AUTO_ENABLE:${PN}d:joulepoint = "disable"
