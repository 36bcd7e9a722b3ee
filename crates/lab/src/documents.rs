//! The sample documents that fill a volume when the user gives none.
//!
//! They are made, not stored: letters, accounts and drawings as an office of the time had them, the same on every machine.

use clock::Stream;
use guest::MacName;
use guest::hfs::{Dates, File, FinderInfo, Folder};

const WORDS: &[&str] = &[
    "account",
    "after",
    "against",
    "agreed",
    "amount",
    "answer",
    "before",
    "between",
    "budget",
    "call",
    "cannot",
    "change",
    "client",
    "committee",
    "copy",
    "cost",
    "customer",
    "date",
    "delivery",
    "department",
    "discuss",
    "draft",
    "enclosed",
    "estimate",
    "every",
    "figures",
    "final",
    "first",
    "form",
    "from",
    "further",
    "have",
    "invoice",
    "letter",
    "list",
    "machine",
    "meeting",
    "memo",
    "month",
    "network",
    "office",
    "order",
    "payment",
    "plan",
    "please",
    "printer",
    "project",
    "proposal",
    "receive",
    "regards",
    "report",
    "request",
    "schedule",
    "second",
    "send",
    "service",
    "should",
    "status",
    "supplier",
    "system",
    "thank",
    "the",
    "their",
    "today",
    "total",
    "until",
    "update",
    "week",
    "which",
    "with",
    "without",
    "would",
    "yesterday",
    "your",
];

/// Fills `root` with the sample documents, dated `date`.
pub fn fill(root: &mut Folder, date: u32) {
    let mut stream = Stream::new(0, "documents");
    let name = |text: &str| MacName::from_text(text).expect("sample names are valid");
    let documents = name("Documents");
    for n in 1..=18 {
        let length = 2_000 + stream.below(12_000) as usize;
        let text = prose(&mut stream, length);
        let file = document(&format!("Letter {n}"), text, *b"TEXT", *b"ttxt", date, n);
        root.folder_at(&[documents.clone(), name("Letters")])
            .put(file);
    }
    for n in 1..=8 {
        let rows = 400 + stream.below(1600) as usize;
        let file = document(
            &format!("Accounts {}", 1985 + n),
            ledger(&mut stream, rows),
            *b"TEXT",
            *b"XCEL",
            date,
            40 + n,
        );
        root.folder_at(&[documents.clone(), name("Accounts")])
            .put(file);
    }
    for n in 1..=6 {
        let length = 40_000 + stream.below(120_000) as usize;
        let mut file = document(
            &format!("Drawing {n}"),
            noise(&mut stream, length),
            *b"PNTG",
            *b"MPNT",
            date,
            60 + n,
        );
        file.resource = noise(&mut stream, 600 + 500 * n as usize);
        root.folder_at(&[documents.clone(), name("Drawings")])
            .put(file);
    }
    let manual = prose(&mut stream, 180_000);
    root.folder_at(std::slice::from_ref(&documents))
        .put(document("Handbook", manual, *b"TEXT", *b"ttxt", date, 80));
    root.put(document(
        "Read Me",
        prose(&mut stream, 1500),
        *b"TEXT",
        *b"ttxt",
        date,
        90,
    ));
}

fn document(
    name: &str,
    data: Vec<u8>,
    kind: [u8; 4],
    creator: [u8; 4],
    date: u32,
    days: u32,
) -> File {
    let modified = date - 86_400 * days;
    File {
        name: MacName::from_text(name).expect("sample names are valid"),
        data,
        resource: Vec::new(),
        finder: FinderInfo::of(kind, creator),
        dates: Dates {
            created: modified - 3600,
            modified,
            backed_up: 0,
        },
    }
}

fn prose(stream: &mut Stream, length: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(length + 80);
    while text.len() < length {
        for word in 0..4 + stream.below(12) {
            let next = WORDS[stream.below(WORDS.len() as u64) as usize].as_bytes();
            if word == 0 {
                text.push(next[0].to_ascii_uppercase());
                text.extend_from_slice(&next[1..]);
            } else {
                text.push(b' ');
                text.extend_from_slice(next);
            }
        }
        text.extend_from_slice(if stream.chance(1, 5) { b".\r\r" } else { b". " });
    }
    text
}

fn ledger(stream: &mut Stream, rows: usize) -> Vec<u8> {
    let mut text = Vec::new();
    for row in 1..=rows {
        let item = WORDS[stream.below(WORDS.len() as u64) as usize];
        let line = format!(
            "{row}\t{item}\t{}.{:02}\t{}\r",
            stream.below(9000),
            stream.below(100),
            stream.below(50)
        );
        text.extend_from_slice(line.as_bytes());
    }
    text
}

/// A scanned picture compresses badly: its bytes are noise.
fn noise(stream: &mut Stream, length: usize) -> Vec<u8> {
    (0..length).map(|_| stream.bits() as u8).collect()
}
