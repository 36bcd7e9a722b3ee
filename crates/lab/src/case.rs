//! A run that was kept: everything that repeats it.

use crate::live::Recording;
use crate::scenario::{Scenario, ScenarioError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A kept run.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its case.toml.
    pub path: PathBuf,
    /// What was run.
    pub scenario: Scenario,
    /// The build that ran it.
    pub build: String,
    /// What came out.
    pub trace_hash: String,
    /// The volumes it began with, by machine: their hashes.
    pub volumes: BTreeMap<String, String>,
    /// What came from outside while it ran.
    pub live: Recording,
}

/// Why a case cannot be replayed.
#[derive(Debug, Error)]
pub enum CaseError {
    /// A file is missing or unreadable.
    #[error("{}: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Its scenario is not valid.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// Another build made it.
    #[error("{}: made by build {made}, this is build {this}: a run repeats only under the build that made it", path.display())]
    Build {
        /// The case.
        path: PathBuf,
        /// Its build.
        made: String,
        /// This build.
        this: String,
    },
}

/// Name of the file that describes a case in its folder.
pub const CASE_FILE: &str = "case.toml";
/// Name of the file in a machine's folder that keeps the volume it began with.
pub const BASE_FILE: &str = "base.hda.zst";

impl Case {
    /// Opens the case in the folder `path`, or with this case.toml.
    ///
    /// # Errors
    /// When something of it is missing, damaged, or made by another build.
    pub fn open(path: &Path) -> Result<Case, CaseError> {
        let path = if path.is_dir() {
            path.join(CASE_FILE)
        } else {
            path.to_owned()
        };
        let refuse = |reason: &str| CaseError::File {
            path: path.clone(),
            reason: reason.into(),
        };
        let text = std::fs::read_to_string(&path).map_err(|error| refuse(&error.to_string()))?;
        let mut table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| refuse(&error.to_string()))?;
        let Some(toml::Value::Table(case)) = table.remove("case") else {
            return Err(refuse(
                "no [case] table: this is a scenario, not a case; `shoeshine run` runs it",
            ));
        };
        let field = |name: &str| {
            case.get(name)
                .and_then(toml::Value::as_str)
                .map(str::to_owned)
        };
        let build = field("build").ok_or_else(|| refuse("[case] has no `build`"))?;
        let trace_hash = field("trace_hash").ok_or_else(|| refuse("[case] has no `trace_hash`"))?;
        let volumes = case
            .get("volumes")
            .and_then(toml::Value::as_table)
            .ok_or_else(|| refuse("[case] has no `volumes`"))?;
        let volumes = volumes
            .iter()
            .map(|(name, hash)| (name.clone(), hash.as_str().unwrap_or_default().to_owned()))
            .collect();
        let live = match case.get("live") {
            Some(toml::Value::Table(table)) => {
                Recording::from_toml(table).map_err(|reason| refuse(&reason))?
            }
            Some(_) => return Err(refuse("[case] `live` is no table")),
            None => Recording::default(),
        };
        let this = crate::outcome::build();
        if build != this {
            return Err(CaseError::Build {
                path,
                made: build,
                this,
            });
        }
        let scenario = Scenario::from_table("case", &table, &text, &path.display().to_string())?;
        Ok(Case {
            path,
            scenario,
            build,
            trace_hash,
            volumes,
            live,
        })
    }

    /// The text of the case.toml of a run.
    pub fn text(
        scenario: &Scenario,
        trace_hash: &str,
        volumes: &BTreeMap<String, String>,
        live: &Recording,
    ) -> String {
        let mut text = scenario.to_toml();
        text += &format!(
            "\n[case]\nbuild = \"{}\"\ntrace_hash = \"{trace_hash}\"\n\n[case.volumes]\n",
            crate::outcome::build()
        );
        for (machine, hash) in volumes {
            text += &format!("{machine} = \"{hash}\"\n");
        }
        if !live.is_empty() {
            text += &format!("\n[case.live]\n{}", live.to_toml());
        }
        text
    }

    /// The volume that `machine` began with, when the case keeps it.
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn volume(&self, machine: &str) -> Result<Option<Vec<u8>>, CaseError> {
        let path = self.path.with_file_name(machine).join(BASE_FILE);
        let refuse = |reason: String| CaseError::File {
            path: path.clone(),
            reason,
        };
        if !path.exists() {
            return Ok(None);
        }
        let packed = std::fs::read(&path).map_err(|error| refuse(error.to_string()))?;
        let image =
            zstd::decode_all(packed.as_slice()).map_err(|error| refuse(error.to_string()))?;
        Ok(Some(image))
    }
}
