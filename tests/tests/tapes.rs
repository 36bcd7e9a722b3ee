//! Tapes: made, listed, checked and read back.

use std::fs;
use tests::shoeshine;

#[test]
fn a_new_tape_is_blank_and_never_replaces_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.tap");
    let path = path.to_str().unwrap();
    assert_eq!(shoeshine(&["tape", "new", path]).code, 0);
    let list = shoeshine(&["tape", "ls", path, "--json"]).json();
    assert_eq!(
        (list["records"].as_u64(), list["filemarks"].as_u64()),
        (Some(0), Some(0))
    );
    assert_eq!(shoeshine(&["tape", "new", path]).code, 2);
}

#[test]
fn a_clean_backup_gives_back_every_file_of_the_user() {
    let dir = tempfile::tempdir().unwrap();
    let files = dir.path().join("files");
    fs::create_dir_all(files.join("Sub/Deeper")).unwrap();
    let contents: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("one byte", vec![7]),
        (".hidden", b"dot".to_vec()),
        ("Sub/block", vec![0x55; 512]),
        (
            "Sub/Déjà vu",
            (0..100_001_u32).map(|n| (n >> 3) as u8).collect(),
        ),
        (
            "Sub/Deeper/x:y",
            (0..40_000_u32).map(|n| (n * 31) as u8).collect(),
        ),
    ];
    for (name, content) in &contents {
        fs::write(files.join(name), content).unwrap();
    }
    // An AppleDouble header with a resource fork of four bytes and Finder information.
    let mut header = vec![0, 5, 0x16, 7, 0, 2, 0, 0];
    header.extend([0; 16]);
    header.extend([
        0, 2, 0, 0, 0, 9, 0, 0, 0, 50, 0, 0, 0, 32, 0, 0, 0, 2, 0, 0, 0, 82, 0, 0, 0, 4,
    ]);
    header.extend(b"PICTogle");
    header.extend([0; 24]);
    header.extend(b"fork");
    fs::write(files.join("Sub/._block"), &header).unwrap();

    let out = dir.path().join("out");
    let set = format!("disk.files={}", files.display());
    let done = shoeshine(&[
        "run",
        "backup-only",
        "--set",
        &set,
        "--out",
        out.to_str().unwrap(),
        "--json",
    ]);
    assert_eq!(done.code, 0, "{done:?}");
    let outcome = done.json();
    assert_eq!(outcome["backup"]["verified_ok"], true);
    assert_eq!(outcome["backup"]["reported_ok"], true);

    let tape = out.join("mac/tape.tap");
    let verify = shoeshine(&["tape", "verify", tape.to_str().unwrap(), "--json"]);
    assert_eq!(
        (verify.code, &verify.json()["sound"]),
        (0, &serde_json::json!(true))
    );
    let restored = dir.path().join("restored");
    let extract = shoeshine(&[
        "tape",
        "extract",
        tape.to_str().unwrap(),
        restored.to_str().unwrap(),
    ]);
    assert_eq!(extract.code, 0, "{extract:?}");
    for (name, content) in &contents {
        assert_eq!(&fs::read(restored.join(name)).unwrap(), content, "{name}");
        let modified =
            |dir: &std::path::Path| fs::metadata(dir.join(name)).unwrap().modified().unwrap();
        let apart = modified(&files)
            .duration_since(modified(&restored))
            .unwrap_or_default();
        assert!(apart.as_secs() < 1, "{name}: dates are {apart:?} apart");
    }
    let double = fs::read(restored.join("Sub/._block")).unwrap();
    let header = guest::apple_double::Header::from_bytes(&double).unwrap();
    assert_eq!(header.resource, b"fork");
    assert_eq!(header.finder.unwrap().kind(), *b"PICT");
    assert!(!restored.join("._one byte").exists());
}

/// One record header of docs/tape-format.md, with these fields.
fn header(
    kind: u16,
    sequence: u32,
    object: u32,
    longs: &[(usize, u32)],
    name: Option<&[u8]>,
) -> Vec<u8> {
    let mut block = vec![0; 512];
    let mut long = |at: usize, value: u32| block[at..at + 4].copy_from_slice(&value.to_be_bytes());
    long(0, u32::from_be_bytes(*b"RBAK"));
    long(4, 1 << 16 | u32::from(kind));
    long(8, 77);
    long(12, sequence);
    long(24, object);
    longs.iter().for_each(|&(at, value)| long(at, value));
    if let Some(name) = name {
        block[94] = name.len() as u8;
        block[95..95 + name.len()].copy_from_slice(name);
    }
    let sum = guest::archive::sum(&block[..508]);
    block[508..].copy_from_slice(&sum.to_be_bytes());
    block
}

#[test]
fn names_on_a_tape_cannot_lead_out_of_the_target() {
    let names: [&[u8]; 5] = [b"..", b".", b"../../escaped", b"/etc/escaped", b"a\0b"];
    let mut blocks = vec![
        header(1, 0, 0, &[], None),
        header(2, 1, 1, &[(32, 2), (36, 1)], Some(b"Disk")),
        header(2, 2, 2, &[(32, 20), (36, 2)], Some(b"..")),
        // A folder that lies in itself.
        header(2, 3, 3, &[(32, 21), (36, 21)], Some(b"ring")),
    ];
    let mut sequence = 4;
    for (object, (name, parent)) in names
        .into_iter()
        .flat_map(|name| [(name, 20), (name, 21)])
        .enumerate()
    {
        let object = 10 + object as u32;
        blocks.push(header(
            3,
            sequence,
            object,
            &[(32, 100 + object), (36, parent)],
            Some(name),
        ));
        blocks.push(header(5, sequence + 1, object, &[], None));
        sequence += 2;
    }
    blocks.push(header(6, sequence, 0, &[], None));
    let mut medium = tape::Medium::new();
    blocks
        .iter()
        .for_each(|block| medium.push_record(block, false));

    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("evil.tap");
    tape::media::save(&image, &medium, tape::media::tap::Gaps::Keep).unwrap();
    let out = dir.path().join("deep/out");
    let done = shoeshine(&[
        "tape",
        "extract",
        image.to_str().unwrap(),
        out.to_str().unwrap(),
    ]);
    assert!(done.code <= 1, "{done:?}");
    assert!(fs::read_dir(&out).unwrap().count() > 0);
    assert_eq!(fs::read_dir(dir.path().join("deep")).unwrap().count(), 1);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    assert!(!std::path::Path::new("/etc/escaped").exists());
}

/// The words and records of images, written from the formats' descriptions.
mod formats {
    pub fn word(value: u32) -> Vec<u8> {
        value.to_le_bytes().to_vec()
    }

    pub fn simh(data: &[u8], class: u32) -> Vec<u8> {
        let padding = vec![0; data.len() % 2];
        let length = word(data.len() as u32 | class << 28);
        [&length, data, &padding, &length].concat()
    }

    pub fn e11(data: &[u8]) -> Vec<u8> {
        let length = word(data.len() as u32);
        [&length, data, &length].concat()
    }

    pub fn aws(data: &[u8], before: usize, flags: u8) -> Vec<u8> {
        let header = [
            data.len() as u8,
            (data.len() >> 8) as u8,
            before as u8,
            (before >> 8) as u8,
            flags,
            0,
        ];
        [&header, data].concat()
    }
}

#[test]
fn images_of_other_formats_are_listed_and_copied() {
    use formats::{aws, e11, simh, word};
    let dir = tempfile::tempdir().unwrap();
    let name = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let images = [
        (
            "e11",
            [e11(b"odd"), word(0), e11(&[7; 600]), word(0), word(0)].concat(),
        ),
        (
            "aws",
            [
                aws(b"odd", 0, 0xA0),
                aws(b"", 3, 0x40),
                aws(&[7; 400], 0, 0x80),
                aws(&[7; 200], 400, 0x20),
                aws(b"", 200, 0x40),
                aws(b"", 0, 0x40),
            ]
            .concat(),
        ),
    ];
    let same = [
        simh(b"odd", 0),
        word(0),
        simh(&[7; 600], 0),
        word(0),
        word(0),
        word(0xFFFF_FFFF),
    ]
    .concat();
    for (format, image) in images {
        let (from, to) = (name(format), name(&format!("{format}.tap")));
        fs::write(&from, image).unwrap();
        let list = shoeshine(&["tape", "ls", &from, "--json"]).json();
        assert_eq!(list["format"], format);
        assert_eq!(
            (list["records"].as_u64(), list["filemarks"].as_u64()),
            (Some(2), Some(3))
        );
        assert_eq!(list["files"][1]["longest"], 600);
        let copy = shoeshine(&["tape", "copy", &from, &to]);
        assert_eq!(copy.code, 0, "{copy:?}");
        assert_eq!(fs::read(&to).unwrap(), same, "{format}");
        // An image that is there is replaced on request only.
        assert_eq!(shoeshine(&["tape", "copy", &from, &to]).code, 2);
        assert_eq!(shoeshine(&["tape", "copy", &from, &to, "--force"]).code, 0);
        let other = shoeshine(&["tape", "ls", &from, "--format", "tap"]);
        assert_ne!(other.code, 0, "{other:?}");
    }
    assert_eq!(
        shoeshine(&["tape", "ls", &name("e11"), "--format", "tpc"]).code,
        2
    );
}

#[test]
fn a_copy_says_what_it_could_not_take_along() {
    use formats::{simh, word};
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("from.tap"), dir.path().join("to.tap"));
    let (from, to) = (from.to_str().unwrap(), to.to_str().unwrap());
    let sound = [
        simh(b"kept", 0),
        word(0xFFFF_FFFE),
        simh(b"private", 1),
        word(0x7000_0001),
        word(0),
    ]
    .concat();
    fs::write(from, &sound).unwrap();
    fs::write(
        format!("{from}.toml"),
        "write-protected = true\nsetmarks = [1]\n",
    )
    .unwrap();
    let copy = shoeshine(&["tape", "copy", from, to, "--no-gaps", "--json"]);
    assert_eq!(copy.code, 1, "{copy:?}");
    let lost = copy.json()["lost"].as_array().unwrap().clone();
    assert_eq!(lost.len(), 2, "{lost:?}");
    assert_eq!(
        fs::read(to).unwrap(),
        [simh(b"kept", 0), word(0), word(0xFFFF_FFFF)].concat()
    );
    let list = shoeshine(&["tape", "ls", to, "--json"]).json();
    assert_eq!(
        (&list["write_protected"], &list["setmarks"]),
        (&serde_json::json!(true), &serde_json::json!([1]))
    );

    // Damage ends a copy, unless what comes before it will do.
    fs::write(from, [&sound[..], &[9, 0, 0, 0, 1]].concat()).unwrap();
    let refused = shoeshine(&["tape", "copy", from, to, "--force"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.err.contains("at offset 0x28") && refused.err.contains("--salvage"),
        "{refused:?}"
    );
    let salvaged = shoeshine(&["tape", "copy", from, to, "--force", "--salvage"]);
    assert_eq!(salvaged.code, 1, "{salvaged:?}");
    let verify = shoeshine(&["tape", "verify", from, "--json"]);
    assert_eq!(verify.code, 1);
    let damage = verify.json()["damage"].as_str().unwrap().to_owned();
    assert!(damage.contains("at offset 0x28"), "{damage}");
}

#[test]
fn defects_go_where_they_are_placed() {
    use formats::{simh, word};
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.tap");
    let name = path.to_str().unwrap();
    let image = |classes: [u32; 3]| {
        let [a, b, c] = classes;
        [
            simh(&[1; 512], a),
            word(0),
            simh(&[2; 1001], b),
            word(0xFFFF_FFFE),
            simh(&[3; 512], c),
            word(0xFFFF_FFFF),
        ]
        .concat()
    };
    let sound = image([0; 3]);
    for (place, classes) in [
        (&["--record", "1"][..], [0, 8, 0]),
        (&["--record", "1", "--count", "2"], [0, 8, 8]),
        (&["--byte", "511"], [8, 0, 0]),
        (&["--byte", "512"], [0, 8, 0]),
        (&["--byte", "1513"], [0, 0, 8]),
        // Frames: record 0, mark 1, record 2 and 3, gap 4, record 5.
        (&["--frame", "3"], [0, 8, 0]),
        (&["--frame", "3", "--count", "3"], [0, 8, 8]),
    ] {
        fs::write(&path, &sound).unwrap();
        let done = shoeshine(&[&["tape", "inject", name], place].concat());
        assert_eq!(done.code, 0, "{place:?}: {done:?}");
        assert_eq!(fs::read(&path).unwrap(), image(classes), "{place:?}");
    }
    fs::write(&path, &sound).unwrap();
    for place in [
        &["--record", "3"][..],
        &["--byte", "2025"],
        &["--frame", "1"],
        &[],
    ] {
        let done = shoeshine(&[&["tape", "inject", name], place].concat());
        assert_eq!(done.code, 2, "{place:?}: {done:?}");
        assert_eq!(fs::read(&path).unwrap(), sound);
    }

    // Places that cannot be written are in the file beside the image.
    for place in [&["--record", "1"][..], &["--frame", "90", "--count", "10"]] {
        let done = shoeshine(&[&["tape", "inject", name, "--write"], place].concat());
        assert_eq!(done.code, 0, "{done:?}");
    }
    assert_eq!(fs::read(&path).unwrap(), sound);
    let medium = tape::media::load(&path, None).unwrap();
    let expected: Vec<u64> = [2, 3].into_iter().chain(90..100).collect();
    assert_eq!(
        medium.defects().iter().copied().collect::<Vec<_>>(),
        expected
    );
}

#[test]
fn sessions_are_told_apart_from_data_of_others() {
    use formats::{simh, word};
    let session = |volume: u8| {
        let start = header(1, 0, 0, &[], None);
        let mut start = start[..508].to_vec();
        start[32..34].copy_from_slice(&[1, volume]);
        let sum = guest::archive::sum(&start);
        start.extend(sum.to_be_bytes());
        [simh(&start, 0), simh(&header(6, 1, 0, &[], None), 0)].concat()
    };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.tap");
    let name = path.to_str().unwrap();
    let tape = [
        session(b'A'),
        word(0),
        simh(&[0x55; 10240], 0),
        word(0),
        session(b'B'),
        word(0),
        word(0),
    ]
    .concat();
    fs::write(&path, &tape).unwrap();
    let list = shoeshine(&["tape", "ls", name, "--json"]).json();
    let volumes: Vec<&str> = list["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|session| session["volume"].as_str().unwrap())
        .collect();
    assert_eq!(volumes, ["A", "B"]);
    let files: Vec<(u64, bool)> = list["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| {
            (
                file["block"].as_u64().unwrap(),
                file["session"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(files, [(0, true), (3, false), (5, true)]);
    assert_eq!(list["sessions"][1]["first_block"], 22);
    assert_eq!(shoeshine(&["tape", "verify", name]).code, 0);
    let table = shoeshine(&["tape", "ls", name]).out;
    assert!(
        table.contains("backup of A") && table.contains("other data"),
        "{table}"
    );
    // A record that cannot be read is damage, whatever its data.
    assert_eq!(
        shoeshine(&["tape", "inject", name, "--record", "2"]).code,
        0
    );
    assert_eq!(shoeshine(&["tape", "verify", name]).code, 1);
}
