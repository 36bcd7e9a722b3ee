//! `shoeshine tape bench`: figures of drives, measured, as a table, JSON and curves.

use crate::Ended;
use lab::profiles::find_tape_profile;
use plotters::prelude::*;
use std::path::Path;
use tape::Profile;
use tape::bench::{self, Measured};

/// Host rates at which drives are measured, in KB/s (1000 bytes).
fn rates() -> impl Iterator<Item = u64> {
    (5..100).step_by(5).chain((100..=300).step_by(10))
}

pub(crate) fn execute(names: &[String], output: Option<&Path>, json: bool) -> Ended {
    let profiles: Result<Vec<Profile>, String> = if names.is_empty() {
        Ok(Profile::names()
            .map(|name| Profile::named(name).expect("a built-in profile"))
            .collect())
    } else {
        names.iter().map(|name| find_tape_profile(name)).collect()
    };
    let profiles = profiles?;
    let rates: Vec<u64> = rates().map(|rate| rate * 1000).collect();
    // Each drive is measured by itself: the order of the threads changes nothing.
    let measured: Vec<Measured> = std::thread::scope(|scope| {
        let threads: Vec<_> = profiles
            .iter()
            .map(|profile| scope.spawn(|| bench::measure(profile, &rates)))
            .collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| thread.join().expect("no panic");
        threads.into_iter().map(join).collect::<Result<_, _>>()
    })
    .map_err(|error| error.to_string())?;
    let drives: Vec<(&Profile, &Measured)> = profiles.iter().zip(&measured).collect();
    if let Some(file) = output {
        let picture = draw(&drives).map_err(|error| format!("{}: {error}", file.display()))?;
        lab::host::replace(file, picture.as_bytes()).map_err(|error| error.to_string())?;
    }
    if json {
        println!("{}", as_json(&drives));
    } else {
        print_table(&drives);
    }
    Ok(0)
}

fn as_json(drives: &[(&Profile, &Measured)]) -> serde_json::Value {
    let drives: Vec<_> = drives
        .iter()
        .map(|(profile, measured)| {
            let curve: Vec<_> = measured
                .curve
                .iter()
                .map(|point| {
                    serde_json::json!({
                        "host_bytes_per_second": point.host, "reached_bytes_per_second": point.reached,
                        "repositions_per_minute": point.repositions, "filler_frames_per_minute": point.filler,
                    })
                })
                .collect();
            serde_json::json!({
                "profile": profile.name, "title": profile.title, "streaming_bytes_per_second": measured.streaming,
                "underrun_microseconds": measured.underrun.as_micros(), "curve": curve,
            })
        })
        .collect();
    serde_json::json!({ "burst_bytes": bench::BURST, "drives": drives })
}

/// The host rate, in bytes a second, from which on the tape never stopped; `None` when it always did.
fn cliff(measured: &Measured) -> Option<u64> {
    let stops = measured
        .curve
        .iter()
        .rposition(|point| point.repositions > 0);
    let first = stops.map_or(0, |last| last + 1);
    measured.curve.get(first).map(|point| point.host)
}

fn print_table(drives: &[(&Profile, &Measured)]) {
    println!(
        "{:<22} {:>10} {:>11} {:>16}   throughput in KB/s, and repositions a minute, at host rates of",
        "drive", "streams at", "an underrun", "never stops from"
    );
    let shown = [20, 40, 60, 80, 120, 160, 240].map(|rate| rate * 1000);
    print!("{:<22} {:>10} {:>11} {:>16} ", "", "KB/s", "s", "KB/s");
    shown.iter().for_each(|rate| print!(" {:>9}", rate / 1000));
    println!();
    for (profile, measured) in drives {
        let from = cliff(measured).map_or("-".into(), |rate| (rate / 1000).to_string());
        print!(
            "{:<22} {:>10} {:>11.2} {:>16} ",
            profile.name,
            (measured.streaming + 500) / 1000,
            measured.underrun.as_micros() as f64 / 1e6,
            from
        );
        for rate in shown {
            let point = measured.curve.iter().find(|point| point.host == rate);
            let text = point.map_or(String::new(), |point| {
                format!("{} ({})", (point.reached + 500) / 1000, point.repositions)
            });
            print!(" {text:>9}");
        }
        println!();
    }
}

/// The curves with the names of the drives they are of; drives with the same curve share one.
fn curves<'a>(drives: &[(&Profile, &'a Measured)]) -> Vec<(String, &'a [bench::Point])> {
    let mut curves: Vec<(String, &[bench::Point])> = Vec::new();
    for (profile, measured) in drives {
        match curves
            .iter_mut()
            .find(|(_, curve)| *curve == measured.curve)
        {
            Some((names, _)) => *names += &format!(", {}", profile.name),
            None => curves.push((profile.name.clone(), &measured.curve)),
        }
    }
    curves
}

const COLOURS: [RGBColor; 6] = [
    RGBColor(31, 119, 180),
    RGBColor(44, 160, 44),
    RGBColor(214, 39, 40),
    RGBColor(148, 103, 189),
    RGBColor(140, 86, 75),
    RGBColor(127, 127, 127),
];

/// Two charts under one another: what arrives on tape, and how often the tape stops.
fn draw(drives: &[(&Profile, &Measured)]) -> Result<String, Box<dyn std::error::Error>> {
    let mut picture = String::new();
    {
        let area = SVGBackend::with_string(&mut picture, (900, 900)).into_drawing_area();
        area.fill(&WHITE)?;
        let (upper, lower) = area.split_vertically(520);
        let most = |of: fn(&bench::Point) -> u64| {
            drives
                .iter()
                .flat_map(|(_, measured)| measured.curve.iter().map(of))
                .max()
                .unwrap_or(1) as f64
        };
        let widest = most(|point| point.host) / 1000.0;
        let reached = most(|point| point.reached) / 1000.0;
        let repositions = most(|point| point.repositions);
        let charts = [
            (upper, "throughput reached, KB/s", reached),
            (lower, "repositions a minute", repositions),
        ];
        for (number, (part, what, highest)) in charts.into_iter().enumerate() {
            let of = |point: &bench::Point| match number {
                0 => point.reached as f64 / 1000.0,
                _ => point.repositions as f64,
            };
            let mut chart = ChartBuilder::on(&part)
                .margin(12)
                .x_label_area_size(44)
                .y_label_area_size(56)
                .build_cartesian_2d(0.0..widest, 0.0..highest.max(1.0) * 1.08)?;
            chart
                .configure_mesh()
                .light_line_style(WHITE)
                .x_desc("what the host has, KB/s")
                .y_desc(what)
                .x_label_formatter(&|value| format!("{value:.0}"))
                .y_label_formatter(&|value| format!("{value:.0}"))
                .draw()?;
            for (number, (names, curve)) in curves(drives).into_iter().enumerate() {
                let colour = COLOURS[number % COLOURS.len()];
                let points = curve
                    .iter()
                    .map(|point| (point.host as f64 / 1000.0, of(point)));
                chart
                    .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
                    .label(names)
                    .legend(move |(x, y)| {
                        PathElement::new(vec![(x, y), (x + 18, y)], colour.stroke_width(2))
                    });
            }
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::LowerRight)
                .background_style(WHITE.mix(0.85))
                .draw()?;
        }
        area.present()?;
    }
    Ok(picture)
}
