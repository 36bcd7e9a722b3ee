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
    tape::TapeFile::save(&image, &medium, tape::media::tap::Gaps::Keep).unwrap();
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
