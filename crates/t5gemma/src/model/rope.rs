//! Rotary positions, half-split: number `i` of a head and number `i + head_dim / 2` are a pair.

use candle_core::{Device, Result, Tensor};

use brickwork_t5gemma_config::SideConfig;

/// The angles of some consecutive positions, as `cos` and `sin [n, head_dim / 2]`.
#[derive(Debug, Clone)]
pub(crate) struct Angles {
    cos: Tensor,
    sin: Tensor,
}

impl Angles {
    fn new(theta: f64, head_dim: usize, first: usize, n: usize, device: &Device) -> Result<Self> {
        let half = head_dim / 2;
        // In 64 bits: far positions have large angles.
        let angles: Vec<f64> = (first..first + n)
            .flat_map(|position| {
                (0..half).map(move |pair| position as f64 / theta.powf(2.0 * pair as f64 / head_dim as f64))
            })
            .collect();
        let table = |f: fn(f64) -> f64| {
            Tensor::from_vec(angles.iter().map(|angle| f(*angle) as f32).collect::<Vec<_>>(), (n, half), device)
        };
        Ok(Self { cos: table(f64::cos)?, sin: table(f64::sin)? })
    }

    /// `x [n_batch, n_heads, n, head_dim]` turned by the angles of its positions.
    pub(crate) fn turn(&self, x: &Tensor) -> Result<Tensor> {
        candle_nn::rotary_emb::rope(x, &self.cos, &self.sin)
    }
}

/// The angles for every layer of a side; layers with the same base share them.
#[derive(Debug)]
pub(crate) struct SideAngles {
    by_theta: Vec<(f64, Angles)>,
}

impl SideAngles {
    pub(crate) fn new(config: &SideConfig, first: usize, n: usize, device: &Device) -> Result<Self> {
        let mut by_theta: Vec<(f64, Angles)> = Vec::new();
        for layer in &config.layers {
            if by_theta.iter().all(|(theta, _)| *theta != layer.rope_theta) {
                let angles = Angles::new(layer.rope_theta, config.head_dim, first, n, device)?;
                by_theta.push((layer.rope_theta, angles));
            }
        }
        Ok(Self { by_theta })
    }

    pub(crate) fn of(&self, theta: f64) -> Option<&Angles> {
        self.by_theta.iter().find(|(known, _)| *known == theta).map(|(_, angles)| angles)
    }
}
