# Installs what the install manifest names for this recipe (joulepoint-NAME: its sections [SET NAME]) and packages it.
#
# What a line needs of the checkout is fetched as file://, so that a change of it builds again. Programs are taken from
# JOULEPOINT_BIN and built trees from JOULEPOINT_TREE, which the recipe's class sets; public keys from JOULEPOINT_KEYS.

FILESEXTRAPATHS:prepend := "${JOULEPOINT_TOP}:"
S = "${UNPACKDIR}"

JOULEPOINT_MANIFEST ?= "${JOULEPOINT_TOP}/meta-joulepoint/files/install.manifest"
JOULEPOINT_SECTION ?= "${@d.getVar('BPN').replace('joulepoint-', '', 1)}"
JOULEPOINT_KEYS ?= "${JOULEPOINT_TOP}/build/keys"
# What a `conf` line's file has in it of the machine.
JOULEPOINT_COMPATIBLE ?= "joulepoint-${MACHINE}"
JOULEPOINT_BOOTLOADER ?= "efi"
JOULEPOINT_BOOTLOADER_OPTIONS ?= "efi-use-bootnext=true"
JOULEPOINT_BIN ?= ""
JOULEPOINT_TREE ?= ""

# The product's version is the workspace's: it stands once.
PV = "${@joulepoint.crates.version(d.getVar('JOULEPOINT_TOP') + '/rust/Cargo.toml')}"

python () {
    path = d.getVar("JOULEPOINT_MANIFEST")
    bb.parse.mark_dependency(d, path)
    bb.parse.mark_dependency(d, d.getVar("JOULEPOINT_TOP") + "/rust/Cargo.toml")
    try:
        entries = joulepoint.manifest.of_package(path, d.getVar("JOULEPOINT_SECTION"))
    except ValueError as error:
        bb.fatal(str(error))
    for source in joulepoint.manifest.sources(entries):
        d.appendVar("SRC_URI", " file://%s" % source)
    for entry in entries:
        if entry.kind != "key":
            continue
        key = "%s/%s" % (d.getVar("JOULEPOINT_KEYS"), entry.source)
        bb.parse.mark_dependency(d, key)
        if not os.path.exists(key):
            raise bb.parse.SkipRecipe("there is no %s: ota/make-dev-keys build/keys makes this checkout's own, "
                "for a product set JOULEPOINT_KEYS to the folder of its public keys" % key)
        d.appendVarFlag("do_install", "file-checksums", " %s:True" % key)
    places = {
        "root": "${D}",
        "top": "${UNPACKDIR}",
        "bin": "${JOULEPOINT_BIN}",
        "tree": "${JOULEPOINT_TREE}",
        "key": "${JOULEPOINT_KEYS}",
        "COMPATIBLE": "${JOULEPOINT_COMPATIBLE}",
        "BOOTLOADER": "${JOULEPOINT_BOOTLOADER}",
        "BOOTLOADER_OPTIONS": "${JOULEPOINT_BOOTLOADER_OPTIONS}",
    }
    d.setVar("JOULEPOINT_INSTALL", joulepoint.manifest.commands(entries, places))
    programs = [entry for entry in entries if entry.kind == "bin"]
    for entry in programs:
        package = joulepoint.manifest.program_package(entry.source)
        d.prependVar("PACKAGES", package + " ")
        d.setVar("FILES:" + package, entry.destination)
    d.appendVar("FILES:" + d.getVar("PN"), " " + " ".join(e.destination for e in entries if e not in programs))
}

do_install() {
    ${JOULEPOINT_INSTALL}
}
