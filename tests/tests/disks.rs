//! Volumes: made from a folder, listed, read and written.

use guest::MacName;
use guest::hfs::{self, Dates, File, FinderInfo, Folder};
use std::fs;
use tests::shoeshine;

#[test]
fn files_go_onto_a_volume_and_come_back_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let content: Vec<u8> = (0..70_000_u32)
        .map(|n| (n.wrapping_mul(n) >> 5) as u8)
        .collect();
    fs::create_dir_all(dir.path().join("in/Folder")).unwrap();
    fs::write(dir.path().join("in/Folder/Résumé"), &content).unwrap();
    assert_eq!(
        shoeshine(&[
            "disk",
            "new",
            &path("v.hda"),
            "--from",
            &path("in"),
            "--size",
            "2"
        ])
        .code,
        0
    );
    fs::write(dir.path().join("note"), b"put").unwrap();
    assert_eq!(
        shoeshine(&[
            "disk",
            "put",
            &path("v.hda"),
            &path("note"),
            "Folder:Deep:Note"
        ])
        .code,
        0
    );

    let list = shoeshine(&["disk", "ls", &path("v.hda"), "--json"]).json();
    let paths: Vec<_> = list["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths, ["Folder:Résumé", "Folder:Deep:Note"]);
    assert_eq!(
        shoeshine(&["disk", "get", &path("v.hda"), "folder:résumé", &path("out")]).code,
        0
    );
    assert_eq!(fs::read(dir.path().join("out/Résumé")).unwrap(), content);
    assert_eq!(
        shoeshine(&[
            "disk",
            "get",
            &path("v.hda"),
            "Folder:Deep:Note",
            &path("out")
        ])
        .code,
        0
    );
    assert_eq!(fs::read(dir.path().join("out/Note")).unwrap(), b"put");
    let again = shoeshine(&["disk", "new", &path("v.hda")]);
    assert_eq!((again.code, again.err.contains("exists")), (2, true));
}

#[test]
fn names_on_a_volume_cannot_lead_out_of_the_target() {
    let dir = tempfile::tempdir().unwrap();
    let mut root = Folder::new(MacName::from_text("Evil").unwrap(), Dates::default());
    for name in ["..", "../../escaped", "/etc/escaped"] {
        root.put(File {
            name: MacName::from_text(name).unwrap(),
            data: b"evil".to_vec(),
            resource: Vec::new(),
            finder: FinderInfo::default(),
            dates: Dates::default(),
        });
    }
    let image = dir.path().join("evil.hda");
    fs::write(&image, hfs::build(&root, 1 << 20).unwrap()).unwrap();
    let out = dir.path().join("a/b/out");
    for name in ["..", "../../escaped", "/etc/escaped"] {
        let done = shoeshine(&[
            "disk",
            "get",
            image.to_str().unwrap(),
            name,
            out.to_str().unwrap(),
        ]);
        assert_eq!(done.code, 0, "{done:?}");
    }
    assert_eq!(fs::read_dir(&out).unwrap().count(), 3);
    assert_eq!(fs::read_dir(dir.path().join("a/b")).unwrap().count(), 1);
    assert_eq!(fs::read_dir(dir.path().join("a")).unwrap().count(), 1);
}
