//! T5Gemma written straight from its formulas, one number after the other, in 64 bits: slow, and sharing nothing with the
//! crate.

use crate::models::{Side, Spec, Tensors};

/// Vectors, one for each token.
pub(crate) type Rows = Vec<Vec<f64>>;

pub(crate) struct Naive<'a> {
    pub(crate) spec: &'a Spec,
    pub(crate) tensors: &'a Tensors,
}

impl Naive<'_> {
    pub(crate) fn encode(&self, ids: &[u32]) -> Rows {
        let side = &self.spec.encoder;
        let mut x = self.embed("encoder", side, ids);
        for layer in 0..side.slides.len() {
            let at = format!("model.encoder.layers.{layer}");
            let window = side.slides[layer].then_some(side.window as i64);
            let sees = |i: i64, j: i64| window.is_none_or(|window| (i - j).abs() < window);
            x = self.sandwich(&at, "self_attn", side, &x, |y| {
                self.attention(&at, "self_attn", side, y, y, Some(side.theta_of(layer)), &sees)
            });
            x = self.sandwich(&at, "feedforward", side, &x, |y| self.mlp(&at, y));
        }
        self.norm("model.encoder.norm", side, &x)
    }

    /// The logits after each token.
    pub(crate) fn decode(&self, encoded: &Rows, ids: &[u32]) -> Rows {
        let side = &self.spec.decoder;
        let mut x = self.embed("decoder", side, ids);
        for layer in 0..side.slides.len() {
            let at = format!("model.decoder.layers.{layer}");
            let window = side.slides[layer].then_some(side.window as i64);
            let sees = |i: i64, j: i64| j <= i && window.is_none_or(|window| i - j < window);
            x = self.sandwich(&at, "self_attn", side, &x, |y| {
                self.attention(&at, "self_attn", side, y, y, Some(side.theta_of(layer)), &sees)
            });
            x = self.sandwich(&at, "cross_attn", side, &x, |y| {
                self.attention(&at, "cross_attn", side, y, encoded, None, &|_, _| true)
            });
            x = self.sandwich(&at, "feedforward", side, &x, |y| self.mlp(&at, y));
        }
        let x = self.norm("model.decoder.norm", side, &x);
        let head = if self.spec.is_tied { "model.decoder.embed_tokens" } else { "lm_head.out_proj" };
        let capped = |z: f64| side.final_cap.map_or(z, |cap| cap * (z / cap).tanh());
        self.linear(head, &x).into_iter().map(|row| row.into_iter().map(capped).collect()).collect()
    }

    fn embed(&self, name: &str, side: &Side, ids: &[u32]) -> Rows {
        let table = self.tensors.get(&format!("model.{name}.embed_tokens.weight"));
        let scale = (side.hidden as f64).sqrt();
        let row = |id: &u32| &table[*id as usize * side.hidden..][..side.hidden];
        ids.iter().map(|id| row(id).iter().map(|x| f64::from(*x) * scale).collect()).collect()
    }

    fn sandwich(&self, at: &str, name: &str, side: &Side, x: &Rows, f: impl Fn(&Rows) -> Rows) -> Rows {
        let y = f(&self.norm(&format!("{at}.pre_{name}_layernorm"), side, x));
        let y = self.norm(&format!("{at}.post_{name}_layernorm"), side, &y);
        x.iter().zip(&y).map(|(x, y)| x.iter().zip(y).map(|(x, y)| x + y).collect()).collect()
    }

    fn norm(&self, name: &str, side: &Side, x: &Rows) -> Rows {
        let weight = self.tensors.get(&format!("{name}.weight"));
        let one = |row: &Vec<f64>| {
            let mean = row.iter().map(|x| x * x).sum::<f64>() / row.len() as f64;
            row.iter().zip(weight).map(|(x, w)| x / (mean + side.eps).sqrt() * (1.0 + f64::from(*w))).collect()
        };
        x.iter().map(one).collect()
    }

    fn mlp(&self, at: &str, x: &Rows) -> Rows {
        let gelu =
            |x: f64| 0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3))).tanh());
        let (gate, up) = (self.linear(&format!("{at}.mlp.gate_proj"), x), self.linear(&format!("{at}.mlp.up_proj"), x));
        let product: Rows =
            gate.iter().zip(&up).map(|(g, u)| g.iter().zip(u).map(|(g, u)| gelu(*g) * u).collect()).collect();
        self.linear(&format!("{at}.mlp.down_proj"), &product)
    }

    #[allow(clippy::too_many_arguments, reason = "they are the formula's")]
    fn attention(
        &self,
        at: &str,
        name: &str,
        side: &Side,
        x: &Rows,
        from: &Rows,
        theta: Option<f64>,
        sees: &dyn Fn(i64, i64) -> bool,
    ) -> Rows {
        let project = |projection: &str, x: &Rows| self.linear(&format!("{at}.{name}.{projection}_proj"), x);
        let (mut q, mut k, v) = (project("q", x), project("k", from), project("v", from));
        if let Some(theta) = theta {
            turn(&mut q, side, theta);
            turn(&mut k, side, theta);
        }
        let mut out = Vec::new();
        for (i, q) in q.iter().enumerate() {
            let mut row = Vec::new();
            for head in 0..side.heads {
                let kv = head / (side.heads / side.kv_heads) * side.head_dim;
                let q = &q[head * side.head_dim..][..side.head_dim];
                let score = |j: usize| {
                    let dot: f64 = q.iter().zip(&k[j][kv..][..side.head_dim]).map(|(q, k)| q * k).sum();
                    let score = dot * side.scalar.powf(-0.5);
                    side.cap.map_or(score, |cap| cap * (score / cap).tanh())
                };
                let seen: Vec<usize> = (0..k.len()).filter(|j| sees(i as i64, *j as i64)).collect();
                let weights: Vec<f64> = seen.iter().map(|j| score(*j).exp()).collect();
                let total: f64 = weights.iter().sum();
                for d in 0..side.head_dim {
                    row.push(seen.iter().zip(&weights).map(|(j, w)| w / total * v[*j][kv + d]).sum());
                }
            }
            out.push(row);
        }
        project("o", &out)
    }

    fn linear(&self, name: &str, x: &Rows) -> Rows {
        let (shape, weight) = &self.tensors.by_name[&format!("{name}.weight")];
        let bias = self.tensors.by_name.get(&format!("{name}.bias"));
        let one = |x: &Vec<f64>| {
            let row = |r: usize| {
                let dot: f64 = weight[r * shape[1]..][..shape[1]].iter().zip(x).map(|(w, x)| f64::from(*w) * x).sum();
                dot + bias.map_or(0.0, |(_, bias)| f64::from(bias[r]))
            };
            (0..shape[0]).map(row).collect()
        };
        x.iter().map(one).collect()
    }
}

/// Rotary positions: number `i` of a head goes with number `i + head_dim / 2`.
fn turn(x: &mut Rows, side: &Side, theta: f64) {
    let half = side.head_dim / 2;
    for (position, row) in x.iter_mut().enumerate() {
        for head in row.chunks_mut(side.head_dim) {
            for i in 0..half {
                let angle = position as f64 * theta.powf(-2.0 * i as f64 / side.head_dim as f64);
                let (a, b) = (head[i], head[i + half]);
                head[i] = a * angle.cos() - b * angle.sin();
                head[i + half] = b * angle.cos() + a * angle.sin();
            }
        }
    }
}
