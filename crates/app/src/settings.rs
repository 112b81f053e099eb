//! The user's settings of the window.

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::AppError;

const KEY: &str = "window";

/// The colours of the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// The language of the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// As the system says.
    #[default]
    System,
    /// English.
    En,
    /// Spanish.
    Es,
}

/// The user's settings of the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Colours.
    pub theme: Theme,
    /// Language.
    pub language: Language,
}

impl App {
    /// The settings, or their defaults.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn settings(&self) -> Result<Settings, AppError> {
        Ok(self.store().setting(KEY).await?.unwrap_or_default())
    }

    /// Keeps the settings.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn set_settings(&self, settings: Settings) -> Result<Settings, AppError> {
        self.store().set_setting(KEY, &settings).await?;
        Ok(settings)
    }
}
