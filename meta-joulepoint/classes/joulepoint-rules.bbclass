# What a build needs before it starts, and how to get it. Said in one message, before hours are spent.

def joulepoint_board_problems(d):
    """What is wrong with the machine: unknown, unmeasured, or under a licence that nobody agreed to."""
    machine = d.getVar("MACHINE")
    boot = d.getVar("JOULEPOINT_BOOT")
    if boot not in ("uki", "fit"):
        return ["Joulepoint does not know the machine '%s'. Build one of kas/joulepoint-*.yml, or describe the machine in "
                "meta-joulepoint/conf/joulepoint/%s.conf (JOULEPOINT_BOOT is '%s', 'uki' or 'fit' is needed)."
                % (machine, machine, boot or "")]
    problems = []
    measured = d.getVar("JOULEPOINT_MEASURED_BOOT")
    if measured != {"uki": "stub", "fit": "u-boot"}[boot] or "tpm2" not in (d.getVar("MACHINE_FEATURES") or "").split():
        problems.append("The machine '%s' does not measure what it starts, so its data could be opened by any other system. "
                        "It needs a TPM (MACHINE_FEATURES 'tpm2') and JOULEPOINT_MEASURED_BOOT = \"%s\" (now '%s')."
                        % (machine, {"uki": "stub", "fit": "u-boot"}[boot], measured or ""))
    if d.getVar("IMX_DEFAULT_BSP") and d.getVar("ACCEPT_FSL_EULA") != "1":
        problems.append("The boot firmware of '%s' is under NXP's licence: read the file EULA in the layer meta-freescale. "
                        "If you agree to it, build with ACCEPT_FSL_EULA=1 in the environment." % machine)
    return problems

def joulepoint_key_files(d):
    """The files that signing needs, each with what it is for."""
    files = {"rauc-ca.pem": "who may sign an update", "rauc-sign.pem": "the update's signature",
             "rauc-sign.key": "the update's signature"}
    if d.getVar("JOULEPOINT_BOOT") == "uki":
        files.update({"db.pem": "Secure Boot's signature", "db.key": "Secure Boot's signature"})
    else:
        files.update({"fit.crt": "the FIT's signature", "fit.key": "the FIT's signature"})
    return files

def joulepoint_key_problems(d):
    """What is wrong with the keys: missing, or a product's under a developer's image."""
    import os
    problems = []
    keys = d.getVar("JOULEPOINT_KEYS")
    signing = d.getVar("JOULEPOINT_SIGNING")
    if signing not in ("development", "product"):
        problems.append("JOULEPOINT_SIGNING is '%s': 'development' or 'product' is needed." % signing)
    if signing == "product" and d.getVar("JOULEPOINT_IMAGE") != "joulepoint-image":
        problems.append("%s is a developer's image and is not signed with a product's keys. Build joulepoint-image, or sign with "
                        "the checkout's own keys (JOULEPOINT_SIGNING=development)." % d.getVar("JOULEPOINT_IMAGE"))
    for name, purpose in joulepoint_key_files(d).items():
        if not os.path.exists(os.path.join(keys, name)):
            problems.append("No key: %s (%s) is not in %s. Make this checkout's development keys by "
                            "`ota/make-dev-keys build/keys`, or name a folder that has keys in JOULEPOINT_KEYS." % (name, purpose, keys))
    return problems

python joulepoint_check_board() {
    problems = joulepoint_board_problems(d)
    if problems:
        bb.fatal("\n  ".join(problems))
}
addhandler joulepoint_check_board
joulepoint_check_board[eventmask] = "bb.event.ConfigParsed"

python joulepoint_check_keys() {
    problems = joulepoint_key_problems(d)
    if problems:
        bb.fatal("\n  ".join(problems))
}
addhandler joulepoint_check_keys
joulepoint_check_keys[eventmask] = "bb.event.BuildStarted"
