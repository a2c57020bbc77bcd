//! The React bundle. Read whole at the start: a few hundred kilobytes, and no path of a request ever reaches a disk.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use ring::digest;
use shell::Problem;

use crate::sessions::hex;

/// Vite puts a digest of the content into the name of everything below this folder.
const HASHED: &str = "/assets/";
/// More files than a bundle ever has: somebody named a wrong folder.
const MAX_FILES: usize = 2_000;
/// A bundle larger than this does not belong in memory.
const MAX_BYTES: usize = 32 * 1024 * 1024;

#[derive(Debug, Default)]
struct Asset {
    plain: Option<Bytes>,
    gzip: Option<Bytes>,
    brotli: Option<Bytes>,
    etag: Option<HeaderValue>,
}

/// The files by their URL path.
#[derive(Debug)]
pub struct Assets {
    files: HashMap<String, Asset>,
}

impl Assets {
    /// Reads the folder. A folder that is not there is no error: the API works without pages, and `/` says so.
    pub fn read(dir: &Path) -> io::Result<Self> {
        let mut files: HashMap<String, Asset> = HashMap::new();
        let mut pending = vec![(dir.to_owned(), String::from("/"))];
        let (mut count, mut bytes) = (0, 0);
        while let Some((dir, prefix)) = pending.pop() {
            for (path, name, is_dir) in list(&dir)? {
                if is_dir {
                    pending.push((path, format!("{prefix}{name}/")));
                    continue;
                }
                let content = Bytes::from(std::fs::read(&path)?);
                count += 1;
                bytes += content.len();
                if count > MAX_FILES || bytes > MAX_BYTES {
                    return Err(io::Error::other(format!("more than {MAX_FILES} files or {MAX_BYTES} bytes")));
                }
                insert(&mut files, format!("{prefix}{name}"), content);
            }
        }
        if !files.contains_key("/index.html") {
            tracing::warn!(folder = %dir.display(), "there is no index.html: only the API is served");
        }
        Ok(Self { files })
    }

    /// The answer to a `GET`.
    pub(crate) fn answer(&self, path: &str, headers: &HeaderMap) -> Response {
        let name = if path == "/" { "/index.html" } else { path };
        let Some(asset) = self.files.get(name).filter(|asset| asset.plain.is_some()) else {
            return Problem::not_found(format!("there is no {path}")).into_response();
        };
        let accepts = |coding: &str| {
            let all = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
            all.flat_map(|value| value.split(',')).any(|item| {
                let mut item = item.split(';');
                item.next().is_some_and(|name| name.trim() == coding)
                    && !item.any(|q| matches!(q.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
            })
        };
        let (content, coding) = match asset {
            Asset { brotli: Some(content), .. } if accepts("br") => (Some(content), Some("br")),
            Asset { gzip: Some(content), .. } if accepts("gzip") => (Some(content), Some("gzip")),
            Asset { plain, .. } => (plain.as_ref(), None),
        };
        let caching = if name.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
        let known = asset.etag.is_some() && headers.get(header::IF_NONE_MATCH) == asset.etag.as_ref();
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut response = Body::from(content.cloned().unwrap_or_default()).into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
            if let Some(coding) = coding {
                response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
            }
            response
        };
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Some(etag) = &asset.etag {
            response.headers_mut().insert(header::ETAG, etag.clone());
        }
        response
    }
}

fn list(dir: &Path) -> io::Result<Vec<(PathBuf, String, bool)>> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    entries
        .map(|entry| {
            let entry = entry?;
            let is_dir = entry.file_type()?.is_dir();
            Ok((entry.path(), entry.file_name().to_string_lossy().into_owned(), is_dir))
        })
        .collect()
}

fn insert(files: &mut HashMap<String, Asset>, path: String, content: Bytes) {
    if let Some(path) = path.strip_suffix(".gz") {
        files.entry(path.to_owned()).or_default().gzip = Some(content);
    } else if let Some(path) = path.strip_suffix(".br") {
        files.entry(path.to_owned()).or_default().brotli = Some(content);
    } else {
        let digest = hex(digest::digest(&digest::SHA256, &content).as_ref());
        let short = digest.get(..32).unwrap_or_default();
        let asset = files.entry(path).or_default();
        // Weak: the same entity in each encoding.
        asset.etag = HeaderValue::from_str(&format!("W/\"{short}\"")).ok();
        asset.plain = Some(content);
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "webmanifest") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle() -> (tempfile::TempDir, Assets) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("assets")).unwrap();
        for (name, content) in [
            ("index.html", "<html>"),
            ("assets/app-1a2b.js", "plain"),
            ("assets/app-1a2b.js.gz", "gzip"),
            ("assets/app-1a2b.js.br", "brotli"),
        ] {
            std::fs::write(dir.path().join(name), content).unwrap();
        }
        let assets = Assets::read(dir.path()).unwrap();
        (dir, assets)
    }

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        [(name, HeaderValue::from_str(value).unwrap())].into_iter().collect()
    }

    #[test]
    fn the_best_encoding_that_the_browser_takes_is_sent() {
        let (_dir, assets) = bundle();
        for (accept, expected) in [
            ("gzip, deflate, br", Some("br")),
            ("gzip", Some("gzip")),
            ("br;q=0, gzip;q=0.5", Some("gzip")),
            ("identity", None),
        ] {
            let response = assets.answer("/assets/app-1a2b.js", &with(header::ACCEPT_ENCODING, accept));
            assert_eq!(response.headers().get(header::CONTENT_ENCODING).map(|v| v.to_str().unwrap()), expected);
            assert_eq!(response.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
            assert!(response.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        }
    }

    #[test]
    fn the_index_is_checked_each_time_and_not_sent_twice() {
        let (_dir, assets) = bundle();
        let first = assets.answer("/", &HeaderMap::new());
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(first.headers()[header::CACHE_CONTROL], "no-cache");
        let etag = first.headers()[header::ETAG].to_str().unwrap();
        let again = assets.answer("/", &with(header::IF_NONE_MATCH, etag));
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn nothing_else_is_there() {
        let (_dir, assets) = bundle();
        for path in ["/../secret", "/assets/", "/assets/../index.html", "/index.html.gz", "//index.html", "/%2e%2e/x"] {
            assert_eq!(assets.answer(path, &HeaderMap::new()).status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn a_missing_folder_is_no_error() {
        let assets = Assets::read(Path::new("/nowhere/at/all")).unwrap();
        assert_eq!(assets.answer("/", &HeaderMap::new()).status(), StatusCode::NOT_FOUND);
    }
}
