SUMMARY = "Joulepoint's daemons and tools"
DESCRIPTION = "Compiled in one go, since they share most of what they are made of; each has a package of its own."
SECTION = "joulepoint"
# Ours is Apache-2.0; what rust/deny.toml lets in is linked to it.
LICENSE = "Apache-2.0 & Apache-2.0-with-LLVM-exception & BSD-3-Clause & ISC & MIT & MIT-0 & Unicode-3.0 & Zlib"
LIC_FILES_CHKSUM = "file://${JOULEPOINT_TOP}/LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

inherit joulepoint-only joulepoint-cargo

# Keys in the TPM are asked for over its own library, which finds the TPM by a module of its own at run time.
DEPENDS += "tpm2-tss"
RDEPENDS:joulepoint-controller += "libtss2-tcti-device"
RDEPENDS:jp-factory += "libtss2-tcti-device"
RDEPENDS:jp-keys += "libtss2-tcti-device"

# The empty package: all programs that a unit has.
PROGRAMS = "${@' '.join(joulepoint.manifest.program_package(p) for p in joulepoint.manifest.programs(d.getVar('JOULEPOINT_MANIFEST'), 'daemons', ['base']))}"
RDEPENDS:${PN} += "${PROGRAMS} joulepoint-base"
ALLOW_EMPTY:${PN} = "1"
