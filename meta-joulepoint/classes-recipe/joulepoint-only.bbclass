# A recipe that means something in the Joulepoint distribution alone.
python () {
    if not d.getVar("JOULEPOINT_BOOT"):
        raise bb.parse.SkipRecipe("it belongs to the distribution `joulepoint`, on a machine that it knows")
}
