//! A built-in check of every crate's licence and source against `deny.toml`, so that a bad or unlicensed crate fails
//! the check also where cargo-deny is not installed.

use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Faults;
use crate::workspace::Workspace;

#[derive(Debug, Deserialize)]
struct Policy {
    licenses: Licenses,
    sources: Sources,
}

#[derive(Debug, Deserialize)]
struct Licenses {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

/// Licences that one crate alone may have.
#[derive(Debug, Deserialize)]
struct Exception {
    allow: Vec<String>,
    #[serde(rename = "crate")]
    package: String,
}

#[derive(Debug, Deserialize)]
struct Sources {
    #[serde(rename = "allow-registry")]
    allow_registry: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    /// `None` for a package of this project.
    source: Option<String>,
}

/// Every crate has an allowed licence and comes from an allowed registry.
pub(super) fn crates(workspace: &Workspace) -> Result<Faults> {
    let text = fs::read_to_string(workspace.root.join("deny.toml")).context("deny.toml could not be read")?;
    let policy: Policy = toml::from_str(&text).context("deny.toml is not as it should be")?;
    let packages: Vec<Package> = workspace.packages(&[])?;
    println!("{} packages", packages.len());
    Ok(packages.iter().flat_map(|package| refused(package, &policy)).collect())
}

fn refused(package: &Package, policy: &Policy) -> Faults {
    let name = format!("{} {}", package.name, package.version);
    let mut faults = Faults::new();
    if let Some(source) = &package.source
        && !policy.sources.allow_registry.iter().any(|registry| *source == format!("registry+{registry}"))
    {
        faults.push(format!("{name} comes from {source}, which deny.toml does not allow"));
    }
    let own = policy.licenses.exceptions.iter().filter(|exception| exception.package == package.name);
    let allowed: Vec<&str> =
        policy.licenses.allow.iter().chain(own.flat_map(|exception| &exception.allow)).map(String::as_str).collect();
    match &package.license {
        None => faults.push(format!("{name} names no licence")),
        Some(expression) if !is_allowed(expression, &allowed) => {
            faults.push(format!("{name} is under {expression}, which deny.toml does not allow"));
        }
        Some(_) => {}
    }
    faults
}

/// Whether a licence expression (SPDX 2.3, annex D, and cargo's old `MIT/Apache-2.0`) can be met with the allowed
/// licences alone. What cannot be read is not allowed.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, at: 0, allowed };
    reader.any_of() == Some(true) && reader.at == words.len()
}

/// Reads an expression from left to right. `AND` binds more strongly than `OR`.
struct Reader<'a> {
    words: &'a [&'a str],
    at: usize,
    allowed: &'a [&'a str],
}

impl Reader<'_> {
    fn takes(&mut self, word: &str) -> bool {
        let is_next = self.words.get(self.at) == Some(&word);
        self.at += usize::from(is_next);
        is_next
    }

    fn any_of(&mut self) -> Option<bool> {
        let mut met = self.all_of()?;
        while self.takes("OR") {
            met |= self.all_of()?;
        }
        Some(met)
    }

    fn all_of(&mut self) -> Option<bool> {
        let mut met = self.one()?;
        while self.takes("AND") {
            met &= self.one()?;
        }
        Some(met)
    }

    fn one(&mut self) -> Option<bool> {
        if self.takes("(") {
            let met = self.any_of()?;
            return self.takes(")").then_some(met);
        }
        let licence = *self.words.get(self.at)?;
        self.at += 1;
        if !self.takes("WITH") {
            return Some(self.allowed.contains(&licence));
        }
        let exception = *self.words.get(self.at)?;
        self.at += 1;
        Some(self.allowed.contains(&format!("{licence} WITH {exception}").as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_spdx_means_them() {
        let allowed = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"];
        let check = |expression: &str, expected: bool| {
            assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
        };
        for good in
            ["MIT", "GPL-3.0 OR MIT", "MIT/Apache-2.0", "(MIT OR GPL-3.0) AND Apache-2.0", "MIT OR GPL-3.0 AND X"]
        {
            check(good, true);
        }
        check("Apache-2.0 WITH LLVM-exception", true);
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "GPL-3.0 WITH x", "MIT MIT", "(MIT", "MIT OR", "MIT WITH x"] {
            check(bad, false);
        }
    }

    #[test]
    fn a_bad_or_unlicensed_crate_is_refused() {
        let policy = Policy {
            licenses: Licenses {
                allow: vec!["MIT".to_owned()],
                exceptions: vec![Exception { allow: vec!["MPL-2.0".to_owned()], package: "cssparser".to_owned() }],
            },
            sources: Sources { allow_registry: vec!["https://good".to_owned()] },
        };
        let check = |name: &str, license: Option<&str>, source: &str, expected: usize| {
            let package = Package {
                name: name.to_owned(),
                version: "1.0.0".to_owned(),
                license: license.map(str::to_owned),
                source: Some(source.to_owned()),
            };
            assert_eq!(refused(&package, &policy).len(), expected, "{package:?}");
        };
        check("a", Some("MIT"), "registry+https://good", 0);
        check("cssparser", Some("MPL-2.0"), "registry+https://good", 0);
        check("a", Some("MPL-2.0"), "registry+https://good", 1);
        check("a", None, "registry+https://good", 1);
        check("a", Some("MIT"), "git+https://elsewhere", 1);
        check("a", None, "registry+https://bad", 2);
    }
}
