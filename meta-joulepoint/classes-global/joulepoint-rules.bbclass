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
    if boot == "fit" and d.getVar("JOULEPOINT_UNSEALED_DATA") != "accepted":
        problems.append("The data of '%s' would be open to whoever starts a system of his own on it: what U-Boot measures (PCR 8 and "
                        "9) changes with each version, so data is sealed to PCR 7, which U-Boot leaves as it is. If you accept that, "
                        "for a trial on the bench say, build with JOULEPOINT_UNSEALED_DATA=accepted in the environment." % machine)
    if d.getVar("IMX_DEFAULT_BSP") and d.getVar("ACCEPT_FSL_EULA") != "1":
        problems.append("The boot firmware of '%s' is under NXP's licence: read the file EULA in the layer meta-freescale. "
                        "If you agree to it, build with ACCEPT_FSL_EULA=1 in the environment." % machine)
    return problems

def joulepoint_key_names(d):
    """The keys that signing needs, each with what it is for."""
    if d.getVar("JOULEPOINT_BOOT") == "uki":
        boot = [("db", "Secure Boot's signature"), ("pcr", "which boots may open the data")]
    else:
        boot = [("fit", "the FIT's signature")]
    return [("rauc-sign", "the update's signature")] + boot

def joulepoint_key_problems(d):
    """What is wrong with the keys: missing, or a product's under a developer's image."""
    import os
    keys = d.getVar("JOULEPOINT_KEYS")
    have = lambda name: os.path.exists(os.path.join(keys, name))
    how = ("Make this checkout's development keys by `ota/make-dev-keys build/keys`, or name the folder that has yours in "
           "JOULEPOINT_KEYS (now %s)." % keys)
    problems = []
    if not have("rauc-ca.pem"):
        problems.append("rauc-ca.pem (who may sign an update) is missing. %s" % how)
    for name, purpose in joulepoint_key_names(d):
        if not have(name + ".pem"):
            problems.append("%s.pem (%s) is missing. %s" % (name, purpose, how))
        if not have(name + ".key") and not have(name + ".uri"):
            problems.append("The private key `%s` (%s) is missing: neither %s.key nor %s.uri (PKCS#11) is there. %s"
                            % (name, purpose, name, name, how))
    signing = d.getVar("JOULEPOINT_SIGNING")
    if signing not in ("development", "product"):
        problems.append("JOULEPOINT_SIGNING is '%s': 'development' or 'product' is needed." % signing)
    if signing == "product" and d.getVar("JOULEPOINT_IMAGE") != "joulepoint-image":
        problems.append("%s is a developer's image and is not signed with a product's keys. Build joulepoint-image, or sign with "
                        "the checkout's own keys (JOULEPOINT_SIGNING=development)." % d.getVar("JOULEPOINT_IMAGE"))
    return problems

def joulepoint_tool_problems(d):
    """What this machine lacks to sign a UKI: bitbake asks for programs by itself, not for Python's modules."""
    import subprocess
    if d.getVar("JOULEPOINT_BOOT") != "uki":
        return []
    modules = ["cryptography", "pefile"]
    missing = [m for m in modules if subprocess.run(["/usr/bin/python3", "-c", "import " + m], stderr=subprocess.DEVNULL).returncode]
    return ["/usr/bin/python3 lacks the module `%s`, which signs a UKI: install Debian's python3-%s." % (m, m) for m in missing]

python joulepoint_check_board() {
    problems = joulepoint_board_problems(d)
    if problems:
        bb.fatal("\n  ".join(problems))
}
addhandler joulepoint_check_board
joulepoint_check_board[eventmask] = "bb.event.ConfigParsed"

python joulepoint_check_keys() {
    problems = joulepoint_key_problems(d) + joulepoint_tool_problems(d)
    if problems:
        bb.fatal("\n  ".join(problems))
}
addhandler joulepoint_check_keys
joulepoint_check_keys[eventmask] = "bb.event.BuildStarted"
