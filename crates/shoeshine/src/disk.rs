use crate::Ended;
use crate::arguments::DiskCommand;
use guest::MacName;
use guest::hfs::{self, Dates, Folder};
use lab::host::mac_date;
use lab::host::{self, Target};
use std::fs;
use std::path::Path;

pub(crate) fn execute(command: DiskCommand) -> Ended {
    match command {
        DiskCommand::New {
            file,
            from,
            size,
            name,
        } => new(&file, from.as_deref(), size, &name),
        DiskCommand::Ls { file, json } => list(&file, json),
        DiskCommand::Get { file, path, dest } => get(&file, &path, &dest),
        DiskCommand::Put { file, src, path } => put(&file, &src, &path),
    }
}

fn new(file: &Path, from: Option<&Path>, size: u64, name: &str) -> Ended {
    if file.exists() {
        return Err(format!(
            "{}: exists; remove it or choose another name",
            file.display()
        ));
    }
    let now = mac_date(std::time::SystemTime::now());
    let name = MacName::from_text(name).map_err(|error| format!("--name: {error}"))?;
    let mut root = Folder::new(
        name,
        Dates {
            created: now,
            modified: now,
            backed_up: 0,
        },
    );
    if let Some(from) = from {
        host::import(from, &mut root).map_err(|error| error.to_string())?;
    }
    let image = hfs::build(&root, (size as usize) << 20)
        .map_err(|error| format!("{}: {error}", file.display()))?;
    host::replace(file, &image).map_err(|error| error.to_string())?;
    eprintln!(
        "{}: {} files on a volume of {size} MiB",
        file.display(),
        root.walk().len()
    );
    Ok(0)
}

fn open(file: &Path) -> Result<(Vec<u8>, Folder), String> {
    let image = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let root = hfs::read(&image).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok((image, root))
}

fn list(file: &Path, json: bool) -> Ended {
    let (_, root) = open(file)?;
    let text = |code: [u8; 4]| String::from_utf8_lossy(&code).into_owned();
    let files = root.walk();
    if json {
        let files: Vec<_> = files
            .iter()
            .map(|(path, file)| {
                serde_json::json!({
                    "path": path,
                    "data": file.data.len(),
                    "resource": file.resource.len(),
                    "type": text(file.finder.kind()),
                    "creator": text(file.finder.creator()),
                    "modified": file.dates.modified,
                })
            })
            .collect();
        println!(
            "{}",
            serde_json::json!({ "volume": root.name.to_string(), "files": files })
        );
        return Ok(0);
    }
    println!("{}:", root.name);
    for (path, file) in files {
        let (kind, creator) = (text(file.finder.kind()), text(file.finder.creator()));
        println!(
            "{:>9} {:>9}  {kind}/{creator}  {path}",
            file.data.len(),
            file.resource.len()
        );
    }
    Ok(0)
}

fn get(file: &Path, path: &str, dest: &Path) -> Ended {
    let (_, root) = open(file)?;
    let found = root.file(path);
    let found = found.ok_or_else(|| {
        format!(
            "{}: no file `{path}`; `disk ls` shows the paths",
            file.display()
        )
    })?;
    let target = Target::new(dest).map_err(|error| error.to_string())?;
    let written = target.file(&[], found).map_err(|error| error.to_string())?;
    eprintln!("{}", written.display());
    Ok(0)
}

fn put(file: &Path, src: &Path, path: &str) -> Ended {
    let (image, mut root) = open(file)?;
    let names: Result<Vec<MacName>, _> = path.split(':').map(MacName::from_text).collect();
    let mut names = names.map_err(|error| format!("`{path}`: {error}"))?;
    let name = names.pop().ok_or("the path is empty")?;
    let content = host::read_file(src, name).map_err(|error| error.to_string())?;
    root.folder_at(&names).put(content);
    // The boot blocks are not part of the tree.
    let mut rebuilt = hfs::build(&root, image.len() / 512 * 512)
        .map_err(|error| format!("{}: {error}", file.display()))?;
    rebuilt[..1024].copy_from_slice(&image[..1024]);
    host::replace(file, &rebuilt).map_err(|error| error.to_string())?;
    Ok(0)
}
