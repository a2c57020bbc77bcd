//! Block maps, as bmaptool writes them: which blocks of an image hold something, and their checksums.

use std::{fmt::Write as _, path::Path};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::{Failure, failure::at};

/// Which blocks of an image hold something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// The image's size in bytes.
    pub size: u64,
    /// The size of a block.
    pub block: u64,
    /// What holds something, in order.
    pub ranges: Vec<Range>,
}

/// Blocks in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first one.
    pub first: u64,
    /// The last one.
    pub last: u64,
    /// SHA-256 over them, if the map says.
    pub sum: Option<[u8; 32]>,
}

impl Map {
    /// Where a range begins and how long it is, in bytes; the image may end within its last block.
    pub fn bytes(&self, range: &Range) -> (u64, u64) {
        let from = range.first.saturating_mul(self.block);
        let to = range.last.saturating_add(1).saturating_mul(self.block).min(self.size);
        (from, to.saturating_sub(from))
    }

    /// What lies before, between and behind the ranges: from where, and how much.
    pub fn gaps(&self) -> Vec<(u64, u64)> {
        let mut gaps = Vec::new();
        let mut end = 0_u64;
        for (from, length) in self.ranges.iter().map(|range| self.bytes(range)).chain([(self.size, 0)]) {
            if from > end {
                gaps.push((end, from.saturating_sub(end)));
            }
            end = from.saturating_add(length);
        }
        gaps
    }

    /// How much there is to write.
    pub fn mapped(&self) -> u64 {
        self.ranges.iter().map(|range| self.bytes(range).1).sum()
    }

    /// Reads a map, and checks it against its own checksum.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(at(path))?;
        Self::parse(&text).map_err(|found| Failure::Content {
            path: path.to_owned(),
            found,
            expected: "a block map of bmaptool, version 2 with SHA-256".to_owned(),
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let document = roxmltree::Document::parse(text).map_err(|error| error.to_string())?;
        let root = document.root_element();
        let field = |name: &str| {
            root.children()
                .find(|node| node.has_tag_name(name))
                .and_then(|node| node.text())
                .map(str::trim)
                .ok_or_else(|| format!("no {name}"))
        };
        let number = |name: &str| field(name)?.parse::<u64>().map_err(|error| format!("{name}: {error}"));
        if !root.attribute("version").is_some_and(|version| version.starts_with("2.")) {
            return Err("another version".to_owned());
        }
        if field("ChecksumType")? != "sha256" {
            return Err(format!("checksums by {}", field("ChecksumType")?));
        }
        let sum = field("BmapFileChecksum")?;
        // The map's own checksum is taken over the map with zeros in its place.
        let hashed = HEXLOWER.encode(&Sha256::digest(text.replacen(sum, &"0".repeat(64), 1).as_bytes()));
        if sum != hashed {
            return Err(format!("its checksum is {sum}, its content's {hashed}"));
        }
        let (size, block, count) = (number("ImageSize")?, number("BlockSize")?, number("BlocksCount")?);
        if block == 0 || !block.is_multiple_of(512) || count != size.div_ceil(block) {
            return Err(format!("{count} blocks of {block} bytes are not {size} bytes"));
        }
        let blocks = root.children().find(|node| node.has_tag_name("BlockMap")).ok_or("no BlockMap")?;
        let ranges = blocks
            .children()
            .filter(|node| node.has_tag_name("Range"))
            .map(|node| range(node.text().unwrap_or_default(), node.attribute("chksum")))
            .collect::<Result<Vec<Range>, String>>()?;
        let in_order = ranges.windows(2).all(|pair| matches!(pair, [one, next] if one.last < next.first));
        if !in_order || ranges.iter().any(|range| range.first > range.last || range.last >= count) {
            return Err("ranges that overlap or lie outside".to_owned());
        }
        let map = Self { size, block, ranges };
        let mapped: u64 = map.ranges.iter().map(|range| range.last.saturating_sub(range.first).saturating_add(1)).sum();
        if mapped != number("MappedBlocksCount")? {
            return Err(format!("{mapped} blocks in ranges, {} said", number("MappedBlocksCount")?));
        }
        Ok(map)
    }

    /// The map as bmaptool writes it.
    pub fn text(&self) -> String {
        let mapped: u64 =
            self.ranges.iter().map(|range| range.last.saturating_sub(range.first).saturating_add(1)).sum();
        let zeros = "0".repeat(64);
        let mut text = format!(
            "<?xml version=\"1.0\" ?>\n<bmap version=\"2.0\">\n    <ImageSize> {} </ImageSize>\n    <BlockSize> {} </BlockSize>\n    \
             <BlocksCount> {} </BlocksCount>\n    <MappedBlocksCount> {mapped} </MappedBlocksCount>\n    \
             <ChecksumType> sha256 </ChecksumType>\n    <BmapFileChecksum> {zeros} </BmapFileChecksum>\n    <BlockMap>\n",
            self.size,
            self.block,
            self.size.div_ceil(self.block.max(1))
        );
        for Range { first, last, sum } in &self.ranges {
            let sum = sum.map(|sum| format!(" chksum=\"{}\"", HEXLOWER.encode(&sum))).unwrap_or_default();
            let blocks = if first == last { first.to_string() } else { format!("{first}-{last}") };
            let _ = writeln!(text, "        <Range{sum}> {blocks} </Range>");
        }
        text.push_str("    </BlockMap>\n</bmap>\n");
        let sum = HEXLOWER.encode(&Sha256::digest(text.as_bytes()));
        text.replacen(&zeros, &sum, 1)
    }
}

fn range(text: &str, sum: Option<&str>) -> Result<Range, String> {
    let text = text.trim();
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.trim().parse::<u64>().map_err(|error| format!("range {text:?}: {error}"));
    let sum = sum
        .map(|sum| {
            HEXLOWER
                .decode(sum.trim().as_bytes())
                .ok()
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or_else(|| format!("checksum {sum:?}"))
        })
        .transpose()?;
    Ok(Range { first: number(first)?, last: number(last)?, sum })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> Map {
        Map {
            size: 4096 * 9 + 100,
            block: 4096,
            ranges: vec![
                Range { first: 0, last: 0, sum: Some([7; 32]) },
                Range { first: 3, last: 5, sum: Some([8; 32]) },
                Range { first: 9, last: 9, sum: None },
            ],
        }
    }

    #[test]
    fn a_map_reads_as_it_was_written() {
        let map = map();
        assert_eq!(Map::parse(&map.text()).unwrap(), map);
        assert_eq!(map.mapped(), 4096 * 4 + 100);
        assert_eq!(map.bytes(map.ranges.last().unwrap()), (4096 * 9, 100));
        assert_eq!(map.gaps(), [(4096, 4096 * 2), (4096 * 6, 4096 * 3)]);
        let nothing = Map { ranges: Vec::new(), ..map };
        assert_eq!(nothing.gaps(), [(0, 4096 * 9 + 100)]);
    }

    #[test]
    fn a_map_that_was_changed_is_refused() {
        let text = map().text();
        for (from, to) in [
            (" 3-5 ", " 3-6 "),
            ("0707", "0708"),
            ("<ImageSize> 36964", "<ImageSize> 36965"),
            ("version=\"2.0\"", "version=\"1.4\""),
            ("sha256", "sha1"),
            ("</bmap>", ""),
        ] {
            let bad = text.replacen(from, to, 1);
            assert_ne!(bad, text, "{from}");
            assert!(Map::parse(&bad).is_err(), "{from}");
        }
        // With a right checksum, but wrong in itself.
        for (from, to) in [((3, 5), (3, 9)), ((3, 5), (5, 3)), ((9, 9), (10, 10))] {
            let mut bad = map();
            for range in &mut bad.ranges {
                if (range.first, range.last) == from {
                    (range.first, range.last) = to;
                }
            }
            assert!(Map::parse(&bad.text()).is_err(), "{from:?} -> {to:?}");
        }
    }
}
