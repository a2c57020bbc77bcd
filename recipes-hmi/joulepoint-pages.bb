SUMMARY = "The pages of Joulepoint's HMI"
DESCRIPTION = "The bundle that the daemon joulepoint-hmi serves: HTML, scripts, fonts, languages."
SECTION = "joulepoint"
# Ours is Apache-2.0; what the lock says of the packages in the bundle comes with it.
LICENSE = "Apache-2.0 & ${JOULEPOINT_NPM_LICENSES}"
LIC_FILES_CHKSUM = "file://${JOULEPOINT_TOP}/LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

SRC_URI = " \
    file://${JOULEPOINT_NPM_FOLDER}/index.html \
    file://${JOULEPOINT_NPM_FOLDER}/package.json \
    file://${JOULEPOINT_NPM_FOLDER}/public \
    file://${JOULEPOINT_NPM_FOLDER}/scripts/compress.mjs \
    file://${JOULEPOINT_NPM_FOLDER}/src \
    file://${JOULEPOINT_NPM_FOLDER}/tsconfig.json \
    file://${JOULEPOINT_NPM_FOLDER}/vite.config.ts \
"
JOULEPOINT_NPM_FOLDER = "recipes-hmi/hmi"
JOULEPOINT_NPM_TOOLS = "vite @vitejs/plugin-react"

inherit joulepoint-only joulepoint-install joulepoint-npm allarch
