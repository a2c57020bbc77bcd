# Makes recipes buildable whose neighbours are only assumed: see conf/distro/include/joulepoint-hostcheck.inc.

python () {
    # bitbake looks for what an assumed name would have left in the shared state.
    for task in ("package", "populate_sysroot", "packagedata", "package_write_deb", "deploy"):
        d.delVarFlag("do_%s_setscene" % task, "depends")
    # Packages of recipes that are not read.
    for name in [key for key in d.keys() if key.split(":")[0] in ("RDEPENDS", "RRECOMMENDS")]:
        wanted = (d.getVar(name) or "").split()
        d.setVar(name, " ".join(package for package in wanted if package.startswith(("joulepoint-", "jp"))))
}
