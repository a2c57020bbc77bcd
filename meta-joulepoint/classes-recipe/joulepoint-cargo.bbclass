# Builds the programs that the install manifest names, from the workspace in rust/, with the crates that Cargo.lock pins.
#
# The lock is read while the recipe is parsed: bitbake fetches each crate by its checksum, cargo never asks the network,
# and nothing that is made from the lock is committed. Compilers are meta-rust-bin's; it has no way to bring crates.

inherit joulepoint-install cargo_bin

S = "${UNPACKDIR}/rust"
JOULEPOINT_BIN = "${CARGO_BINDIR}"
JOULEPOINT_CRATES = "${UNPACKDIR}/cargo_home/bitbake"

# Names of this machine's folders do not get into a program, nor into what C a crate has with it.
EXTRA_RUSTFLAGS += "--remap-path-prefix=${WORKDIR}=${TARGET_DBGSRC_DIR}"
DEBUG_PREFIX_MAP:append = " -ffile-prefix-map=${WORKDIR}=${TARGET_DBGSRC_DIR}"
# Stripping is the packaging's, which keeps what it takes away.
export CARGO_PROFILE_RELEASE_STRIP = "false"

python () {
    rust = d.getVar("JOULEPOINT_TOP") + "/rust"
    lock, workspace = rust + "/Cargo.lock", rust + "/Cargo.toml"
    for path in (lock, workspace):
        bb.parse.mark_dependency(d, path)
    try:
        crates = joulepoint.crates.read(lock)
    except ValueError as error:
        bb.fatal(str(error))
    for crate in crates:
        d.appendVar("SRC_URI", " crate://%s/%s/%s" % (crate.registry, crate.name, crate.version))
        d.setVarFlag("SRC_URI", "%s-%s.sha256sum" % (crate.name, crate.version), crate.sha256)
    for name in ["Cargo.toml", "Cargo.lock"] + joulepoint.crates.folders(workspace):
        d.appendVar("SRC_URI", " file://rust/%s" % name)
    programs = joulepoint.manifest.programs(d.getVar("JOULEPOINT_MANIFEST"), d.getVar("JOULEPOINT_SECTION"))
    d.appendVar("EXTRA_CARGO_FLAGS", " --frozen " + " ".join("-p " + name for name in programs))
}

do_configure:append() {
    cat > ${CARGO_HOME}/config.toml <<EOF
[source.crates-io]
replace-with = "bitbake"

[source.bitbake]
directory = "${JOULEPOINT_CRATES}"
EOF
}
