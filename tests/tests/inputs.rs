//! What a scenario types and points at arrives in the guest, on every model, and at the same time each time.

use clock::Ticks;
use lab::run::Run;
use lab::scenario::Scenario;
use lab::world::World;

/// Low memory (*Inside Macintosh*, volume III, appendix): the keys that are down, the mouse's place, its button.
const KEY_MAP: u32 = 0x174;
const MOUSE: u32 = 0x830;
const MB_STATE: u32 = 0x172;

const SCENARIO: &str = r#"
[machines]
mac = ["report"]
[run]
seed = 5
[mail]
clients = 0
[[input]]
at = 12.0
type = "aB\n"
[[input]]
at = 12.5
key = 0x37
down = true
[[input]]
at = 13
mouse = [30, -20]
[[input]]
at = 13.5
button = true
[[input]]
at = 14
button = false
[[input]]
at = 14
key = 0x37
down = false
"#;

#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    /// Key codes with their direction, as the key map changed.
    keys: Vec<(u8, bool)>,
    /// The mouse's place at the beginning and the end: vertical, horizontal.
    mouse: [(i16, i16); 2],
    /// The button's states.
    button: Vec<bool>,
    hash: String,
}

fn watch(model: &str) -> Seen {
    let text = format!("{SCENARIO}\n[machine]\nmodel = \"{model}\"\n");
    let scenario = Scenario::from_toml("inputs", &text, "inputs.toml").unwrap();
    let volumes = World::volumes(&scenario).unwrap();
    let mut run = Run::new(&scenario, &volumes).unwrap();
    run.advance(Ticks::from_secs(12), |_| {});
    let mut seen = Seen::default();
    let place = |run: &Run| {
        let mac = &run.world.macs()[0];
        (mac.peek_word(MOUSE) as i16, mac.peek_word(MOUSE + 2) as i16)
    };
    let keys = |run: &Run| -> Vec<u8> {
        let mac = &run.world.macs()[0];
        let down = |code: &u8| mac.peek(KEY_MAP + u32::from(code / 8)) >> (code % 8) & 1 != 0;
        (0..0x80).filter(down).collect()
    };
    let button = |run: &Run| run.world.macs()[0].peek(MB_STATE) & 0x80 == 0;
    seen.mouse[0] = place(&run);
    let mut down = keys(&run);
    let mut pressed = button(&run);
    while run.world.now() < Ticks::from_secs(15) {
        run.advance(run.world.now() + Ticks::from_millis(4), |_| {});
        let now = keys(&run);
        let came_up = down.iter().filter(|code| !now.contains(code));
        seen.keys.extend(came_up.map(|&code| (code, false)));
        let went_down = now.iter().filter(|code| !down.contains(code));
        seen.keys.extend(went_down.map(|&code| (code, true)));
        down = now;
        if button(&run) != pressed {
            pressed = !pressed;
            seen.button.push(pressed);
        }
    }
    seen.mouse[1] = place(&run);
    seen.hash = run.hash(&scenario);
    seen
}

#[test]
fn text_keys_and_mouse_of_a_scenario_arrive_on_every_model() {
    for model in ["plus", "se", "se30"] {
        let seen = watch(model);
        let (a, b, shift, enter, command) = (0x00, 0x0B, 0x38, 0x24, 0x37);
        let expected = [
            (a, true),
            (a, false),
            (shift, true),
            (b, true),
            (b, false),
            (shift, false),
            (enter, true),
            (enter, false),
            (command, true),
            (command, false),
        ];
        assert_eq!(seen.keys, expected, "{model}");
        assert_eq!(seen.button, [true, false], "{model}");
        let [(v, h), (down, right)] = seen.mouse;
        let expected = ((v - 20).max(0), h + 30);
        assert_eq!((down, right), expected, "{model}");
        if model == "se" {
            assert_eq!(watch(model), seen, "the same scenario, another run");
        }
    }
}
