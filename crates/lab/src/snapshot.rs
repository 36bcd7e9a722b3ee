//! A run saved at a moment, to go on from there.

use crate::run::Run;
use crate::scenario::Scenario;
use crate::world::{BaseVolume, volume_hash};
use serde::{Deserialize, Serialize};
use thiserror::Error;

const MAGIC: [u8; 8] = *b"SHOESNAP";
const SCHEMA: u32 = 1;

#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    magic: [u8; 8],
    schema: u32,
    build: String,
    scenario: String,
    volumes: Vec<String>,
}

/// Why a snapshot is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SnapshotError {
    /// No snapshot, or damaged.
    #[error("not a snapshot, or damaged: {0}")]
    Damaged(String),
    /// Its content has another layout.
    #[error("the snapshot's schema is {0}, this program reads {SCHEMA}")]
    Schema(u32),
    /// Another build made it.
    #[error("the snapshot was made by build {0}, this is {1}")]
    Build(String, String),
    /// A machine began with another volume.
    #[error("the snapshot belongs to other volumes: build them from the same files")]
    Volumes,
    /// It belongs to another scenario.
    #[error("the snapshot belongs to another scenario or other parameters")]
    Scenario,
}

fn header(scenario: &Scenario, volumes: &[BaseVolume]) -> Header {
    let scenario = blake3::hash(scenario.to_toml().as_bytes())
        .to_hex()
        .to_string();
    let volumes = volumes.iter().map(|volume| volume_hash(volume)).collect();
    Header {
        magic: MAGIC,
        schema: SCHEMA,
        build: crate::outcome::build(),
        scenario,
        volumes,
    }
}

/// The bytes of `run`, which runs `scenario` from `volumes`.
///
/// # Errors
/// When memory for compression is not to be had.
pub fn save(
    run: &Run,
    scenario: &Scenario,
    volumes: &[BaseVolume],
) -> Result<Vec<u8>, SnapshotError> {
    let damaged = |error: &dyn std::fmt::Display| SnapshotError::Damaged(error.to_string());
    let mut bytes =
        postcard::to_stdvec(&header(scenario, volumes)).map_err(|error| damaged(&error))?;
    let body = postcard::to_stdvec(run).map_err(|error| damaged(&error))?;
    bytes.extend(zstd::encode_all(body.as_slice(), 1).map_err(|error| damaged(&error))?);
    Ok(bytes)
}

/// The run of `scenario` saved in `bytes`; its machines began with `volumes`, which a snapshot does not contain.
///
/// # Errors
/// When they are no snapshot, or one of another build, scenario or volume.
pub fn restore(
    bytes: &[u8],
    scenario: &Scenario,
    volumes: &[BaseVolume],
) -> Result<Run, SnapshotError> {
    let damaged = |error: &dyn std::fmt::Display| SnapshotError::Damaged(error.to_string());
    if bytes.get(..MAGIC.len()) != Some(&MAGIC) {
        return Err(SnapshotError::Damaged("the magic is missing".into()));
    }
    let (found, body): (Header, &[u8]) =
        postcard::take_from_bytes(bytes).map_err(|error| damaged(&error))?;
    let wanted = header(scenario, volumes);
    if found.schema != wanted.schema {
        return Err(SnapshotError::Schema(found.schema));
    }
    if found.build != wanted.build {
        return Err(SnapshotError::Build(found.build, wanted.build));
    }
    if found.volumes != wanted.volumes {
        return Err(SnapshotError::Volumes);
    }
    if found.scenario != wanted.scenario {
        return Err(SnapshotError::Scenario);
    }
    let body = zstd::decode_all(body).map_err(|error| damaged(&error))?;
    let mut run: Run = postcard::from_bytes(&body).map_err(|error| damaged(&error))?;
    if !run.world.attach_volumes(scenario, volumes) {
        return Err(SnapshotError::Scenario);
    }
    Ok(run)
}
