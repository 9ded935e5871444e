//! One pass: every router over one order of the prompts, at every trade-off.

use super::adapt::Adapted;
use super::baselines::{self, Bench, Kernels, Projected, ZERO_ROUTER, zero_router};
use super::field::{Trace, play};
use super::measure::Point;
use super::regime::{Regime, Stream};
use super::router::Adaptive;
use super::run::{Options, SELF};
use super::windows::{Scale, Windows};
use super::world::World;
use crate::learn::Settings;

/// What all passes share.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub world: &'a World,
    pub offline: &'a [f64],
    pub projected: &'a Projected,
    pub regime: Regime,
    pub options: &'a Options,
}

/// What all routers did in one pass.
#[derive(Clone, Debug)]
pub(super) struct SeedResult {
    pub windows: Windows,
    /// Units by window.
    pub scales: Vec<Scale>,
    /// The product first, then the baselines.
    pub routers: Vec<Played>,
    pub adapted: Adapted,
    pub stream: Stream,
}

/// What one router did: its points by window.
#[derive(Clone, Debug)]
pub(super) struct Played {
    pub name: String,
    pub points: Vec<Vec<Point>>,
}

impl SeedResult {
    /// Area of a router in a window.
    pub fn aiq(&self, router: usize, window: usize) -> f64 {
        self.scales[window].aiq(&self.routers[router].points[window])
    }

    /// Area of the zero router in a window.
    pub fn hull(&self, window: usize) -> f64 {
        self.scales[window].aiq(&self.scales[window].singles)
    }

    /// Position of a router by name.
    pub fn router(&self, name: &str) -> Option<usize> {
        self.routers.iter().position(|played| played.name == name)
    }
}

/// The product's traces over a stream, one for each trade-off.
pub(super) fn own(ground: &Ground<'_>, stream: &Stream, settings: &Settings) -> Vec<Trace> {
    let unit = Scale::unit_usd(ground.world);
    let one = |lambda: &f64| {
        let settings = Settings {
            root: stream.seed(0),
            ..settings.clone()
        };
        let mut router = Adaptive::new(ground.world, settings, stream.closed(0), unit);
        play(ground.world, stream, *lambda, &mut router)
    };
    ground.options.lambdas.iter().map(one).collect()
}

/// Points of some traces by window.
pub(super) fn points(windows: &Windows, scales: &[Scale], traces: &[Trace]) -> Vec<Vec<Point>> {
    let of = |(range, scale): (&std::ops::Range<usize>, &Scale)| {
        traces
            .iter()
            .map(|trace| scale.point(trace, range))
            .collect()
    };
    windows.ranges.iter().zip(scales).map(of).collect()
}

pub(super) fn play_seed(ground: &Ground<'_>, seed: u64) -> SeedResult {
    let (world, options) = (ground.world, ground.options);
    let stream = Stream::new(world, ground.regime, seed);
    let windows = Windows::new(stream.order.len());
    let scale = |range| Scale::new(world, &stream, range);
    let scales: Vec<Scale> = windows.ranges.iter().map(scale).collect();
    let points = |traces: &[Trace]| points(&windows, &scales, traces);
    let own_traces = own(ground, &stream, &options.settings);
    let mut routers = vec![Played {
        name: SELF.to_owned(),
        points: points(&own_traces),
    }];
    routers.push(Played {
        name: ZERO_ROUTER.to_owned(),
        points: scales.iter().map(zero_router::points).collect(),
    });
    let bench = Bench {
        world,
        stream: &stream,
        offline: ground.offline,
        projected: ground.projected,
        kernels: Kernels::default(),
        unit_usd: Scale::unit_usd(world),
    };
    let mut blend = Trace::default();
    for name in baselines::NAMES {
        if !options.baselines && !baselines::is_informed(name) {
            continue;
        }
        let one = |lambda: &f64| {
            let mut router = baselines::make(name, &bench)?;
            Some(play(world, &stream, *lambda, router.as_mut()))
        };
        let lambdas = baselines::lambdas(name, &options.lambdas);
        let traces: Vec<Trace> = lambdas.iter().filter_map(one).collect();
        routers.push(Played {
            name: name.to_owned(),
            points: points(&traces),
        });
        if name == baselines::OFFLINE {
            blend = traces.into_iter().next().unwrap_or_default();
        }
    }
    let fully_judged = (ground.regime == Regime::Sparse).then(|| {
        let stream = Stream::new(world, Regime::Cold, seed);
        points(&own(ground, &stream, &options.settings))
    });
    SeedResult {
        adapted: Adapted::new(world, &stream, &own_traces, &blend, fully_judged),
        windows,
        scales,
        routers,
        stream,
    }
}
