# What is mounted where is ota/fstab, which joulepoint-update brings.
do_install:append:joulepoint() {
    rm ${D}${sysconfdir}/fstab
}
