//! Sticks: what lies in their top folders. A root unit mounts them, read-only, one folder a partition.

use std::{
    fs,
    path::{Path, PathBuf},
};

use api::update::{UsbBundle, UsbBundles};

/// At most so many are told of.
const MOST: usize = 100;

/// Every bundle.
pub(super) fn bundles(dir: &Path) -> UsbBundles {
    let mut bundles: Vec<UsbBundle> = folders(dir)
        .flat_map(|(stick, folder)| {
            let files = fs::read_dir(folder).into_iter().flatten().flatten();
            files.filter_map(move |file| {
                let name = file.file_name().into_string().ok().filter(|name| is_bundle(name))?;
                let meta = file.metadata().ok().filter(fs::Metadata::is_file)?;
                Some(UsbBundle { name: format!("{stick}/{name}"), size: meta.len() })
            })
        })
        .take(MOST)
        .collect();
    bundles.sort_by(|one, other| one.name.cmp(&other.name));
    UsbBundles { bundles }
}

fn is_bundle(name: &str) -> bool {
    // Sticks are filled on all kinds of machines.
    Path::new(name).extension().is_some_and(|kind| kind.eq_ignore_ascii_case("raucb"))
}

fn folders(dir: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    let listed = fs::read_dir(dir).into_iter().flatten().flatten();
    listed.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundles_in_the_top_folders_are_told() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(bundles(&dir.path().join("none")).bundles, []);
        fs::create_dir_all(dir.path().join("sda1/deeper")).unwrap();
        fs::create_dir(dir.path().join("sdb1")).unwrap();
        for (file, text) in
            [("sdb1/b.raucb", "12"), ("sda1/a.raucb", "1"), ("sda1/x.txt", ""), ("sda1/deeper/c.raucb", "")]
        {
            fs::write(dir.path().join(file), text).unwrap();
        }
        let found: Vec<(String, u64)> = bundles(dir.path()).bundles.into_iter().map(|b| (b.name, b.size)).collect();
        assert_eq!(found, [("sda1/a.raucb".to_owned(), 1), ("sdb1/b.raucb".to_owned(), 2)]);
    }
}
