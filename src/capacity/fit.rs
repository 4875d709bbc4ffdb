//! Gunther's Universal Scalability Law, fitted to throughput over load.
//!
//! `X(N) = λN / (1 + σ(N − 1) + κN(N − 1))`: λ is the throughput of one, σ what they wait for each other (contention), κ what it
//! costs to keep them all in agreement (coherency). Least squares by Levenberg and Marquardt, with the standard error of each
//! parameter. A parameter that the points do not tell from nothing is set to nothing, and said to be. Where the law says nothing of the
//! points, so does this.

/// Fewest loads: three parameters, and something left to tell their errors from.
pub const FEWEST: usize = 5;
/// A fit that leaves more than a tenth of what varies unexplained explains too little.
const GOOD: f64 = 0.9;
/// A parameter below so many of its standard errors is not told from nothing.
const ERRORS: f64 = 2.0;
/// Less of a bend at the largest load is rounding.
const BEND: f64 = 1e-6;
/// Enough for a fit that comes to an end at all.
const ROUNDS: usize = 500;

/// A parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Its value.
    pub value: f64,
    /// Its standard error; `None`: the points do not tell it from 0, and it was set to that.
    pub error: Option<f64>,
}

/// The law with its parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usl {
    /// Throughput of a load of 1.
    pub lambda: Estimate,
    /// Contention.
    pub sigma: Estimate,
    /// Coherency.
    pub kappa: Estimate,
    /// Share of what varies that it explains.
    pub r_squared: f64,
    /// Points it was fitted to.
    pub points: usize,
}

/// Why there is no fit.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Unfit {
    /// Too few different loads.
    #[error(
        "{0} loads are too few to tell three parameters and their errors from; it takes {FEWEST}"
    )]
    TooFew(usize),
    /// Nothing but a straight line.
    #[error(
        "throughput is proportional to the load ({0:.4} times it): neither contention nor coherency shows at these loads"
    )]
    Straight(f64),
    /// Something else.
    #[error("throughput grows faster than the load, which the law does not know")]
    Superlinear,
    /// Nothing that the law could explain.
    #[error("the law explains only {:.0} % of how throughput varies", .0 * 100.0)]
    Poor(f64),
    /// Numbers that lead nowhere.
    #[error("the fit comes to no end at these points")]
    Unstable,
}

impl Usl {
    /// The throughput that it gives for a load.
    pub fn throughput(&self, load: f64) -> f64 {
        let less = load - 1.0;
        let slowed = 1.0 + self.sigma.value * less + self.kappa.value * load * less;
        self.lambda.value * load / slowed
    }

    /// The load of the largest throughput; `None`: it never falls.
    pub fn peak(&self) -> Option<f64> {
        let (sigma, kappa) = (self.sigma.value, self.kappa.value);
        (kappa > 0.0 && sigma < 1.0).then(|| ((1.0 - sigma) / kappa).sqrt())
    }
}

/// Fits the law to points of load and throughput. Several points of one load are as good as one each.
///
/// # Errors
/// If the points are too few, or the law does not explain them.
pub fn fit(points: &[(f64, f64)]) -> Result<Usl, Unfit> {
    let usable = |(load, rate): &&(f64, f64)| *load > 0.0 && *rate > 0.0 && rate.is_finite();
    let points: Vec<_> = points.iter().filter(usable).copied().collect();
    let mut loads: Vec<_> = points.iter().map(|(load, _)| *load).collect();
    loads.sort_by(f64::total_cmp);
    loads.dedup();
    if loads.len() < FEWEST {
        return Err(Unfit::TooFew(loads.len()));
    }
    let scaled = Scaled::new(&points);
    let all = scaled.solve([true; 3]).ok_or(Unfit::Unstable)?;
    let told = |of: &Solved, n: usize| of.p[n] > (ERRORS * of.error(n)).max(BEND);
    let below = |n: usize| -all.p[n] > (ERRORS * all.error(n)).max(BEND);
    let solved = match (told(&all, 1), told(&all, 2)) {
        (true, true) => all,
        // Less than nothing, and certainly: something the law has no word for, unless the other makes up for it.
        _ if below(1) && below(2) => return Err(Unfit::Superlinear),
        _ => {
            let both = [[true, true, false], [true, false, true]];
            let each = both.map(|free| scaled.solve(free));
            let with = |n: usize| each[n - 1].clone().filter(|solved| told(solved, n));
            let better = match (with(1), with(2)) {
                (Some(sigma), Some(kappa)) if sigma.squares <= kappa.squares => Some(sigma),
                (sigma, kappa) => kappa.or(sigma),
            };
            let alone = || {
                each.iter()
                    .flatten()
                    .any(|s| s.p[1] + s.p[2] < 0.0 && s.bends())
            };
            match better {
                Some(solved) => solved,
                None if alone() => return Err(Unfit::Superlinear),
                None => {
                    let straight = scaled.solve([true, false, false]).ok_or(Unfit::Unstable)?;
                    return Err(scaled.straight(&straight));
                }
            }
        }
    };
    let usl = scaled.law(&solved);
    if usl.r_squared < GOOD {
        return Err(Unfit::Poor(usl.r_squared));
    }
    Ok(usl)
}

/// The points with the largest load and throughput as 1, so that all parameters are of one size.
struct Scaled {
    points: Vec<(f64, f64)>,
    load: f64,
    rate: f64,
}

/// Scaled parameters: λ, σ, κ.
#[derive(Debug, Clone)]
struct Solved {
    p: [f64; 3],
    free: [bool; 3],
    /// Diagonal of the covariance.
    variance: [f64; 3],
    /// Sum of squared residuals.
    squares: f64,
}

impl Solved {
    fn error(&self, n: usize) -> f64 {
        self.variance[n].max(0.0).sqrt()
    }

    fn bends(&self) -> bool {
        (1..3).any(|n| self.free[n] && self.p[n].abs() > (ERRORS * self.error(n)).max(BEND))
    }
}

impl Scaled {
    fn new(points: &[(f64, f64)]) -> Self {
        let most = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).fold(0.0, f64::max);
        let (load, rate) = (most(|p| p.0), most(|p| p.1));
        Self {
            points: points.iter().map(|(n, x)| (n / load, x / rate)).collect(),
            load,
            rate,
        }
    }

    /// What the law gives for a load, and how that changes with each parameter.
    fn model(&self, p: &[f64; 3], n: f64) -> (f64, [f64; 3]) {
        let others = n - 1.0 / self.load;
        let pairs = n * others;
        let slowed = 1.0 + p[1] * others + p[2] * pairs;
        let rate = p[0] * n / slowed;
        (
            rate,
            [n / slowed, -rate * others / slowed, -rate * pairs / slowed],
        )
    }

    fn squares(&self, p: &[f64; 3]) -> f64 {
        let square = |(n, x): &(f64, f64)| (x - self.model(p, *n).0).powi(2);
        self.points.iter().map(square).sum()
    }

    /// Least squares over the free parameters; the others are 0. `None`: there is no end to it.
    fn solve(&self, free: [bool; 3]) -> Option<Solved> {
        let first = self.points.iter().map(|(n, x)| x / n).fold(0.0, f64::max);
        let begin = |n: usize, value: f64| if free[n] { value } else { 0.0 };
        let mut p = [first, begin(1, 0.1), begin(2, 0.1)];
        let mut squares = self.squares(&p);
        let mut damping = 1e-3;
        for _ in 0..ROUNDS {
            let (matrix, right) = self.normal(&p, free);
            let mut damped = matrix;
            for (n, row) in damped.iter_mut().enumerate() {
                row[n] += damping * matrix[n][n].max(1e-12);
            }
            let step = solve(damped, right)?;
            let to = [0, 1, 2].map(|n| p[n] + step[n]);
            let there = self.squares(&to);
            if there.is_finite() && there <= squares {
                let moved = (0..3).map(|n| step[n].abs()).fold(0.0, f64::max);
                (p, squares) = (to, there);
                damping = (damping / 10.0).max(1e-12);
                if moved < 1e-12 {
                    break;
                }
            } else {
                damping *= 10.0;
                if damping > 1e12 {
                    break;
                }
            }
        }
        // A curve with a pole among its points is none.
        let whole = |(n, _): &(f64, f64)| self.model(&p, *n).0 > 0.0;
        if p[0] <= 0.0 || !self.points.iter().all(whole) {
            return None;
        }
        let spare = self.points.len() - free.iter().filter(|f| **f).count();
        let variance = squares / spare.max(1) as f64;
        let (matrix, _) = self.normal(&p, free);
        let mut diagonal = [0.0; 3];
        for n in (0..3).filter(|n| free[*n]) {
            let mut unit = [0.0; 3];
            unit[n] = 1.0;
            diagonal[n] = solve(matrix, unit)?[n] * variance;
        }
        Some(Solved {
            p,
            free,
            variance: diagonal,
            squares,
        })
    }

    /// The normal equations at a point; what is not free stays where it is.
    fn normal(&self, p: &[f64; 3], free: [bool; 3]) -> ([[f64; 3]; 3], [f64; 3]) {
        let mut matrix = [[0.0; 3]; 3];
        let mut right = [0.0; 3];
        for (n, x) in &self.points {
            let (is, by) = self.model(p, *n);
            for i in (0..3).filter(|i| free[*i]) {
                right[i] += by[i] * (x - is);
                for j in (0..3).filter(|j| free[*j]) {
                    matrix[i][j] += by[i] * by[j];
                }
            }
        }
        for n in (0..3).filter(|n| !free[*n]) {
            matrix[n][n] = 1.0;
        }
        (matrix, right)
    }

    fn r_squared(&self, squares: f64) -> f64 {
        let mean = self.points.iter().map(|(_, x)| x).sum::<f64>() / self.points.len() as f64;
        let all: f64 = self.points.iter().map(|(_, x)| (x - mean).powi(2)).sum();
        if all > 0.0 { 1.0 - squares / all } else { 0.0 }
    }

    fn straight(&self, solved: &Solved) -> Unfit {
        match self.r_squared(solved.squares) {
            good if good >= GOOD => Unfit::Straight(solved.p[0] * self.rate / self.load),
            poor => Unfit::Poor(poor.max(0.0)),
        }
    }

    /// In the units of the points.
    fn law(&self, solved: &Solved) -> Usl {
        let scale = [
            self.rate / self.load,
            1.0 / self.load,
            1.0 / self.load.powi(2),
        ];
        let estimate = |n: usize| Estimate {
            value: solved.p[n] * scale[n],
            error: solved.free[n].then(|| solved.error(n) * scale[n]),
        };
        Usl {
            lambda: estimate(0),
            sigma: estimate(1),
            kappa: estimate(2),
            r_squared: self.r_squared(solved.squares),
            points: self.points.len(),
        }
    }
}

/// Three linear equations; `None`: they do not say enough.
fn solve(mut a: [[f64; 3]; 3], mut b: [f64; 3]) -> Option<[f64; 3]> {
    for column in 0..3 {
        let pivot =
            (column..3).max_by(|i, j| a[*i][column].abs().total_cmp(&a[*j][column].abs()))?;
        a.swap(column, pivot);
        b.swap(column, pivot);
        let top = a[column];
        if top[column].abs() < 1e-300 || !top[column].is_finite() {
            return None;
        }
        for row in column + 1..3 {
            let by = a[row][column] / top[column];
            for (n, above) in top.iter().enumerate() {
                a[row][n] -= by * above;
            }
            b[row] -= by * b[column];
        }
    }
    let mut x = [0.0; 3];
    for row in (0..3).rev() {
        let known: f64 = (row + 1..3).map(|n| a[row][n] * x[n]).sum();
        x[row] = (b[row] - known) / a[row][row];
    }
    x.iter().all(|x| x.is_finite()).then_some(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(value: f64, due: f64, share: f64) -> bool {
        (value - due).abs() <= due.abs() * share
    }

    /// Baron Schwartz's measurements of a Cisco server, by number of clients, which other fitters of the law are tested with.
    const CISCO: [f64; 32] = [
        955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08, 7219.8, 7867.61,
        8278.71, 8646.7, 9047.84, 9426.55, 9645.37, 9897.24, 10097.6, 10240.5, 10532.39, 10798.52,
        11151.43, 11518.63, 11806.0, 12089.37, 12075.41, 12177.29, 12211.41, 12158.93, 12155.27,
        12118.04, 12140.4, 12074.39,
    ];

    #[test]
    fn agrees_with_other_fitters() {
        let points: Vec<_> = (1..).map(f64::from).zip(CISCO).collect();
        let usl = fit(&points).unwrap();
        assert!(near(usl.lambda.value, 995.6486, 1e-5), "{usl:?}");
        assert!(near(usl.sigma.value, 0.026_715_91, 1e-4), "{usl:?}");
        assert!(near(usl.kappa.value, 7.690_945e-4, 1e-4), "{usl:?}");
        // From the Jacobian by differences, in exact fractions.
        let errors = [usl.lambda, usl.sigma, usl.kappa].map(|of| of.error.unwrap());
        let due = [28.698_366, 4.493_828e-3, 8.645_446e-5];
        for (error, due) in errors.into_iter().zip(due) {
            assert!(near(error, due, 1e-3), "{usl:?}");
        }
        assert_eq!(usl.peak().map(f64::floor), Some(35.0));
        assert!(near(usl.throughput(35.0), 12_341.75, 1e-4), "{usl:?}");
        assert!(usl.r_squared > 0.99 && usl.points == 32);
    }

    #[test]
    fn says_why_there_is_none() {
        let line = |slope: f64| move |n: u32| (f64::from(n), slope * f64::from(n));
        assert_eq!(
            fit(&(1..5).map(line(3.0)).collect::<Vec<_>>()),
            Err(Unfit::TooFew(4))
        );
        let twice = [(1.0, 1.0); 8];
        assert_eq!(fit(&twice), Err(Unfit::TooFew(1)));
        match fit(&(1..9).map(line(3.0)).collect::<Vec<_>>()) {
            Err(Unfit::Straight(slope)) => assert!(near(slope, 3.0, 1e-6), "{slope}"),
            other => panic!("{other:?}"),
        }
        let up: Vec<_> = (1..9).map(f64::from).map(|n| (n, n * n)).collect();
        assert_eq!(fit(&up), Err(Unfit::Superlinear));
        let flat = [5.0, 9.0, 4.0, 8.0, 5.5, 9.5, 4.5, 9.0];
        let flat: Vec<_> = (10..).map(f64::from).zip(flat).collect();
        assert!(fit(&flat).is_err());
    }

    /// Numbers of the normal distribution, from a seed.
    fn noise(seed: u64) -> impl FnMut() -> f64 {
        let mut state = seed;
        move || {
            let mut unit = || {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                ((state >> 40) as f64 + 0.5) / (1_u64 << 24) as f64
            };
            let (radius, turn) = (unit(), unit());
            (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * turn).cos()
        }
    }

    /// Student's t, 95 % on two sides, of 14 points less 3 parameters.
    const STUDENT: f64 = 2.201;

    /// Of noisy measurements of a known law, how many of its parameters are within their errors: as many as those say.
    #[test]
    fn the_errors_are_as_large_as_they_say() {
        let exactly = |value| Estimate { value, error: None };
        let law = Usl {
            lambda: exactly(100.0),
            sigma: exactly(0.05),
            kappa: exactly(0.001),
            r_squared: 1.0,
            points: 0,
        };
        let (mut within, mut fits) = ([0; 3], 0);
        for seed in 0..300 {
            let mut noise = noise(seed);
            let points: Vec<_> = (0..14)
                .map(|n| f64::from(1 + n * 5))
                .map(|n| (n, law.throughput(n) + 15.0 * noise()))
                .collect();
            let usl = fit(&points).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
            fits += 1;
            let pairs = [
                (usl.lambda, law.lambda),
                (usl.sigma, law.sigma),
                (usl.kappa, law.kappa),
            ];
            for (n, (told, truth)) in pairs.into_iter().enumerate() {
                let error = told.error.unwrap_or_else(|| panic!("seed {seed}: {usl:?}"));
                within[n] += u32::from((told.value - truth.value).abs() <= STUDENT * error);
            }
        }
        let shares = within.map(|n| f64::from(n) / f64::from(fits));
        assert!(
            shares.iter().all(|share| (0.90..=0.99).contains(share)),
            "{shares:?}"
        );
    }

    /// Nothing but noise around a line is no contention, but now and then: once in twenty for each parameter.
    #[test]
    fn noise_is_seldom_taken_for_a_law() {
        let fitted = (0..200).filter(|seed| {
            let mut noise = noise(*seed);
            let loads = (1..=10).map(|n| f64::from(n) * 10.0);
            let points: Vec<_> = loads.map(|n| (n, n * (5.0 + 0.05 * noise()))).collect();
            fit(&points).is_ok()
        });
        let fitted = fitted.count();
        assert!(fitted <= 20, "{fitted} of 200");
    }

    proptest! {
        /// Points of the law itself give its parameters back.
        #[test]
        fn finds_what_was_there(
            lambda in 0.1..1e4_f64,
            sigma in 0.01..0.5_f64,
            kappa in 1e-4..1e-2_f64,
            step in 1..5_u32,
        ) {
            let law = Usl {
                lambda: Estimate { value: lambda, error: None },
                sigma: Estimate { value: sigma, error: None },
                kappa: Estimate { value: kappa, error: None },
                r_squared: 1.0,
                points: 0,
            };
            let points: Vec<_> = (0..12)
                .map(|n| f64::from(1 + n * step))
                .map(|n| (n, law.throughput(n)))
                .collect();
            let usl = fit(&points).unwrap();
            prop_assert!(near(usl.lambda.value, lambda, 1e-3), "{usl:?}");
            prop_assert!(near(usl.sigma.value, sigma, 1e-2), "{usl:?}");
            prop_assert!(near(usl.kappa.value, kappa, 1e-2), "{usl:?}");
        }

        /// Whatever the points are, it comes to an end and to numbers.
        #[test]
        fn never_panics(points in proptest::collection::vec((0.0..1e6_f64, 0.0..1e9_f64), 0..20)) {
            if let Ok(usl) = fit(&points) {
                prop_assert!(usl.lambda.value.is_finite() && usl.r_squared >= GOOD);
                prop_assert!(usl.sigma.value.is_finite() && usl.kappa.value.is_finite());
            }
        }
    }
}
