# The version is SemVer, and VERSION_ID is quoted: its `+` stays.
OS_RELEASE_FIELDS:append:joulepoint = " IMAGE_ID IMAGE_VERSION VARIANT_ID"
OS_RELEASE_UNQUOTED_FIELDS:joulepoint = "ID VARIANT_ID IMAGE_ID"
IMAGE_ID:joulepoint = "joulepoint"
IMAGE_VERSION:joulepoint = "${JOULEPOINT_VERSION}"
VARIANT_ID:joulepoint = "${JOULEPOINT_SIGNING}"
VERSION:joulepoint = "${JOULEPOINT_VERSION}"
PRETTY_NAME:joulepoint = "Joulepoint ${JOULEPOINT_VERSION}"
CPE_NAME:joulepoint = ""

# It holds the version, which is not part of the configuration's hash.
BB_DONT_CACHE:joulepoint = "1"
