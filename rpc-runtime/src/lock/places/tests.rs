//! Every order of the steps of a few calls, each of which may give up at any time.

use super::*;

/// A call of the test, as far as it has come.
#[derive(Debug)]
enum Call {
    Arrived,
    Entering(oneshot::Receiver<()>),
    Entered,
    Waiting(oneshot::Receiver<()>),
    Holding,
    Left,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    GoOn,
    Leave,
}

struct Scene {
    places: Places,
    keys: Vec<&'static str>,
    calls: Vec<Call>,
}

impl Scene {
    /// All calls have arrived, in the order of their numbers.
    fn new(keys: &[&'static str]) -> Self {
        let mut places = Places::default();
        for number in 0..keys.len() as u64 {
            assert_eq!(places.arrive(), number);
        }
        Self { places, keys: keys.to_vec(), calls: keys.iter().map(|_| Call::Arrived).collect() }
    }

    fn can_go_on(&mut self, number: usize) -> bool {
        match &mut self.calls[number] {
            Call::Arrived | Call::Entered => true,
            Call::Entering(told) | Call::Waiting(told) => told.try_recv().is_ok(),
            Call::Holding | Call::Left => false,
        }
    }

    /// `can_go_on` has taken what told a call that it may.
    fn go_on(&mut self, number: usize) {
        let (place, key) = (number as u64, self.keys[number]);
        self.calls[number] = match self.calls[number] {
            Call::Arrived => match self.places.enter(place, key.into()) {
                None => Call::Entered,
                Some(told) => Call::Entering(told),
            },
            Call::Entering(_) => Call::Entered,
            Call::Entered => match self.places.turn(place, key) {
                None => Call::Holding,
                Some(turn) => Call::Waiting(turn),
            },
            Call::Waiting(_) => Call::Holding,
            Call::Holding | Call::Left => unreachable!("it cannot go on"),
        };
        self.tell();
    }

    fn leave(&mut self, number: usize) {
        let key = (!matches!(self.calls[number], Call::Arrived)).then_some(self.keys[number]);
        self.places.leave(number as u64, key);
        self.calls[number] = Call::Left;
        self.tell();
    }

    fn tell(&mut self) {
        for call in self.places.take_to_notify() {
            let _ = call.send(());
        }
    }

    fn take(&mut self, (number, step): (usize, Step)) {
        match step {
            Step::GoOn => {
                assert!(self.can_go_on(number));
                self.go_on(number);
            }
            Step::Leave => self.leave(number),
        }
    }

    fn check(&self) {
        for (number, call) in self.calls.iter().enumerate().filter(|(_, call)| matches!(call, Call::Holding))
        {
            for earlier in 0..number {
                let is_before = self.keys[earlier] == self.keys[number];
                assert!(
                    !is_before || matches!(self.calls[earlier], Call::Left),
                    "{number} {call:?} holds a lock before {earlier}: {:?}",
                    self.calls
                );
            }
        }
        if self.calls.iter().all(|call| matches!(call, Call::Left)) {
            assert!(self.places.keys.is_empty() && self.places.arriving.is_empty(), "{:?}", self.places);
        }
    }
}

/// Tries everything that can follow `steps`. Returns how many orders there are.
fn explore(keys: &[&'static str], steps: &mut Vec<(usize, Step)>) -> usize {
    let replayed = |steps: &[(usize, Step)]| {
        let mut scene = Scene::new(keys);
        steps.iter().for_each(|step| scene.take(*step));
        scene
    };
    let scene = replayed(steps);
    scene.check();
    let left: Vec<_> = scene.calls.iter().map(|call| matches!(call, Call::Left)).collect();
    let holding: Vec<_> = scene.calls.iter().map(|call| matches!(call, Call::Holding)).collect();
    // Nothing is forgotten: the first that is still there holds its lock, or can go on.
    let mut waiting = replayed(steps);
    if let Some(first) = left.iter().position(|left| !left) {
        assert!(holding[first] || waiting.can_go_on(first), "{first} is stuck: {:?}", waiting.calls);
    }
    let mut next = Vec::new();
    let mut scene = replayed(steps);
    for number in (0..keys.len()).filter(|number| !left[*number]) {
        next.push((number, Step::Leave));
        if scene.can_go_on(number) {
            next.push((number, Step::GoOn));
        }
    }
    let mut orders = usize::from(next.is_empty());
    for step in next {
        steps.push(step);
        orders += explore(keys, steps);
        steps.pop();
    }
    orders
}

#[test]
fn in_every_order_of_events_a_key_is_held_by_one_call_and_in_the_order_of_arrival() {
    let mut orders = 0;
    for keys in [&["a", "a", "a"], &["a", "b", "a"], &["a", "a", "b"], &["a", "b", "b"]] {
        orders += explore(keys, &mut Vec::new());
    }
    assert!(orders > 40_000, "{orders}");
}
