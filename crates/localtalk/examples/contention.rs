//! Measures how LLAP shares the cable: utilisation and collision rate over the number of stations that always have something to send.
//!
//! `cargo run --release -p localtalk --example contention -- -o docs/images/contention.svg` draws the figure of docs/appletalk.md and prints
//! the numbers.

use clock::{Stream, Ticks};
use localtalk::{Cable, Signal, Station, llap};
use plotters::prelude::*;
use std::error::Error;
use trace::{Event, LineEvent, Record, Tracer};

/// Bytes of LLAP data in a packet, with the colour of the curve: an ATP request without data, a mail's header, the longest.
const SIZES: [(usize, RGBColor); 3] = [(13, RED), (100, BLUE), (600, RGBColor(0, 128, 0))];
/// Virtual time of one measurement.
const TIME: Ticks = Ticks(4 * Ticks::PER_SECOND);

/// What was measured, in parts of a thousand.
#[derive(Clone, Copy)]
struct Point {
    stations: u8,
    /// Time in which intact data frames were on the cable.
    utilisation: u64,
    /// Requests to send that ran into another transmission.
    collisions: u64,
    /// Packets given up after 32 collisions or deferrals.
    given_up: u64,
}

/// `count` stations that send packets of `size` bytes to one another without end.
fn measure(count: u8, size: usize) -> Point {
    let mut cable = Cable::new(count);
    let mut tracer = Tracer::new(Record::WORLD);
    let station = |n| Station::with_address(n, n + 1, Stream::new(1, &format!("station {n}")));
    let mut stations: Vec<Station> = (0..count).map(station).collect();
    let mut random = Stream::new(1, "traffic");
    let (mut busy, mut requests, mut collided, mut sent, mut given_up) = (0, 0, 0, 0_u64, 0);
    let mut now = Ticks::ZERO;
    while now < TIME {
        for (number, station) in stations.iter_mut().enumerate() {
            if station.waiting() == 0 {
                let other = 1 + random.below(u64::from(count) - 1) as u8;
                let to = (number as u8 + other) % count + 1;
                assert!(station.send(now, to, llap::SHORT_DDP, vec![0x55; size]));
            }
            station.received();
        }
        now += Signal::NOTICE;
        for station in &mut stations {
            station.advance(now, &mut cable, &mut tracer);
        }
        cable.settle(now, &mut tracer);
        for record in tracer.drain() {
            match record.event {
                Event::Line(LineEvent::Frame { bytes, intact, .. }) => match bytes[2] {
                    llap::RTS => {
                        requests += 1;
                        collided += u64::from(!intact);
                    }
                    llap::SHORT_DDP if intact => {
                        sent += 1;
                        busy += llap::duration(&bytes).0;
                    }
                    _ => {}
                },
                Event::Line(LineEvent::GaveUp { .. }) => given_up += 1,
                _ => {}
            }
        }
    }
    Point {
        stations: count,
        utilisation: busy * 1000 / TIME.0,
        collisions: collided * 1000 / requests,
        given_up: given_up * 1000 / (sent + given_up),
    }
}

type Curve = fn(&Point) -> u64;
/// A panel: its title, what it shows, where its legend is out of the way.
type Panel = (&'static str, Curve, SeriesLabelPosition);

fn draw(path: &str, curves: &[Vec<Point>]) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(path, (900, 420)).into_drawing_area();
    area.fill(&WHITE)?;
    let panels: [Panel; 2] = [
        (
            "Utilisation by data frames, %",
            |point| point.utilisation,
            SeriesLabelPosition::LowerLeft,
        ),
        (
            "Requests that collide, %",
            |point| point.collisions,
            SeriesLabelPosition::LowerRight,
        ),
    ];
    for (panel, (title, value, legend)) in area.split_evenly((1, 2)).iter().zip(panels) {
        let mut chart = ChartBuilder::on(panel)
            .caption(title, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(40)
            .build_cartesian_2d(0..33_u32, 0..100_u32)?;
        chart
            .configure_mesh()
            .x_desc("stations that always have a packet to send")
            .light_line_style(WHITE)
            .draw()?;
        for (points, (size, colour)) in curves.iter().zip(SIZES) {
            let line = points
                .iter()
                .map(|point| (u32::from(point.stations), value(point) as u32 / 10));
            chart
                .draw_series(LineSeries::new(line, colour.stroke_width(2)))?
                .label(format!("{size} bytes"))
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour));
        }
        chart
            .configure_series_labels()
            .position(legend)
            .background_style(WHITE)
            .border_style(BLACK)
            .draw()?;
    }
    area.present()?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = match &arguments[..] {
        [] => None,
        [option, path] if option == "-o" => Some(path),
        _ => return Err("usage: contention [-o FILE.svg]".into()),
    };
    println!("bytes  stations  utilisation %  collisions %  given up %");
    let mut curves = Vec::new();
    for (size, _) in SIZES {
        let counts = (2..=8).chain((10..=32).step_by(2));
        let points: Vec<Point> = counts.map(|count| measure(count, size)).collect();
        for point in &points {
            let percent = |value: u64| format!("{}.{}", value / 10, value % 10);
            println!(
                "{size:5}  {:8}  {:>13}  {:>12}  {:>10}",
                point.stations,
                percent(point.utilisation),
                percent(point.collisions),
                percent(point.given_up)
            );
        }
        curves.push(points);
    }
    if let Some(path) = path {
        let partial = format!("{path}.partial.svg");
        draw(&partial, &curves)?;
        std::fs::rename(&partial, path)?;
    }
    Ok(())
}
