//! Secrets are referred to, never written down: the configuration is shown, kept in its history and sent around.

use serde_json::Value;

use super::Check;
use crate::Config;

/// What the keys of well-known services begin with.
const PREFIXES: [&str; 6] = ["tskey-", "hskey-", "nodekey:", "privkey:", "ghp_", "glpat-"];
const HIDDEN: &str = "what looks like a secret (not repeated here)";

impl Config {
    /// Nothing in the tree is a secret itself.
    pub(super) fn check_secrets(&self, check: &mut Check) {
        if let Ok(tree) = serde_json::to_value(self) {
            walk(&mut String::new(), &tree, check);
        }
    }
}

fn walk(pointer: &mut String, value: &Value, check: &mut Check) {
    let length = pointer.len();
    let mut below = |segment: &str, value: &Value| {
        pointer.push('/');
        pointer.push_str(segment);
        walk(pointer, value, check);
        pointer.truncate(length);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| below(key, value)),
        Value::Array(entries) => entries.iter().enumerate().for_each(|(i, value)| below(&i.to_string(), value)),
        Value::String(text) if looks_like_secret(text) => {
            // Whatever else is wrong with the field would be told with its value.
            check.mistakes.retain(|mistake| mistake.pointer != *pointer);
            check.wrong(pointer.clone(), HIDDEN, "a secret in a file of its own, and here the path of that file");
        }
        _ => {}
    }
}

/// Whether a text carries a key or a password. It errs on the side of names and addresses.
pub(crate) fn looks_like_secret(text: &str) -> bool {
    let in_url = text.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    });
    // The head and the body of a JSON Web Token.
    let token = text.starts_with("eyJ") && text.matches('.').count() >= 2 && text.len() > 40;
    in_url || token || text.contains("PRIVATE KEY-----") || PREFIXES.iter().any(|prefix| text.contains(prefix))
}

impl Check {
    /// A reference to a file with a secret. Anything that is no path may be the secret, so it is not repeated.
    pub(super) fn secret_file(&mut self, pointer: &str, path: Option<&String>) {
        let Some(path) = path else { return };
        let plain = path.len() <= 255 && !path.contains(|c: char| c.is_whitespace() || c.is_control());
        if !path.starts_with('/') || !plain {
            self.wrong(
                pointer,
                "no path",
                "the absolute path of a file that holds the secret, never the secret itself",
            );
        }
    }
}
