# Runs the script `build` of package.json with the packages that package-lock.json pins, as far as the build needs them:
# the dependencies, and of the development tools those in JOULEPOINT_NPM_TOOLS.
#
# The lock is read while the recipe is parsed. Each package is a tarball with a checksum and a folder below node_modules, so
# bitbake fetches and unpacks; npm does not run, no package's own script does, and the network is off.

DEPENDS += "nodejs-native"

# Names the packages; whoever keeps a mirror sets another or uses PREMIRRORS.
JOULEPOINT_NPM_REGISTRY ?= "https://registry.npmjs.org"
JOULEPOINT_NPM_TOOLS ?= ""
# Where package.json is, from the top of the checkout.
JOULEPOINT_NPM_FOLDER ?= ""

S = "${UNPACKDIR}/${JOULEPOINT_NPM_FOLDER}"
JOULEPOINT_TREE = "${S}/dist"

JOULEPOINT_NPM_LOCK = "${JOULEPOINT_TOP}/${JOULEPOINT_NPM_FOLDER}/package-lock.json"
# For the recipe's LICENSE: what the lock says of the packages that get into the bundle.
JOULEPOINT_NPM_LICENSES = "${@joulepoint.npm.licences(d.getVar('JOULEPOINT_NPM_LOCK'))}"

python () {
    lock = d.getVar("JOULEPOINT_NPM_LOCK")
    bb.parse.mark_dependency(d, lock)
    cpu = {"x86_64": "x64", "aarch64": "arm64"}.get(d.getVar("BUILD_ARCH"))
    if not cpu:
        raise bb.parse.SkipRecipe("the tools that build it run on x86-64 and arm64, not on %s" % d.getVar("BUILD_ARCH"))
    try:
        packages = joulepoint.npm.read(lock, (d.getVar("JOULEPOINT_NPM_TOOLS") or "").split(), cpu)
    except ValueError as error:
        bb.fatal(str(error))
    links = []
    for package in packages:
        d.appendVar("SRC_URI", " ${JOULEPOINT_NPM_REGISTRY}/%s;name=%s;downloadfilename=npm-%s.tgz;subdir=%s/%s;striplevel=1"
            % (package.tarball, package.key, package.key, d.getVar("JOULEPOINT_NPM_FOLDER"), package.path))
        d.setVarFlag("SRC_URI", package.key + ".sha512sum", package.sha512)
        links += ["ln -sf ../%s/%s node_modules/.bin/%s" % (package.name, file, name) for name, file in package.binaries.items()]
        links += ["chmod +x %s/%s" % (package.path, file) for file in package.binaries.values()]
    d.setVar("JOULEPOINT_NPM_LINKS", "\n".join(links))
}

do_configure() {
    mkdir -p node_modules/.bin
    ${JOULEPOINT_NPM_LINKS}
}

do_compile() {
    rm -rf dist
    script=$(node -p "require('./package.json').scripts.build")
    PATH="${S}/node_modules/.bin:$PATH" sh -ec "$script"
}
do_configure[dirs] = "${S}"
do_compile[dirs] = "${S}"
